"""The JSON Schemas of documents and facts: what they accept is what vipol writes and reads, what they refuse is not."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from test_document import documents
from test_formats import AMOUNT, ARTICLE, DAY, valued, written

from annotations.gold import read_gold
from vipol.document import Document, DocumentError
from vipol.expressions import Value
from vipol.facts import facts
from vipol.names import FULL_NAME
from vipol.schemas import document_schema, fact_schema
from vipol.values import with_values

UNHURRIED = settings(deadline=None)

GOLD = read_gold(Path(__file__).resolve().parent.parent / "annotations" / "gold")
DOCUMENTS = Draft202012Validator(document_schema())
FACTS = Draft202012Validator(fact_schema())

TEXT = "Bí thư Lê Hoa"
POST = {"id": "e1", "start": 0, "end": 6, "label": "ROLE"}
HOLDER = {"id": "e2", "start": 7, "end": 13, "label": "PERSON"}
LINK = {"head": "e2", "tail": "e1", "label": "HAS_ROLE"}


def post(**changes: Any) -> dict[str, Any]:
    """A document whose one span is a post with these fields changed."""
    return {"text": TEXT, "entities": [POST | changes]}


def link(**changes: Any) -> dict[str, Any]:
    return {"text": TEXT, "entities": [POST, HOLDER], "relations": [LINK | changes]}


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def reads(data: object) -> bool:
    try:
        Document.from_dict(data)
    except DocumentError:
        return False
    return True


GOOD = {
    "a text": {"text": TEXT},
    "an empty text": {"text": ""},
    "an id that is a number": {"id": 7, "text": TEXT},
    "no date": {"text": TEXT, "published": None},
    "null for lists": {"text": TEXT, "entities": None, "relations": None},
    "other fields": {"text": TEXT, "title": "Tin", "tags": ["a"]},
    "a span": post(),
    "a span without id": {"text": TEXT, "entities": [without(POST, "id")]},
    "a span whose id is a number": post(id=1),
    "other fields of a span": post(note="?"),
    "a span's text": post(text="Bí thư"),
    "a score": post(score=0.5),
    "a whole score": post(score=1),
    "no score": post(score=None),
    "a value": post(value={"value": "2024", "source": "words"}),
    "no value": post(value=None),
    "a reason only": post(value={"reason": "no year"}),
    "a relation": link(),
    "a relation's score": link(score=0.25),
    "other fields of a relation": link(note="?"),
}

BAD = {
    "a list": [],
    "a string": TEXT,
    "null": None,
    "no text": {"id": "x"},
    "null for the text": {"text": None},
    "an id that is null": {"id": None, "text": TEXT},
    "an id that is true": {"id": True, "text": TEXT},
    "an id that is a fraction": {"id": 0.5, "text": TEXT},
    "a date that is a number": {"text": TEXT, "published": 2024},
    "spans that are no list": {"text": TEXT, "entities": {}},
    "relations that are no list": {"text": TEXT, "relations": "none"},
    "a span that is a list": {"text": TEXT, "entities": [[0, 6, "ROLE"]]},
    "no start": {"text": TEXT, "entities": [without(POST, "start")]},
    "no end": {"text": TEXT, "entities": [without(POST, "end")]},
    "no label": {"text": TEXT, "entities": [without(POST, "label")]},
    "a negative start": post(start=-1),
    "an empty span": post(end=0),
    "an offset that is a string": post(start="0"),
    "an offset that is true": post(end=True),
    "an offset between characters": post(start=0.5),
    "another label": post(label="PLACE"),
    "a label that is a list": post(label=["ROLE"]),
    "a text that is null": post(text=None),
    "a score that is a string": post(score="0.5"),
    "a score that is true": post(score=True),
    "a relation that is a string": {"text": TEXT, "relations": ["e2 HAS_ROLE e1"]},
    "a relation of another type": link(label="KNOWS"),
    "a relation without label": {"text": TEXT, "entities": [POST, HOLDER], "relations": [without(LINK, "label")]},
    "a relation without head": {"text": TEXT, "entities": [POST, HOLDER], "relations": [without(LINK, "head")]},
    "a relation without tail": {"text": TEXT, "entities": [POST, HOLDER], "relations": [without(LINK, "tail")]},
    "a relation's score that is a list": link(score=[1]),
}

READ_ONLY = {
    "a span whose id is null": post(id=None),
    "a span whose id is a list": post(id=[1]),
    "a score above 1": post(score=2),
    "a negative score": link(score=-0.5),
    "a value that is a string": post(value="2024"),
    "a value with other fields": post(value={"year": 2024}),
    "a value of nothing": post(value={}),
    "a source that there is not": post(value={"value": "2024", "source": "guess"}),
}

BEYOND_A_SCHEMA = {
    "offsets beyond the text": post(end=99),
    "offsets the wrong way round": post(start=6, end=3),
    "another text": post(text="Bí thơ"),
    "ids twice": {"text": TEXT, "entities": [POST, POST]},
    "an unknown tail": link(tail="e3"),
    "half a surrogate pair": {"text": "\ud800"},
    "an offset that is a fraction": post(end=6.0),
}


@pytest.mark.parametrize("schema", [document_schema(), fact_schema()], ids=["document", "fact"])
def test_schemas_are_schemas(schema: dict[str, Any]) -> None:
    """Each is good JSON Schema of its dialect, without an id, and JSON itself."""
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert "$id" not in schema
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("schema", [document_schema(), fact_schema()], ids=["document", "fact"])
def test_fields_are_described(schema: dict[str, Any]) -> None:
    """Every object has a title, every field a description, and every part is used."""
    parts = [schema, *(part for part in schema["$defs"].values() if "properties" in part)]
    assert all(part["title"] and part["description"] for part in parts)
    assert all(field["description"] for part in parts for field in part["properties"].values())
    assert all(f'"#/$defs/{name}"' in json.dumps(schema) for name in schema["$defs"])


def test_each_call_gives_its_own() -> None:
    """Who changes a schema changes nobody else's."""
    document_schema()["properties"].clear()
    fact_schema()["$defs"].clear()
    assert document_schema()["properties"]
    assert fact_schema()["$defs"]


