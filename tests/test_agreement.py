"""Agreement of annotations: what counts, by hand, and what the command prints. Takes 1 second."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from annotations import gold
from annotations.__main__ import main
from annotations.agreement import EdgeScore, Score, agreement
from annotations.annotators import compare, read_annotations
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


def test_edges_without_labels() -> None:
    """Another label costs F1, not edge F1; another edge costs both; relations need the edges of both ends.

    PERSON: one mark, its edges are ORG's on the other side. ORG: one mark of three (two here, one there) is not found.
    """
    other = replace(PERSON, label="ORG"), replace(ORG, end=14), ROLE
    found = agreement([FIRST], [replace(FIRST, entities=other)])
    assert found.edges["PERSON"] == EdgeScore(1, 1)
    assert found.scores["PERSON"].f1 == 0
    assert found.edges["PERSON"].f1 == 1
    assert found.edges["ORG"] == EdgeScore(3, 1)
    assert found.edges["spans"] == EdgeScore(6, 4)
    assert found.edges["spans"].f1 == pytest.approx(2 / 3)
    assert found.scores["HAS_ROLE"] == Score(1, 1, 0)
    assert found.edges["HAS_ROLE"] == EdgeScore(2, 2)
    assert found.edges["ROLE_AT"] == EdgeScore(2, 0)
    assert found.edges["relations"].f1 == 0.5
    assert found.edges["MONEY"].f1 is None


def test_articles_of_one_side() -> None:
    """Articles that only one side has are named by side; the others are compared in the order of their ids."""
    names = [replace(FIRST, id=name, relations=()) for name in "dbca"]
    found = agreement(names[:3], [replace(document, entities=()) for document in names[1:]])
    assert found.articles == 2
    assert found.alone == (("d",), ("a",))
    assert [item.article for item in found.differences] == ["b"] * 3 + ["c"] * 3


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a table, kappa, and a line for every disagreement with its kind and which file has it.

    Kappa: 8 of 15 words agree, chance is O 6 * 11, B-ORG 1 * 2, I-ORG 3 * 2, so (8 * 15 - 74) / (225 - 74); over the
    marked ones 2 of 9 agree, chance is 0 * 5 + 2 + 6, so (2 * 9 - 8) / (81 - 8).
    """
    one, two = tmp_path / "one.jsonl", tmp_path / "two.json"
    gold.write_text(one, gold.to_jsonl([FIRST, replace(FIRST, id="b")]))
    other = replace(ROLE, label="ORG"), replace(ORG, end=14)
    gold.write_text(two, gold.to_export([replace(FIRST, entities=other, relations=())]))
    assert main(["agreement", str(one), str(two)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "articles: 1",
        f"only in {one}, not compared: 1 (b)",
        "            first second   both      F1  edge F1",
        "PERSON          1      0      0  0.0000   0.0000",
        "ROLE            1      0      0  0.0000   1.0000",
        "ORG             1      2      0  0.0000   0.3333",
        "DATE            0      0      0       -        -",
        "MONEY           0      0      0       -        -",
        "spans           3      2      0  0.0000   0.4000",
        "HAS_ROLE        1      0      0  0.0000   0.0000",
        "ROLE_AT         1      0      0  0.0000   0.0000",
        "relations       2      0      0  0.0000   0.0000",
        "kappa 0.3046 over 15 words, 40.0% of them O in both",
        "kappa 0.1370 over the 9 words that at least one marked",
        "disagreements: 5",
        f"a, offset 0, 'Bí thư' ROLE in {one}, 'Bí thư' ORG in {two}: label differs",
        f"a, offset 0, 'Bí thư' ROLE_AT 'Quận ủy Tây Hồ': relation, an end differs, only in {one}",
        f"a, offset 0, 'Trần Thị Hoa' HAS_ROLE 'Bí thư': relation, an end differs, only in {one}",
        f"a, offset 7, 'Quận ủy Tây Hồ' ORG in {one}, 'Quận ủy' ORG in {two}: edges differ",
        f"a, offset 22, 'Trần Thị Hoa' PERSON: only in {one}",
    ]


@pytest.mark.parametrize(("passes", "readme"), [("", "README.md"), ("written-", "written/README.md")])
def test_readme_quotes_it(capsys: pytest.CaptureFixture[str], passes: str, readme: str) -> None:
    """The READMEs quote what the command prints of the two passes, at least from the first label to kappa."""
    folder = Path(__file__).parent.parent / "annotations"
    assert main(["agreement", *(str(folder / "passes" / f"{passes}{name}.jsonl") for name in ("first", "second"))]) == 0
    out = capsys.readouterr().out
    quoted = out[out.index("PERSON ") : out.index("disagreements:")]
    assert quoted in (folder / readme).read_text(encoding="utf-8")


def test_json(tmp_path: Path) -> None:
    """The same as JSON: figures as numbers, an undefined one as null, marks with their offsets."""
    one, two, out = tmp_path / "one.jsonl", tmp_path / "two.jsonl", tmp_path / "out.json"
    gold.write_text(one, gold.to_jsonl([FIRST]))
    gold.write_text(two, gold.to_jsonl([replace(FIRST, relations=FIRST.relations[1:])]))
    assert main(["agreement", str(one), str(two), "--json", str(out)]) == 0
    (pair,) = json.loads(out.read_text(encoding="utf-8"))["pairs"]
    assert pair["scores"]["relations"] == {"first": 2, "second": 1, "both": 1, "f1": 2 / 3, "edge_f1": 2 / 3}
    assert pair["scores"]["MONEY"]["f1"] is None
    assert pair["kappa"] == {"value": 1.0, "words": 15, "outside": 0.4, "marked_value": 1.0, "marked_words": 9}
    post = {"start": 0, "end": 6, "label": "ROLE", "text": "Bí thư"}
    body = {"start": 7, "end": 21, "label": "ORG", "text": "Quận ủy Tây Hồ"}
    first = [{"head": post, "label": "ROLE_AT", "tail": body}]
    assert pair["disagreements"] == [{"article": "a", "offset": 0, "kind": "relation", "first": first, "second": []}]


def export(tmp_path: Path, *people: Document) -> Path:
    """An export with the annotations of 1, 2, … in one task."""
    task = to_task(people[0])
    found = [to_task(document)["annotations"][0] | {"completed_by": n} for n, document in enumerate(people, 1)]
    file = tmp_path / "export.json"
    gold.write_text(file, json.dumps([task | {"annotations": found}]))
    return file


def test_two_annotators_of_one_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two annotators of one export are compared by its path alone, or by naming both and the file for each."""
    file = export(tmp_path, FIRST, replace(FIRST, relations=()))
    assert main(["agreement", str(file)]) == 0
    alone = capsys.readouterr().out
    assert "disagreements: 2" in alone
    assert "relation, only in annotator 1" in alone
    assert main(["agreement", str(file), str(file), "--annotators", "1", "2"]) == 0
    assert capsys.readouterr().out.replace(f"{file}, annotator", "annotator") == alone


def test_three_annotators(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of three annotators every pair is compared, after a table of the pairs; `--annotators` chooses among them."""
    file = export(tmp_path, FIRST, replace(FIRST, relations=()), replace(FIRST, entities=(), relations=()))
    assert main(["agreement", str(file)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[:4] == [
        "                                spans  relations    kappa",
        "annotator 1 and annotator 2    1.0000     0.0000   1.0000",
        "annotator 1 and annotator 3    0.0000     0.0000   0.0000",
        "annotator 2 and annotator 3    0.0000          -   0.0000",
    ]
    assert [line for line in out.splitlines() if line.startswith("disagreements")] == [
        "disagreements: 2",
        "disagreements: 5",
        "disagreements: 3",
    ]
    assert main(["agreement", str(file), "--annotators", "3", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("articles: 1")
    assert "'Bí thư' ROLE: only in annotator 1" in out


def test_three_files(tmp_path: Path) -> None:
    """Three files are three annotations."""
    paths = [tmp_path / f"{name}.jsonl" for name in "abc"]
    for path in paths:
        gold.write_text(path, gold.to_jsonl([FIRST]))
    pairs = compare(read_annotations(paths))
    assert [(pair.first, pair.second) for pair in pairs] == [
        (str(one), str(other)) for one, other in ((paths[0], paths[1]), (paths[0], paths[2]), (paths[1], paths[2]))
    ]


@pytest.mark.parametrize(
    ("files", "more", "said"),
    [
        ("dd", [], "d.jsonl is named twice"),
        ("d", [], "d.jsonl: annotations by nobody: give an export with two annotators or a second file"),
        ("e", ["--annotators", "1"], "give an export with two annotators or a second file"),
        ("e", ["--annotators", "1", "9"], "no annotation by 9; there are annotations by 1, 2"),
        ("e", ["--annotators", "1", "1"], "annotator 1 is named twice"),
        ("ed", ["--annotators", "1"], "1 annotators for 2 paths"),
        ("ed", [], "item 1: there are annotations by 1, 2: say which annotator's to read"),
        ("bd", [], "line 1: not JSON"),
        ("b", [], "line 1: not JSON"),
        ("do", [], "no article in common"),
    ],
)
def test_wrong_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: str, more: list[str], said: str
) -> None:
    """A call that names too few annotations, or what is not there, says what there is."""
    paths = {"e": export(tmp_path, FIRST, FIRST), **{name: tmp_path / f"{name}.jsonl" for name in "dbo"}}
    gold.write_text(paths["d"], gold.to_jsonl([FIRST]))
    gold.write_text(paths["o"], gold.to_jsonl([replace(FIRST, id="other")]))
    gold.write_text(paths["b"], "{")
    assert main(["agreement", *(str(paths[name]) for name in files), *more]) == 1
    assert said in capsys.readouterr().err
