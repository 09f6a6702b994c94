"""Documents as JSON objects and as lines, and what is refused."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vipol.document import Document, DocumentError, Entity, Relation, read_jsonl, write_jsonl
from vipol.schema import LABELS, RELATIONS

TEXT = "Bí thư Lê Hoa"
POST = {"start": 0, "end": 6, "label": "ROLE"}
HOLDER = {"start": 7, "end": 13, "label": "PERSON"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SCORES = st.none() | st.floats(0, 1)
OWN = {"id", "text", "published", "entities", "relations"}


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any document that there may be: spans may overlap and relations may join what the scheme does not."""
    text = draw(st.text(max_size=30))
    ids = draw(st.lists(st.text(), unique=True, max_size=4)) if text else []
    entities = []
    for name in ids:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        entities.append(Entity(name, start, end, draw(st.sampled_from(LABELS)), draw(SCORES), draw(JSON)))
    ends = st.sampled_from(ids) if ids else st.nothing()
    relation = st.builds(Relation, ends, ends, st.sampled_from(sorted(RELATIONS)), SCORES)
    relations = draw(st.lists(relation, max_size=4)) if ids else []
    extra = draw(st.dictionaries(st.text().filter(lambda key: key not in OWN), JSON, max_size=3))
    return Document(draw(st.text()), text, tuple(entities), tuple(relations), draw(st.none() | st.text()), extra)


def refused(data: object) -> str:
    with pytest.raises(DocumentError) as caught:
        Document.from_dict(data)
    return str(caught.value)


def with_entity(**changes: Any) -> dict[str, Any]:
    """A document whose one entity has these fields changed; None takes one out."""
    entity = {key: value for key, value in ({"id": "e1"} | POST | changes).items() if value is not None}
    return {"text": TEXT, "entities": [entity]}


def with_relation(**changes: Any) -> dict[str, Any]:
    relation = {"head": "e2", "tail": "e1", "label": "HAS_ROLE"} | changes
    return {"text": TEXT, "entities": [POST, HOLDER], "relations": [relation]}


@given(documents())
def test_round_trip(document: Document) -> None:
    """A document becomes an object and is the same document again."""
    assert Document.from_dict(document.to_dict()) == document


@given(documents())
def test_round_trip_through_json(document: Document) -> None:
    """It becomes a line of JSON and is the same document again."""
    line = document.to_json()
    assert "\n" not in line
    assert "\r" not in line
    assert Document.from_dict(json.loads(line)) == document


@given(st.lists(documents(), max_size=3))
def test_round_trip_through_a_stream(many: list[Document]) -> None:
    """Documents written as JSONL are read again, whatever line ends stand in their texts."""
    stream = io.StringIO(newline="")
    write_jsonl(many, stream)
    assert list(read_jsonl(io.StringIO(stream.getvalue(), newline=None))) == many


def test_to_dict() -> None:
    """Fields come in a fixed order, spans with their text, and nothing that is not known."""
    document = Document(
        "tin-1",
        TEXT,
        (Entity("e1", 0, 6, "ROLE", 0.75, {"a": 1}), Entity("e2", 7, 13, "PERSON")),
        (Relation("e2", "e1", "HAS_ROLE", 0.5), Relation("e2", "e1", "HAS_ROLE")),
        "2024-06-27",
        {"title": "Tin"},
    )
    assert json.dumps(document.to_dict(), ensure_ascii=False) == json.dumps(
        {
            "id": "tin-1",
            "text": TEXT,
            "published": "2024-06-27",
            "title": "Tin",
            "entities": [
                {"id": "e1", "start": 0, "end": 6, "label": "ROLE", "text": "Bí thư", "score": 0.75, "value": {"a": 1}},
                {"id": "e2", "start": 7, "end": 13, "label": "PERSON", "text": "Lê Hoa"},
            ],
            "relations": [
                {"head": "e2", "tail": "e1", "label": "HAS_ROLE", "score": 0.5},
                {"head": "e2", "tail": "e1", "label": "HAS_ROLE"},
            ],
        },
        ensure_ascii=False,
    )


def test_scores_and_values_of_zero_are_written() -> None:
    """What is 0 or empty is known, unlike what is None."""
    entity = Entity("e1", 0, 6, "ROLE", 0.0, "")
    (written,) = Document("", TEXT, (entity,)).to_dict()["entities"]
    assert (written["score"], written["value"]) == (0.0, "")


def test_least_document() -> None:
    """A text is enough."""
    assert Document.from_dict({"text": ""}) == Document("", "")
    nulls = {"text": TEXT, "entities": None, "relations": None, "published": None}
    assert Document.from_dict(nulls) == Document("", TEXT)


