"""Lines, words, their offsets, and the forms that an encoder reads."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vipol.text import MAX_FORM, invisible, lines, normalize, normalize_for_phobert, words

# What Unicode calls ignorable by default: nothing of it is seen, and no word begins or ends with it.
INVISIBLE = {
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u3164\ufeff\uffa0",
    *map(chr, [*range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]),
    *map(chr, [*range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)]),
    *map(chr, range(0xE0000, 0xE1000)),
}

PARTS = [
    "Trần", "Văn", "uỷ", "ÐỐI", "đ", "A", "b", "500", "1", "/", "_", ".", "“", "$", "\u0301", "\u031b", "\u20dd",
    "\u200b", "\ufeff", "\u00ad", "\ufe0f", "\u200d", "\u115f", "\uffa0", "\U000e0067", " ", "\xa0", "\u3000", "\t",
    "\n", "\r", "\r\n", "\u2028", "\x85", "\x0c", "\x1c", "\x00", "\x1b", "👩🏽\u200d💼", "🇻🇳", "中国", "ﷺ", "²", "Ⅳ",
    "٣", "\ud800", "\udfff",
]  # fmt: skip
HOSTILE = st.lists(
    st.one_of(st.sampled_from(PARTS), st.characters(exclude_categories=()), st.sampled_from(sorted(INVISIBLE))),
    max_size=40,
).map("".join)


def surfaces(text: str) -> list[str]:
    return [text[word.start : word.end] for word in words(text)]


def forms(text: str) -> list[str]:
    return [word.form for word in words(text)]


def line_texts(text: str) -> list[str]:
    return [text[start:end] for start, end in lines(text)]


def test_syllables_and_punctuation() -> None:
    """A syllable is a word, and so is every punctuation mark."""
    assert surfaces("Bí thư (Quận uỷ), nói: “Tốt!”") == [
        "Bí", "thư", "(", "Quận", "uỷ", ")", ",", "nói", ":", "“", "Tốt", "!", "”",
    ]  # fmt: skip


def test_offsets() -> None:
    """Offsets are code points of the text as given."""
    assert [(word.start, word.end) for word in words("👍 Lê,\xa0Hoa")] == [(0, 1), (2, 4), (4, 5), (6, 9)]


def test_part_of_a_text() -> None:
    """Only the asked part is read; its offsets still count from the start of the text."""
    assert [(word.start, word.end, word.form) for word in words("Lê Thị Hoa", 3, 6)] == [(3, 6, "Thị")]


def test_part_that_cuts_a_word() -> None:
    """A part that begins or ends within a word gives the rest of that word."""
    assert [word.form for word in words("Nguyễn Hoa", 2, 9)] == ["uyễn", "Ho"]


def test_glued() -> None:
    """A word is glued when nothing at all parts it from the one before."""
    assert [word.glued for word in words("27/6 (Hoa)")] == [False, True, True, False, True, True]


def test_first_word_of_a_part_is_not_glued() -> None:
    """What stands before the part that is read is not looked at."""
    assert [word.glued for word in words("(Hoa)", 1)] == [False, True]


def test_no_words() -> None:
    """A text without anything visible has no words."""
    for text in ("", " ", "\n\r\n\t", "\u200b\ufeff", "\u3000\xa0\u2028", "\u115f", "\u3164\uffa0"):
        assert words(text) == []


def test_decomposed_letters() -> None:
    """A decomposed syllable is one word over all its code points, and its form is composed."""
    text = unicodedata.normalize("NFD", "Thường trực")
    assert len(text) > len("Thường trực")
    assert surfaces(text) == text.split(" ")
    assert forms(text) == ["Thường", "trực"]


def test_decomposed_glued_names() -> None:
    """Glued names are parted before the capital, the marks staying with the letter that bears them."""
    text = unicodedata.normalize("NFD", "HàVăn")
    assert forms(text) == ["Hà", "Văn"]
    assert "".join(surfaces(text)) == text


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("uỷ", "ủy"),
        ("Uỷ", "Ủy"),
        ("UỶ", "ỦY"),
        ("hoà", "hòa"),
        ("HOÀ", "HÒA"),
        ("khoẻ", "khỏe"),
        ("thuý", "thúy"),
        ("loạ", "lọa"),
        ("huỵ", "hụy"),
    ],
)
def test_tone_marks_of_open_syllables(word: str, form: str) -> None:
    """The new placement of a tone mark becomes the old one, which the encoder's pieces know; the old one stays."""
    assert (normalize(word), normalize(form)) == (form, form)
    assert normalize(unicodedata.normalize("NFD", word)) == form


@pytest.mark.parametrize("word", ["quý", "Quỳ", "QUỶ", "toàn", "khuỷu", "hoài", "xoè.", "ngoèo", "tuyết", "oá_", "của"])
def test_tone_marks_that_stay(word: str) -> None:
    """After a q the u is no vowel, and a syllable that goes on has its mark where it is."""
    assert normalize(word) == word


