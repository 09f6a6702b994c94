"""Documents for a terminal: tables of their spans or facts, and their running text with the spans in it."""

import unicodedata
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, TextIO

from vipol.chains import chains
from vipol.document import Document, Entity

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vipol.facts import Fact

LABEL_STYLES = {"PERSON": "green", "ROLE": "cyan", "ORG": "magenta", "DATE": "yellow", "MONEY": "blue"}

_PADDING = (0, 2, 0, 0)
_NARROWEST = 60
"""Columns below which a table is not squeezed: offsets would be cut."""
_UNBOUNDED = 100_000
"""Columns of what is no terminal: nothing is folded there."""
_BEHIND = "dim"
"""Style of what the text itself does not say."""


def write_table(documents: Iterable[Document], stream: TextIO) -> None:
    """Each document's spans as a table, then who holds which post where, one chain of relations a line.

    The last column has the values of dates and amounts, if there are any. The score of a chain is that of its weakest
    relation. Coloured and fitted to its width on a terminal only.
    """
    from rich.text import Text

    console = _console(stream)
    for document in documents:
        console.print(Text(visible(document.id), style="bold"), soft_wrap=True)
        if document.entities:
            console.print(_spans(document))
        if document.relations:
            console.print()
            console.print(_chains(document))
        console.print()


def write_facts(documents: Iterable[Document], stream: TextIO) -> None:
    """Each document's facts as a table: score, person, post, organisation, and, if any is not "current", the status.

    Names are those that the article has in full. What it does not name is "-".
    """
    from rich.text import Text

    from vipol.facts import facts

    console = _console(stream)
    for document in documents:
        console.print(Text(visible(document.id), style="bold"), soft_wrap=True)
        if found := facts(document):
            console.print(_facts(found))
        console.print()


def write_text(documents: Iterable[Document], stream: TextIO) -> None:
    """Each document's text, line by line, with its spans in it; the chains of relations below the line they begin in.

    In colour, a span has that of its label, which the document's first line explains. Elsewhere it stands in brackets
    with its label: `[Bí thư ROLE]`. The value of a date or an amount stands behind it: `[27/6 DATE =2024-06-27]`.
    """
    console = _console(stream)
    coloured = console.is_terminal and console.color_system is not None and not console.no_color
    for document in documents:
        for line in _head(document, coloured), *_running(document, coloured):
            # A terminal gets lines broken between words; what is piped on keeps those of the text.
            console.print(line, soft_wrap=not console.is_terminal)
        console.print()


