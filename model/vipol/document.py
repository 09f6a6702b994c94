"""Documents: a text, the spans marked in it, and the relations between them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

from vipol.schema import LABELS, RELATIONS

_SURROGATE = re.compile("[\ud800-\udfff]")


class DocumentError(ValueError):
    """A document that is not what it should be; the message says what, and at which offset."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of a text: `text[start:end]`, offsets in Unicode code points.

    `score` is the model's confidence in [0, 1], None for a span that a person marked.
    """

    id: str
    start: int
    end: int
    label: str
    score: float | None = None
    value: Any = None

    @property
    def span(self) -> tuple[int, int, str]:
        return self.start, self.end, self.label


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed relation between two entities, by their ids."""

    head: str
    tail: str
    label: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its entities and relations.

    `extra` holds what else a JSON document had (title, publisher and the like); it is written out again.
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    published: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def by_id(self) -> dict[str, Entity]:
        return {entity.id: entity for entity in self.entities}

    def surface(self, entity: Entity) -> str:
        return self.text[entity.start : entity.end]

    def bare(self) -> "Document":
        """The same document without entities and relations."""
        return replace(self, entities=(), relations=())

    def triples(self) -> Iterator[tuple[Entity, str, Entity]]:
        """Every relation as head, label, tail."""
        entities = self.by_id()
        for relation in self.relations:
            yield entities[relation.head], relation.label, entities[relation.tail]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object for this document; a span's text stands beside its offsets for readers."""
        result: dict[str, Any] = {"id": self.id, "text": self.text}
        if self.published is not None:
            result["published"] = self.published
        result.update(self.extra)
        result["entities"] = [
            {"id": e.id, "start": e.start, "end": e.end, "label": e.label, "text": self.surface(e)}
            | ({} if e.score is None else {"score": e.score})
            | ({} if e.value is None else {"value": e.value})
            for e in self.entities
        ]
        result["relations"] = [
            {"head": r.head, "tail": r.tail, "label": r.label} | ({} if r.score is None else {"score": r.score})
            for r in self.relations
        ]
        return result

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, data: object) -> "Document":
        """Reads a JSON object.

        Raises:
            DocumentError: something is missing, of the wrong type, or a span's offsets and text don't fit.
        """
        if not isinstance(data, dict):
            raise DocumentError(f"a document is a JSON object, this is {_kind(data)}")
        fields = dict(data)
        name = fields.pop("id", "")
        text = fields.pop("text", None)
        if not isinstance(name, str | int) or isinstance(name, bool):
            raise DocumentError(f'"id" is {_kind(name)}, not a string')
        if not isinstance(text, str):
            raise DocumentError(f'"text" is {_kind(text)}, not a string' if "text" in data else 'there is no "text"')
        if surrogate := _SURROGATE.search(text):
            raise DocumentError(
                f"half of a surrogate pair at offset {surrogate.start()}: the text was cut or mis-decoded"
            )
        published = fields.pop("published", None)
        if published is not None and not isinstance(published, str):
            raise DocumentError(f'"published" is {_kind(published)}, not a date as a string')
        entities = tuple(_entity(item, text, n) for n, item in enumerate(_list(fields, "entities")))
        known = {entity.id for entity in entities}
        if len(known) < len(entities):
            raise DocumentError("two entities have one id")
        relations = tuple(_relation(item, known, n) for n, item in enumerate(_list(fields, "relations")))
        return cls(str(name), text, entities, relations, published, fields)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    value = fields.pop(name, None)
    if value is None:
        return []
    if not isinstance(value, list):
        raise DocumentError(f'"{name}" is {_kind(value)}, not a list')
    return value


def _number(item: dict[str, Any], name: str, where: str) -> int:
    value = item.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise DocumentError(f'{where}: "{name}" is {_kind(value)}, not a whole number')
    return value


def _score(item: dict[str, Any], where: str) -> float | None:
    value = item.get("score")
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise DocumentError(f'{where}: "score" is {_kind(value)}, not a number')


def _entity(item: object, text: str, index: int) -> Entity:
    where = f"entity {index + 1}"
    if not isinstance(item, dict):
        raise DocumentError(f"{where} is {_kind(item)}, not an object")
    start, end = _number(item, "start", where), _number(item, "end", where)
    label = item.get("label")
    if not isinstance(label, str) or label not in LABELS:
        raise DocumentError(f"{where}, offset {start}: label {label!r} is none of {', '.join(LABELS)}")
    if not 0 <= start < end <= len(text):
        raise DocumentError(f"{where}: offsets {start} to {end} don't lie in a text of {len(text)} characters")
    if "text" in item and item["text"] != text[start:end]:
        raise DocumentError(f"{where}: the text at {start} to {end} is {text[start:end]!r}, not {item['text']!r}")
    return Entity(str(item.get("id", f"e{index + 1}")), start, end, label, _score(item, where), item.get("value"))


def _relation(item: object, known: set[str], index: int) -> Relation:
    where = f"relation {index + 1}"
    if not isinstance(item, dict):
        raise DocumentError(f"{where} is {_kind(item)}, not an object")
    head, tail, label = str(item.get("head")), str(item.get("tail")), item.get("label")
    if not isinstance(label, str) or label not in RELATIONS:
        raise DocumentError(f"{where}: label {label!r} is none of {', '.join(RELATIONS)}")
    for end in (head, tail):
        if end not in known:
            raise DocumentError(f"{where}: there is no entity {end!r}")
    return Relation(head, tail, str(label), _score(item, where))


def read_jsonl(stream: Iterable[str]) -> Iterator[Document]:
    """The documents of a JSONL stream, one a line; blank lines are passed over.

    Raises:
        DocumentError: a line is no document; the message begins with its number.
    """
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            yield Document.from_dict(json.loads(line.rstrip()))
        except json.JSONDecodeError as error:
            raise DocumentError(f"line {number}, column {error.colno}: not JSON ({error.msg})") from error
        except DocumentError as error:
            raise DocumentError(f"line {number}: {error}") from error
        except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
            raise DocumentError(f"line {number}: not JSON that can be read ({error})") from error


def write_jsonl(documents: Iterable[Document], stream: TextIO) -> None:
    for document in documents:
        stream.write(document.to_json() + "\n")
