"""Marks without their texts."""

import json
import lzma
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.__main__ import main
from annotations.agreement import agreement
from annotations.checks import check
from annotations.gold import read_gold, to_jsonl
from annotations.standoff import attach, detach
from train.recipe import RECIPES
from vipol.document import Document, DocumentError, Entity, Relation
from vipol.schema import LABELS, RELATION_TYPES, relation_type

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "annotations" / "gold"
PASSES = ROOT / "annotations" / "passes"
STANDOFF = ROOT / "annotations" / "standoff"
SHIPPED = sorted([*STANDOFF.glob("*.jsonl"), *PASSES.glob("held-back-*.jsonl")])
ARCHIVE = ROOT.parent / "shared" / "unlabelled" / "news.jsonl.xz"


MARKS = '{"id": "a", "sha256": "SUM", "entities": [], "relations": []}'
"""A line of marks; SUM stands for the sum of the text."""


def archive(path: Path, texts: list[str]) -> Path:
    lines = "".join(json.dumps({"source": "somewhere", "text": text}, ensure_ascii=False) + "\n" for text in texts)
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "wt", encoding="utf-8") as stream:
        stream.write(lines)
    return path


def shape(document: Document) -> tuple[object, ...]:
    """What stand-off marks keep of a document, ids of spans left out."""
    spans = {entity.id: (entity.start, entity.end, entity.label) for entity in document.entities}
    related = {(spans[r.head], spans[r.tail], r.label) for r in document.relations}
    return document.id, document.text, list(spans.values()), related


@pytest.mark.parametrize("name", ["texts.jsonl", "texts.jsonl.xz"])
def test_the_seeds_come_back_whole(name: str, tmp_path: Path) -> None:
    """Marks of the seeds, joined with an archive that has their texts among others and in another order."""
    gold = read_gold(GOLD)
    texts = archive(tmp_path / name, ["An article that nobody marked.", *(d.text for d in reversed(gold))])
    marks = tmp_path / "marks.jsonl"
    marks.write_text(detach(gold), encoding="utf-8")
    assert [shape(d) for d in attach(marks, texts)] == [shape(d) for d in gold]


def test_no_word_of_a_text_is_kept() -> None:
    """What is left of an article is its id, its sum, offsets and labels: a line has nothing else in it."""
    gold = read_gold(GOLD)
    for document, line in zip(gold, detach(gold).splitlines(), strict=True):
        marks = json.loads(line)
        assert (marks.pop("id"), len(marks.pop("sha256"))) == (document.id, 64)
        letters = set(re.findall(r"[^\W\d_]+", json.dumps(marks, ensure_ascii=False)))
        assert letters <= {"entities", "relations", *re.findall("[A-Z]+", " ".join((*LABELS, *RELATION_TYPES)))}