def test_eth() -> None:
    """Eth, which old pages write for Đ and which looks the same, is read as Đ."""
    assert forms("ÐẶNG Ðình Đình") == ["ĐẶNG", "Đình", "Đình"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("TrầnVăn", ["Trần", "Văn"]),
        ("Chủ tịchUBND", ["Chủ", "tịch", "UBND"]),
        ("500triệu", ["500", "triệu"]),
        ("quý1/2021", ["quý", "1", "/", "2021"]),
        ("1tỷ2", ["1", "tỷ", "2"]),
        ("Covid-19", ["Covid", "-", "19"]),
        ("ÔngĐỗVăn", ["Ông", "Đỗ", "Văn"]),
        ("UBNDTP", ["UBNDTP"]),
        ("UBNDtỉnh", ["UBNDtỉnh"]),
        ("HĐND", ["HĐND"]),
        ("THỦ TƯỚNG", ["THỦ", "TƯỚNG"]),
    ],
)
def test_glued_words(text: str, parts: list[str]) -> None:
    """Letters and digits part company, and so do a small letter and a capital after it."""
    assert surfaces(text) == parts


def test_glued_words_are_glued() -> None:
    """What was cut out of one run of letters is glued to what is before it."""
    assert [word.glued for word in words("TrầnVăn 500triệu")] == [False, True, False, True]


def test_upper_case_headline() -> None:
    """A headline in capitals has the words that it has in small letters, in the same places."""
    text = "bổ nhiệm phó chủ tịch uỷ ban"
    small, large = words(text), words(text.upper())
    assert [(word.start, word.end) for word in small] == [(word.start, word.end) for word in large]
    assert large[-2].form == "ỦY"


@pytest.mark.parametrize("character", ["\u200b", "\u00ad", "\ufeff", "\u2060", "\u200e", "\ufe0f", "\u115f", "\u3164"])
def test_invisible_characters(character: str) -> None:
    """Within a word they belong to it and not to its form; at its edges they belong to nothing."""
    text = f"{character}Th{character}ị{character} {character}{character}1{character}2{character}"
    assert [(word.start, word.end, word.form) for word in words(text)] == [(1, 5, "Thị"), (9, 12, "12")]


@pytest.mark.parametrize("text", ["á\u200bB", "a\u0301\u200bB", "á\ufeff\u200bB", "á\u200b\u0323B"])
def test_invisible_characters_at_a_case_cut(text: str) -> None:
    """Where glued names are parted, what is invisible between them falls to neither; what is seen falls to one."""
    (left, right) = words(text)
    assert text[right.start : right.end] == "B"
    assert text[left.end - 1] not in INVISIBLE
    assert set(text[left.end : right.start]) <= INVISIBLE


def test_mark_after_an_invisible_character() -> None:
    """A mark that an invisible character parts from its letter is no white space and gets a word of its own."""
    assert surfaces("a\u200b\u0301") == ["a", "\u0301"]


def test_emoji() -> None:
    """Every visible part of a joined emoji is a word; the joiner is none."""
    assert surfaces("👩🏽\u200d💼 ok🇻🇳") == ["👩", "🏽", "💼", "ok", "🇻", "🇳"]


def test_underscore() -> None:
    """An underscore is a punctuation mark, though regular expressions take it for a letter."""
    assert surfaces("Trần_Văn __") == ["Trần", "_", "Văn", "_", "_"]


def test_cjk() -> None:
    """A run of ideographs is one word."""
    assert surfaces("Hà Nội 河内。") == ["Hà", "Nội", "河内", "。"]


def test_control_characters() -> None:
    """A control character that is no white space is a word: nothing of a text is dropped unseen."""
    assert surfaces("a\x00b\x1b[0m") == ["a", "\x00", "b", "\x1b", "[", "0", "m"]


def test_lone_surrogates() -> None:
    """Half of a surrogate pair is a word whose form can be encoded."""
    text = "Hoa\ud800 \udfff"
    assert surfaces(text) == ["Hoa", "\ud800", "\udfff"]
    assert forms(text) == ["Hoa", "\ufffd", "\ufffd"]