@pytest.mark.parametrize("document", GOLD, ids=lambda document: document.id[:3])
def test_seeds(document: Document) -> None:
    """The seeds' gold is good, without values, with real ones, and with scores."""
    DOCUMENTS.validate(document.to_dict())
    valued = with_values(document, "2024-06-27")
    assert any(entity.value for entity in valued.entities)
    scored = replace(
        valued,
        entities=tuple(replace(entity, score=0.5) for entity in valued.entities),
        relations=tuple(replace(relation, score=1.0) for relation in valued.relations),
    )
    DOCUMENTS.validate(valued.to_dict())
    DOCUMENTS.validate(scored.to_dict())
    for found in (document, scored):
        for fact in facts(found):
            FACTS.validate(fact.to_dict(found))


def test_seeds_have_facts() -> None:
    """The test of the seeds sees facts with and without persons and organisations, resolved names and dates."""
    found = [fact.to_dict(document) for document in GOLD for fact in facts(document)]
    assert {fact["person"] is None for fact in found} == {True, False}
    assert {fact["organisation"] is None for fact in found} == {True, False}
    assert any(fact["organisation"] and "resolved" in fact["organisation"] for fact in found)
    assert {fact["published"] is None for fact in found} == {True, False}


def test_what_is_written() -> None:
    """The lines of the formats `jsonl` and `facts-jsonl` are good."""
    DOCUMENTS.validate(json.loads(written("jsonl", valued(DAY, AMOUNT))))
    for line in written("facts-jsonl", ARTICLE).splitlines():
        FACTS.validate(json.loads(line))


@UNHURRIED
@given(st.builds(Value, st.text(), st.sampled_from(["words", "published", "header", "context", ""]), st.text()))
def test_values(value: Value) -> None:
    """A value as a span gets it is good, but for one of nothing at all."""
    fields = value.to_dict()
    assert DOCUMENTS.is_valid(post(value=fields)) == bool(fields)


