"""The written articles: as many and as varied as their README says, and faultless by the scheme."""

import re
from pathlib import Path

import pytest

from annotations.agreement import agreement
from annotations.checks import SEEDS, check
from annotations.gold import read_gold
from annotations.variety import repeated_inside, shared_with, variety
from vipol.document import Document

ROOT = Path(__file__).parent.parent
WRITTEN = ROOT / "annotations" / "written"


@pytest.fixture(scope="module")
def written() -> list[Document]:
    return read_gold(WRITTEN)


def test_no_fault() -> None:
    """Offsets, edges, labels, relations and sums are right."""
    assert check([WRITTEN]).faults == []


def test_as_many_as_promised(written: list[Document]) -> None:
    """At least 200 articles, 60,000 syllables, 1,200 dates and 500 amounts; and as many as the README says."""
    found = variety(written)
    readme = (WRITTEN / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# Written articles\n\n{found.articles} news articles")
    assert f"| syllables | {found.syllables:,} |" in readme
    for label, (spans, distinct) in found.spans.items():
        assert f"| {label}, distinct | {spans:,}, {distinct:,} |" in readme
    assert found.articles >= 200
    assert found.syllables >= 60_000
    assert found.spans["DATE"][0] >= 1200
    assert found.spans["MONEY"][0] >= 500


def test_they_say_little_twice(written: list[Document]) -> None:
    """Under one percent of phrases is repeated, and next to nothing is shared with the seeds."""
    texts = [document.text for document in written]
    assert repeated_inside(texts).share < 0.01
    assert shared_with(texts, (path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt"))).share < 0.001


def test_two_passes_agree() -> None:
    """What the README says of the agreement is what the passes have."""
    passes = [read_gold(ROOT / "annotations" / "passes" / f"written-{name}.jsonl") for name in ("first", "second")]
    found = agreement(*passes)
    readme = (WRITTEN / "README.md").read_text(encoding="utf-8")
    for name, score in found.scores.items():
        figures = rf"{name} +{score.first} +{score.second} +{score.both} +{score.f1:.4f}"
        assert re.search(figures, readme), f"the README lacks {figures}"
