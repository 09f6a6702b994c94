"""Label Studio's tasks: what is written, what is read, and that nothing is lost between."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vipol.document import Document, DocumentError, Entity, Relation
from vipol.labelstudio import from_prediction, from_task, standing, to_task
from vipol.schema import LABELS, RELATION_TYPES

TEXT = "Bí thư Quận ủy Trần Thị Hoa nói.\nÔng A nghe."
DOCUMENT = Document(
    "a1",
    TEXT,
    (Entity("e1", 0, 6, "ROLE"), Entity("e2", 7, 14, "ORG"), Entity("e3", 15, 27, "PERSON")),
    (Relation("e1", "e2", "ROLE_AT"), Relation("e3", "e1", "HAS_ROLE")),
    "2024-06-27",
    {"publisher": "Báo A"},
)


def task() -> dict[str, Any]:
    """DOCUMENT as a task that a test may spoil."""
    return to_task(DOCUMENT)


def result(spoiled: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = spoiled["annotations"][0]["result"]
    return found


def annotated(*annotations: dict[str, Any]) -> dict[str, Any]:
    """A task with an annotation for each argument, which may say who made it, when, and what else is different."""
    return task() | {"annotations": [task()["annotations"][0] | fields for fields in annotations]}


BREAKS = ["\r\n", "\r", "\n", "\u2028", "\x85", "\\n"]
BLANKS = ["\t", "\u00a0", "\u200b", "\ufeff"]
LETTERS = ["🇻🇳", "👨\u200d👩\u200d👧", "𠀀", "Nguye\u0302\u0303n", "uỷ", "<b>"]
PIECES = st.sampled_from([*BREAKS, *BLANKS, *LETTERS])
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=12).map("".join)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))
SCORES = st.none() | st.floats(0, 1)
KEYS = st.text().filter(lambda key: key not in {"id", "doc_id", "text", "published", "entities", "relations"})


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(TEXTS)
    entities = []
    for name in draw(st.lists(st.text(), unique=True, max_size=6)) if text else []:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        entities.append(Entity(name, start, end, draw(st.sampled_from(LABELS)), draw(SCORES), draw(JSON)))
    ends = st.sampled_from([entity.id for entity in entities]) if entities else st.nothing()
    relations = st.lists(st.builds(Relation, ends, ends, st.sampled_from(RELATION_TYPES), SCORES), max_size=4)
    extra = draw(st.dictionaries(KEYS, JSON, max_size=3))
    found = tuple(draw(relations)) if entities else ()
    return Document(draw(st.text()), text, tuple(entities), found, draw(st.none() | st.text()), extra)


@given(documents())
def test_annotation_round_trip(document: Document) -> None:
    """Any document comes back from an annotated task as it was, by way of JSON."""
    assert from_task(json.loads(json.dumps(to_task(document)))) == document


@given(documents(), st.text())
def test_prediction_round_trip(document: Document, model_version: str) -> None:
    """Any document comes back from a prediction as it was, scores and all, and is no annotation."""
    predicted = json.loads(json.dumps(to_task(document, model_version)))
    assert from_prediction(predicted, model_version) == document
    assert from_task(predicted) is None


def test_annotation_form() -> None:
    """A document becomes a finished annotation with regions and relations as the server exports them."""
    assert task() == {
        "data": {"doc_id": "a1", "text": TEXT, "published": "2024-06-27", "publisher": "Báo A"},
        "annotations": [
            {
                "result": [
                    {
                        "id": "e1",
                        "from_name": "label",
                        "to_name": "text",
                        "type": "labels",
                        "value": {"start": 0, "end": 6, "text": "Bí thư", "labels": ["ROLE"]},
                    },
                    {
                        "id": "e2",
                        "from_name": "label",
                        "to_name": "text",
                        "type": "labels",
                        "value": {"start": 7, "end": 14, "text": "Quận ủy", "labels": ["ORG"]},
                    },
                    {
                        "id": "e3",
                        "from_name": "label",
                        "to_name": "text",
                        "type": "labels",
                        "value": {"start": 15, "end": 27, "text": "Trần Thị Hoa", "labels": ["PERSON"]},
                    },
                    {"from_id": "e1", "to_id": "e2", "type": "relation", "direction": "right", "labels": ["ROLE_AT"]},
                    {"from_id": "e3", "to_id": "e1", "type": "relation", "direction": "right", "labels": ["HAS_ROLE"]},
                ],
                "was_cancelled": False,
                "ground_truth": False,
            }
        ],
    }


def test_prediction_form() -> None:
    """A model's document becomes a prediction, with its scores on the regions and its values in their meta."""
    document = Document("a1", TEXT, (Entity("e1", 0, 6, "ROLE", 0.5, {"iso": "x"}),))
    predicted = to_task(document, "rules-v1")
    assert "annotations" not in predicted
    assert predicted["predictions"][0]["model_version"] == "rules-v1"
    assert predicted["predictions"][0]["result"][0]["score"] == 0.5
    assert predicted["predictions"][0]["result"][0]["meta"] == {"value": {"iso": "x"}}


