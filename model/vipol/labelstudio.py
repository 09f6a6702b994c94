"""Label Studio's JSON: a task, as its server imports and exports it, to and from a document.

A task keeps a document so; every further key of `data` is one of `Document.extra`, and the other way round:

    {"data": {"doc_id": …, "text": …, "published": …},
     "annotations": [{"result": [regions and relations], "was_cancelled": false, "ground_truth": false}],
     "predictions": [{"model_version": …, "result": [regions and relations]}]}

Offsets are code points into `data.text`, which the server keeps unchanged. `annotations` is what people marked,
`predictions` what a model proposes to them. What the server notes down for itself (numbers, times, drafts) is not read.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vipol.document import Document, DocumentError, Entity, Relation
from vipol.schema import LABELS, RELATION_TYPES, relation_type

FROM_NAME = "label"
TO_NAME = "text"
"""The names of the `Labels` and the `Text` tag in the labelling configuration."""

_OWN_KEYS = frozenset({"doc_id", "text", "published"})
_DOCUMENT_KEYS = frozenset({"id", "entities", "relations"})


def to_task(document: Document, model_version: str | None = None) -> dict[str, Any]:
    """The task that holds a document.

    Its entities and relations become a finished annotation or, with a `model_version`, that model's prediction.

    Raises:
        DocumentError: `extra` has a key that the task or the document keeps for itself.
    """
    if taken := (_OWN_KEYS | _DOCUMENT_KEYS) & document.extra.keys():
        raise DocumentError(f"extra key {min(taken)!r} is one that a task keeps for the document itself: rename it")
    data: dict[str, Any] = {"doc_id": document.id, "text": document.text}
    if document.published is not None:
        data["published"] = document.published
    data.update(document.extra)
    result = [*(_region(document, entity) for entity in document.entities), *map(_link, document.relations)]
    if model_version is not None:
        return {"data": data, "predictions": [{"model_version": model_version, "result": result}]}
    # The server takes an imported annotation for ground truth unless it is told otherwise.
    return {"data": data, "annotations": [{"result": result, "was_cancelled": False, "ground_truth": False}]}


def from_task(task: object, annotator: str | int | None = None) -> Document | None:
    """The document that people annotated, with the entities in the order in which they stand in the task.

    `annotator` says whose annotation to read, by a key of `standing`. None where there is no annotation (of theirs).
    A region that a model proposed and a person confirmed comes without the model's score: gold has none.

    Raises:
        DocumentError: several people annotated the task and `annotator` is not given, or something in it is wrong;
            the message names the region, its offset and its text.
    """
    found = standing(task)
    if annotator is not None:
        found = {name: item for name, item in found.items() if name == str(annotator)}
    if len(found) > 1:
        raise DocumentError(f"there are annotations by {', '.join(found)}: say which annotator's to read")
    return next((_document(_object(task, "a task"), item, confirmed=True) for item in found.values()), None)


def from_prediction(task: object, model_version: str | None = None) -> Document | None:
    """The document as a model proposed it, with its scores; None where the task holds no such prediction.

    An export of the server names predictions by number only; those can't be read.

    Raises:
        DocumentError: there are several and `model_version` chooses none, or something in it is wrong.
    """
    fields = _object(task, "a task")
    items = [item for item in _list(fields, "predictions") if isinstance(item, dict)]
    if model_version is not None:
        items = [item for item in items if item.get("model_version") == model_version]
    if len(items) > 1:
        versions = ", ".join(str(item.get("model_version")) for item in items)
        raise DocumentError(f"there are predictions of the model versions {versions}: say which to read")
    return _document(fields, items[0], confirmed=False) if items else None


def standing(task: object) -> dict[str, dict[str, Any]]:
    """The annotations of a task that count, by annotator: the newest of each, without those that were skipped.

    An annotator is named by e-mail where the export has it, else by the server's number; an annotation without
    either is `#1`, `#2`, … after its place in the task.
    """
    found: dict[str, dict[str, Any]] = {}
    for place, value in enumerate(_list(_object(task, "a task"), "annotations"), 1):
        annotation = _object(value, f"annotation {place}")
        if annotation.get("was_cancelled"):
            continue
        person = annotation.get("completed_by")
        if isinstance(person, dict):
            person = person.get("email") or person.get("id")
        name = f"#{place}" if person is None else str(person)
        if name not in found or _time(annotation) >= _time(found[name]):
            found[name] = annotation
    return found


def _time(annotation: Mapping[str, Any]) -> str:
    return str(annotation.get("updated_at") or annotation.get("created_at") or "")


def _region(document: Document, entity: Entity) -> dict[str, Any]:
    value = {"start": entity.start, "end": entity.end, "text": document.surface(entity), "labels": [entity.label]}
    region: dict[str, Any] = {"id": entity.id, "from_name": FROM_NAME, "to_name": TO_NAME}
    region.update(type="labels", value=value)
    if entity.score is not None:
        region["score"] = entity.score
    if entity.value is not None:
        region["meta"] = {"value": entity.value}
    return region


def _link(relation: Relation) -> dict[str, Any]:
    ends = {"from_id": relation.head, "to_id": relation.tail}
    link = {**ends, "type": "relation", "direction": "right", "labels": [relation.label]}
    return link if relation.score is None else {**link, "score": relation.score}


def _document(task: Mapping[str, Any], annotation: Mapping[str, Any], *, confirmed: bool) -> Document:
    data = dict(_object(task.get("data"), '"data"'))
    if taken := _DOCUMENT_KEYS & data.keys():
        raise DocumentError(f'the key {min(taken)!r} in "data" is one that a document keeps for itself: rename it')
    fields = {"id": data.pop("doc_id", task.get("id", ""))}
    fields.update({key: data.pop(key) for key in ("text", "published") if key in data})
    bare = Document.from_dict(fields)
    entities: dict[str, Entity] = {}
    links = []
    for place, value in enumerate(_list(annotation, "result"), 1):
        item = _object(value, f"result {place}")
        # The server notes where a region came from once a person has handed it in; a score then is the model's.
        if confirmed and "origin" in item:
            item = {**item, "score": None}
        match item.get("type"):
            case "labels":
                entity = _entity(item, bare.text)
                if entity.id in entities:
                    raise DocumentError(f"{_where(entity, bare.text)}: another region has the same id")
                entities[entity.id] = entity
            case "relation":
                links.append(item)
            case other:
                raise DocumentError(f"result {place} is of type {other!r}; only labels and relation can be read")
    relations = tuple(_relation(item, entities, bare.text) for item in links)
    return replace(bare, entities=tuple(entities.values()), relations=relations, extra=data)


def _entity(item: Mapping[str, Any], text: str) -> Entity:
    name = item.get("id")
    value = _object(item.get("value"), f'"value" of region {name!r}')
    start, end, said, labels = (value.get(key) for key in ("start", "end", "text", "labels"))
    if not isinstance(name, str):
        raise DocumentError(f"the region at offset {start}, {said!r}, has no id: mark it anew")
    if type(start) is not int or type(end) is not int:
        raise DocumentError(f"region {name!r}, {said!r}: offsets {start!r} to {end!r} are no whole numbers")
    if not 0 <= start < end <= len(text):
        place = f"{start} to {end} don't lie in a text of {len(text)} characters"
        raise DocumentError(f"region {name!r}, {said!r}: offsets {place}")
    where = f"region {name!r} at offset {start}, {text[start:end]!r}"
    if not isinstance(labels, list) or len(labels) != 1 or labels[0] not in LABELS:
        raise DocumentError(f"{where}: its labels are {labels!r}, not one of {', '.join(LABELS)}")
    if said is not None and not _same_text(said, text[start:end]):
        raise DocumentError(f"{where}: the region itself says {said!r}; was the text changed?")
    meta = item.get("meta")
    return Entity(name, start, end, labels[0], _score(item), meta.get("value") if isinstance(meta, dict) else None)


def _relation(item: Mapping[str, Any], entities: Mapping[str, Entity], text: str) -> Relation:
    ends = [item.get("from_id"), item.get("to_id")]
    known = [end for end in ends if isinstance(end, str) and end in entities]
    if len(known) < 2:
        there = f"; its other end is {_where(entities[known[0]], text)}" if known else ""
        missing = next(end for end in ends if end not in known)
        raise DocumentError(f"a relation has an end at region {missing!r}, which is not there{there}: delete it")
    direction = item.get("direction") or "right"
    head, tail = reversed(known) if direction == "left" else known
    where = f"relation from {_where(entities[head], text)} to {_where(entities[tail], text)}"
    if direction not in ("left", "right"):
        raise DocumentError(f"{where}: its direction is {direction!r}; click its arrow until it points one way")
    labels = item.get("labels") or [relation_type(entities[head].label, entities[tail].label)]
    if labels == [None]:
        kinds = f"{entities[head].label} to {entities[tail].label}"
        raise DocumentError(f"{where}: it has no label, and none runs from {kinds}: draw it the other way or delete it")
    if not isinstance(labels, list) or len(labels) != 1 or labels[0] not in RELATION_TYPES:
        raise DocumentError(f"{where}: its labels are {labels!r}, not one of {', '.join(RELATION_TYPES)}")
    return Relation(head, tail, labels[0], _score(item))


def _score(item: Mapping[str, Any]) -> float | None:
    score = item.get("score")
    if score is None or (isinstance(score, int | float) and not isinstance(score, bool)):
        return score
    raise DocumentError(f"{item['type']} {item.get('id')!r}: score {score!r} is no number")


def _same_text(said: object, text: str) -> bool:
    """Whether a region's own copy of its text fits the text that its offsets give.

    Over a line break the browser writes a backslash and an n, and drops blanks at the start of the next line.
    """
    broken = isinstance(said, str) and len(text.splitlines()) > 1
    return said == text or (broken and _squeezed(str(said)) == _squeezed(text))


def _squeezed(text: str) -> str:
    return "".join(text.replace("\\n", "").split())


def _where(entity: Entity, text: str) -> str:
    return f"region {entity.id!r} at offset {entity.start}, {text[entity.start : entity.end]!r}"


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DocumentError(f"{name} is no JSON object: is this an export in the format JSON?")
    return value


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    if value is not None and not isinstance(value, list):
        raise DocumentError(f'"{name}" is no list: is this an export in the format JSON?')
    return value or []
