"""Marks without their texts."""

import json
import lzma
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
from vipol.schema import relation_type

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "annotations" / "gold"
PASSES = ROOT / "annotations" / "passes"
STANDOFF = ROOT / "annotations" / "standoff"
ARCHIVE = ROOT.parent / "shared" / "unlabelled" / "news.jsonl.xz"


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
    """All that is left of a text is its sum: no run of letters of the article stands in the marks."""
    gold = read_gold(GOLD)
    kept = detach(gold)
    for document in gold:
        assert all(document.surface(entity) not in kept for entity in document.entities if entity.label == "PERSON")
        assert document.text[:20] not in kept


@given(
    text=st.text(min_size=4, max_size=60).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text)),
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
        ('{"sha256": "00"}', "line 1: .*texts.jsonl has no text with this sha256"),
        ('{"sha256": "SUM", "entities": [[0, 99, "ORG"]]}', "line 1: entity 1: offsets 0 to 99 don't lie in a text"),
        ('{"sha256": "SUM", "entities": [[0, 2]]}', 'line 1: "entities" is not a list of three values each'),
        ('{"sha256": "SUM", "entities": [[0, 2, "ORG"]], "relations": [[0, 1, "ROLE_AT"]]}', "line 1: relation 1"),
        ('{"sha256": "SUM"}\n{"sha256": "SUM"}', "line 2: the same text as .*line 1"),
    ],
)
def test_a_fault_is_told_with_its_place(line: str, said: str, tmp_path: Path) -> None:
    """Marks that are damaged, or belong to another version of the archive."""
    text = "UBND huyện họp."
    texts = archive(tmp_path / "texts.jsonl", [text])
    marks = tmp_path / "marks.jsonl"
    digest = json.loads(detach([Document("a", text)]))["sha256"]
    marks.write_text(line.replace("SUM", digest), encoding="utf-8")
    with pytest.raises(DocumentError, match=said):
        attach(marks, texts)


def test_convert_goes_both_ways(tmp_path: Path) -> None:
    """The command takes marks off and puts them back; without the texts it says what is missing."""
    gold = read_gold(GOLD)
    texts = archive(tmp_path / "texts.jsonl", [d.text for d in gold])
    marks, back = tmp_path / "marks.jsonl", tmp_path / "back.jsonl"
    assert main(["convert", str(GOLD), str(marks), "--to", "standoff"]) == 0
    assert main(["convert", str(marks), str(back), "--to", "documents", "--texts", str(texts)]) == 0
    assert [shape(d) for d in read_gold(back)] == [shape(d) for d in gold]


def test_marks_without_texts_are_told_apart_from_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Read as documents they are refused."""
    marks = tmp_path / "marks.jsonl"
    marks.write_text(detach(read_gold(GOLD)), encoding="utf-8")
    assert main(["convert", str(marks), str(tmp_path / "out.jsonl"), "--to", "documents"]) == 1
    assert "convert --texts" in capsys.readouterr().err


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


@pytest.mark.parametrize("path", sorted(STANDOFF.glob("*.jsonl")), ids=lambda path: path.stem)
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
