"""Variety of a set of articles: vocabulary, labels, repeated and shared phrases."""

import json
import lzma
from pathlib import Path

import pytest
from test_scores import GOLD, marked

from annotations.__main__ import main
from annotations.unlabelled import read_texts
from annotations.variety import LENGTH, Repetition, Variety, repeated_inside, shared_with, syllables, variety
from vipol.document import DocumentError

EIGHT = "một hai ba bốn năm sáu bảy tám"


def test_syllables_are_small_and_composed() -> None:
    """Capitals, marks and Unicode forms make no other syllable."""
    assert syllables("UBND xã, Thu\u0309y?") == ["ubnd", "xã", "thủy"]


def test_figures_of_the_worked_example() -> None:
    """Spans and distinct words of each label; ORG has five, all different."""
    found = variety([GOLD, GOLD])
    assert (found.articles, found.syllables) == (2, 2 * len(syllables(GOLD.text)))
    assert found.spans["ORG"] == (10, 5)
    assert found.spans["PERSON"] == (8, 4)
    assert found.relations == {"HAS_ROLE": 8, "ROLE_AT": 8}
    assert found.ratio == 0.0
    assert found.per_thousand(found.syllables) == 1000


def test_ratio_is_taken_over_stretches() -> None:
    """Two thousand syllables of ten kinds: in every thousand a hundredth is new; what is over counts for nothing."""
    text = " ".join(str(n % 10) for n in range(2000)) + " x" * 999
    assert variety([marked(text)]).ratio == pytest.approx(10 / 1000)


def test_repetition_inside() -> None:
    """Of two articles each with nine syllables, eight alike: each has two phrases, one of them repeated."""
    found = repeated_inside([f"{EIGHT} chín", f"{EIGHT.upper()} mười"])
    assert found == Repetition(4, 2, [EIGHT])
    assert found.share == 0.5


def test_repetition_within_one_article() -> None:
    """A headline that the page says again is a repetition too."""
    assert repeated_inside([f"{EIGHT}\n{EIGHT}"]).repeated == 2


def test_runs_are_whole() -> None:
    """Neighbouring phrases that are shared are shown as one run, the longest first."""
    ours = f"{EIGHT} chín mười. Khác. {' '.join(EIGHT.split()[::-1])}"
    found = shared_with([ours], iter([f"Xưa: {EIGHT} chín mười hai", " ".join(EIGHT.split()[::-1])]))
    assert found.longest == [f"{EIGHT} chín mười", " ".join(EIGHT.split()[::-1])]
    assert found.repeated == 4


def test_short_texts_have_no_phrases() -> None:
    """Fewer syllables than a phrase has: nothing to repeat."""
    assert repeated_inside(["một hai"] * 3) == Repetition(0, 0, [])
    assert repeated_inside([]).share == 0.0
    assert variety([]) == Variety(0, 0, 0, 0.0, dict.fromkeys(variety([]).spans, (0, 0)), variety([]).relations)


def test_phrases_have_eight_syllables() -> None:
    """Seven syllables alike are none."""
    assert LENGTH == 8
    assert shared_with([" ".join(EIGHT.split()[:7]) + " x"], [EIGHT]).repeated == 0


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures beside those of other gold; packed texts without gold are searched for shared phrases too."""
    ours, theirs, packed = tmp_path / "ours.jsonl", tmp_path / "theirs", tmp_path / "texts.jsonl.xz"
    ours.write_text(marked(f"[{EIGHT}|ORG] chín.", name="a").to_json(), encoding="utf-8")
    theirs.mkdir()
    (theirs / "d.json").write_text(GOLD.to_json(), encoding="utf-8")
    with lzma.open(packed, "wt", encoding="utf-8") as stream:
        stream.write(json.dumps({"text": f"Có {EIGHT}."}) + "\n\n")
    assert main(["variety", str(ours), "--beside", str(theirs), "--beside", str(packed)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == [str(ours), str(theirs)]
    assert "ORG spans" in out
    assert f"phrases of 8 syllables that {ours} has more than once: 0.00 % (0 of 2)\n" in out
    assert f"phrases of 8 syllables that stand in the other texts too: 50.00 % (1 of 2)\n  {EIGHT}\n" in out
    assert main(["variety", str(ours)]) == 0
    assert "other texts" not in capsys.readouterr().out


def test_texts_that_are_damaged(tmp_path: Path) -> None:
    """A line without a text, and a file that is cut short, are told by name."""
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "a"}\n[]\n', encoding="utf-8")
    with pytest.raises(DocumentError, match=r't\.jsonl, line 2: not a JSON object with a "text"$'):
        list(read_texts(path))
    packed = tmp_path / "t.jsonl.xz"
    packed.write_bytes(lzma.compress(b'{"text": "a"}\n' * 9000)[:-40])
    with pytest.raises(DocumentError, match=r"xz: damaged"):
        list(read_texts(packed))
