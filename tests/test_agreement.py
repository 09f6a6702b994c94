"""Agreement of two annotations: what counts, by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from annotations import gold
from annotations.__main__ import main
from annotations.agreement import Score, agreement
from vipol.document import Document, DocumentError, Entity, Relation
from vipol.labelstudio import to_task

TEXT = "Bí thư Quận ủy Tây Hồ Trần Thị Hoa nói ngày 5/1."
ROLE, ORG, PERSON = Entity("r", 0, 6, "ROLE"), Entity("o", 7, 21, "ORG"), Entity("p", 22, 34, "PERSON")
FIRST = Document("a", TEXT, (ROLE, ORG, PERSON), (Relation("r", "o", "ROLE_AT"), Relation("p", "r", "HAS_ROLE")))


def test_same() -> None:
    """An annotation agrees with itself, whatever the ids and the order of its entities."""
    other = Document(
        "a",
        TEXT,
        tuple(replace(entity, id=entity.id * 2) for entity in (PERSON, ORG, ROLE)),
        (Relation("pp", "rr", "HAS_ROLE"), Relation("rr", "oo", "ROLE_AT")),
    )
    found = agreement([FIRST], [other])
    assert found.scores["spans"] == Score(3, 3, 3)
    assert found.scores["relations"] == Score(2, 2, 2)
    assert found.scores["spans"].f1 == 1
    assert found.disagreements == ()


def test_other_edge() -> None:
    """A span with another edge is missed on both sides, and so is every relation that it is an end of."""
    found = agreement([FIRST], [replace(FIRST, entities=(ROLE, replace(ORG, end=14), PERSON))])
    assert found.scores["ORG"] == Score(1, 1, 0)
    assert found.scores["spans"] == Score(3, 3, 2)
    assert found.scores["spans"].f1 == pytest.approx(2 / 3)
    assert found.scores["ROLE_AT"] == Score(1, 1, 0)
    assert found.scores["HAS_ROLE"] == Score(1, 1, 1)
    assert found.scores["relations"].f1 == 0.5
    assert [(item.offset, item.mark, item.only) for item in found.disagreements] == [
        (0, "'Bí thư' ROLE_AT 'Quận ủy Tây Hồ'", 0),
        (0, "'Bí thư' ROLE_AT 'Quận ủy'", 1),
        (7, "'Quận ủy Tây Hồ' ORG", 0),
        (7, "'Quận ủy' ORG", 1),
    ]


def test_other_label() -> None:
    """A span with another label counts with each label on its own side."""
    found = agreement([FIRST], [replace(FIRST, entities=(ROLE, ORG, replace(PERSON, label="ORG")), relations=())])
    assert found.scores["PERSON"] == Score(1, 0, 0)
    assert found.scores["ORG"] == Score(1, 2, 1)


def test_missing_relation() -> None:
    """A relation that only one has is a disagreement, though all spans agree."""
    found = agreement([FIRST], [replace(FIRST, relations=FIRST.relations[:1])])
    assert found.scores["HAS_ROLE"] == Score(1, 0, 0)
    assert found.scores["relations"].f1 == pytest.approx(2 / 3)
    assert [item.mark for item in found.disagreements] == ["'Trần Thị Hoa' HAS_ROLE 'Bí thư'"]


def test_nothing_to_agree_on() -> None:
    """A label that neither has gives no F1."""
    assert agreement([FIRST], [FIRST]).scores["MONEY"].f1 is None


def test_pooled() -> None:
    """Counts are summed over articles before F1 is taken; an article that one side lacks doesn't count."""
    second = Document("b", TEXT, (ROLE,))
    found = agreement([FIRST, second, replace(FIRST, id="c")], [FIRST, second.bare()])
    assert found.articles == 2
    assert found.scores["spans"] == Score(4, 3, 3)


def test_nothing_in_common() -> None:
    """Annotations of different articles can't be compared."""
    with pytest.raises(DocumentError, match="no article in common"):
        agreement([FIRST], [replace(FIRST, id="b")])


def test_other_text() -> None:
    """Annotations of different texts under one id can't be compared."""
    with pytest.raises(DocumentError, match="a: the two have different texts"):
        agreement([FIRST], [replace(FIRST, text=TEXT + " ")])


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a table and a line for every disagreement that says which file has it."""
    one, two = tmp_path / "one.jsonl", tmp_path / "two.json"
    gold.write_text(one, gold.to_jsonl([FIRST]))
    gold.write_text(two, gold.to_export([replace(FIRST, relations=FIRST.relations[1:])]))
    assert main(["agreement", str(one), str(two)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "articles: 1",
        "            first second   both      F1",
        "PERSON          1      1      1  1.0000",
        "ROLE            1      1      1  1.0000",
        "ORG             1      1      1  1.0000",
        "DATE            0      0      0       -",
        "MONEY           0      0      0       -",
        "spans           3      3      3  1.0000",
        "HAS_ROLE        1      1      1  1.0000",
        "ROLE_AT         1      0      0  0.0000",
        "relations       2      1      1  0.6667",
        "disagreements: 1",
        f"a, offset 0, 'Bí thư' ROLE_AT 'Quận ủy Tây Hồ': only in {one}",
    ]


def test_two_annotators_of_one_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two annotators of one export are compared by naming both."""
    task = to_task(FIRST)
    task["annotations"] = [task["annotations"][0] | {"completed_by": number} for number in (1, 2)]
    file = tmp_path / "export.json"
    gold.write_text(file, json.dumps([task]))
    assert main(["agreement", str(file), str(file)]) == 1
    assert "annotations by 1, 2" in capsys.readouterr().err
    assert main(["agreement", str(file), str(file), "--annotators", "1", "2"]) == 0
    assert "disagreements: 0" in capsys.readouterr().out
