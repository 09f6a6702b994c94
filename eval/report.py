"""Figures, comparisons and errors as plain text for a terminal, and as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from eval.compare import Comparison
from eval.errors import Error, count
from eval.intervals import Interval
from eval.measures import Tally
from eval.tables import aligned

LISTED = 20
"""How many articles and errors of each sort a comparison lists before it only counts them."""


def figure_table(
    tally: Tally,
    intervals: Sequence[Interval | None] = (),
    baselines: Mapping[str, Tally] | None = None,
    seeds: int = 1,
) -> str:
    """Precision, recall and F1 in percent, a block for each measure and a line for each of its rows.

    Args:
        intervals: one for each row of the tally; without them the column is left out.
        baselines: their F1 stands beside, where they count the same measure.
        seeds: how many predictions of the same gold the tally has the counts of.
    """
    others = {name: _f1_by_row(baseline) for name, baseline in (baselines or {}).items()}
    head = ["P", "R", "F1", *(["95 % interval"] if intervals else []), "gold", *others]
    rows: list[tuple[str, list[str]]] = []
    for n, (row, figures) in enumerate(zip(tally.rows, tally.figures(), strict=True)):
        cells = [percent(figures.precision), percent(figures.recall), percent(figures.f1)]
        if intervals:
            cells.append(_interval(intervals[n]))
        cells.append(f"{figures.support / seeds:g}")
        cells += [percent(of[key]) if (key := (row.measure.name, row.name)) in of else "-" for of in others.values()]
        rows.append((row.name, cells))
    titles = [row.measure.title for row in tally.rows]
    width = max(len(title) for title in titles)
    widths = [max(len(line[n]) for line in [head, *(cells for _, cells in rows)]) for n in range(len(head))]

    def line(name: str, cells: Sequence[str]) -> str:
        numbers = "  ".join(cell.rjust(size) for cell, size in zip(cells, widths, strict=True))
        return f"{name:<{width}}  {numbers}"

    lines = []
    before = ""
    for title, (name, cells) in zip(titles, rows, strict=True):
        if name == "all":
            lines += [*([""] if before not in ("", "all") else []), line(title, cells)]
        elif title != before:
            lines += [*([""] if lines else []), line(title, head), line(f"  {name}", cells)]
        else:
            lines.append(line(f"  {name}", cells))
        before = "all" if name == "all" else title
    return "\n".join(lines)


def figure_rows(
    tally: Tally, intervals: Sequence[Interval | None], baselines: Mapping[str, Tally]
) -> tuple[list[str], list[list[str]]]:
    """The same figures as one flat table: its header and its rows."""
    others = {name: _f1_by_row(baseline) for name, baseline in baselines.items()}
    rows = []
    for row, figures, interval in zip(tally.rows, tally.figures(), intervals, strict=True):
        key = (row.measure.name, row.name)
        ratios = (figures.precision, figures.recall, figures.f1)
        beside = [percent(of[key]) if key in of else "-" for of in others.values()]
        name = row.measure.title if row.name == "all" else f"{row.measure.title}: {row.name}"
        rows.append([name, *map(percent, ratios), _interval(interval), f"{figures.support:g}", *beside])
    return ["measure", "P", "R", "F1", "95 % interval", "gold", *others], rows


def comparison_table(comparison: Comparison) -> str:
    """F1 of both, the difference with its interval and its chance, in percent, and what changed in which article."""
    head = ("F1", "first", "second", "change", "95 % interval", "p, percent")
    rows: list[tuple[str, ...]] = [head]
    before = ""
    for row, of in zip(comparison.rows, comparison.differences, strict=True):
        title = row.measure.title
        if row.name == "all":
            name = title
        else:
            if title != before:
                rows.append((title, *[""] * (len(head) - 1)))
            name = f"  {row.name}"
        before = title
        figures = (percent(of.first), percent(of.second), f"{100 * of.difference:+.2f}")
        rows.append(
            (
                name,
                *figures,
                _interval(of.interval, sign=True),
                "<0.1" if of.chance < 0.001 else f"{100 * of.chance:.1f}",
            )
        )
    least = 100 * 2 ** (1 - comparison.documents)
    parts = [
        aligned(rows),
        "p: how often a difference as large comes about by chance (randomisation test over articles, two-sided; "
        f"with {comparison.documents} articles never below {max(least, 0.05):.2g}). Of twenty rows without any "
        "difference one falls below 5.",
    ]
    if comparison.articles:
        lines: list[tuple[str, ...]] = [("Articles whose errors changed", "spans", "relations")]
        for change in comparison.articles[:LISTED]:
            moved = [f"{a} -> {b}" for a, b in zip(change.first, change.second, strict=True)]
            lines.append((change.document, *moved))
        parts.append(aligned(lines) + _more(len(comparison.articles)))
    for title, errors in (("Errors mended", comparison.mended), ("Errors made anew", comparison.made)):
        shown = [f"  {e.kind.value}: {_where(e)}" for e in errors[:LISTED]]
        parts.append("\n".join([f"{title}: {len(errors)}", *shown]) + _more(len(errors)))
    return "\n\n".join(parts)


def error_list(errors: Iterable[Error]) -> str:
    """Every error in two lines, under a heading for each kind; the errors come sorted by kind."""
    parts = []
    for kind, group in groupby(errors, key=lambda error: error.kind):
        of_kind = list(group)
        lines = [f"{'Relation' if kind.of_relation else 'Span'} {kind.value} ({len(of_kind)})"]
        for error in of_kind:
            lines += [f"  {_where(error)}", f"    {error.context}"]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def figures_json(
    tally: Tally, intervals: Sequence[Interval | None] = ()
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Measure, then row, then figures as fractions, not percent."""
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for n, (row, figures) in enumerate(zip(tally.rows, tally.figures(), strict=True)):
        values: dict[str, float | None] = {
            "precision": figures.precision,
            "recall": figures.recall,
            "f1": figures.f1,
            "gold": figures.support,
        }
        if intervals:
            interval = intervals[n]
            values |= {"f1_low": interval.low if interval else None, "f1_high": interval.high if interval else None}
        found.setdefault(row.measure.name, {})[row.name] = values
    return found