@UNHURRIED
@given(documents())
def test_any_document(document: Document) -> None:
    """Whatever a document's text, ids and further fields are, what is written of it is good."""
    plain = replace(document, entities=tuple(replace(entity, value=None) for entity in document.entities))
    DOCUMENTS.validate(plain.to_dict())


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_good_documents(data: object) -> None:
    """Schema and `Document.from_dict` both accept it."""
    assert (DOCUMENTS.is_valid(data), reads(data)) == (True, True)


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_bad_documents(data: object) -> None:
    """Schema and `Document.from_dict` both refuse it."""
    assert (DOCUMENTS.is_valid(data), reads(data)) == (False, False)


@pytest.mark.parametrize("data", READ_ONLY.values(), ids=READ_ONLY)
def test_documents_that_are_read_all_the_same(data: object) -> None:
    """The schema's docstring names what it refuses although it is read."""
    assert (DOCUMENTS.is_valid(data), reads(data)) == (False, True)


@pytest.mark.parametrize("data", BEYOND_A_SCHEMA.values(), ids=BEYOND_A_SCHEMA)
def test_faults_that_no_schema_finds(data: object) -> None:
    """The schema's docstring names what only `Document.from_dict` refuses."""
    assert (DOCUMENTS.is_valid(data), reads(data)) == (True, False)


@UNHURRIED
@given(st.data())
def test_damage_that_the_schema_lets_pass_can_be_read(data: st.DataObject) -> None:
    """A good document, one field of it replaced by any other JSON that no offset or id hangs on: what the schema still
    accepts is read."""
    damaged = copy.deepcopy(data.draw(st.sampled_from([*GOOD.values()])))
    places = list(_places(damaged))
    holder, key = data.draw(st.sampled_from(places))
    junk = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.lists(st.none()) | st.just({})
    holder[key] = data.draw(junk | st.sampled_from(["", "ROLE", "ROLE_AT", "e1", "0"]))
    beyond = {"entities", "start", "end", "head", "tail", "id", "text"}
    if DOCUMENTS.is_valid(damaged) and key not in beyond:
        assert reads(damaged)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every field or item in a JSON value, as what holds it and its key."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


FACT = {
    "document": "d",
    "published": None,
    "person": {"text": "Lê Hoa", "mention": "Hoa", "resolved": FULL_NAME},
    "role": "Bí thư",
    "organisation": None,
    "status": "current",
    "score": 0.5,
    "evidence": [{"sentence": "Bí thư Hoa", "start": 0, "end": 10, "person": [7, 10], "role": [0, 6]}],
}


def test_good_fact() -> None:
    """The fact that the next test damages is good."""
    FACTS.validate(FACT)


@pytest.mark.parametrize("name", FACT)
def test_facts_have_every_field(name: str) -> None:
    """No field of a fact may be left out."""
    assert not FACTS.is_valid(without(FACT, name))


@pytest.mark.parametrize(
    "changes",
    [
        {"document": None},
        {"person": "Lê Hoa"},
        {"person": {"text": "Lê Hoa"}},
        {"person": {"text": "Lê Hoa", "mention": "Hoa", "resolved": ""}},
        {"person": {"text": "Lê Hoa", "mention": "Hoa", "born": "1970"}},
        {"role": None},
        {"role": ""},
        {"status": "held"},
        {"score": 1.5},
        {"evidence": []},
        {"evidence": [without(FACT["evidence"][0], "role")]},
        {"evidence": [FACT["evidence"][0] | {"role": [0]}]},
        {"evidence": [FACT["evidence"][0] | {"role": [0, 6, 7]}]},
        {"evidence": [FACT["evidence"][0] | {"person": None}]},
        {"evidence": [FACT["evidence"][0] | {"start": -1}]},
        {"confidence": "high"},
    ],
    ids=str,
)
def test_damaged_facts(changes: dict[str, Any]) -> None:
    """A fact with a wrong or a further field is refused."""
    assert not FACTS.is_valid(FACT | changes)
