"""Words of several syllables, `Chủ_tịch`, as encoders know them that were trained on segmented text (PhoBERT).

A segmenter is somebody else's library, and none of them keeps offsets. So none of them is given the text: it gets the
syllables of a line, parted by blanks, and is asked which of them stand together. The text stays as it is, a word
begins where its first syllable begins and ends where its last one ends, whatever the library does to letters.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, pairwise
from threading import Lock

from vipol.errors import ModelError
from vipol.text import MAX_FORM, Word, invisible, normalize, normalize_for_phobert, words

Segmenter = Callable[[Sequence[str]], Iterable[str]]
"""From the syllables, numbers and punctuation marks of a line to the words of the line, in their order; the syllables
of a word are parted by blanks or `_`. It is safe to call from several threads."""

Group = list[Word]
"""The syllables of one word, or a number or punctuation mark alone."""

_NEAREST = 24
"""Letters behind a word that was not found again in which the next one is looked for."""


@dataclass(frozen=True, slots=True)
class WordUnit:
    """What an encoder takes for a word.

    `segment` is None where a syllable is a word. `normalize` gives the form of a syllable as the encoder's own texts
    were written; a segmenter always gets the default form, whose old placement of tone marks all of them know.
    """

    name: str
    segment: Segmenter | None = None
    normalize: Callable[[str], str] = normalize

    def groups(self, text: str, start: int = 0, end: int | None = None) -> list[Group]:
        """The words of one line, `text[start:end]`, each with its syllables; none is lost and none moved."""
        syllables = words(text, start, end)
        if self.segment is None or len(syllables) < 2:
            groups = [[syllable] for syllable in syllables]
        else:
            forms = [syllable.form for syllable in syllables]
            groups = list(_groups(text, syllables, joined(forms, self.segment(forms))))
        if self.normalize is not normalize:
            groups = [
                [replace(word, form=self.normalize(text[word.start : word.end])) for word in group] for group in groups
            ]
        return groups


@dataclass(frozen=True, slots=True)
class GivenWords(WordUnit):
    """The words of a text that was segmented before: blanks part them, and other white space, as no-break spaces,
    parts the syllables of a word. Numbers and marks stay with the letters that they were given with ("COVID-19")."""

    def groups(self, text: str, start: int = 0, end: int | None = None) -> list[Group]:
        found = (match.span() for match in _GIVEN_WORD.finditer(text, start, len(text) if end is None else end))
        parts = [[match.span() for match in _GIVEN_PART.finditer(text, *span)] for span in found]
        return [[Word(*part, self.normalize(text[slice(*part)]), False) for part in word] for word in parts if word]


_GIVEN_WORD = re.compile("[^ ]+")
_GIVEN_PART = re.compile(r"\S+")

SYLLABLES = WordUnit("syllables")
GIVEN = GivenWords("given", None, normalize_for_phobert)
"""No setting of a model or recipe: whoever has texts of this kind asks for it by its name."""


def join(group: Sequence[Word]) -> Word:
    """The word that some syllables make: from the start of the first to the end of the last, `_` between the forms."""
    if len(group) == 1:
        return group[0]
    return Word(group[0].start, group[-1].end, "_".join(word.form for word in group), group[0].glued)


def split(group: Group, edges: Sequence[int]) -> Iterator[Group]:
    """Parts a word between two syllables wherever an edge stands between them.

    Args:
        edges: offsets into the text, rising.
    """
    first = 0
    for n in range(1, len(group)):
        if bisect_left(edges, group[n - 1].end) < bisect_right(edges, group[n].start):
            yield group[first:n]
            first = n
    yield group[first:]


def joined(forms: Sequence[str], found: Iterable[str]) -> list[bool]:
    """Whether each syllable stands in one word with the syllable before it.

    The words that a segmenter found are looked for among the syllables by their letters, without regard to marks and
    capitals, since libraries write tones and letters their own way. A word whose edge falls inside a syllable joins
    the syllables that it holds whole; one that cannot be found joins nothing.
    """
    letters = [form.translate(_LETTERS) for form in forms]
    line = "".join(letters)
    ends = list(accumulate(map(len, letters)))
    starts = [0, *ends][: len(ends)]
    follows = [False] * len(forms)
    cursor = 0
    for word in found:
        wanted = word.translate(_LETTERS)
        at = line.find(wanted, cursor, cursor + len(wanted) + _NEAREST) if wanted else -1
        if at >= 0:
            cursor = at + len(wanted)
            for n in range(bisect_left(starts, at) + 1, bisect_right(ends, cursor)):
                follows[n] = True
    return follows


def _groups(text: str, syllables: Sequence[Word], follows: Sequence[bool]) -> Iterator[Group]:
    group: Group = []
    length = 0
    for syllable, joins in zip(syllables, follows, strict=True):
        length += 1 + len(syllable.form)
        if group and not (joins and length <= MAX_FORM and _joinable(text, group[-1], syllable)):
            yield group
            group = []
        if not group:
            length = len(syllable.form)
        group.append(syllable)
    if group:
        yield group


def _joinable(text: str, left: Word, right: Word) -> bool:
    """Whether two syllables can be of one word: letters, on one line, with nothing to be seen between them."""
    if not (left.form[:1].isalpha() and right.form[:1].isalpha()):
        return False
    gap = text[left.end : right.start]
    return gap in {"", " "} or (
        all(character.isspace() or invisible(character) for character in gap) and len(f"{gap}.".splitlines()) == 1
    )


class _Letters(dict[int, str | None]):
    """Letters and digits without marks and capitals, all else left out; for `str.translate`."""

    def __missing__(self, code: int) -> str | None:
        base = unicodedata.normalize("NFD", chr(code))[0]
        letter = {"đ": "d", "ð": "d"}.get(base.lower()[0], base.lower()[0]) if base.isalnum() else None
        self[code] = letter
        return letter


_LETTERS = _Letters()


def _underthesea() -> Segmenter:
    try:
        from underthesea import word_tokenize
    except ImportError as error:
        raise ModelError(f"words of underthesea take that library: pip install -e '.[phobert]' ({error})") from error

    def segment(syllables: Sequence[str]) -> list[str]:
        # Its own mending of spelling ("nghành") would change letters for nothing: only the edges are read.
        found = word_tokenize(" ".join(syllables), use_token_normalize=False)
        return [part for word in found for part in _before_capitals(word)]

    segment(["một", "hai"])  # it loads at the first call, and two threads at once would see half a model
    return segment


def _before_capitals(word: str) -> Iterator[str]:
    """Parts a word before each capital that follows a small letter.

    underthesea makes words of an end and a name ("đồng chí Tô"). RDRSegmenter, which cut the text that PhoBERT learnt
    from, hardly ever does.
    """
    syllables = word.split(" ")
    first = 0
    for n, (left, right) in enumerate(pairwise(syllables), 1):
        if left[:1].islower() and right[:1].isupper():
            yield " ".join(syllables[first:n])
            first = n
    yield " ".join(syllables[first:])


def _vncorenlp() -> Segmenter:
    from vipol.vncorenlp import VnCoreNLP

    return VnCoreNLP.from_environment()


_SEGMENTERS: dict[str, Callable[[], Segmenter] | None] = {
    "syllables": None,
    "underthesea": _underthesea,
    "vncorenlp": _vncorenlp,
}
NAMES = tuple(_SEGMENTERS)
"""What a model's configuration and a recipe may say for `words`."""

_LOADING = Lock()


def word_unit(name: str) -> WordUnit:
    """The word unit of that name; a process loads each segmenter once.

    Raises:
        ModelError: there is none of that name, or its library cannot be loaded.
    """
    if name == GIVEN.name:
        return GIVEN
    if name not in _SEGMENTERS:
        raise ModelError(f'"words" is {name!r}; this version knows {", ".join(NAMES)}')
    with _LOADING:
        return _loaded(name)


@cache
def _loaded(name: str) -> WordUnit:
    loader = _SEGMENTERS[name]
    return WordUnit(name, loader(), normalize_for_phobert) if loader else SYLLABLES