@given(
    text=st.text(min_size=4, max_size=60),
    data=st.data(),
)
def test_any_text_and_marks(text: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Offsets hold for every text that JSON can carry: line ends, marks without letters, characters beyond 16 bits."""
    folder = tmp_path_factory.mktemp("any")
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=4, max_size=4)))
    person, role = Entity("x", cuts[0], cuts[1], "PERSON"), Entity("y", cuts[2], cuts[3], "ROLE")
    document = Document("a", text, (person, role), (Relation("x", "y", "HAS_ROLE"),))
    (folder / "marks.jsonl").write_text(detach([document]), encoding="utf-8")
    texts = archive(folder / "texts.jsonl", ["other", text])
    assert [shape(d) for d in attach(folder / "marks.jsonl", texts)] == [shape(document)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "line 1: not JSON"),
        ('{"id": "a"}', 'line 1: not a JSON object with the "sha256"'),
        ('{"sha256": "SUM", "entities": [], "relations": []}', 'line 1: no "id"'),
        ('{"sha256": "00", REST}', "line 1: .*texts.jsonl has no text with this sha256"),
        (MARKS.replace("[]", '[[0, 99, "ORG"]]', 1), "line 1: entity 1: offsets 0 to 99 don't lie in a text"),
        (MARKS.replace("[]", "[[0, 2]]", 1), 'line 1: "entities" is not a list of three values each'),
        (MARKS.replace("entities", "entitys"), 'line 1: "entities" is not a list of three values each'),
        (MARKS.replace('"relations": []', '"relations": [[0, 1, "ROLE_AT"]]'), "line 1: relation 1"),
        (f"{MARKS}\n{MARKS}", "line 2: the same text as .*line 1"),
        (f"{MARKS}\n{MARKS.replace('SUM', '00')}", "line 2: the id 'a' stands in .*line 1 already"),
    ],
)
def test_a_fault_is_told_with_its_place(line: str, said: str, tmp_path: Path) -> None:
    """Marks that are damaged, or belong to another version of the archive."""
    text = "UBND huyện họp."
    texts = archive(tmp_path / "texts.jsonl", [text])
    marks = tmp_path / "marks.jsonl"
    digest = json.loads(detach([Document("a", text)]))["sha256"]
    rest = '"id": "a", "entities": [], "relations": []'
    marks.write_text(line.replace("SUM", digest).replace("REST", rest), encoding="utf-8")
    with pytest.raises(DocumentError, match=said):
        attach(marks, texts)


def test_two_documents_with_one_text() -> None:
    """Marks that could not be told apart are not taken off."""
    with pytest.raises(DocumentError, match=r"^a and b have one text"):
        detach([Document("a", "một"), Document("b", "một")])


def test_an_archive_with_half_a_surrogate_pair(tmp_path: Path) -> None:
    """A text that no document may have hurts nobody as long as no marks are for it."""
    texts = tmp_path / "texts.jsonl"
    texts.write_text('\ufeff{"text": "\\ud800"}\n{"text": "một"}\n', encoding="utf-8")
    marks = tmp_path / "marks.jsonl"
    marks.write_text(detach([Document("a", "một")]), encoding="utf-8")
    assert [document.text for document in attach(marks, texts)] == ["một"]


@pytest.mark.parametrize("folder", ["marks", "texts"])
def test_folders(folder: str, tmp_path: Path) -> None:
    """Marks and texts are files, and a folder is told."""
    (tmp_path / "marks.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "texts.jsonl").write_text("", encoding="utf-8")
    paths = {name: tmp_path if name == folder else tmp_path / f"{name}.jsonl" for name in ("marks", "texts")}
    with pytest.raises(DocumentError, match=f"^{re.escape(str(tmp_path))}: a folder; name the file$"):
        attach(**paths)


def test_convert_goes_both_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes marks off and puts them back, into every form."""
    gold = read_gold(GOLD)
    texts = archive(tmp_path / "texts.jsonl", [d.text for d in gold])
    marks = tmp_path / "marks.jsonl"
    assert main(["convert", str(GOLD), str(marks), "--to", "standoff"]) == 0
    for form, name in (("documents", "back.jsonl"), ("documents", "back"), ("labelstudio", "back.json")):
        assert main(["convert", str(marks), str(tmp_path / name), "--to", form, "--texts", str(texts)]) == 0
        assert [shape(d) for d in read_gold(tmp_path / name)] == [shape(d) for d in gold]
    assert main(["convert", str(GOLD), "-", "--to", "standoff"]) == 0
    assert capsys.readouterr().out == marks.read_text(encoding="utf-8")


def test_an_annotator_of_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Marks don't say whose they are, so that asking for somebody's is a wrong call."""
    marks = tmp_path / "marks.jsonl"
    marks.write_text("", encoding="utf-8")
    call = ["convert", str(marks), str(tmp_path / "out.jsonl"), "--to", "documents", "--texts", str(marks)]
    with pytest.raises(SystemExit) as stop:
        main([*call, "--annotator", "anna"])
    assert stop.value.code == 2
    assert "--annotator" in capsys.readouterr().err


def test_marks_without_texts_are_told_apart_from_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Read or checked as documents they are refused, with a line for each that says what to do."""
    gold = read_gold(GOLD)
    marks = tmp_path / "marks.jsonl"
    marks.write_text(detach(gold), encoding="utf-8")
    assert main(["convert", str(marks), str(tmp_path / "out.jsonl"), "--to", "documents"]) == 1
    assert "convert --texts" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()
    assert main(["check", str(marks)]) == 1
    *faults, _ = capsys.readouterr().out.splitlines()
    assert len(faults) == len(gold)
    assert all("convert --texts" in fault for fault in faults)


@pytest.mark.parametrize("path", sorted(STANDOFF.glob("*.jsonl")), ids=lambda path: path.stem)
def test_as_many_as_promised(path: Path) -> None:
    """The README's counts of articles, spans and relations are those of the file."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    spans, relations = (sum(len(line[name]) for line in lines) for name in ("entities", "relations"))
    readme = (ROOT / "annotations" / "README.md").read_text(encoding="utf-8")
    assert f"| `standoff/{path.name}` | {len(lines)} | {spans:,} | {relations:,} |" in readme


def test_what_is_held_back_is_not_learnt_from() -> None:
    """No text of the shipped marks is both learnt from and held back, and no recipe names those held back."""
    lines = {
        name: [json.loads(line) for line in (STANDOFF / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        for name in ("news", "held-back")
    }
    sums = {name: {line["sha256"] for line in found} for name, found in lines.items()}
    assert all(len(sums[name]) == len(found) > 0 for name, found in lines.items())
    assert not sums["news"] & sums["held-back"]
    assert not any("held-back" in path.read_text(encoding="utf-8") for path in RECIPES.glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_marks(path: Path) -> None:
    """Spans are in order and apart, and every relation joins the labels that its type joins."""
    for line in path.read_text(encoding="utf-8").splitlines():
        marks = json.loads(line)
        assert set(marks) == {"id", "sha256", "entities", "relations"}
        spans = marks["entities"]
        assert all(first[1] <= second[0] for first, second in pairwise(spans)), marks["id"]
        for head, tail, label in marks["relations"]:
            assert relation_type(spans[head][2], spans[tail][2]) == label, marks["id"]


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"{ARCHIVE.name} is not beside the checkout")
def test_shipped_marks_are_faultless(tmp_path: Path) -> None:
    """Joined with their texts they pass every check that gold passes."""
    for path in STANDOFF.glob("*.jsonl"):
        joined = tmp_path / path.name
        joined.write_text(to_jsonl(attach(path, ARCHIVE)), encoding="utf-8")
        assert check([joined]).faults == []


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"{ARCHIVE.name} is not beside the checkout")
def test_two_passes_over_what_is_held_back() -> None:
    """Their agreement is what the README says: 99.1 F1, of spans and of relations."""
    passes = (attach(PASSES / f"held-back-{name}.jsonl", ARCHIVE) for name in ("first", "second"))
    scores = agreement(*passes).scores
    assert [round(100 * scores[name].f1, 1) for name in ("spans", "relations")] == [99.1, 99.1]
