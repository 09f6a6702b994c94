"""What is scored: gold, and what a file, a model or the rules found in its texts."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotations.gold import read_gold
from eval import rules
from eval.analysis import confident
from eval.provenance import data_hash, model_hash, trained_on
from vipol.document import Document, DocumentError, read_jsonl

if TYPE_CHECKING:
    from vipol.extractor import Extractor

LEAST = 0.01
"""Score from which relations are asked for when thresholds are swept."""

RULES = Path(__file__).parent / "rules"
"""Where the hashes of the texts lie that the rules were tuned on, as beside a model."""

_MANY = 200
"""Documents from which it pays to start more processes for the rules."""

_SEED_FILE = re.compile(r"seed-\d+\.jsonl")


class ReadingError(ValueError):
    """Gold or predictions that cannot be read; the message names the file."""


@dataclass(frozen=True)
class Reading:
    """One prediction of the gold documents."""

    about: Mapping[str, Any]
    predicted: Sequence[Document]
    given: Sequence[Document] | None = None
    """The gold spans with the relations found between them; None where nobody could be asked."""
    unsure: Sequence[Document] = field(default=())
    """The predictions with relations of every score; empty where nobody could be asked."""


def gold_documents(path: Path) -> list[Document]:
    """The gold in a file or folder.

    Raises:
        ReadingError: there are no documents in it.
        DocumentError: a document is damaged.
    """
    documents = read_gold(path)
    if not documents:
        raise ReadingError(f"{path}: no documents")
    return documents


def by_rules(gold: Sequence[Document]) -> Reading:
    """What the baseline finds (see `eval.rules`)."""
    about = {"rules": "eval/rules"}
    if tuned := seen_by(RULES, gold):
        about["warning"] = f"the rules were tuned on {len(tuned)} of these {len(gold)} articles"
    bare = [document.bare() for document in gold]
    if len(bare) < _MANY:
        return Reading(about, [rules.mark(document) for document in bare])
    # Spawned, not forked: a model's threads may be running here.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return Reading(about, list(pool.map(rules.mark, bare, chunksize=_MANY // 4)))


def load_model(model: str | None) -> "Extractor":
    """A model: a folder, a hub id, or None for the embedded one.

    Raises:
        ReadingError: the model cannot be loaded.
    """
    # Here and not above: it brings a runtime, which scoring a file doesn't need.
    from vipol.extractor import Extractor, ModelError

    try:
        return Extractor.load(model)
    except ModelError as error:
        raise ReadingError(str(error)) from error


def about_model(extractor: "Extractor", model: str | None) -> dict[str, Any]:
    """What a model is and what runs it."""
    folder = model_folder(model)
    return {
        "model": model or "embedded default",
        "model_sha256": model_hash(folder) if folder.is_dir() else "of the hub",
        "runtime": extractor.runtime.name,
        "precision": extractor.runtime.info()["precision"],
        "device": extractor.runtime.device,
    }


def model_folder(model: str | None) -> Path:
    """Where a model lies, if it is no hub id."""
    from vipol.extractor import DEFAULT

    return DEFAULT if model is None else Path(model)


def by_model(gold: Sequence[Document], model: str | None, thoroughly: bool = True) -> Reading:
    """What a model finds.

    Args:
        thoroughly: whether relations are also asked for between the gold spans and of every score, which takes as long
            again.

    Raises:
        ReadingError: the model cannot be loaded.
    """
    extractor = load_model(model)
    config = extractor.config
    about = about_model(extractor, model)
    seen = seen_by(model_folder(model), gold)
    if seen is None:
        about["warning"] = "the model does not tell what it was trained on"
    elif seen:
        about["warning"] = f"{len(seen)} of these {len(gold)} articles were trained on: no measure of new articles"
    # Bare: what reads the texts must not see the answers.
    bare = [document.bare() for document in gold]
    if not thoroughly:
        return Reading(about, list(extractor.extract_many(bare)))
    given = list(extractor.relate_many(replace(document, relations=()) for document in gold))
    extractor.config = replace(config, thresholds=dict.fromkeys(config.relation_types, LEAST))
    unsure = list(extractor.extract_many(bare))
    return Reading(about, [confident(document, config.thresholds) for document in unsure], given, unsure)


def by_file(path: Path) -> list[Reading]:
    """Predictions made before: a JSONL file, or a folder with one for each seed (`seed-1.jsonl`, ...).

    Raises:
        ReadingError: they cannot be read.
    """
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _SEED_FILE.fullmatch(file.name))
        if not files:
            raise ReadingError(f"{path}: no seed-1.jsonl or the like in this folder")
    readings = []
    for file in files:
        documents = _jsonl(file)
        readings.append(Reading({"predicted": str(file), "predicted_sha256": data_hash(documents)}, documents))
    return readings


def seen_by(folder: Path, gold: Sequence[Document]) -> list[str] | None:
    """The ids of documents that the model in a folder learnt from; None if the folder does not tell.

    Raises:
        ReadingError: the file that tells is damaged.
    """
    try:
        return trained_on(folder, gold)
    except ValueError as error:
        raise ReadingError(str(error)) from error


def _jsonl(path: Path) -> list[Document]:
    try:
        # -sig: a byte order mark, which some editors leave, is not part of the first document.
        with path.open(encoding="utf-8-sig") as stream:
            return list(read_jsonl(stream))
    except (DocumentError, UnicodeDecodeError) as error:
        raise ReadingError(f"{path}: {error}") from error
