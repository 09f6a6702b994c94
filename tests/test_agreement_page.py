"""The page of an agreement as text: what it shows of a line, and that no text gets out of its place. Takes 1 second."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import FIRST, ORG, PERSON, ROLE
from test_page import HOSTILE, hostile

from annotations import gold
from annotations.__main__ import main
from annotations.agreement_page import CONTEXT, page, windows
from annotations.annotators import compare
from vipol.document import Document

OTHER = replace(FIRST, entities=(ROLE, replace(ORG, end=14), replace(PERSON, label="ORG")), relations=())


def test_command_writes_it(tmp_path: Path) -> None:
    """`--html` writes the page, with the figures of the text and an entry for each disagreement, beside the text."""
    one, two, out = tmp_path / "one.jsonl", tmp_path / "two.jsonl", tmp_path / "out.html"
    gold.write_text(one, gold.to_jsonl([FIRST]))
    gold.write_text(two, gold.to_jsonl([OTHER]))
    assert main(["agreement", str(one), str(two), "--html", str(out)]) == 0
    content = out.read_text(encoding="utf-8")
    assert content.count('<li class="item"') == 4
    assert "<td>0.3333</td>" in content
    assert "over 15 words, 40.0% of them O in both" in content
    assert out.read_text(encoding="utf-8") == page(compare({str(one): [FIRST], str(two): [OTHER]}))


def test_readings() -> None:
    """A line is cut at the edges of both readings; what both have carries both marks."""
    content = page(compare({"A": [FIRST], "B": [OTHER]}))
    assert '<mark class="first second">Quận ủy</mark><mark class="first"> Tây Hồ</mark> Trần' in content
    assert '<dd><bdi lang="vi">Quận ủy</bdi> <span class="label">ORG</span></dd>' in content


def test_nothing_from_outside() -> None:
    """The page names no address, and its policy allows its own style and script alone."""
    content = page(compare({"A": [FIRST], "B": [OTHER]}))
    assert "http" not in content.replace("http-equiv", "")
    assert re.search(r"default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; img-src data:;", content)
    assert " src=" not in content
    assert not re.search(r" on\w+=| style=", content)


def test_hostile_text_ends_nothing() -> None:
    """Whatever texts, ids and names hold, the page has the tags of its template and no other."""
    ours, theirs = hostile()
    content = page(compare({"</title><script>1</script>": ours, "B'\"><b>": theirs}))
    assert len(re.findall("<script", content)) == 1
    assert len(re.findall("</script", content)) == 1
    assert {*re.findall("<b>(.{4})", content)} <= {"only", "edge", "labe", "rela"}
    assert "\x00" not in content
    content.encode()


@pytest.mark.parametrize(
    ("text", "spans", "shown"),
    [
        ("một\nhai ba\nbốn", [(4, 7, "ORG")], ["hai ba"]),
        ("một\r\nhai ba\r\nbốn", [(5, 8, "ORG")], ["hai ba"]),
        ("một\nhai ba\nbốn", [(0, 3, "ORG"), (11, 14, "ORG")], ["một", "bốn"]),
        ("một\nhai ba\nbốn", [(1, 5, "ORG")], ["một\nhai ba"]),
        ("ab " * 200 + "X" + " cd" * 200, [(600, 601, "ORG")], ["ab " * 53 + "X" + " cd" * 53]),
        ("X" + "ab " * 200 + "Y", [(0, 1, "ORG"), (601, 602, "ORG")], ["X" + "ab " * 52 + "ab", "ab " * 53 + "Y"]),
        ("X" + "ab " * 90 + "Y", [(0, 1, "ORG"), (271, 272, "ORG")], ["X" + "ab " * 90 + "Y"]),
        ("x" * 1000, [(500, 501, "ORG")], ["x" * (2 * CONTEXT + 1)]),
    ],
)
def test_windows(text: str, spans: list[tuple[int, int, str]], shown: list[str]) -> None:
    """A span stands in its line, of a long line in the words about it; what is far apart has lines of its own."""
    assert [text[a:b] for a, b in windows(text, spans)] == shown


@given(st.data())
def test_windows_hold_every_span(data: st.DataObject) -> None:
    """In any text, windows hold every span, in order and apart."""
    text = data.draw(st.lists(st.sampled_from([*HOSTILE[:9], "\n", "\r", "a b "]), min_size=1).map("".join))
    spans = []
    for _ in range(data.draw(st.integers(1, 4)) if text else 0):
        start = data.draw(st.integers(0, len(text) - 1))
        spans.append((start, data.draw(st.integers(start + 1, len(text))), "ORG"))
    found = windows(text, spans)
    assert all(any(a <= start and end <= b for a, b in found) for start, end, _ in spans)
    assert found == sorted(found)
    assert all(one[1] < other[0] for one, other in pairwise(found))


def test_same_annotations() -> None:
    """Two that agree give a page without a disagreement."""
    content = page(compare({"A": [FIRST], "B": [Document("a", FIRST.text, FIRST.entities, FIRST.relations)]}))
    assert '<li class="item"' not in content
    assert "0 disagreements" in content
