"""What the commands do: from their arguments to the text that they print."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval import conll as columns
from eval import report, summary
from eval.ceilings import ceiling_table
from eval.compare import compare as compared
from eval.errors import Error, count
from eval.errors import errors as errors_of
from eval.facts import fact_table, read_facts
from eval.index import index as overview
from eval.intervals import Interval, intervals
from eval.measures import Tally, tally
from eval.page import page
from eval.provenance import data_hash, measured, text_hash
from eval.reading import (
    Reading,
    ReadingError,
    about_model,
    by_file,
    by_model,
    by_rules,
    gold_documents,
    load_model,
    model_folder,
    seen_by,
)
from eval.tables import Table
from eval.tagging import agree
from vipol.document import Document
from vipol.errors import ModelError
from vipol.segmentation import word_unit


@dataclass(frozen=True)
class Scored:
    """A reading with its figures, those of the baselines, and its errors."""

    about: Mapping[str, Any]
    gold: Sequence[Document]
    reading: Reading
    tally: Tally
    intervals: Sequence[Interval | None]
    baselines: Mapping[str, Tally]
    seqeval: float
    errors: Sequence[Error]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.about,
            "documents": len(self.gold),
            "seqeval_micro_f1": self.seqeval,
            "measures": report.figures_json(self.tally, self.intervals),
            "baselines": {name: report.figures_json(of) for name, of in self.baselines.items()},
            "error_counts": report.error_counts_json(self.errors),
        }


def scored(gold_path: Path, gold: Sequence[Document], reading: Reading, toolkit: Path | None = None) -> Scored:
    """Measures a reading and the baselines on the same gold.

    Raises:
        PairingError: gold and prediction are not the same documents.
        AgreementError: seqeval counts other spans than we do.
    """
    whole = tally(gold, reading.predicted, reading.given)
    seqeval = agree(gold, reading.predicted, whole.strict())
    ruled = by_rules(gold)
    baselines = {"rules": tally(gold, ruled.predicted)}
    about = {**reading.about, "gold": str(gold_path), "gold_sha256": data_hash(gold), **measured()}
    if "warning" in ruled.about:
        about["warning_of_rules"] = ruled.about["warning"]
    if toolkit:
        from eval.toolkit import comparable, read

        marked = read(gold, toolkit)
        baselines["underthesea"] = comparable(tally(gold, marked.documents))
        about["underthesea"] = f"{marked.version}; {marked.lost} of {marked.tokens} tokens lost, {marked.dropped} spans"
    found = errors_of(gold, reading.predicted)
    return Scored(about, gold, reading, whole, intervals(whole), baselines, seqeval, found)


def score(arguments: argparse.Namespace) -> str:
    """`python -m eval score`."""
    result = _scored(arguments)
    listed = {"errors": [error.to_dict() for error in result.errors]} if arguments.errors else {}
    _write(arguments.json, report.to_json({**result.to_dict(), **listed}))
    if arguments.html:
        _write(arguments.html, _page(result, []))
    parts = [*_head(result), report.figure_table(result.tally, result.intervals, result.baselines), _seqeval(result)]
    if arguments.errors:
        parts += [
            *(table.text() for table in summary.error_tables(count(result.errors))),
            report.error_list(result.errors),
        ]
    return "\n\n".join(part for part in parts if part)


def errors(arguments: argparse.Namespace) -> str:
    """`python -m eval errors`."""
    train = [document for path in arguments.train for document in gold_documents(path)]
    known = {text_hash(document.text) for document in train}
    # Before a model reads anything.
    if seen := sum(text_hash(document.text) in known for document in gold_documents(arguments.gold)):
        raise ReadingError(f"{seen} of the gold articles are in --train: name what the model learnt from, without them")
    result = _scored(arguments)
    tables = summary.tables(result.gold, result.reading, result.errors, train)
    _write(
        arguments.json,
        report.to_json({**result.to_dict(), "tables": [table.to_dict() for table in tables]}),
    )
    if arguments.html:
        _write(arguments.html, _page(result, tables))
    return "\n\n".join([*_head(result), *(table.text() for table in tables)])


def compare(arguments: argparse.Namespace) -> str:
    """`python -m eval compare`."""
    gold = gold_documents(arguments.gold)
    first, second = (_readings(name, gold) for name in (arguments.first, arguments.second))
    # One prediction is set beside several seeds as often as there are seeds.
    if len(first) == 1:
        first = first * len(second)
    elif len(second) == 1:
        second = second * len(first)
    try:
        comparison = compared(gold, [r.predicted for r in first], [r.predicted for r in second])
    except ValueError as error:
        raise ReadingError(str(error)) from error
    about = {
        "first": _named(arguments.first, first),
        "second": _named(arguments.second, second),
        "gold": str(arguments.gold),
        "gold_sha256": data_hash(gold),
        "documents": len(gold),
        **measured(),
    }
    _write(arguments.json, report.to_json({**about, **report.comparison_json(comparison)}))
    return "\n\n".join([report.about_lines(about), report.comparison_table(comparison)])


def conll(arguments: argparse.Namespace) -> str:
    """`python -m eval conll`."""
    gold = columns.read_conll(arguments.gold, arguments.column)
    texts = [columns.document(sentence, str(n)) for n, sentence in enumerate(gold)]
    about: dict[str, Any] = {"gold": str(arguments.gold), "gold_sha256": data_hash(texts), "sentences": len(gold)}
    unit = None
    if arguments.predicted:
        predicted = columns.read_conll(arguments.predicted, arguments.column)
        about["predicted"] = str(arguments.predicted)
    else:
        model = load_model(arguments.model)
        unit = columns.unit_for(gold, model.config.words)
        marked = model.with_words(unit.name).extract_many(text.bare() for text in texts)
        predicted = [columns.tagged(*both) for both in zip(gold, marked, strict=True)]
        about |= {**about_model(model, arguments.model), "words": unit.name}
        if seen := seen_by(model_folder(arguments.model), texts):
            about["warning"] = f"{len(seen)} of these {len(gold)} sentences were trained on too"
    about |= measured()
    tables = [columns.scored(gold, predicted)]
    if unit:
        tables = [columns.with_ceiling(tables[0], texts, unit)]
    if arguments.published:
        tables.append(columns.published_table(arguments.published))
    _write(arguments.json, report.to_json({**about, "tables": [table.to_dict() for table in tables]}))
    lines = ("\n".join(f"{w}\t{t}" for w, t in zip(s.words, s.tags, strict=True)) + "\n" for s in predicted)
    _write(arguments.output, "\n".join(lines))
    return "\n\n".join([report.about_lines(about), *(table.text() for table in tables)])


def facts(arguments: argparse.Namespace) -> str:
    """`python -m eval facts`."""
    gold = gold_documents(arguments.gold)
    wanted = read_facts(arguments.facts)
    reading = by_model(gold, arguments.model)
    table = fact_table(wanted, {"gold": gold, "the model": reading.predicted})
    about = {**reading.about, "gold": str(arguments.gold), "gold_sha256": data_hash(gold), **measured()}
    _write(arguments.json, report.to_json({**about, "tables": [table.to_dict()]}))
    return "\n\n".join([report.about_lines(about), table.text()])


def ceilings(arguments: argparse.Namespace) -> str:
    """`python -m eval ceilings`."""
    gold = gold_documents(arguments.gold)
    try:
        units = [word_unit(name) for name in dict.fromkeys(arguments.words)]
        tables = [ceiling_table(gold, unit) for unit in units]
    except ModelError as error:
        raise ReadingError(str(error)) from error
    about = {"gold": str(arguments.gold), "gold_sha256": data_hash(gold), "documents": len(gold), **measured()}
    _write(arguments.json, report.to_json({**about, "tables": [table.to_dict() for table in tables]}))
    return "\n\n".join([report.about_lines(about), *(table.text() for table in tables)])


def index(arguments: argparse.Namespace) -> str:
    """`python -m eval index`."""
    target = arguments.folder / "index.html"
    _write(target, overview(arguments.folder))
    return str(target)


def _scored(arguments: argparse.Namespace) -> Scored:
    gold = gold_documents(arguments.gold)
    if arguments.predicted and arguments.predicted.is_dir():
        raise ReadingError(f"{arguments.predicted}: a folder; `compare` takes one, here name the file of one seed")
    reading = by_file(arguments.predicted)[0] if arguments.predicted else by_model(gold, arguments.model)
    return scored(arguments.gold, gold, reading, arguments.toolkit)


def _readings(name: str, gold: Sequence[Document]) -> list[Reading]:
    """What a name on the command line stands for: `rules`, `embedded`, predictions or a model."""
    path = Path(name)
    if name == "rules":
        return [by_rules(gold)]
    if path.is_file() or (path.is_dir() and not (path / "config.json").is_file()):
        return by_file(path)
    return [by_model(gold, None if name == "embedded" else name, thoroughly=False)]


def _named(name: str, readings: Sequence[Reading]) -> dict[str, Any]:
    return {"name": name, **(readings[0].about if len(readings) == 1 else {"seeds": len(readings)})}


def _head(result: Scored) -> list[str]:
    return [report.about_lines({**result.about, "documents": len(result.gold)})]


def _seqeval(result: Scored) -> str:
    return f"seqeval (strict, IOB2) agrees: micro F1 {report.percent(result.seqeval)}"


def _page(result: Scored, tables: Sequence[Table]) -> str:
    figures = Table("F1", *report.figure_rows(result.tally, result.intervals, result.baselines))
    about = {name: report.flat(value) for name, value in result.about.items()}
    return page(result.gold, result.reading.predicted, result.errors, about, [figures, *tables])


def _write(path: Path | None, text: str) -> None:
    """Writes a file whole or not at all; None writes nothing."""
    if path:
        scratch = path.with_name(f".{path.name}.part")
        try:
            scratch.write_text(text, encoding="utf-8")
            os.replace(scratch, path)
        finally:
            scratch.unlink(missing_ok=True)
