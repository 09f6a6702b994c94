"""The baseline of another toolkit: its words found again in the text, and the way to its own environment."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_scores import marked

from eval.measures import SPANS, tally
from eval.scores import spans
from eval.toolkit import Marked, ToolkitError, comparable, mark, place, read
from vipol.document import Document

# What underthesea 9.5.0 gave for texts that were written for this test.
RECORDED = {
    "Bí thư Huyện ủy Lưu Đình Khải tiếp bà Tô Thị Mẫn tại Hà Nội.": [
        ["Bí thư", "O"],
        ["Huyện ủy", "B-LOC"],
        ["Lưu Đình Khải", "I-LOC"],
        ["tiếp", "O"],
        ["bà", "O"],
        ["Tô Thị Mẫn", "B-PER"],
        ["tại", "O"],
        ["Hà Nội", "B-LOC"],
        [".", "O"],
    ],
    "Ông Cao Bá Thước (nghành giáo dục) nghe ông Đỗ Hoà nói về quy định mới của ASEAN.": [
        ["Ông", "O"],
        ["Cao Bá Thước", "B-PER"],
        ["(", "O"],
        ["ngành", "O"],
        ["giáo dục", "O"],
        [")", "O"],
        ["nghe", "O"],
        ["ông", "O"],
        ["Đỗ Hòa", "B-PER"],
        ["nói", "O"],
        ["về", "O"],
        ["quy định", "O"],
        ["mới", "O"],
        ["của", "O"],
        ["ASEAN", "B-ORG"],
        [".", "O"],
    ],
}

TOOLKIT = """
__version__ = "0.test"
ANSWERS = {answers!r}
print("a library that talks")


def sent_tokenize(text):
    return [text]


def ner(text):
    {first}
    return [(word, "N", "B-NP", tag) for word, tag in ANSWERS.get(text, [])]
"""


def tokens_of(text: str) -> list[tuple[str, str]]:
    return [(word, tag) for word, tag in RECORDED[text]]


def found_words(text: str, tokens: list[tuple[str, str]]) -> list[str | None]:
    return [text[where[0] : where[1]] if where else None for where, _ in place(text, 0, len(text), tokens)]


def environment(folder: Path, first: str = "pass", answers: dict[str, list[list[str]]] | None = None) -> Path:
    """The interpreter of an environment with a package of that name, which gives recorded answers."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    [packages] = (folder / "lib").glob("python*/site-packages")
    (packages / "underthesea").mkdir()
    code = TOOLKIT.format(answers=RECORDED if answers is None else answers, first=first)
    (packages / "underthesea" / "__init__.py").write_text(code, encoding="utf-8")
    return python


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    return environment(tmp_path_factory.mktemp("toolkit"))


def test_words_stand_where_they_are_written() -> None:
    """Every token of a plain line is found, blank for blank."""
    text = next(iter(RECORDED))
    assert found_words(text, tokens_of(text)) == [word for word, _ in RECORDED[text]]


def test_tone_marks_moved() -> None:
    """A word that the toolkit spells with the new placement is found in the old one."""
    assert found_words("ông Đỗ Hoà đi", [("ông", "O"), ("Đỗ Hòa", "B-PER"), ("đi", "O")]) == ["ông", "Đỗ Hoà", "đi"]


def test_blanks_and_hidden_characters() -> None:
    """Other blanks, more of them, and characters that can't be seen make no difference; underscores are letters."""
    text = "ông  Lê\u00a0Văn\u200b Mộc  đến a_b"
    assert found_words(text, [("ông", "O"), ("Lê Văn Mộc", "B-PER"), ("đến", "O"), ("a_b", "O")]) == [
        "ông",
        "Lê\u00a0Văn\u200b Mộc",
        "đến",
        "a_b",
    ]


def test_decomposed_letters() -> None:
    """Marks that follow their letter as characters of their own belong to the word."""
    text = "o\u0302ng Le\u0302 Va\u0306n A\u0301"
    assert found_words(text, [("ông", "O"), ("Lê Văn Á", "B-PER")]) == ["o\u0302ng", "Le\u0302 Va\u0306n A\u0301"]