def visible(text: str) -> str:
    """A text for a terminal or for one line: control, format and other invisible characters as Python escapes.

    Texts come from anywhere, and an escape sequence or a bidirectional override in one must not steer the terminal.
    Spaces of every width stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    console.width = max(console.width, _NARROWEST) if console.is_terminal else _UNBOUNDED
    return console


def _spans(document: Document) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=_PADDING)
    table.add_column(justify="right", no_wrap=True, min_width=len(f"{len(document.text)}:{len(document.text)}"))
    table.add_column(no_wrap=True, min_width=max(map(len, LABEL_STYLES)))
    table.add_column(no_wrap=True, min_width=len("0.00"))
    table.add_column(overflow="fold")
    values = [_value(entity) for entity in document.entities]
    if any(values):
        table.add_column(overflow="fold")
    for entity, value in zip(document.entities, values, strict=True):
        label = Text(entity.label, style=LABEL_STYLES.get(entity.label, ""))
        cells = [Text(f"{entity.start}:{entity.end}"), label, Text(_rounded(entity.score))]
        cells.append(Text(visible(document.surface(entity))))
        table.add_row(*cells, *([Text(value)] if any(values) else []))
    return table


def _chains(document: Document) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=_PADDING)
    table.add_column(no_wrap=True, min_width=len("0.00"))
    table.add_column(overflow="fold")
    for entities, score in chains(document):
        table.add_row(Text(_rounded(score)), Text(_path(document, entities)))
    return table


def _facts(facts: Sequence["Fact"]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    from vipol.facts import CURRENT

    table = Table.grid(padding=_PADDING)
    table.add_column(no_wrap=True, min_width=len("0.00"))
    statuses = ["" if fact.status == CURRENT else fact.status for fact in facts]
    for _ in range(4 if any(statuses) else 3):
        table.add_column(overflow="fold")
    for fact, status in zip(facts, statuses, strict=True):
        cells = (
            Text(visible(fact.person.text) if fact.person else "-", style=LABEL_STYLES["PERSON"]),
            Text(visible(fact.role), style=LABEL_STYLES["ROLE"]),
            Text(visible(fact.organisation.text) if fact.organisation else "-", style=LABEL_STYLES["ORG"]),
        )
        table.add_row(Text(_rounded(fact.score)), *cells, *([Text(status)] if any(statuses) else []))
    return table


def _head(document: Document, coloured: bool) -> "Text":
    from rich.text import Text

    head = Text(visible(document.id), style="bold")
    for label in dict.fromkeys(entity.label for entity in document.entities) if coloured else ():
        head.append("  ").append(label, style=f"not bold {LABEL_STYLES.get(label, '')}")
    return head


def _running(document: Document, coloured: bool) -> Iterator["Text"]:
    """Every line of the text, each followed by the chains that begin in it."""
    from rich.text import Text

    lines = document.text.splitlines(keepends=True)
    ends = list(accumulate(map(len, lines)))
    told: dict[int, list[Text]] = {}
    for entities, score in chains(document):
        line = bisect_right(ends, min(entity.start for entity in entities))
        chain = f"    {_path(document, entities)}  {_rounded(score)}".rstrip()
        told.setdefault(line, []).append(Text(chain, style=_BEHIND))
    edges = deque(_edges(document))
    within: list[Entity] = []
    start = 0
    for number, (line_text, end) in enumerate(zip(document.text.splitlines(), ends, strict=True)):
        last = start + len(line_text)
        shown = Text()
        # A span that ends with its line's end still is of this line; one that begins there is of the next.
        while edges and (edges[0].offset < end or (edges[0].offset == end and not edges[0].opens)):
            edge = edges.popleft()
            offset = min(edge.offset, last)
            shown.append(visible(document.text[start:offset]), style=_style(within))
            start = offset
            if edge.opens:
                within.append(edge.entity)
                shown.append("" if coloured else "[", style=_BEHIND)
            else:
                within.remove(edge.entity)
                shown.append(_behind(edge.entity, coloured), style=_BEHIND)
        yield shown.append(visible(document.text[start:last]), style=_style(within))
        yield from told.get(number, ())
        start = end


class _Edge(NamedTuple):
    offset: int
    opens: bool
    entity: Entity


def _edges(document: Document) -> list[_Edge]:
    """Where spans begin and end, in the text's order; of spans within others the inner ones end first."""
    starts = [_Edge(entity.start, True, entity) for entity in document.entities]
    ends = [_Edge(entity.end, False, entity) for entity in document.entities]
    starts.sort(key=lambda edge: -edge.entity.end)
    ends.sort(key=lambda edge: -edge.entity.start)
    return sorted([*ends, *starts], key=lambda edge: edge.offset)


def _style(within: Sequence[Entity]) -> str:
    return LABEL_STYLES.get(within[-1].label, "") if within else ""


def _behind(entity: Entity, coloured: bool) -> str:
    value = _value(entity)
    return (f" ={value}" if value else "") if coloured else f" {entity.label}{f' ={value}' if value else ''}]"


def _path(document: Document, entities: Iterable[Entity]) -> str:
    return " → ".join(visible(document.surface(entity)) for entity in entities)


def _value(entity: Entity) -> str:
    value = entity.value.get("value") if isinstance(entity.value, dict) else None
    return visible(value) if isinstance(value, str) else ""


def _rounded(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