def test_taken_key_in_extra() -> None:
    """A document with a key that the task keeps for itself is refused, not overwritten."""
    with pytest.raises(DocumentError, match=r"extra key 'doc_id' .* rename it"):
        to_task(Document("a1", "x", extra={"doc_id": "other"}))


def test_taken_key_in_data() -> None:
    """A task with a key that the document keeps for itself is refused, not overwritten."""
    spoiled = task()
    spoiled["data"]["entities"] = []
    with pytest.raises(DocumentError, match="key 'entities' in \"data\""):
        from_task(spoiled)


def test_id_of_a_task() -> None:
    """A task that somebody imported without doc_id has the server's number for an id."""
    spoiled = task() | {"id": 17}
    del spoiled["data"]["doc_id"]
    found = from_task(spoiled)
    assert found is not None
    assert found.id == "17"


def test_not_annotated() -> None:
    """A task without an annotation is no document, nor is one that its annotator skipped."""
    assert from_task({"data": {"text": "x"}, "annotations": [], "predictions": [3]}) is None
    assert from_task(annotated({"was_cancelled": True})) is None


def test_predictions_by_number() -> None:
    """The numbers by which an export names predictions are passed over."""
    assert from_prediction({"data": {"text": "x"}, "predictions": [3]}) is None


def test_several_annotators() -> None:
    """Where two people annotated a task, the message names them and the caller chooses."""
    both = annotated({"completed_by": 1}, {"completed_by": {"id": 2, "email": "b@example.com"}, "result": []})
    with pytest.raises(DocumentError, match=r"annotations by 1, b@example.com: say which"):
        from_task(both)
    assert from_task(both, annotator=1) == DOCUMENT
    second = from_task(both, annotator="b@example.com")
    assert second is not None
    assert second.entities == ()
    assert from_task(both, annotator="c@example.com") is None


def test_annotations_without_a_name() -> None:
    """Annotations that don't say whose they are go by their place in the task."""
    assert list(standing(annotated({}, {"was_cancelled": True}, {}))) == ["#1", "#3"]


def test_twice_by_one_annotator() -> None:
    """Of two annotations by one person the newer counts."""
    newer = {"completed_by": 1, "updated_at": "2024-06-28T00:00:00Z"}
    older = {"completed_by": 1, "updated_at": "2024-06-27T00:00:00Z", "result": []}
    assert from_task(annotated(newer, older)) == DOCUMENT


def test_several_predictions() -> None:
    """Where a task holds predictions of two models, the message names them and the caller chooses."""
    both = {"predictions": [to_task(DOCUMENT, name)["predictions"][0] for name in ("v1", "v2")]} | task()
    with pytest.raises(DocumentError, match="model versions v1, v2: say which"):
        from_prediction(both)
    assert from_prediction(both, "v2") == DOCUMENT


def test_score_of_a_confirmed_region() -> None:
    """The score that a model gave to a region is gone once a person has handed the region in."""
    spoiled = task()
    result(spoiled)[0].update(origin="prediction", score=0.9)
    assert from_task(spoiled) == DOCUMENT


def test_unlabelled_relation() -> None:
    """A relation that the annotator left without a label has the one that its ends allow."""
    spoiled = task()
    del result(spoiled)[3]["labels"]
    result(spoiled)[4]["labels"] = []
    assert from_task(spoiled) == DOCUMENT


def test_unlabelled_relation_without_a_type() -> None:
    """An unlabelled relation whose ends allow no type is named with both ends."""
    spoiled = task()
    result(spoiled)[3] = {"from_id": "e2", "to_id": "e1", "type": "relation"}
    message = (
        "from region 'e2' at offset 7, 'Quận ủy' to region 'e1' at offset 0, 'Bí thư': it has no label, .* ORG to ROLE"
    )
    with pytest.raises(DocumentError, match=message):
        from_task(spoiled)


def test_direction_left() -> None:
    """An arrow that points left runs from the second region to the first."""
    spoiled = task()
    result(spoiled)[3].update(from_id="e2", to_id="e1", direction="left")
    assert from_task(spoiled) == DOCUMENT


def test_direction_both_ways() -> None:
    """An arrow that points both ways is refused."""
    spoiled = task()
    result(spoiled)[3]["direction"] = "bi"
    with pytest.raises(DocumentError, match=r"region 'e1' at offset 0, 'Bí thư' .*direction is 'bi'; click its arrow"):
        from_task(spoiled)


