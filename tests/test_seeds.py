"""The seed articles and their gold: unchanged, clean, and as the two passes and the ruling made it."""

import hashlib
from pathlib import Path

import pytest

from annotations.__main__ import main
from annotations.agreement import Disagreement, agreement
from annotations.checks import check
from annotations.gold import read_gold

ROOT = Path(__file__).resolve().parent.parent
SEEDS, GOLD, PASSES = ROOT / "seeds", ROOT / "annotations" / "gold", ROOT / "annotations" / "passes"


@pytest.mark.parametrize("sums", [SEEDS / "SHA256SUMS", GOLD / "SHA256SUMS"])
def test_seeds_are_as_supplied(sums: Path) -> None:
    """Every seed has the sum that stands in the file of sums beside it and beside the gold, and none is missing."""
    made = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in sorted(SEEDS.glob("*.txt"))]
    assert len(made) == 5
    assert sums.read_text(encoding="utf-8").splitlines() == made


def test_gold_is_of_the_seeds() -> None:
    """The gold has a document for every seed, named by it, with its text to the byte."""
    found = {document.id: document.text.encode() for document in read_gold(GOLD)}
    assert found == {file.stem: file.read_bytes() for file in SEEDS.glob("*.txt")}


def test_gold_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """The check finds no fault in the gold, nor in either pass."""
    assert check([GOLD, PASSES / "first.jsonl", PASSES / "second.jsonl"]).faults == []
    assert main(["check", str(GOLD)]) == 0
    assert capsys.readouterr().out == "articles: 5, entities: 329, relations: 67, faults: 0\n"


def test_gold_is_tidy() -> None:
    """Entities are e1, e2, … in the order of the text; gold has no scores; two articles carry their date."""
    documents = read_gold(GOLD)
    for document in documents:
        assert [entity.id for entity in document.entities] == [f"e{n + 1}" for n in range(len(document.entities))]
        assert sorted(document.entities, key=lambda entity: entity.start) == list(document.entities)
        assert {entity.score for entity in document.entities} == {None}
    assert [document.published for document in documents] == [None, "2022-06-23", None, None, "2020-08-21"]


def test_passes_and_ruling() -> None:
    """The passes differ in one relation, which the ruling left out of the gold."""
    first, second, gold = read_gold(PASSES / "first.jsonl"), read_gold(PASSES / "second.jsonl"), read_gold(GOLD)
    odd = Disagreement("004_82adc29613225e15", 780, "'Bí thư chi bộ' ROLE_AT 'Đảng bộ phường'", 0)
    assert agreement(first, second).disagreements == (odd,)
    assert agreement(first, gold).disagreements == (odd,)
    assert agreement(second, gold).disagreements == ()
