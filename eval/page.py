"""The page of errors: one HTML file, complete in itself, with the gold and the prediction of an article in one text.

The articles stand in the page as JSON, offsets in code points as in a document; `filters.js` chooses among them,
`article.js` draws one, and `page.js` is the rest. The browser loads nothing else and runs no other script: the page's
content security policy forbids it.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from string import Template
from typing import Any

from eval.errors import Error, Kind
from eval.scores import Counts, Span, Triple, pairs, spans, triples
from eval.tables import Table
from vipol.document import Document
from vipol.markup import as_text, base_style, policy, script_json
from vipol.schema import LABELS, RELATION_TYPES

_HERE = Path(__file__).parent
_SCRIPTS = ("article.js", "filters.js", "page.js")

_FAMILIES = {
    Kind.MISSED: "missed",
    Kind.INVENTED: "invented",
    Kind.WRONG_LABEL: "label",
    Kind.MISSED_BY_END: "missed",
    Kind.MISSED_PAIR: "missed",
    Kind.INVENTED_PAIR: "invented",
    Kind.INVENTED_BY_END: "invented",
}
"""What a kind looks like; the kinds that are not here have wrong edges."""

_PAIRS = (Kind.MISSED_PAIR, Kind.INVENTED_PAIR)

_RIGHT, _GOLD, _PREDICTED = range(3)
"""Who has a span or a relation: both sides, the gold alone, the prediction alone."""


_FIGURE = re.compile(r"[-+−–±]?\d.*|[-–—]?")


def page(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    found: Sequence[Error],
    about: Mapping[str, Any],
    summary: Sequence[Table] = (),
) -> str:
    """The page as HTML; the same input gives the same page, whatever the order of the documents.

    Args:
        found: what `eval.errors.errors` finds in these documents, or the part of it that the page shall list.
        about: facts of the run, by name, shown at the head in the order given; a "model" also stands in the title.
        summary: tables, shown above the articles.

    Raises:
        PairingError: gold and prediction are not the same documents.
        ValueError: an error is in none of the documents, or a row of a table has not as many cells as its header.
    """
    both = sorted(pairs(gold, predicted), key=lambda pair: pair[0].id)
    by_document: dict[str, list[Error]] = defaultdict(list)
    for error in found:
        by_document[error.document].append(error)
    if strange := by_document.keys() - {wanted.id for wanted, _ in both}:
        raise ValueError(f"the gold has no document {min(strange)!r}, of which there are errors")
    others = sorted({error.label for error in found} - {*LABELS, *RELATION_TYPES})
    data = {
        "kinds": [
            {
                "name": kind.value,
                "of": "relation" if kind.of_relation else "span",
                "family": _FAMILIES.get(kind, "edge"),
            }
            for kind in Kind
        ],
        "labels": [*LABELS, *RELATION_TYPES, *others],
        "articles": [_article(wanted, given, by_document[wanted.id]) for wanted, given in both],
    }
    script = "".join(_read(name) for name in _SCRIPTS)
    return Template(_read("page.html")).substitute(
        policy=policy(script),
        title=as_text(f"Errors of {about['model']}" if "model" in about else "Errors"),
        about="\n".join(
            f"<div><dt>{as_text(name)}</dt><dd>{as_text(value)}</dd></div>" for name, value in about.items()
        ),
        summary=_summary(summary),
        style=base_style() + _read("page.css"),
        data=script_json(data),
        script=script,
    )


def _article(gold: Document, predicted: Document, found: Sequence[Error]) -> dict[str, Any]:
    """One article for `article.js`.

    A span is [start, end, label, side, score], a relation [head, label, tail, side, score], its ends numbers of spans.
    """
    wanted, given = spans(gold), spans(predicted)
    all_spans = sorted(wanted | given)
    number = {span: n for n, span in enumerate(all_spans)}
    span_scores = _highest((entity.span, entity.score) for entity in predicted.entities)
    wanted_triples, given_triples = triples(gold), triples(predicted)
    all_triples = sorted(wanted_triples | given_triples)
    ends = predicted.by_id()
    triple_scores = _highest(
        ((ends[relation.head].span, relation.label, ends[relation.tail].span), relation.score)
        for relation in predicted.relations
    )
    return {
        "id": gold.id,
        "published": gold.published,
        "text": gold.text,
        "f1": [_f1(wanted, given), _f1(wanted_triples, given_triples)],
        "spans": [[*span, _side(span, wanted, given), span_scores.get(span)] for span in all_spans],
        "relations": [
            [
                number[triple[0]],
                triple[1],
                number[triple[2]],
                _side(triple, wanted_triples, given_triples),
                triple_scores.get(triple),
            ]
            for triple in all_triples
        ],
        "errors": _errors(gold, predicted, found, number, {triple: n for n, triple in enumerate(all_triples)}),
    }


def _errors(
    gold: Document,
    predicted: Document,
    found: Sequence[Error],
    span_number: Mapping[Span, int],
    triple_number: Mapping[Triple, int],
) -> list[dict[str, Any]]:
    """Errors of one article by offset, with the numbers of their spans or of their relation.

    An error says only where its first span begins, and how many it has. Which these are follows when errors are walked
    in the order in which `errors` finds them (wrong labels, then the others by offset), each taking what is next there.
    """
    wanted, given = spans(gold), spans(predicted)
    open_spans = sorted(wanted - given), sorted(given - wanted)
    open_triples = sorted(triples(gold) - triples(predicted)), sorted(triples(predicted) - triples(gold))
    order = {kind: n for n, kind in enumerate(Kind)}
    placed = []
    for error in sorted(found, key=lambda error: (error.kind is not Kind.WRONG_LABEL, error.offset)):
        item: dict[str, Any] = {"kind": order[error.kind], "label": error.label, "offset": error.offset}
        if error.kind.of_relation:
            invented = bool(error.predicted)
            triple = _take_triple(error, open_triples[invented], wanted if invented else given)
            item["relation"] = triple_number[triple]
        else:
            item["gold"], item["predicted"] = (
                [span_number[span] for span in side] for side in _take_spans(error, *open_spans)
            )
        placed.append(item)
    return sorted(placed, key=lambda item: (item["offset"], item["kind"]))


def _take_spans(error: Error, gold: list[Span], predicted: list[Span]) -> tuple[list[Span], list[Span]]:
    """Takes the gold and the predicted spans of an error out of those that no error has yet."""
    if error.kind is Kind.WRONG_LABEL:
        # Of several predictions with the same edges, `errors` takes the last one.
        same_edges = [
            ([ours], [theirs])
            for ours in gold
            for theirs in reversed(predicted)
            if ours[:2] == theirs[:2] and (ours[0], ours[2]) == (error.offset, error.label)
        ]
        taken = same_edges[0] if same_edges else ([], [])
    else:
        taken = (
            [span for span in gold if span[0] >= error.offset][: len(error.gold)],
            [span for span in predicted if span[0] >= error.offset][: len(error.predicted)],
        )
    both = [*taken[0], *taken[1]]
    if len(both) < len(error.gold) + len(error.predicted) or min(both)[0] != error.offset:
        raise _strange(error)
    for open_spans, ours in zip((gold, predicted), taken, strict=True):
        for span in ours:
            open_spans.remove(span)
    return taken


def _take_triple(error: Error, triples: list[Triple], other_side: Set[Span]) -> Triple:
    """Takes the relation of an error out of those that no error has yet."""
    for triple in triples:
        head, label, tail = triple
        is_pair = {head, tail} <= other_side
        if (min(head[0], tail[0]), label, is_pair) == (error.offset, error.label, error.kind in _PAIRS):
            triples.remove(triple)
            return triple
    raise _strange(error)


def _strange(error: Error) -> ValueError:
    return ValueError(
        f"document {error.document!r}, offset {error.offset}: there is no error {error.kind.value!r} of {error.label} "
        "there; give what eval.errors.errors finds in the same documents, each error once"
    )


def _highest(scored: Iterable[tuple[Any, float | None]]) -> dict[Any, float]:
    """The score of everything that has one; the highest, where a prediction has a thing twice."""
    found: dict[Any, float] = {}
    for item, score in scored:
        # What is not finite is no JSON.
        if score is not None and math.isfinite(score):
            found[item] = max(score, found.get(item, score))
    return found


def _side(item: object, gold: Set[Any], predicted: Set[Any]) -> int:
    if item not in predicted:
        return _GOLD
    return _RIGHT if item in gold else _PREDICTED


def _f1(gold: Set[Any], predicted: Set[Any]) -> str | None:
    """In percent; None where there is nothing to find and nothing was found."""
    counts = Counts.of(gold, predicted)
    return None if counts == Counts() else f"{100 * counts.f1:.1f}"


def _summary(tables: Sequence[Table]) -> str:
    if not tables:
        return ""
    titles = ", ".join(table.title for table in tables)
    return (
        f'<details class="summary">\n<summary>Summary <span>{as_text(titles)}</span></summary>\n<div class="tables">\n'
        + "\n".join(_table(table) for table in tables)
        + "\n</div>\n</details>"
    )


def _table(table: Table) -> str:
    for number, row in enumerate(table.rows, 1):
        if len(row) != len(table.header):
            raise ValueError(
                f"table {table.title!r}, row {number}: {len(row)} cells, but the header has {len(table.header)}"
            )
    figures = [all(_FIGURE.fullmatch(cell) for cell in column) for column in zip(*table.rows, strict=True)]

    def line(tag: str, cells: Sequence[str]) -> str:
        classes = [' class="figure"' if n < len(figures) and figures[n] else "" for n in range(len(cells))]
        return (
            "<tr>" + "".join(f"<{tag}{of}>{as_text(c)}</{tag}>" for of, c in zip(classes, cells, strict=True)) + "</tr>"
        )

    rows = "\n".join(line("td", row) for row in table.rows)
    return (
        f"<figure><figcaption>{as_text(table.title)}</figcaption>\n<table>\n<thead>{line('th', table.header)}</thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>\n{table.svg or ''}</figure>"
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