@pytest.mark.parametrize("labels", [["ROLE_AT", "HAS_ROLE"], ["WORKS_AT"], [["ROLE_AT"]], "ROLE_AT"])
def test_relation_labels(labels: object) -> None:
    """A relation has one label, and one that the scheme knows."""
    spoiled = task()
    result(spoiled)[3]["labels"] = labels
    with pytest.raises(DocumentError, match=r"relation from region 'e1' .*not one of HAS_ROLE, ROLE_AT"):
        from_task(spoiled)


@pytest.mark.parametrize("end", ["gone", None, ["e1"]])
def test_dangling_relation(end: object) -> None:
    """A relation to a region that was deleted is named with the end that is left."""
    spoiled = task()
    result(spoiled)[3]["to_id"] = end
    with pytest.raises(DocumentError, match="not there; its other end is region 'e1' at offset 0, 'Bí thư': delete it"):
        from_task(spoiled)


def test_text_of_a_region() -> None:
    """A region whose own text is not what its offsets give is refused: the text may have been changed."""
    spoiled = task()
    spoiled["data"]["text"] = " " + TEXT
    with pytest.raises(DocumentError, match="region 'e1' at offset 0, ' Bí th': the region itself says 'Bí thư'"):
        from_task(spoiled)


def test_text_over_a_line_break() -> None:
    """Over a line break the browser's copy of the text, with a backslash and an n, is taken for what it means."""
    spoiled = to_task(Document("a1", "Đức Hoạt\r\n\n  Lê Thị", (Entity("e1", 4, 16, "PERSON"),)))
    result(spoiled)[0]["value"]["text"] = "Hoạt\\n\\n\\nLê"
    found = from_task(spoiled)
    assert found is not None
    assert found.surface(found.entities[0]) == "Hoạt\r\n\n  Lê "


def test_region_without_its_text() -> None:
    """A region need not repeat its text."""
    spoiled = task()
    del result(spoiled)[0]["value"]["text"]
    assert from_task(spoiled) == DOCUMENT


@pytest.mark.parametrize("offsets", [(5, 5), (6, 0), (-1, 6), (0, 99)])
def test_offsets_out_of_the_text(offsets: tuple[int, int]) -> None:
    """Offsets that are no span of the text are named with the region and what it says."""
    spoiled = task()
    result(spoiled)[0]["value"].update(start=offsets[0], end=offsets[1])
    with pytest.raises(DocumentError, match=f"region 'e1', 'Bí thư': offsets {offsets[0]} to {offsets[1]} don't lie"):
        from_task(spoiled)


@pytest.mark.parametrize("offset", ["0", None, 0.0, True])
def test_offsets_that_are_no_numbers(offset: object) -> None:
    """An offset is a whole number."""
    spoiled = task()
    result(spoiled)[0]["value"]["start"] = offset
    with pytest.raises(DocumentError, match=r"region 'e1', 'Bí thư': offsets .* are no whole numbers"):
        from_task(spoiled)


@pytest.mark.parametrize("labels", [["LOC"], [], ["ROLE", "ORG"], None, "ROLE"])
def test_region_labels(labels: object) -> None:
    """A region has one label, and one that the scheme knows."""
    spoiled = task()
    result(spoiled)[0]["value"]["labels"] = labels
    with pytest.raises(DocumentError, match=r"region 'e1' at offset 0, 'Bí thư': its labels are .* not one of PERSON"):
        from_task(spoiled)


def test_region_without_id() -> None:
    """A region without an id is named by its offset and text."""
    spoiled = task()
    del result(spoiled)[0]["id"]
    with pytest.raises(DocumentError, match="the region at offset 0, 'Bí thư', has no id"):
        from_task(spoiled)


def test_two_regions_with_one_id() -> None:
    """Two regions with one id are refused: no relation could tell them apart."""
    spoiled = task()
    result(spoiled)[1]["id"] = "e1"
    with pytest.raises(DocumentError, match="region 'e1' at offset 7, 'Quận ủy': another region has the same id"):
        from_task(spoiled)


def test_score_that_is_no_number() -> None:
    """A score is a number."""
    spoiled = task()
    result(spoiled)[0]["score"] = "high"
    with pytest.raises(DocumentError, match="labels 'e1': score 'high' is no number"):
        from_task(spoiled)


def test_other_type_of_result() -> None:
    """A result of a kind that a document has no place for is refused, not dropped."""
    spoiled = task()
    result(spoiled).append({"id": "c1", "type": "choices", "value": {"choices": ["news"]}})
    with pytest.raises(DocumentError, match="result 6 is of type 'choices'"):
        from_task(spoiled)


BROKEN = [
    [],
    {"annotations": {}},
    {"annotations": ["x"]},
    {"annotations": [{}]},
    {"data": {}, "annotations": [{}]},
    {"data": {"text": "x"}, "annotations": [{"result": {}}]},
    {"data": {"text": "x"}, "annotations": [{"result": ["x"]}]},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_other_json(broken: object) -> None:
    """JSON that is no task is a DocumentError, whatever it is."""
    with pytest.raises(DocumentError):
        from_task(broken)
