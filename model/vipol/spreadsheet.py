"""CSV of spans, to and from documents."""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO
from urllib.parse import quote, unquote

from vipol.document import Document, DocumentError, Entity, Relation
from vipol.schema import LABELS, RELATIONS

VALUE_FIELDS = ("value", "source", "reason")
VALUE_COLUMNS = ("value", "value_source", "value_reason")
NEEDED = ("document", "entity", "start", "end", "label", "text", "score", "relations")
HEADER = (*NEEDED, *VALUE_COLUMNS)

_PARTING = re.compile(r"[\s%]")


def write_csv(documents: Iterable[Document], stream: TextIO) -> None:
    """A header and a row for every entity, as RFC 4180 has it.

    Relations stand with their head: label and tail's id, as in `HAS_ROLE:e3`, a space between two; a blank or a
    percent sign in an id is percent-encoded there. A span's value stands in three columns; what is no text in it, or
    has another name, is left out. Texts are written as they are: one that begins with `=` is data, and a spreadsheet
    has to be told so.
    """
    table = csv.writer(stream)
    table.writerow(HEADER)
    for document in documents:
        relations: dict[str, list[str]] = {}
        for relation in document.relations:
            relations.setdefault(relation.head, []).append(f"{relation.label}:{_encoded(relation.tail)}")
        for entity in document.entities:
            place = (entity.start, entity.end, entity.label, document.surface(entity))
            links = " ".join(relations.get(entity.id, ()))
            table.writerow((document.id, entity.id, *place, entity.score, links, *_value(entity.value)))


def read_csv(stream: Iterable[str], texts: Mapping[str, str]) -> list[Document]:
    """The documents of a CSV that `write_csv` wrote, or a spreadsheet after it: columns are known by their names.

    CSV holds no texts, so they are given by the documents' ids. Each gives a document, in their order; one that has
    no row has no spans. Rows of a document need not stand together. Left out by CSV, and so not to be had again: the
    day of publication and other fields of a document, scores of relations, the order of relations with unlike heads
    (they come in that of their heads), values that vipol would not give.

    Args:
        stream: lines whose ends nobody has translated, such as a file opened with `newline=""`.

    Raises:
        DocumentError: the message names the line on which a row begins, and what is wrong with it.
    """
    drafts = {name: _Draft(text) for name, text in texts.items()}
    for line, row in _rows(stream):
        try:
            if row["document"] not in drafts:
                raise DocumentError(f"there is no text for the document {row['document']!r}")
            drafts[row["document"]].add(line, row)
        except DocumentError as error:
            raise DocumentError(f"line {line}: {error}") from error
    return [draft.document(name) for name, draft in drafts.items()]


def _rows(stream: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Every row by its columns' names, after the number of its first line."""
    table = csv.reader(stream, strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for row in table:
            if header is None:
                header = [name.removeprefix("\ufeff") for name in row]
                if missing := [name for name in NEEDED if name not in header]:
                    raise DocumentError(f"line 1: no column is called {', '.join(missing)}")
            elif row:
                if len(row) != len(header):
                    raise DocumentError(f"line {line}: {len(row)} fields under a header of {len(header)}")
                yield line, dict(zip(header, row, strict=True))
            line = table.line_num + 1
    except csv.Error as error:
        raise DocumentError(f"line {line}: not CSV that can be read ({error})") from error
    if header is None:
        raise DocumentError("line 1: there is no header")


@dataclass(slots=True)
class _Draft:
    """What the rows of one document have said so far."""

    text: str
    entities: dict[str, Entity] = field(default_factory=dict)
    links: list[tuple[int, str, str, str]] = field(default_factory=list)
    """Line, head, label and tail."""

    def add(self, line: int, row: Mapping[str, str]) -> None:
        name, label = row["entity"], row["label"]
        if name in self.entities:
            raise DocumentError(f"the document has an entity {name!r} already")
        if label not in LABELS:
            raise DocumentError(f"label {label!r} is none of {', '.join(LABELS)}")
        start, end = _offset(row, "start"), _offset(row, "end")
        if not start < end <= len(self.text):
            raise DocumentError(f"offsets {start} to {end} don't lie in a text of {len(self.text)} characters")
        if row["text"] != (said := self.text[start:end]):
            raise DocumentError(f"the text at {start} to {end} is {said!r}, not {row['text']!r}")
        columns = zip(VALUE_FIELDS, VALUE_COLUMNS, strict=True)
        value = {key: row[column] for key, column in columns if row.get(column)}
        self.entities[name] = Entity(name, start, end, label, _score(row["score"]), value or None)
        for link in row["relations"].split(" ") if row["relations"] else ():
            kind, colon, tail = link.partition(":")
            if not colon or kind not in RELATIONS:
                raise DocumentError(f"relation {link!r} is not one of {', '.join(RELATIONS)}, a colon and an entity")
            self.links.append((line, name, kind, unquote(tail)))

    def document(self, name: str) -> Document:
        for line, _, _, tail in self.links:
            if tail not in self.entities:
                raise DocumentError(f"line {line}: the document {name!r} has no entity {tail!r}")
        relations = tuple(Relation(head, tail, label) for _, head, label, tail in self.links)
        return Document(name, self.text, tuple(self.entities.values()), relations)


def _offset(row: Mapping[str, str], name: str) -> int:
    value = row[name]
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise DocumentError(f'"{name}" is {value!r}, not a whole number')
    return int(value)


def _score(value: str) -> float | None:
    try:
        score = float(value) if value else None
    except ValueError:
        score = math.nan
    if score is not None and not math.isfinite(score):
        raise DocumentError(f"score {value!r} is no number")
    return score


def _encoded(name: str) -> str:
    return _PARTING.sub(lambda match: quote(match[0], safe=""), name)


def _value(value: Any) -> list[str]:
    found = [value.get(key) for key in VALUE_FIELDS] if isinstance(value, dict) else []
    return [item if isinstance(item, str) else "" for item in found] or [""] * len(VALUE_FIELDS)
