"""How documents are written: JSONL, CSV, CoNLL, Label Studio tasks, tables for a terminal.

Every writer takes documents as they come and writes each before it asks for the next. Offsets are those of the
documents; what is written is exact in every format but the table, which is for reading.
"""

import json
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from vipol.document import Document, Entity, Relation, write_jsonl
from vipol.schema import OUTSIDE
from vipol.text import Word, lines, words

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = ("table", "jsonl", "csv", "conll", "labelstudio")

CSV_HEADER = ("document", "entity", "start", "end", "label", "text", "score", "relations")

_LABEL_STYLES = {"PERSON": "green", "ROLE": "cyan", "ORG": "magenta", "DATE": "yellow", "MONEY": "blue"}
_PADDING = (0, 2, 0, 0)
_NARROWEST = 60
"""Columns below which a table is not squeezed: offsets would be cut."""
_UNBOUNDED = 100_000
"""Columns of what is no terminal: nothing is folded there."""


def write(documents: Iterable[Document], stream: TextIO, format: str, model_version: str = "vipol") -> None:
    """Writes documents in one of `FORMATS`.

    Args:
        stream: text without newline translation, in UTF-8.
        model_version: the model's name, which Label Studio shows beside its predictions.
    """
    match format:
        case "jsonl":
            write_jsonl(documents, stream)
        case "csv":
            write_csv(documents, stream)
        case "conll":
            write_conll(documents, stream)
        case "labelstudio":
            write_labelstudio(documents, stream, model_version)
        case "table":
            write_table(documents, stream)
        case _:
            raise ValueError(f"{format!r} is no format; there are {', '.join(FORMATS)}")


def check(document: Document, format: str) -> None:
    """Finds out, before the model has worked for it, whether a format can hold a document.

    Raises:
        DocumentError: it cannot; the message says why.
    """
    if format == "labelstudio":
        from vipol.labelstudio import to_task

        to_task(document.bare())


def write_csv(documents: Iterable[Document], stream: TextIO) -> None:
    """A header and a row for every entity, as RFC 4180 has it.

    Relations stand with their head: label and tail's id, as in `HAS_ROLE:e3`, a space between two. Texts are written as
    they are: one that begins with `=` is data, and a spreadsheet has to be told so.
    """
    import csv

    table = csv.writer(stream)
    table.writerow(CSV_HEADER)
    for document in documents:
        relations: dict[str, list[str]] = {}
        for relation in document.relations:
            relations.setdefault(relation.head, []).append(f"{relation.label}:{relation.tail}")
        for entity in document.entities:
            place = (entity.start, entity.end, entity.label, document.surface(entity))
            table.writerow((document.id, entity.id, *place, entity.score, " ".join(relations.get(entity.id, ()))))


def write_conll(documents: Iterable[Document], stream: TextIO) -> None:
    """Words of a line one below the other, each with its IOB2 tag and its relations, parted by tabs.

    A document begins with `# id = …`, every line of its text ends with a blank line. A word has no spaces, so a row
    whose word is `#` goes on with a tab, and only a comment with a space. Relations stand at the first word of their
    head, as `HAS_ROLE:7` with the first word of their tail, counted from 1 within the line; `|` parts two, `_` is none.

    Words are those of `vipol.text.words`, as they stand in the text. A word that a span holds in part takes its tag;
    a relation between two lines, which the annotation scheme has not, is left out.
    """
    for document in documents:
        stream.write(f"# id = {visible(document.id)}\n")
        found = [words(document.text, start, end) for start, end in lines(document.text)]
        stream.writelines(_conll_rows(document, [line for line in found if line]))
        stream.write("\n")