def test_numbers_as_ids() -> None:
    """An id that is a number becomes a string."""
    assert Document.from_dict({"id": 7, "text": ""}).id == "7"


def test_entities_without_ids() -> None:
    """They are called e1, e2 by their place, and relations may use that."""
    document = Document.from_dict(with_relation())
    assert [entity.id for entity in document.entities] == ["e1", "e2"]
    assert [(head.id, label, tail.id) for head, label, tail in document.triples()] == [("e2", "HAS_ROLE", "e1")]


def test_what_else_there_is_is_kept() -> None:
    """Other fields go through; the given object is not changed."""
    data = {"text": TEXT, "title": "Tin", "tags": ["a"], "entities": []}
    assert Document.from_dict(data).extra == {"title": "Tin", "tags": ["a"]}
    assert "title" in data


def test_offsets_count_code_points() -> None:
    """Neither bytes nor UTF-16 units nor what is seen as one character."""
    text = "👩🏽‍💼 Hoa"
    document = Document.from_dict(
        {"text": text, "entities": [{"start": 5, "end": 8, "label": "PERSON", "text": "Hoa"}]}
    )
    assert document.surface(document.entities[0]) == "Hoa"


def test_bare() -> None:
    """Marks go, all else stays."""
    document = Document("a", TEXT, (Entity("e1", 0, 6, "ROLE"),), (), "2024-06-27", {"title": "Tin"})
    assert document.bare() == Document("a", TEXT, (), (), "2024-06-27", {"title": "Tin"})


def test_by_id() -> None:
    """Entities are found by their ids."""
    entity = Entity("x", 0, 6, "ROLE")
    assert Document("a", TEXT, (entity,)).by_id() == {"x": entity}
    assert entity.span == (0, 6, "ROLE")


@pytest.mark.parametrize(
    ("data", "kind"), [([], "a list"), ("a", "a string"), (None, "null"), (1.5, "a number"), (True, "a truth value")]
)
def test_no_object(data: object, kind: str) -> None:
    """A document is an object, and what is none is told by its kind."""
    assert refused(data) == f"a document is a JSON object, this is {kind}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, 'there is no "text"'),
        ({"text": None}, '"text" is null, not a string'),
        ({"text": ["a"]}, '"text" is a list, not a string'),
        ({"text": 1}, '"text" is a number, not a string'),
        ({"text": "", "id": None}, '"id" is null, not a string'),
        ({"text": "", "id": True}, '"id" is a truth value, not a string'),
        ({"text": "", "id": 1.5}, '"id" is a number, not a string'),
        ({"text": "", "id": {}}, '"id" is an object, not a string'),
        ({"text": "a\ud800b"}, "half of a surrogate pair at offset 1: the text was cut or mis-decoded"),
        ({"text": "", "published": 2024}, '"published" is a number, not a date as a string'),
        ({"text": "", "entities": {"a": 1}}, '"entities" is an object, not a list'),
        ({"text": "", "entities": {}}, '"entities" is an object, not a list'),
        ({"text": "", "entities": False}, '"entities" is a truth value, not a list'),
        ({"text": "", "relations": "none"}, '"relations" is a string, not a list'),
        ({"text": "", "relations": 0}, '"relations" is a number, not a list'),
    ],
    ids=str,
)
def test_wrong_fields(data: dict[str, Any], message: str) -> None:
    """A field that is missing or of the wrong type is named, with what it is and what it should be."""
    assert refused(data) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": None}, 'entity 1: "start" is null, not a whole number'),
        ({"end": "6"}, 'entity 1: "end" is a string, not a whole number'),
        ({"end": 6.0}, 'entity 1: "end" is a number, not a whole number'),
        ({"start": False}, 'entity 1: "start" is a truth value, not a whole number'),
        (
            {"label": "LAW"},
            "entity 1, offset 0: label 'LAW' is none of PERSON, ROLE, ORG, DATE, MONEY",
        ),
        ({"label": None}, "entity 1, offset 0: label None is none of PERSON, ROLE, ORG, DATE, MONEY"),
        ({"label": ["ORG"]}, "entity 1, offset 0: label ['ORG'] is none of PERSON, ROLE, ORG, DATE, MONEY"),
        ({"label": {"a": 1}}, "entity 1, offset 0: label {'a': 1} is none of PERSON, ROLE, ORG, DATE, MONEY"),
        ({"start": -1}, "entity 1: offsets -1 to 6 don't lie in a text of 13 characters"),
        ({"start": 6}, "entity 1: offsets 6 to 6 don't lie in a text of 13 characters"),
        ({"start": 7}, "entity 1: offsets 7 to 6 don't lie in a text of 13 characters"),
        ({"end": 14}, "entity 1: offsets 0 to 14 don't lie in a text of 13 characters"),
        ({"text": "Bí  thư"}, "entity 1: the text at 0 to 6 is 'Bí thư', not 'Bí  thư'"),
        ({"text": 7}, "entity 1: the text at 0 to 6 is 'Bí thư', not 7"),
        ({"score": "high"}, 'entity 1: "score" is a string, not a number'),
        ({"score": True}, 'entity 1: "score" is a truth value, not a number'),
    ],
    ids=str,
)
def test_wrong_entities(changes: dict[str, Any], message: str) -> None:
    """An entity is told by its place, with the offset and what is wrong."""
    assert refused(with_entity(**changes)) == message


