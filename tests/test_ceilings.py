"""The best figures that a word unit allows, against a reader that makes no other mistake."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_scores import marked

from eval.__main__ import main
from eval.ceilings import ceiling_table, ceilings
from eval.scores import score
from vipol import segmentation
from vipol.document import Document, write_jsonl
from vipol.segmentation import SYLLABLES, WordUnit, join
from vipol.text import lines

GOLD = [
    marked(
        "Tân [Bí thư|ROLE] [Quận ủy|ORG] [Lê Hoa|PERSON] nói.\n"
        "Ông [Huệ|PERSON], [Chủ tịch|ROLE] [xã|ORG], [5 tỷ|MONEY].",
        *((3, 1), (1, 2), (4, 5), (5, 6)),
        name="a",
    ),
    marked("[Lê Minh|PERSON]nói với [Hoa|PERSON]", name="b"),
]
NAMING = WordUnit("naming", lambda syllables: " ".join(syllables).replace("Tân Bí thư", "Tân_Bí_thư").split(" "))


def figures(documents: list[Document], unit: WordUnit) -> dict[str, tuple[int, int]]:
    return {ceiling.name: (ceiling.gold, ceiling.lost) for ceiling in ceilings(documents, unit)}


def test_lost_spans() -> None:
    """A span with an edge inside a word is lost, and so is every relation of it; the rest is not."""
    assert figures(GOLD, NAMING) == {
        "PERSON": (4, 1),
        "ROLE": (2, 1),
        "ORG": (2, 0),
        "DATE": (0, 0),
        "MONEY": (1, 0),
        "all spans": (9, 2),
        "HAS_ROLE": (2, 1),
        "ROLE_AT": (2, 1),
        "all relations": (4, 2),
    }


def test_syllables_lose_only_what_is_glued() -> None:
    """Where a syllable is a word, only an edge inside a syllable is lost."""
    assert {name: counts[1] for name, counts in figures(GOLD, SYLLABLES).items() if counts[1]} == {
        "PERSON": 1,
        "all spans": 1,
    }


def test_two_lines() -> None:
    """What goes over the end of a line is lost: tags and relations stay within one."""
    document = marked("[Lê\nHoa|PERSON] [Chủ tịch|ROLE]\n[Huệ|PERSON]", (3, 2), (1, 2))
    assert figures([document], SYLLABLES)["PERSON"] == (2, 1)
    assert figures([document], SYLLABLES)["HAS_ROLE"] == (2, 2)


def test_table() -> None:
    """Of 9 spans 2 are lost: recall is 7/9 at most, and F1 twice that over one more; nothing can be lost of nothing."""
    rows = {row[0]: row[1:] for row in ceiling_table(GOLD, NAMING).rows}
    assert rows["all spans"] == ["9", "2", "77.78", "87.50"]
    assert rows["HAS_ROLE"] == ["2", "1", "50.00", "66.67"]
    assert rows["DATE"] == ["0", "0", "100.00", "100.00"]
    assert ceiling_table(GOLD, NAMING).title == "Ceilings, words of naming"


@given(seed=st.lists(st.booleans(), min_size=1, max_size=20))
def test_no_reader_of_words_does_better(seed: list[bool]) -> None:
    """Whatever is joined: who marks each gold span that is made of whole words, and no other, gets those figures."""

    def segment(syllables: list[str]) -> list[str]:
        found = syllables[:1]
        for n, syllable in enumerate(syllables[1:]):
            if seed[n % len(seed)]:
                found[-1] += f"_{syllable}"
            else:
                found.append(syllable)
        return found

    unit = WordUnit("random", segment)
    predicted = []
    for document in GOLD:
        words = [join(group) for line in lines(document.text) for group in unit.groups(document.text, *line)]
        runs = {(a.start, b.end) for n, a in enumerate(words) for b in words[n:]}
        kept = {entity.id for entity in document.entities if (entity.start, entity.end) in runs}
        predicted.append(
            replace(
                document,
                entities=tuple(entity for entity in document.entities if entity.id in kept),
                relations=tuple(r for r in document.relations if r.head in kept and r.tail in kept),
            )
        )
    scores = score(GOLD, predicted)
    by_name = {ceiling.name: ceiling for ceiling in ceilings(GOLD, unit)}
    for together, measured in (("all spans", scores.spans.micro), ("all relations", scores.relations.micro)):
        assert measured.recall == pytest.approx(by_name[together].recall)
        if measured.recall:
            assert measured.f1 == pytest.approx(by_name[together].f1)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    with path.open("w", encoding="utf-8") as file:
        write_jsonl(GOLD, file)
    return path


def test_command(
    gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table for each way to cut words, in the order asked for; the same in JSON."""
    module = ModuleType("underthesea")
    module.word_tokenize = lambda text, use_token_normalize: text.replace("Tân Bí", "Tân_Bí").split()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "underthesea", module)
    segmentation._loaded.cache_clear()
    json_path = tmp_path / "ceilings.json"
    assert main(["ceilings", "--gold", str(gold), "--json", str(json_path)]) == 0
    segmentation._loaded.cache_clear()
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line.startswith(("Ceilings", "ROLE "))] == [
        "Ceilings, words of syllables",
        "ROLE              2     0  100.00  100.00",
        "Ceilings, words of underthesea",
        "ROLE              2     1   50.00   66.67",
    ]
    told = json.loads(json_path.read_text(encoding="utf-8"))
    assert (told["documents"], [table["title"] for table in told["tables"]]) == (
        2,
        ["Ceilings, words of syllables", "Ceilings, words of underthesea"],
    )


def test_command_without_the_library(
    gold: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A segmenter that isn't there is told of in one line."""
    monkeypatch.delenv("VNCORENLP", raising=False)
    segmentation._loaded.cache_clear()
    assert main(["ceilings", "--gold", str(gold), "--words", "vncorenlp"]) == 1
    assert capsys.readouterr().err.startswith("eval: words of vncorenlp take VnCoreNLP: set VNCORENLP to the folder")
