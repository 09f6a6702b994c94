"""The page of an agreement: one HTML file, complete in itself, with tables and every difference in its line of text.

All of it stands in the page as HTML; `pages/agreement.js` only hides what the filters leave out. The browser loads
nothing else, and neither runs nor styles anything else: the page's content security policy forbids it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from string import Template

from annotations.agreement import ALL_RELATIONS, ALL_SPANS
from annotations.agreement_report import figure, kappa_words
from annotations.annotators import Pair
from annotations.differences import Difference, Kind, Span
from vipol.markup import as_text, base_style, policy
from vipol.schema import LABELS, RELATION_TYPES

CONTEXT = 160
"""Characters shown on either side of a mark, as far as its line goes."""
QUOTED = 200
"""Characters of a mark that are quoted beneath its line."""

_PAGES = Path(__file__).parent / "pages"
_SIDES = ("first", "second")


Window = tuple[int, int]


def page(pairs: Sequence[Pair]) -> str:
    """The page as HTML; the same pairs give the same page."""
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.first, pair.second)))
    articles = sorted({item.article for pair in pairs for item in pair.found.differences})
    place = {name: n for n, name in enumerate(articles)}
    style, script = base_style() + _read("agreement.css"), _read("agreement.js")
    return Template(_read("agreement.html")).substitute(
        policy=policy(script, style),
        title=as_text(f"Agreement of {', '.join(names[:-1])} and {names[-1]}"),
        tables="\n".join([*_overview(pairs), *(_tables(pair, len(pairs) == 1) for pair in pairs)]),
        pairs=_chips("pair", [f"{pair.first} and {pair.second}" for pair in pairs]) if len(pairs) > 1 else "",
        kinds=_chips("kind", [kind.value for kind in Kind]),
        labels=_chips("label", [*LABELS, *RELATION_TYPES]),
        articles="".join(f'<option value="{n}">{as_text(name)}</option>' for n, name in enumerate(articles)),
        differences="\n".join(
            _item(pair, n, item, place[item.article]) for n, pair in enumerate(pairs) for item in pair.found.differences
        ),
        style=style,
        script=script,
    )


def windows(text: str, spans: Sequence[Span]) -> list[Window]:
    """The parts of a text that show spans: each with `CONTEXT` characters about it, but no more than its lines.

    Windows that touch are one; they come in the order of the text, and none ends with a line break.
    """
    found: list[Window] = []
    for start, end, _ in sorted(spans):
        first, last = _line(text, start, end)
        # Cut at a blank where there is one, else inside a word.
        if first < start - CONTEXT:
            first = text.find(" ", start - CONTEXT, start) + 1 or start - CONTEXT
        if last > end + CONTEXT:
            blank = text.rfind(" ", end, end + CONTEXT)
            last = end + CONTEXT if blank < 0 else blank
        if found and first <= found[-1][1]:
            first, before = found.pop()
            last = max(before, last)
        found.append((first, last))
    return found


def _line(text: str, start: int, end: int) -> Window:
    """Where the line of a span begins and ends; of several, the first and the last."""
    before = text[:start].splitlines(keepends=True)
    line_start = start - (len(before[-1]) if before and before[-1].splitlines() == [before[-1]] else 0)
    after = text[end:].splitlines()
    return line_start, end + (len(after[0]) if after else 0)


def _overview(pairs: Sequence[Pair]) -> Iterator[str]:
    """A table of all pairs, where there are several."""
    if len(pairs) > 1:
        rows = [
            (
                f"{pair.first} and {pair.second}",
                figure(pair.found.scores[ALL_SPANS].f1),
                figure(pair.found.scores[ALL_RELATIONS].f1),
                figure(pair.found.kappa.value),
                str(len(pair.found.differences)),
            )
            for pair in pairs
        ]
        yield _table("All pairs", ("", "F1 of spans", "F1 of relations", "kappa", "disagreements"), rows)


def _tables(pair: Pair, is_open: bool) -> str:
    found = pair.found
    rows = [
        (
            name,
            *map(str, (score.first, score.second, score.both)),
            figure(score.f1),
            figure(found.edges[name].f1),
        )
        for name, score in found.scores.items()
    ]
    name = f"{pair.first} and {pair.second}"
    notes = [f"{found.articles} articles, {len(found.differences)} disagreements"]
    notes += [f"kappa {value} {over}" for value, over in kappa_words(found.kappa)]
    notes += [
        f"only in {who}, not compared: {len(ids)} ({', '.join(ids)})"
        for who, ids in zip((pair.first, pair.second), found.alone, strict=True)
        if ids
    ]
    return (
        f"<details{' open' if is_open else ''}>\n<summary><bdi>{as_text(name)}</bdi></summary>\n<ul>"
        + "".join(f"<li>{as_text(note)}</li>" for note in notes)
        + f"</ul>\n{_table(name, ('', 'first', 'second', 'both', 'F1', 'edge F1'), rows)}\n</details>"
    )


def _table(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in a frame that can be scrolled sideways, by keyboard too."""
    head = "".join(f'<th scope="col">{as_text(cell)}</th>' for cell in header)
    body = "\n".join(
        f'<tr><th scope="row">{as_text(row[0])}</th>'
        + "".join(f"<td>{as_text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="frame" tabindex="0" role="region" aria-label="{as_text(name)}"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _chips(what: str, names: Sequence[str]) -> str:
    buttons = "".join(
        f'<button type="button" class="chip" data-what="{what}" data-name="{n if what == "pair" else as_text(name)}" '
        f'aria-pressed="false"><bdi>{as_text(name)}</bdi> <span class="count"></span></button>'
        for n, name in enumerate(names)
    )
    return f'<div class="chips" role="group" aria-label="{what}"><span class="soft">{what}</span>{buttons}</div>'


def _item(pair: Pair, number: int, item: Difference, article: int) -> str:
    text = pair.texts[item.article]
    sides = [{*item.spans[n], *(end for head, _, tail in item.relations[n] for end in (head, tail))} for n in (0, 1)]
    shown = "\n".join(
        f'<p class="line" lang="vi" dir="auto">{_excerpt(text, window, sides)}</p>'
        for window in windows(text, [*sides[0], *sides[1]])
    )
    readings = "".join(
        f'<div class="{side}"><dt><bdi>{as_text(who)}</bdi></dt><dd>{_reading(text, item, n)}</dd></div>'
        for n, (side, who) in enumerate(zip(_SIDES, (pair.first, pair.second), strict=True))
    )
    return (
        f'<li class="item" tabindex="-1" data-pair="{number}" data-kind="{as_text(item.kind)}" '
        f'data-label="{as_text(" ".join(item.labels))}" data-article="{article}">\n'
        f'<p class="what"><b>{as_text(item.kind)}</b> <span class="soft"><bdi>{as_text(item.article)}</bdi>, '
        f"offset {item.offset}</span></p>\n{shown}\n<dl>{readings}</dl>\n</li>"
    )


def _excerpt(text: str, window: Window, sides: Sequence[set[Span]]) -> str:
    """A window of a text, cut wherever a mark of either side begins or ends."""
    start, end = window
    edges = {edge for side in sides for span in side for edge in span[:2] if start < edge < end}
    pieces = []
    for a, b in pairwise(sorted({start, end, *edges})):
        of = [name for name, side in zip(_SIDES, sides, strict=True) if any(s <= a and b <= e for s, e, _ in side)]
        piece = as_text(text[a:b])
        pieces.append(f'<mark class="{" ".join(of)}">{piece}</mark>' if of else piece)
    line_start, line_end = _line(text, start, end)
    return ("… " if line_start < start else "") + "".join(pieces) + (" …" if end < line_end else "")


def _reading(text: str, item: Difference, n: int) -> str:
    """What one side has: its spans with their labels, or its relation."""

    def quote(span: Span) -> str:
        start, end, _ = span
        words = text[start:end] if end - start <= QUOTED else f"{text[start : start + QUOTED]} …"
        return f'<bdi lang="vi">{as_text(words)}</bdi>'

    marks = [f'{quote(span)} <span class="label">{as_text(span[2])}</span>' for span in item.spans[n]]
    marks += [
        f'{quote(head)} <span class="label">{as_text(name)}</span> {quote(tail)}'
        for head, name, tail in item.relations[n]
    ]
    return ", ".join(marks) or '<span class="soft">nothing</span>'


def _read(name: str) -> str:
    return (_PAGES / name).read_text(encoding="utf-8")