def test_text_of_an_entity_in_another_form() -> None:
    """A span's text is compared as it stands: composed is not decomposed, though both look alike."""
    assert refused(with_entity(text="Bi\u0301 thư")).startswith("entity 1: the text at 0 to 6 is ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": "WORKS_AT"}, "relation 1: label 'WORKS_AT' is none of HAS_ROLE, ROLE_AT"),
        ({"label": None}, "relation 1: label None is none of HAS_ROLE, ROLE_AT"),
        ({"label": ["HAS_ROLE"]}, "relation 1: label ['HAS_ROLE'] is none of HAS_ROLE, ROLE_AT"),
        ({"head": "e3"}, "relation 1: there is no entity 'e3'"),
        ({"tail": "e3"}, "relation 1: there is no entity 'e3'"),
        ({"tail": None}, "relation 1: there is no entity 'None'"),
        ({"head": ["e1"]}, "relation 1: there is no entity \"['e1']\""),
        ({"score": []}, 'relation 1: "score" is a list, not a number'),
    ],
    ids=str,
)
def test_wrong_relations(changes: dict[str, Any], message: str) -> None:
    """A relation is told by its place."""
    assert refused(with_relation(**changes)) == message


def test_entities_and_relations_that_are_no_objects() -> None:
    """They are told by their places and kinds."""
    assert refused({"text": TEXT, "entities": [POST, "a"]}) == "entity 2 is a string, not an object"
    assert refused({"text": TEXT, "relations": [None]}) == "relation 1 is null, not an object"


def test_ids_of_entities_differ() -> None:
    """Two entities of one id could not be told apart, also where one is called by its place."""
    assert refused({"text": TEXT, "entities": [POST | {"id": "a"}, HOLDER | {"id": "a"}]}) == "two entities have one id"
    assert refused({"text": TEXT, "entities": [POST | {"id": "e2"}, HOLDER]}) == "two entities have one id"


def test_read_jsonl() -> None:
    """One document a line; blank lines are passed over."""
    lines = ['{"text": "a"}\n', "\n", " \r\n", '  {"text": "b"}  \r\n', '{"text": "c"}']
    assert [document.text for document in read_jsonl(lines)] == ["a", "b", "c"]


def test_read_jsonl_is_lazy() -> None:
    """The documents before a bad line come out first."""
    reading = read_jsonl(['{"text": "a"}', "?"])
    assert next(reading).text == "a"
    with pytest.raises(DocumentError):
        next(reading)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": ', "line 3, column 9: not JSON (Expecting value)"),
        ("  ?", "line 3, column 3: not JSON (Expecting value)"),
        ("Bí thư", "line 3, column 1: not JSON (Expecting value)"),
        ('{"id": "a"}', 'line 3: there is no "text"'),
        ("[]", "line 3: a document is a JSON object, this is a list"),
        ('{"text": "a", "entities": [1]}', "line 3: entity 1 is a number, not an object"),
        ('{"text": "\\ud800"}', "line 3: half of a surrogate pair at offset 0: the text was cut or mis-decoded"),
    ],
)
def test_line_numbers(line: str, message: str) -> None:
    """A bad line is told by its number, blank lines counted."""
    with pytest.raises(DocumentError) as caught:
        list(read_jsonl(['{"text": "a"}\n', "\n", line]))
    assert str(caught.value) == message


@pytest.mark.parametrize("line", ["[" * 100_000, '{"text": ' + "1" * 5_000 + "}"], ids=["brackets", "digits"])
def test_lines_beyond_the_reader(line: str) -> None:
    """JSON that Python's reader gives up on is a bad line like others."""
    with pytest.raises(DocumentError, match=r"^line 2: not JSON that can be read \("):
        list(read_jsonl(['{"text": "a"}', line]))
