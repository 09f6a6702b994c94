"""Sub-tokens of words, windows over a text, padded batches."""

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from vipol.encoding import Encoded, Pieces, encode, pad
from vipol.text import Word, words

SPECIAL = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")

SYLLABLES = ["Bí", "thư", "Quận", "uỷ", "NGUYỄN", "2021", ",", "“", "ﷺﷺﷺﷺ", "antidisestablishmentarianism", "河内", "_"]
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(SYLLABLES), st.sampled_from([" ", " ", "\n", "\r\n", "\n\n"]), st.text(max_size=12),
        st.integers(1, 60).map(lambda n: "kh" * n),
    ),
    max_size=60,
).map("".join)  # fmt: skip
LIMITS = st.integers(8, 64)


def plain(text: str) -> Word:
    return Word(0, len(text), text, False)


def ranges(encoded: Encoded) -> list[tuple[int, int]]:
    return [(window.words, window.stop) for window in encoded.windows]


def text_of_size(pieces: Pieces, *sizes: int) -> str:
    """A line whose words have these many sub-tokens each."""
    samples = {len(pieces(plain(word))): word for word in ("kkkkkkkk"[:n] for n in range(8, 0, -1))}
    samples[1] = "và"
    return " ".join(samples[size] for size in sizes)


def test_piece_of_a_syllable(pieces: Pieces) -> None:
    """A common syllable is one piece, and another one when it is glued to what is before it."""
    free, glued = pieces(Word(0, 5, "thành", False)), pieces(Word(0, 5, "thành", True))
    assert len(free) == 1
    assert free != glued


def test_pieces_are_those_of_the_tokenizer(pieces: Pieces) -> None:
    """Words parted by spaces have the sub-tokens that the tokenizer gives to the whole text."""
    from train.encoder import PRETRAINED

    text = "Bí thư Quận ủy Cầu Giấy Nguyễn Văn Hoa phát biểu ngày 27 tháng 6 năm 2024"
    tokenizer = Tokenizer.from_file(str(PRETRAINED / "tokenizer.json"))
    assert [i for word in words(text) for i in pieces(word)] == tokenizer.encode(text, add_special_tokens=False).ids


def test_new_tone_marks_have_the_pieces_of_the_old(pieces: Pieces) -> None:
    """Both spellings of a syllable are one thing to the encoder."""
    assert [pieces(word) for word in words("thuỷ hoà")] == [pieces(word) for word in words("thủy hòa")]


@pytest.mark.parametrize("token", [*SPECIAL, "<0x00>", "[CLS]", "▁<s>"])
def test_special_tokens_in_a_text(pieces: Pieces, token: str) -> None:
    """What looks like a special token in a user's text is punctuation and letters, glued or not."""
    special = {pieces.start, pieces.stop, pieces.pad}
    for text in (token, f"ông{token}Hoa", f"{token * 3}", token.upper()):
        encoded = encode(text, pieces, 64)
        (window,) = encoded.windows
        assert [window.ids[0], window.ids[-1]] == [pieces.start, pieces.stop]
        assert not special & set(window.ids[1:-1].tolist())
        assert len(encoded.words) >= 3


@given(text=st.text(st.sampled_from("<>/sunkpadm_▁ \n[]|"), max_size=60))
def test_no_text_gives_special_ids(pieces: Pieces, text: str) -> None:
    """Between the start and the separators that `encode` sets, no id is that of a special token."""
    for window in encode(text, pieces, 64).windows:
        separators = np.flatnonzero(window.ids == pieces.stop)
        assert (window.ids == pieces.start).tolist() == [True] + [False] * (len(window.ids) - 1)
        assert not (window.ids == pieces.pad).any()
        assert not set(separators) & set(window.firsts.tolist())


def test_word_without_pieces_is_unknown(pieces: Pieces) -> None:
    """A word that the tokenizer's normaliser leaves nothing of still has a sub-token, for its tag to stand at."""
    assert pieces(plain("\x01")) == (pieces.unknown,)


def test_words_are_remembered(pieces: Pieces) -> None:
    """A second look at a word gives the same sub-tokens."""
    assert pieces(plain("phường")) == pieces(plain("phường"))


def test_pieces_as_text(pieces: Pieces) -> None:
    """Sub-tokens can be shown."""
    assert pieces.text([i for word in words("Quận ủy") for i in pieces(word)]) == "Quận ủy"