@pytest.mark.parametrize("space", [" ", "\t", "\xa0", "\u3000", "\u2009", "\r\n", "\r", "\u2028", "\x85", "\x1f"])
def test_white_space_parts_words(space: str) -> None:
    """Every kind of white space parts words and is in none."""
    assert surfaces(f"Lê{space}Hoa{space}") == ["Lê", "Hoa"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"])
def test_line_ends(end: str) -> None:
    """A line ends where `str.splitlines` ends one and keeps its end."""
    assert line_texts(f"một{end}hai{end}") == [f"một{end}", f"hai{end}"]


def test_blank_lines() -> None:
    """Lines of white space are no lines, and those after them keep their offsets."""
    assert list(lines("\n \t\nmột\r\n\r\n\xa0\nhai")) == [(4, 9), (13, 16)]


def test_no_lines() -> None:
    """A text without anything but white space has no lines."""
    assert list(lines("")) == []
    assert list(lines(" \r\n\u2028")) == []


def test_byte_order_mark() -> None:
    """A byte order mark stays in the text, before the first word."""
    text = "\ufeffBí thư"
    assert line_texts(text) == [text]
    assert words(text)[0].start == 1


def test_long_word_keeps_its_offsets() -> None:
    """A long word is one word; only the beginning of its form is kept."""
    (word,) = words(" " + "á" * 500)
    assert (word.start, word.end, word.form) == (1, 501, "á" * MAX_FORM)


def test_form_of_a_long_decomposed_word() -> None:
    """The limit counts composed letters, so that a form does not depend on how a word is written."""
    word = "thường" * 10
    assert normalize(unicodedata.normalize("NFD", word)) == normalize(word) == word[:MAX_FORM]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "A" * 199_999 + "a",
        "aA" * 30_000,
        "1" * 200_000,
        "a\u0301" * 100_000,
        "a" + "\u0301" * 200_000,
        "a" + "\u200b" * 199_999,
        "aB" + "\u200b" * 199_998,
        "a\u200b" * 100_000,
        "bA" + "\u200b\u0301" * 30_000,
    ],
    ids=[
        "letters", "capitals", "case changes", "digits", "decomposed", "marks", "invisible",
        "invisible after a capital", "invisible between", "invisible and marks",
    ],
)  # fmt: skip
def test_long_words_are_read_in_linear_time(text: str) -> None:
    """200,000 characters without a space take seconds at the very most, not hours."""
    start = time.process_time()
    found = words(text)
    assert time.process_time() - start < 8
    assert found[0].start == 0


def test_all_invisible_characters() -> None:
    """Those are Unicode's default ignorable ones, all of them and no others."""
    assert {chr(n) for n in range(0x110000) if invisible(chr(n))} == INVISIBLE


@given(HOSTILE)
def test_words_are_spans_of_visible_characters(text: str) -> None:
    """Words are ordered, disjoint and not empty, hold no white space and neither begin nor end with the invisible."""
    last = 0
    for word in words(text):
        assert last <= word.start < word.end <= len(text)
        assert word.glued == (word.start == last and last > 0)
        surface = text[word.start : word.end]
        assert not any(character.isspace() for character in surface)
        assert not {surface[0], surface[-1]} & INVISIBLE
        last = word.end


@given(HOSTILE)
def test_every_visible_character_is_in_one_word(text: str) -> None:
    """Nothing that is seen is lost, and nothing is read twice."""
    covered = [at for word in words(text) for at in range(word.start, word.end) if text[at] not in INVISIBLE]
    assert covered == [at for at, c in enumerate(text) if not c.isspace() and c not in INVISIBLE]


@given(HOSTILE)
def test_words_of_the_lines_are_those_of_the_text(text: str) -> None:
    """No word reaches over a line's end, and reading line by line loses nothing."""
    assert [word for start, end in lines(text) for word in words(text, start, end)] == words(text)


@given(HOSTILE)
def test_lines_are_those_of_splitlines(text: str) -> None:
    """Lines are ordered, and are all that `str.splitlines` gives but the blank ones."""
    assert line_texts(text) == [line for line in text.splitlines(keepends=True) if line.strip()]


@given(HOSTILE)
def test_forms_can_be_encoded(text: str) -> None:
    """A form is short, composed but for the tone mark's place, has no invisible character, and encodes as UTF-8."""
    for word in words(text):
        assert 0 < len(word.form) <= MAX_FORM
        assert not set(word.form) & INVISIBLE
        assert unicodedata.is_normalized("NFC", word.form)
        word.form.encode()


@given(HOSTILE)
def test_forms_do_not_change_again(text: str) -> None:
    """The form of a form is the form."""
    for word in words(text):
        assert normalize(word.form) == word.form


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("hòa", "hoà"), ("Hòa", "Hoà"), ("khỏe", "khoẻ"), ("thủy", "thuỷ"), ("Thúy", "Thuý"), ("Ủy", "Uỷ"),
        ("uỷ", "uỷ"), ("ỦY", "ỦY"), ("HÒA", "HÒA"), ("Úy", "Úy"), ("Òa", "Òa"), ("quý", "quý"), ("toàn", "toàn"),
        ("Ðảng", "Đảng"), ("hoa\u0300", "hoà"), ("ho\u0300a", "hoà"), ("t\u200bu\u0309y", "tuỷ"),
    ],
)  # fmt: skip
def test_form_for_phobert(word: str, form: str) -> None:
    """PhoBERT's vocabulary has the new placement of tone marks, but for what stands in capitals."""
    assert normalize_for_phobert(word) == form