def test_eth_for_d() -> None:
    """Old pages write Đ as an Icelandic letter, which the toolkit mends."""
    assert found_words("Ðỗ Ðức", [("Đỗ Đức", "B-PER")]) == ["Ðỗ Ðức"]


def test_changed_letters_are_lost_and_the_rest_is_found() -> None:
    """The word with other letters has no place; what follows has."""
    text = "Ông Cao Bá Thước (nghành giáo dục) nghe ông Đỗ Hoà nói về quy định mới của ASEAN."
    words = found_words(text, tokens_of(text))
    assert words[3] is None
    assert words[:3] == ["Ông", "Cao Bá Thước", "("]
    assert words[4:9] == ["giáo dục", ")", "nghe", "ông", "Đỗ Hoà"]
    assert words[9:] == [word for word, _ in RECORDED[text][9:]]


def test_lost_word_is_not_found_elsewhere() -> None:
    """After a lost word the next is not taken from the middle of another, nor from far behind."""
    assert found_words("nghanh an ninh", [("ngành", "O"), ("an ninh", "O")]) == [None, "an ninh"]
    far = "nghành " + "x" * 60 + " an ninh"
    assert found_words(far, [("ngành", "O"), ("an ninh", "O")]) == [None, None]


def test_places_within_a_document() -> None:
    """Offsets count from the beginning of the text, not of the line."""
    assert place("một\nông Mộc", 4, 11, [("ông", "O"), ("Mộc", "B-PER")]) == [((4, 7), "O"), ((8, 11), "B-PER")]


def test_reading(python: Path) -> None:
    """PERSON and ORG of two documents with the spans of each line, the word that was lost, and no LOC."""
    first, second = RECORDED
    documents = [marked("[Bí thư|ROLE] cũ."), Document("e", f"{first}\n\n{second}", published="2024-06-27")]
    found = read(documents, python)
    assert (found.version, found.tokens, found.lost, found.dropped) == ("0.test", 25, 1, 0)
    assert found.documents[0] == documents[0].bare()
    gold = marked(
        "Bí thư Huyện ủy Lưu Đình Khải tiếp bà [Tô Thị Mẫn|PERSON] tại Hà Nội.\n\n"
        "Ông [Cao Bá Thước|PERSON] (nghành giáo dục) nghe ông [Đỗ Hoà|PERSON] nói về quy định mới của [ASEAN|ORG]."
    )
    assert found.documents[1].text == gold.text
    assert spans(found.documents[1]) == spans(gold)
    assert found.documents[1].published == "2024-06-27"
    assert mark(documents, python) == found.documents


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-PER", "I-PER", "B-PER"], [(0, 5), (6, 8)]),
        (["I-PER", "I-PER", "O"], [(0, 5)]),
        (["B-PER", "I-ORG", "O"], [(0, 2), (3, 5)]),
        (["B-LOC", "I-LOC", "I-PER"], [(6, 8)]),
    ],
)
def test_tags_become_spans(tags: list[str], expected: list[tuple[int, int]], tmp_path: Path) -> None:
    """B begins a span, I goes on one of its label and else begins one, which is the reading in favour of a tagger."""
    words = ["An", "Tý", "Mộ"]
    answers = {"An Tý Mộ": [[word, tag] for word, tag in zip(words, tags, strict=True)]}
    [found] = mark([Document("d", "An Tý Mộ")], environment(tmp_path / "e", answers=answers))
    assert [(entity.start, entity.end) for entity in found.entities] == expected


def test_span_with_a_lost_word_is_dropped_and_counted(tmp_path: Path) -> None:
    """A span whose edge is not known is not guessed; punctuation at an edge is cut off."""
    answers = {"nghành An (Tý)": [["ngành", "B-ORG"], ["An", "I-ORG"], ["(", "B-PER"], ["Tý", "I-PER"], [")", "I-PER"]]}
    found = read([Document("d", "nghành An (Tý)")], environment(tmp_path / "e", answers=answers))
    assert (found.lost, found.dropped) == (1, 1)
    assert spans(found.documents[0]) == {(11, 13, "PERSON")}


