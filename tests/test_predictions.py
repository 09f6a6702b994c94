"""Predictions for Label Studio's tasks: whatever comes in, one comes out for each, in the names of the project."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scores import marked

from annotations.predictions import ConfigurationError, Naming, propose
from annotations.served import Model
from vipol.document import Document
from vipol.extractor import DEFAULT
from vipol.labelstudio import from_prediction
from vipol.schema import LABELS, RELATION_TYPES

LABEL_TAGS = "".join(f'<Label value="{name}"/>' for name in LABELS)
RELATION_TAGS = "<Relations>" + "".join(f'<Relation value="{name}"/>' for name in RELATION_TYPES) + "</Relations>"
CONFIGURATION = f"""<View><Style><![CDATA[.a > .b {{ color: red }}]]></Style><!-- ours -->{RELATION_TAGS}
<Labels name="label" toName="text">{LABEL_TAGS}</Labels><Text name="text" value="$text"/></View>"""
KNOWN = replace(
    marked("[Lê Minh|PERSON], [Bí thư|ROLE] [Quận ủy|ORG].", (1, 2), (2, 3), name=""),
)


@dataclass
class Scripted:
    """An extractor that knows one text, fails on another, and finds nothing in the rest."""

    calls: int = 0

    def extract_many(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            self.calls += 1
            if document.text == "fail":
                raise RuntimeError("no memory")
            yield replace(_scored(KNOWN), id=document.id) if document.text == KNOWN.text else document


def _scored(document: Document) -> Document:
    entities = tuple(replace(entity, score=0.5) for entity in document.entities)
    return replace(document, entities=entities, relations=tuple(replace(r, score=1.0) for r in document.relations))


@pytest.fixture
def model() -> Model:
    extractor: Any = Scripted()
    return Model(extractor, "v1", DEFAULT)


def read(configuration: str) -> Naming:
    return Naming.read(configuration, LABELS, RELATION_TYPES)


class TestNaming:
    def test_our_own_configuration(self) -> None:
        assert read(CONFIGURATION) == Naming("label", "text", "text")

    def test_names_of_another(self) -> None:
        """Its labels are called `ner` over `article`, which shows the key `body`."""
        other = CONFIGURATION.replace('name="label" toName="text"', 'name="ner" toName="article"')
        other = other.replace('name="text" value="$text"', 'name="article" value="$body"')
        assert read(other) == Naming("ner", "article", "body")

    def test_the_labels_that_fit_are_chosen(self) -> None:
        """Before ours stand labels of an image and labels of another kind over the same text."""
        others = '<Labels name="b" toName="image"/><Labels name="mood" toName="text"><Label value="GOOD"/></Labels>'
        assert read(CONFIGURATION.replace("<Labels", others + "<Labels", 1)).from_name == "label"

    def test_an_alias_is_the_name_of_a_label(self) -> None:
        assert read(CONFIGURATION.replace('value="ORG"', 'value="Cơ quan" alias="ORG"')) == Naming()
        with pytest.raises(ConfigurationError, match="lacks ORG"):
            read(CONFIGURATION.replace('value="ORG"', 'value="ORG" alias="body"'))

    def test_further_labels_do_no_harm(self) -> None:
        assert read(CONFIGURATION.replace("</Labels>", '<Label value="PLACE"/></Labels>')) == Naming()

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('<Label value="MONEY"/>', "", "lacks MONEY"),
            ('<Relation value="ROLE_AT"/>', "", '<Relation value="ROLE_AT"/>'),
            (RELATION_TAGS, "", "no relation HAS_ROLE, ROLE_AT"),
            ('toName="text"', 'toName="other"', "toName"),
            ("<Text", "<HyperText", "toName"),
            ('"$text"', '"text"', r'value="\$text"'),
            ("</View>", "", "no XML"),
            ("<View>", '<!DOCTYPE v [<!ENTITY a "aa">]><View>', "DOCTYPE"),
        ],
    )
    def test_what_does_not_fit_is_said(self, old: str, new: str, said: str) -> None:
        assert old in CONFIGURATION
        with pytest.raises(ConfigurationError, match=said):
            read(CONFIGURATION.replace(old, new))

    @given(st.text() | st.text(alphabet='<>/"=$ViewTxtLabs naming'))
    def test_any_other_text_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigurationError):
            read(text)


class TestPropose:
    def test_regions_and_relations_in_the_names_of_the_project(self, model: Model) -> None:
        task = {"id": 7, "data": {"body": KNOWN.text}}
        (found,) = propose(model, [task], Naming("ner", "article", "body"), 1000)
        regions = [item for item in found["result"] if item["type"] == "labels"]
        assert {(item["from_name"], item["to_name"]) for item in regions} == {("ner", "article")}
        assert found["model_version"] == "v1"
        assert found["score"] == 0.7  # three spans with 0.5, two relations with 1
        back = from_prediction({"data": {"text": KNOWN.text}, "predictions": [found]})
        assert back == replace(_scored(KNOWN), id="")

    def test_a_task_without_a_text_gets_none_and_keeps_its_place(
        self, model: Model, caplog: pytest.LogCaptureFixture
    ) -> None:
        good = {"id": 1, "data": {"text": KNOWN.text}}
        bad: list[Any] = [
            None,
            "text",
            {},
            {"id": 2, "data": None},
            {"id": 3, "data": {"title": "a"}},
            {"id": 4, "data": {"text": 5}},
            {"id": 5, "data": {"text": "\ud800"}},
            {"id": 6, "data": {"text": "a" * 1001}},
            {"id": 8, "data": {"text": "fail"}},
        ]
        tasks = [item for task in bad for item in (task, good)]
        with caplog.at_level(logging.ERROR):
            found = propose(model, tasks, Naming(), 1000)
        assert [bool(item["result"]) for item in found] == [False, True] * len(bad)
        for number in (2, 3, 4, 5, 6, 8):
            assert f"task {number}: " in caplog.text

    @settings(max_examples=50)
    @given(st.lists(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.dictionaries(
        st.sampled_from(["id", "data", "text"]), x) | st.lists(x, max_size=2), max_leaves=4), max_size=20))  # fmt: skip
    def test_as_many_come_out_as_went_in(self, tasks: list[Any]) -> None:
        extractor: Any = Scripted()
        found = propose(Model(extractor, "v", DEFAULT), tasks, Naming(), 1000)
        assert len(found) == len(tasks)
        assert all(item["model_version"] == "v" and isinstance(item["result"], list) for item in found)

    def test_an_answer_that_nobody_wants_is_not_gone_on_with(self, model: Model) -> None:
        """Asked for after 16 of 100 tasks, it is no longer wanted."""
        tasks = [{"id": n, "data": {"text": "a"}} for n in range(100)]
        extractor: Any = model.extractor
        found = propose(model, tasks, Naming(), 1000, lambda: extractor.calls >= 16)
        assert len(found) == 16

    def test_the_embedded_model(self) -> None:
        text = (Path(__file__).parent / "data" / "unseen.txt").read_text(encoding="utf-8")
        model = Model.load(threads=1)
        (found,) = propose(model, [{"id": 1, "data": {"text": text}}], Naming(), 10_000)
        back = from_prediction({"data": {"text": text}, "predictions": [found]})
        assert back is not None
        assert ("Lưu Đình Khải", "HAS_ROLE", "Phó Chủ tịch") in [
            (back.surface(head), label, back.surface(tail)) for head, label, tail in back.triples()
        ]
        assert 0.9 < found["score"] <= 1
