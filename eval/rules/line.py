"""A line as the rules see it: words in one spelling, a text made of them, and the way back to the document."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vipol.text import lines, words

DASH = r" ?- ?"
"""A dash in `Line.text`, as a regular expression."""

FREE = r"(?![\d\w]|[.,/-]\d|/[a-zđ])"
"""What follows a number that is whole: no further digits, and no letters as in the number of a document."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one line.

    A word is a syllable, a number or one other character, in composed letters and the new placement of tone marks.
    `low` has them in small letters and every dash as a hyphen; `text` is `low` with a blank where anything parted two
    words; `at` holds where each word begins in `text`, `starts` and `ends` its offsets in the document. `shouted` says
    that most of the line is in capitals, so that a capital tells nothing.
    """

    words: list[str]
    low: list[str]
    glued: list[bool]
    starts: list[int]
    ends: list[int]
    text: str
    at: list[int]
    shouted: bool

    def __len__(self) -> int:
        return len(self.words)

    def capital(self, n: int) -> bool:
        """Whether there is a word `n` and it begins with a capital letter."""
        return 0 <= n < len(self.words) and self.words[n][0].isupper()

    def is_at(self, n: int, *wanted: str) -> bool:
        """Whether there is a word `n` and it is one of these, in small letters."""
        return 0 <= n < len(self.low) and self.low[n] in wanted

    def word_to(self, position: int) -> int | None:
        """The number after the word that ends at a position of `text`; None if the position is inside a word."""
        n = bisect_right(self.at, position - 1)
        return n if n and self.at[n - 1] + len(self.low[n - 1]) == position else None


def whole(line: Line, match: re.Match[str] | None, n: int) -> int:
    """The word after a match at word `n` that ends where a word does; 0 if it does not."""
    if not match:
        return 0
    end = line.word_to(match.end())
    return end if end is not None and end > n else 0


def read_lines(text: str) -> Iterator[Line]:
    """The lines of a text that have words."""
    for start, end in lines(text):
        found = words(text, start, end)
        if not found:
            continue
        # A form is empty or has blanks only in a text that is made to be difficult; no rule cares what stands there.
        forms = [word.form if word.form and not word.form.isspace() else "\ufffd" for word in found]
        low = [form.lower().translate(_DASHES) for form in forms]
        glued = [word.glued for word in found]
        pieces, at, length = [], [], 0
        for n, form in enumerate(low):
            if n and not glued[n]:
                pieces.append(" ")
                length += 1
            at.append(length)
            pieces.append(form)
            length += len(form)
        starts, ends = [word.start for word in found], [word.end for word in found]
        letters = [form for form in forms if form.isalpha()]
        shouted = 2 * sum(map(str.isupper, letters)) > len(letters) > 3
        yield Line(forms, low, glued, starts, ends, "".join(pieces), at, shouted)


class Phrases:
    """A list of phrases that finds the longest of them at a word of a line, whatever the capitals."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[list[str]]] = {}
        self._by_last: dict[str, list[list[str]]] = {}
        for phrase in sorted({split(phrase) for phrase in phrases}, key=len, reverse=True):
            self._by_first.setdefault(phrase[0], []).append(list(phrase))
            self._by_last.setdefault(phrase[-1], []).append(list(phrase))

    @property
    def firsts(self) -> frozenset[str]:
        """The words that a phrase begins with."""
        return frozenset(self._by_first)

    def end(self, line: Line, n: int) -> int:
        """The number after the last word of the longest phrase at word `n`; `n` itself if there is none."""
        if 0 <= n < len(line.low) and (phrases := self._by_first.get(line.low[n])):
            for phrase in phrases:
                if line.low[n : n + len(phrase)] == phrase:
                    return n + len(phrase)
        return n

    def start(self, line: Line, end: int) -> int:
        """The first word of the longest phrase that ends before word `end`; `end` itself if there is none."""
        if end > 0 and (phrases := self._by_last.get(line.low[end - 1])):
            for phrase in phrases:
                if len(phrase) <= end and line.low[end - len(phrase) : end] == phrase:
                    return end - len(phrase)
        return end


class Names:
    """Names that a document has, capitals and all, to find them again."""

    LONGEST = 12
    """Words; a longer name is not kept."""

    def __init__(self) -> None:
        self._names: set[tuple[str, ...]] = set()
        self._lengths: dict[str, list[int]] = {}

    def add(self, name: Sequence[str]) -> None:
        if 0 < len(name) <= self.LONGEST and tuple(name) not in self._names:
            self._names.add(tuple(name))
            lengths = self._lengths.setdefault(name[0], [])
            if len(name) not in lengths:
                lengths.append(len(name))
                lengths.sort(reverse=True)

    def end(self, line: Line, n: int) -> int:
        """The number after the last word of the longest name at word `n`; `n` itself if there is none."""
        for length in self._lengths.get(line.words[n], ()):
            if tuple(line.words[n : n + length]) in self._names:
                return n + length
        return n


def split(phrase: str) -> tuple[str, ...]:
    """The words of a phrase as `Line.low` has them."""
    return tuple(word.form.lower().translate(_DASHES) for word in words(phrase))


def listed(block: str) -> list[str]:
    """The phrases of a block of text, parted by commas or line breaks; a phrase with a comma writes it as `;`."""
    return [
        piece.strip().replace(";", ",") for part in block.splitlines() for piece in part.split(",") if piece.strip()
    ]


def vocabulary(block: str) -> frozenset[str]:
    """The words of a block of text, parted by blanks."""
    return frozenset(block.split())


def alternatives(block: str) -> str:
    """A regular expression for the phrases of a block (see `listed`), the longest first."""
    return f"(?:{'|'.join(map(re.escape, sorted(listed(block), key=len, reverse=True)))})"
