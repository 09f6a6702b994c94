"""Facts against facts written down by hand."""

import json
from pathlib import Path

import pytest
from test_scores import marked

from eval.__main__ import main
from eval.facts import FactError, fact_table, read_facts, rows
from vipol.document import write_jsonl

DOCUMENT = marked(
    "[Bí thư|ROLE] [Quận ủy Cầu Giấy|ORG] [Lê Văn Hải|PERSON] nói. "
    "Ông [Hải|PERSON] từng là [Chủ tịch|ROLE] [UBND quận|ORG].",
    *((3, 1), (1, 2), (4, 5), (5, 6)),
)
FACTS = [
    {"person": "Lê Văn Hải", "role": "Bí thư", "organisation": "Quận ủy Cầu Giấy", "status": "current"},
    {"person": "Lê Văn Hải", "role": "chủ tịch", "organisation": "UBND quận", "status": "current"},
    {"person": None, "role": "Bí thư", "organisation": "Thành ủy", "status": "current"},
]


def written(path: Path, facts: object) -> Path:
    path.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    return path


def test_rows() -> None:
    """Names in full as the article tells them, folded; the status of each."""
    assert rows(DOCUMENT) == {
        ("lê văn hải", "bí thư", "quận ủy cầu giấy", "current"),
        ("lê văn hải", "chủ tịch", "ubnd quận", "former"),
    }


def test_figures(tmp_path: Path) -> None:
    """Of three gold facts two are found, one of them with another status; nothing else is told."""
    gold = read_facts(written(tmp_path / "f.json", {"d": FACTS}))
    assert [list(row) for row in fact_table(gold, {"gold": [DOCUMENT]}).rows] == [
        ["gold: person, role, organisation", "100.00", "66.67", "80.00", "3"],
        ["gold: and status", "50.00", "33.33", "40.00", "3"],
    ]


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ([], "not an object with a list of facts"),
        ({"d": [{"person": None}]}, "d, fact 1: person, role, organisation or status lacks"),
        ({"d": [FACTS[0] | {"status": "retired"}]}, "d, fact 1: status 'retired' is none of current"),
    ],
)
def test_damaged(tmp_path: Path, facts: object, problem: str) -> None:
    """What is wrong is told with the document and the number of the fact."""
    with pytest.raises(FactError, match=problem):
        read_facts(written(tmp_path / "f.json", facts))
    (tmp_path / "g.json").write_text("{", encoding="utf-8")
    with pytest.raises(FactError, match="not JSON"):
        read_facts(tmp_path / "g.json")


def test_a_document_without_gold_facts() -> None:
    """Facts of a document that nobody has written any down for can't be scored."""
    with pytest.raises(FactError, match="no gold facts for d"):
        fact_table({}, {"gold": [DOCUMENT]})


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`facts` prints figures from the gold spans and from a model's, and writes them."""
    gold, output = tmp_path / "gold.jsonl", tmp_path / "out.json"
    with gold.open("w", encoding="utf-8") as stream:
        write_jsonl([DOCUMENT], stream)
    facts = written(tmp_path / "f.json", {"d": FACTS})
    assert main(["facts", str(facts), "--gold", str(gold), "--json", str(output)]) == 0
    out = capsys.readouterr().out
    assert ["100.00", "66.67", "80.00", "3"] in [line.split()[-4:] for line in out.splitlines()]
    assert "the model: and status" in out
    assert json.loads(output.read_text(encoding="utf-8"))["tables"][0]["rows"][0][-1] == "3"
    assert main(["facts", str(tmp_path / "none.json"), "--gold", str(gold)]) == 1


def test_the_dev_facts_are_facts() -> None:
    """The file of facts that the repo carries can be read."""
    path = Path(__file__).parent.parent / "annotations" / "facts" / "dev.json"
    assert sum(map(len, read_facts(path).values())) == 58