def error_counts_json(errors: Iterable[Error]) -> dict[str, dict[str, dict[str, int]]]:
    counts = count(errors)
    return {
        "relations" if of_relation else "spans": {
            kind.value: dict(labels) for kind, labels in counts.items() if kind.of_relation == of_relation
        }
        for of_relation in (False, True)
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    rows: dict[str, dict[str, dict[str, float | None]]] = {}
    for row, of in zip(comparison.rows, comparison.differences, strict=True):
        rows.setdefault(row.measure.name, {})[row.name] = {
            "first_f1": of.first,
            "second_f1": of.second,
            "difference": of.difference,
            "low": of.interval.low if of.interval else None,
            "high": of.interval.high if of.interval else None,
            "chance": of.chance,
        }
    return {
        "measures": rows,
        "articles": [
            {"document": change.document, "first": list(change.first), "second": list(change.second)}
            for change in comparison.articles
        ],
        "mended": [error.to_dict() for error in comparison.mended],
        "made": [error.to_dict() for error in comparison.made],
    }


def to_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def about_lines(about: Mapping[str, Any]) -> str:
    """Names and values below each other; what stands inside a value follows it on its line."""
    width = max(map(len, about), default=0)
    return "\n".join(f"{name:<{width}}  {flat(value)}" for name, value in about.items())


def percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}"


def _f1_by_row(tally: Tally) -> dict[tuple[str, str], float]:
    return {(row.measure.name, row.name): figures.f1 for row, figures in zip(tally.rows, tally.figures(), strict=True)}


def _interval(interval: Interval | None, sign: bool = False) -> str:
    if interval is None:
        return "-"
    low, high = (f"{100 * value:+.1f}" if sign else f"{100 * value:.1f}" for value in (interval.low, interval.high))
    return f"{low} to {high}"


def _where(error: Error) -> str:
    gold, predicted = " + ".join(error.gold) or "nothing", " + ".join(error.predicted) or "nothing"
    return f"{error.document}, offset {error.offset}: {gold} -> {predicted}"


def _more(count: int) -> str:
    return f"\n  and {count - LISTED} more" if count > LISTED else ""


def flat(value: Any) -> str:
    """A value on one line."""
    return ", ".join(f"{name} {part}" for name, part in value.items()) if isinstance(value, Mapping) else str(value)