def test_documents_without_text(python: Path) -> None:
    """Nothing to read is no fault."""
    assert read([], python) == Marked([], "0.test", 0, 0, 0)
    assert mark([Document("d", ""), Document("e", " \n")], python) == [Document("d", ""), Document("e", " \n")]


def test_no_such_interpreter(tmp_path: Path) -> None:
    """The message names the path and says what to give."""
    with pytest.raises(ToolkitError, match=r"nowhere: No such file .*; give the interpreter of an environment"):
        mark([Document("d", "a")], tmp_path / "nowhere")


def test_environment_without_the_toolkit(tmp_path: Path) -> None:
    """The message says what to install there."""
    python = environment(tmp_path / "e")
    [packages] = (tmp_path / "e" / "lib").glob("python*/site-packages")
    (packages / "underthesea" / "__init__.py").unlink()
    (packages / "underthesea").rmdir()
    with pytest.raises(ToolkitError, match=r"No module named 'underthesea'; install it there with `pip install"):
        mark([Document("d", "a")], python)


def test_toolkit_without_its_model(tmp_path: Path) -> None:
    """A version that would have to fetch its model fails with that, not with half an answer."""
    python = environment(tmp_path / "e", first='raise OSError("no connection")')
    with pytest.raises(ToolkitError, match=r"exit code 1\): its model can't be loaded: OSError: no connection"):
        mark([Document("d", "a")], python)


def test_toolkit_that_fails_on_a_text(tmp_path: Path) -> None:
    """The last line of what went wrong is in the message."""
    python = environment(tmp_path / "e", first='assert text != "a"')
    with pytest.raises(ToolkitError, match=r"underthesea failed \(exit code 1\): AssertionError"):
        mark([Document("d", "a")], python)


def test_toolkit_that_answers_something_else(tmp_path: Path) -> None:
    """An interpreter that is none is told apart by what it says."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho hello\n", encoding="utf-8")
    python.chmod(0o755)
    with pytest.raises(ToolkitError, match=r"underthesea's answer can't be read"):
        mark([Document("d", "a")], python)


def test_comparable_lines() -> None:
    """Strict PERSON and ORG and nothing else: no other label, no means over labels, no other measure."""
    gold = [marked("[Bí thư|ROLE] [Quận ủy|ORG] [Hoa|PERSON] [Huệ|PERSON]", (3, 1))]
    whole = tally(gold, [marked("Bí thư [Quận ủy|ORG] [Hoa|PERSON] Huệ")])
    part = comparable(whole)
    assert [(row.measure.name, row.name) for row in part.rows] == [(SPANS.name, "PERSON"), (SPANS.name, "ORG")]
    of = {(row.measure.name, row.name): figures for row, figures in zip(whole.rows, whole.figures(), strict=True)}
    assert part.figures() == [of[SPANS.name, "PERSON"], of[SPANS.name, "ORG"]]
    assert [figures.support for figures in part.figures()] == [2, 1]
    assert part.figures()[0].recall == 0.5


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=6), st.sampled_from(["O", "B-PER"])), max_size=12))
def test_places_are_sound(text: str, tokens: list[tuple[str, str]]) -> None:
    """Whatever the tokens are: one place or none for each, in order, inside the text, without overlaps."""
    found = place(text, 0, len(text), tokens)
    assert [tag for _, tag in found] == [tag for _, tag in tokens]
    last = 0
    for where, _ in found:
        if where is not None:
            assert last <= where[0] <= where[1] <= len(text)
            last = where[1]


@given(st.lists(st.sampled_from(["Hoà", "thuỷ", "Đỗ", "A", ",", "(", "12", "e\u0302", "Tý"]), max_size=20))
def test_words_of_a_text_are_all_found(words: list[str]) -> None:
    """The words of a text itself are found, each as it is written."""
    text = "  ".join(words)
    assert found_words(text, [(word, "O") for word in words]) == words