def test_foreign_tokenizer() -> None:
    """A tokenizer without the special tokens is refused, and they are named."""
    with pytest.raises(ValueError, match=r"^the tokenizer lacks one of <s>, </s>, <pad>, <unk>$"):
        Pieces(Tokenizer(models.WordLevel({"<s>": 0, "</s>": 1}, "<s>")))


@pytest.mark.parametrize("text", ["", " ", "\r\n\n", "\u200b\ufeff", "\u2028\x85"])
def test_empty_text(pieces: Pieces, text: str) -> None:
    """A text without words has no lines and no windows."""
    assert encode(text, pieces, 64) == Encoded([], [], [])


def test_one_window(pieces: Pieces) -> None:
    """A window is a start, the pieces of each line, and a separator after each."""
    encoded = encode("Lê Hoa\n\n27/6", pieces, 64)
    (window,) = encoded.windows
    left, right = ([i for word in encoded.words[part] for i in pieces(word)] for part in (slice(2), slice(2, None)))
    assert window.ids.tolist() == [pieces.start, *left, pieces.stop, *right, pieces.stop]
    assert (window.words, window.stop, window.owned, window.owned_stop) == (0, 5, 0, 5)
    assert encoded.lines == [(0, 2), (2, 5)]


def test_firsts(pieces: Pieces) -> None:
    """Each word's first sub-token is found, also behind words of several and behind a separator."""
    sizes = (1, 3, 2)
    encoded = encode(f"{text_of_size(pieces, *sizes)}\n{text_of_size(pieces, 2, 1)}", pieces, 64)
    (window,) = encoded.windows
    assert [len(pieces(word)) for word in encoded.words] == [1, 3, 2, 2, 1]
    assert window.firsts.tolist() == [1, 2, 5, 8, 10]


def test_consecutive_lines_are_packed(pieces: Pieces) -> None:
    """Lines fill a window while they fit, each with its separator; the next begins the next window."""
    line = text_of_size(pieces, 1, 1, 1)
    encoded = encode("\n".join([line] * 5), pieces, 9)  # a start and twice three words with a separator
    assert [len(window.ids) for window in encoded.windows] == [9, 9, 5]
    assert ranges(encoded) == [(0, 6), (6, 12), (12, 15)]


def test_line_that_just_fits(pieces: Pieces) -> None:
    """A line of as many sub-tokens as a window has room for is not cut; with one more it is."""
    assert ranges(encode(text_of_size(pieces, *[1] * 8), pieces, 10)) == [(0, 8)]
    assert len(encode(text_of_size(pieces, *[1] * 9), pieces, 10).windows) == 2


def test_long_line_is_cut_with_overlap(pieces: Pieces) -> None:
    """Windows of a long line overlap by half, and each owns what lies nearer to its middle.

    With room for 8 words, windows begin at 0, 4, 8; where two overlap in 4 words, each owns 2 of them.
    """
    encoded = encode(text_of_size(pieces, *[1] * 16), pieces, 10)
    assert ranges(encoded) == [(0, 8), (4, 12), (8, 16)]
    assert [(window.owned, window.owned_stop) for window in encoded.windows] == [(0, 6), (6, 10), (10, 16)]


def test_short_lines_around_a_long_one(pieces: Pieces) -> None:
    """A long line shares its windows with no other; the order of words is kept."""
    one, many = text_of_size(pieces, 1), text_of_size(pieces, *[1] * 9)
    assert ranges(encode(f"{one}\n{one}\n{many}\n{one}", pieces, 10)) == [(0, 2), (2, 10), (6, 11), (11, 12)]


def test_wide_words_at_a_cut(pieces: Pieces) -> None:
    """Two neighbours that fit into one window stand together in one, though half a window would part them.

    With room for 6 sub-tokens, words of 1, 4, 2 give the windows 1+4 and 4+2.
    """
    text = text_of_size(pieces, 1, 4, 2)
    assert ranges(encode(text, pieces, 8)) == [(0, 2), (1, 3)]


def test_word_of_more_pieces_than_a_window(pieces: Pieces) -> None:
    """A word that alone is longer than a window loses its last sub-tokens, and its neighbours lose nothing."""
    long = "k" * 40
    assert len(pieces(plain(long))) > 8
    encoded = encode(f"và {long} và", pieces, 8)
    assert max(len(window.ids) for window in encoded.windows) == 8
    assert [encoded.words[window.owned].form for window in encoded.windows if window.owned < window.owned_stop] == [
        "và", long, "và",
    ]  # fmt: skip


