"""Lines and words of a text, with exact offsets, and the form of a word that an encoder reads.

Offsets are Unicode code points into the text as given. Nothing here changes a text: what is
normalised is only `Word.form`, which no offset refers to.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_FORM = 48
"""Characters of a word that an encoder reads; a longer word keeps its offsets and loses the rest of its form."""

# Default_Ignorable_Code_Point of Unicode; four of them, the Hangul fillers, are letters by their category.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_MARK = "\u0300-\u034e\u0350-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_LETTER = rf"[^\W\d_{_INVISIBLE}]"
# A run of letters (with their combining marks, across invisible characters), a run of digits, or one other visible
# character. Letters and digits part company because news often glues them: "500triệu", "quý1".
_WORD = re.compile(
    rf"{_LETTER}(?:[{_MARK}{_INVISIBLE}]*{_LETTER})*[{_MARK}]*|\d(?:[{_INVISIBLE}]*\d)*|[^\w\s{_INVISIBLE}]|_"
)
_INVISIBLE_CHARACTER = re.compile(f"[{_INVISIBLE}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Word:
    """A syllable, a number or a punctuation mark.

    `start` and `end` are offsets into the text; `form` is what an encoder reads; `glued` says that nothing parts the
    word from the one before it.
    """

    start: int
    end: int
    form: str
    glued: bool


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every line that holds more than white space; a line ends where `str.splitlines` ends one."""
    start = 0
    for line in text.splitlines(keepends=True):
        if not line.isspace():
            yield start, start + len(line)
        start += len(line)


def words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words of `text[start:end]`, in order; offsets count from the start of `text`."""
    found = []
    last = -1
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        for piece_start, piece_end in _case_pieces(text, *match.span()):
            found.append(Word(piece_start, piece_end, normalize(text[piece_start:piece_end]), piece_start == last))
            last = piece_end
    return found


def _case_pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cuts "TrầnVăn" before each capital that follows a small letter: news loses spaces there."""
    run = text[start:end]
    if end - start > 1 and not (run.islower() or run.isupper() or run[1:].islower()):
        small, edge = False, start
        for at in range(start, end):
            character = text[at]
            if small and character.isupper():
                yield start, edge
                start = at
            if not _INVISIBLE_CHARACTER.match(character):
                edge = at + 1
                if character.isalnum():  # not a mark
                    small = character.islower()
    yield start, end


def invisible(character: str) -> bool:
    """Whether a character is one that no word begins or ends with though it is no white space."""
    return _INVISIBLE_CHARACTER.match(character) is not None


_TONES = {"a": "àáảãạ", "e": "èéẻẽẹ", "y": "ỳýỷỹỵ", "o": "òóỏõọ", "u": "ùúủũụ"}
_OLD_TONE = {
    case(first + _TONES[second][tone]): case(_TONES[first][tone] + second)
    for first, second in (("o", "a"), ("o", "e"), ("u", "y"))
    for tone in range(5)
    for case in (str.lower, str.title, str.upper)
}
_NEW_TONE = re.compile(rf"(?<![qQ])({'|'.join(_OLD_TONE)})$")


@lru_cache(maxsize=65536)
def normalize(word: str) -> str:
    """The form of one word for the encoder: composed (NFC), without invisible characters, `uỷ` as `ủy`, Eth as Đ.

    The encoder's pieces know the old placement of tone marks, and decomposed letters lose their marks in its
    tokenizer. Old web pages write Đ as U+00D0.
    """
    return _NEW_TONE.sub(lambda match: _OLD_TONE[match[1]], _composed(word))


# The pairs of letters, and the one word with a capital, whose tone mark VnCoreNLP's segmenter moves. It cut the text
# that PhoBERT learnt from, and of PhoBERT's 64,000 pieces 784 end a syllable so and 6, all in capitals, the other way.
_PHOBERT_TONE = {old: new for new, old in _OLD_TONE.items() if old.islower()} | {"Ủy": "Uỷ"}
_OLD_PAIR = re.compile("|".join(_PHOBERT_TONE))


@lru_cache(maxsize=65536)
def normalize_for_phobert(word: str) -> str:
    """The form of one syllable for PhoBERT: as `normalize` has it, but `ủy` as `uỷ` save in capitals (`ỦY`, `Úy`)."""
    return _OLD_PAIR.sub(lambda match: _PHOBERT_TONE[match[0]], _composed(word))


def _composed(word: str) -> str:
    form = unicodedata.normalize("NFC", _INVISIBLE_CHARACTER.sub("", word[: 4 * MAX_FORM]))[:MAX_FORM]
    return _SURROGATE.sub("\ufffd", form).replace("\u00d0", "\u0110")
