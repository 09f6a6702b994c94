"""Scores and errors as plain text for a terminal, and as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from eval.errors import Error, Kind, count
from eval.scores import Breakdown, Counts, Macro, Scores
from vipol.schema import LABELS, RELATION_TYPES


def score_table(scores: Scores) -> str:
    """The figures of spans and relations, in percent, a line for each label, then their micro and macro means."""
    parts = [
        ("Spans (edges and label right)", scores.spans),
        ("Relations (label and both spans right)", scores.relations),
    ]
    rows = [row for _, breakdown in parts for row in _rows(breakdown)]
    widths = _widths(rows)
    lines = []
    for title, breakdown in parts:
        lines += ["", title]
        for name, precision, recall, f1, support in _rows(breakdown):
            lines.append(
                f"{name:<{widths[0]}}  P {precision:>{widths[1]}}  R {recall:>{widths[2]}}  F1 {f1:>{widths[3]}}"
                f"  support {support:>{widths[4]}}"
            )
    return "\n".join(lines[1:])


def error_table(counts: Mapping[Kind, Mapping[str, int]]) -> str:
    """How many errors there are (see `eval.errors.count`), a line for each kind and a column for each label."""
    tables = []
    for title, labels, kinds in (
        ("Errors of spans", LABELS, [kind for kind in Kind if not kind.of_relation]),
        ("Errors of relations", RELATION_TYPES, [kind for kind in Kind if kind.of_relation]),
    ):
        rows = [(title, *labels, "all")]
        for kind in kinds:
            of_kind = counts.get(kind, {})
            rows.append((kind.value, *(str(of_kind.get(label, 0)) for label in labels), str(sum(of_kind.values()))))
        rows.append(("all", *(str(sum(int(row[n]) for row in rows[1:])) for n in range(1, len(rows[0])))))
        tables.append(_aligned(rows))
    return "\n\n".join(tables)


def error_list(errors: Iterable[Error]) -> str:
    """Every error in two lines, under a heading for each kind; the errors come sorted by kind."""
    parts = []
    for kind, group in groupby(errors, key=lambda error: error.kind):
        of_kind = list(group)
        lines = [f"{'Relation' if kind.of_relation else 'Span'} {kind.value} ({len(of_kind)})"]
        for error in of_kind:
            gold, predicted = " + ".join(error.gold) or "nothing", " + ".join(error.predicted) or "nothing"
            lines += [f"  {error.document}, offset {error.offset}: {gold} -> {predicted}", f"    {error.context}"]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def to_json(about: Mapping[str, Any], scores: Scores, errors: Sequence[Error], listed: bool = False) -> str:
    """Scores (fractions, not percent) and error counts as one JSON object.

    Args:
        about: what was scored, for the head of the object.
        listed: whether every error stands there too.
    """
    counts = {
        "relations" if of_relation else "spans": {
            kind.value: dict(labels) for kind, labels in count(errors).items() if kind.of_relation == of_relation
        }
        for of_relation in (False, True)
    }
    result = {**about, **scores.to_dict(), "error_counts": counts}
    if listed:
        result["errors"] = [error.to_dict() for error in errors]
    return json.dumps(result, ensure_ascii=False, indent=2) + "\n"


def percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}"


def _rows(breakdown: Breakdown) -> list[tuple[str, ...]]:
    figures: dict[str, Counts | Macro] = {**breakdown.by_label, "micro": breakdown.micro, "macro": breakdown.macro}
    return [
        (name, percent(of.precision), percent(of.recall), percent(of.f1), str(of.support))
        for name, of in figures.items()
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Names to the left, numbers to the right."""
    widths = _widths(rows)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]