def _conll_rows(document: Document, by_line: list[list[Word]]) -> Iterator[str]:
    flat = [word for line in by_line for word in line]
    place = [(number, n) for number, line in enumerate(by_line) for n in range(1, len(line) + 1)]
    starts, ends = [word.start for word in flat], [word.end for word in flat]
    tags = [OUTSIDE] * len(flat)
    firsts: dict[str, int] = {}
    for entity in document.entities:
        first, stop = bisect_right(ends, entity.start), bisect_left(starts, entity.end)
        if first < stop:
            firsts[entity.id] = first
            tags[first:stop] = [f"B-{entity.label}"] + [f"I-{entity.label}"] * (stop - first - 1)
    relations: dict[int, list[str]] = {}
    for relation in document.relations:
        head, tail = firsts.get(relation.head), firsts.get(relation.tail)
        if head is not None and tail is not None and place[head][0] == place[tail][0]:
            relations.setdefault(head, []).append(f"{relation.label}:{place[tail][1]}")
    for n, word in enumerate(flat):
        if n and place[n][1] == 1:
            yield "\n"
        column = "|".join(relations.get(n, ())) or "_"
        yield f"{document.text[word.start : word.end]}\t{tags[n]}\t{column}\n"


def write_labelstudio(documents: Iterable[Document], stream: TextIO, model_version: str) -> None:
    """A JSON list of Label Studio tasks, the spans and relations as predictions."""
    from vipol.labelstudio import to_task

    separator = "[\n"
    for document in documents:
        stream.write(separator + json.dumps(to_task(document, model_version=model_version), ensure_ascii=False))
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


def write_table(documents: Iterable[Document], stream: TextIO) -> None:
    """Each document's spans as a table, then who holds which post where, one chain of relations a line.

    The score of a chain is that of its weakest relation. Coloured and fitted to its width on a terminal only.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    console.width = max(console.width, _NARROWEST) if console.is_terminal else _UNBOUNDED
    for document in documents:
        console.print(Text(visible(document.id), style="bold"), soft_wrap=True)
        if document.entities:
            console.print(_spans(document))
        if document.relations:
            console.print()
            console.print(_chains(document))
        console.print()


def _spans(document: Document) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=_PADDING)
    table.add_column(justify="right", no_wrap=True, min_width=len(f"{len(document.text)}:{len(document.text)}"))
    table.add_column(no_wrap=True, min_width=max(map(len, _LABEL_STYLES)))
    table.add_column(no_wrap=True, min_width=len("0.00"))
    table.add_column(overflow="fold")
    for entity in document.entities:
        label = Text(entity.label, style=_LABEL_STYLES.get(entity.label, ""))
        text = Text(visible(document.surface(entity)))
        table.add_row(Text(f"{entity.start}:{entity.end}"), label, Text(_rounded(entity.score)), text)
    return table


def _chains(document: Document) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=_PADDING)
    table.add_column(no_wrap=True, min_width=len("0.00"))
    table.add_column(overflow="fold")
    for entities, score in chains(document):
        path = " → ".join(visible(document.surface(entity)) for entity in entities)
        table.add_row(Text(_rounded(score)), Text(path))
    return table


def chains(document: Document) -> list[tuple[tuple[Entity, ...], float | None]]:
    """Relations strung together, person → post → organisation, in the text's order, with the lowest of their scores.

    A post without a person begins a chain, one without an organisation ends it.
    """
    entities = document.by_id()
    places: dict[str, list[Relation]] = {}
    for relation in document.relations:
        if relation.label == "ROLE_AT":
            places.setdefault(relation.head, []).append(relation)
    paths: list[tuple[Relation, ...]] = []
    held: set[str] = set()
    for relation in document.relations:
        if relation.label == "HAS_ROLE":
            held.add(relation.tail)
            paths += [(relation, place) for place in places.get(relation.tail, ())] or [(relation,)]
    paths += [(relation,) for post, at in places.items() if post not in held for relation in at]
    found = []
    for path in paths:
        scores = [relation.score for relation in path if relation.score is not None]
        ends = tuple(entities[name] for name in (path[0].head, *(relation.tail for relation in path)))
        found.append((ends, min(scores, default=None)))
    return sorted(found, key=lambda chain: [entity.start for entity in chain[0]])


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


def _rounded(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