def test_long_text_is_encoded_in_linear_time(pieces: Pieces) -> None:
    """A line of 200,000 characters takes seconds."""
    start = time.process_time()
    encoded = encode("Bí thư, " * 25_000, pieces, 64)
    assert time.process_time() - start < 15
    assert len(encoded.words) == 75_000


@given(text=TEXTS, limit=LIMITS)
def test_no_window_is_longer_than_the_limit(pieces: Pieces, text: str, limit: int) -> None:
    """Whatever the words, lines and limit."""
    assert all(len(window.ids) <= limit for window in encode(text, pieces, limit).windows)


@given(text=TEXTS, limit=LIMITS)
def test_every_word_is_owned_by_one_window(pieces: Pieces, text: str, limit: int) -> None:
    """What windows own follows one upon the other, from the first word to the last, within each window."""
    encoded = encode(text, pieces, limit)
    edges = [0, *(window.owned_stop for window in encoded.windows)]
    assert [window.owned for window in encoded.windows] == edges[:-1]
    assert edges[-1] == len(encoded.words)
    for window in encoded.windows:
        assert window.words <= window.owned <= window.owned_stop <= window.stop


@given(text=TEXTS, limit=LIMITS)
def test_windows_hold_the_pieces_of_their_words(pieces: Pieces, text: str, limit: int) -> None:
    """`firsts` points at each word's own sub-tokens; nothing else is in a window but the start and separators."""
    encoded = encode(text, pieces, limit)
    for window in encoded.windows:
        assert len(window.firsts) == window.stop - window.words
        expected = [pieces(word)[: limit - 2] for word in encoded.words[window.words : window.stop]]
        found = [tuple(window.ids[f : f + len(ids)]) for f, ids in zip(window.firsts, expected, strict=True)]
        assert found == expected
        ends = sum(first < window.stop and stop > window.words for first, stop in encoded.lines)
        assert len(window.ids) == 1 + sum(map(len, expected)) + ends


@given(text=TEXTS, limit=LIMITS)
def test_neighbours_stand_together(pieces: Pieces, text: str, limit: int) -> None:
    """Two words of a line that follow each other are together in some window, if they fit into one at all."""
    encoded = encode(text, pieces, limit)
    sizes = [min(len(pieces(word)), limit - 2) for word in encoded.words]
    together = {pair for first, stop in ranges(encoded) for pair in pairwise(range(first, stop))}
    for first, stop in encoded.lines:
        for pair in pairwise(range(first, stop)):
            assert pair in together or sizes[pair[0]] + sizes[pair[1]] > limit - 2


@given(text=TEXTS, limit=LIMITS)
def test_windows_rise(pieces: Pieces, text: str, limit: int) -> None:
    """Both ends of the windows rise from one to the next, which finding the windows of a pair of words relies on."""
    encoded = encode(text, pieces, limit)
    assert all(left.words < right.words and left.stop <= right.stop for left, right in pairwise(encoded.windows))


@given(text=TEXTS)
def test_lines_are_ranges_of_words(pieces: Pieces, text: str) -> None:
    """The lines share out the words, in order, none of them empty."""
    encoded = encode(text, pieces, 64)
    assert [first for first, _ in encoded.lines] == [0, *(stop for _, stop in encoded.lines)][: len(encoded.lines)]
    assert all(first < stop for first, stop in encoded.lines)
    assert encoded.words == words(text)


def test_pad(pieces: Pieces) -> None:
    """Windows of unlike length are filled up: with padding that is masked, and with 0 for words that aren't there."""
    windows = [encode(text, pieces, 64).windows[0] for text in (text_of_size(pieces, 3), text_of_size(pieces, 1, 1))]
    batch = pad(windows, pieces.pad)
    assert batch.input_ids.tolist() == [windows[0].ids.tolist(), [*windows[1].ids.tolist(), pieces.pad]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]]
    assert batch.firsts.tolist() == [[1, 0], [1, 2]]
    assert {array.dtype for array in (batch.input_ids, batch.attention_mask, batch.firsts)} == {np.dtype(np.int64)}


def test_pad_of_one_window(pieces: Pieces) -> None:
    """A window alone is not padded."""
    (window,) = encode("Hoa", pieces, 64).windows
    batch = pad([window], pieces.pad)
    assert batch.input_ids.tolist() == [window.ids.tolist()]
    assert batch.attention_mask.all()
    assert batch.firsts.shape == (1, 1)
