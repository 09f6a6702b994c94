"""Cohen's kappa of two annotations over words (Cohen, 1960, "A Coefficient of Agreement for Nominal Scales").

The words are those of `vipol.text`: syllables, numbers, punctuation marks. Each has one tag, O or a label with B or I.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vipol.document import Document
from vipol.schema import OUTSIDE
from vipol.text import Word, words


@dataclass(frozen=True, slots=True)
class Kappa:
    """How many words have which two tags, the first annotation's and the second's."""

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, pairs: Iterable[tuple[Document, Document]]) -> "Kappa":
        """Counts the words of articles, each given as the first and the second annotation of one text."""
        counts: Counter[tuple[str, str]] = Counter()
        for one, other in pairs:
            found = words(one.text)
            counts.update(zip(tags(one, found), tags(other, found), strict=True))
        return cls(counts)

    @property
    def words(self) -> int:
        return self.pairs.total()

    @property
    def outside(self) -> float | None:
        """The share of words that are O in both, in [0, 1]; None where there are no words."""
        return self.pairs[OUTSIDE, OUTSIDE] / self.words if self.words else None

    @property
    def value(self) -> float | None:
        """Kappa in [-1, 1]; None where chance alone agrees on every word: no words, or one tag for all in both."""
        first: Counter[str] = Counter()
        second: Counter[str] = Counter()
        for (one, other), count in self.pairs.items():
            first[one] += count
            second[other] += count
        same = sum(count for (one, other), count in self.pairs.items() if one == other)
        chance = sum(count * second[tag] for tag, count in first.items())
        # In whole numbers, so that "undefined" is exact: observed = same / words, expected = chance / words².
        possible = self.words**2 - chance
        return (same * self.words - chance) / possible if possible else None

    def marked(self) -> "Kappa":
        """The same over the words that at least one of the two marked.

        Most words are O in both, and nobody doubts them. Without them kappa says how far two agree where there is
        something to mark. It is the severer figure: no word is left on which O could agree, though chance still
        expects some, so it lies below F1 of words and falls below 0 where only few marks agree.
        """
        return Kappa(Counter({pair: count for pair, count in self.pairs.items() if pair != (OUTSIDE, OUTSIDE)}))


def tags(document: Document, found: Sequence[Word]) -> list[str]:
    """The tag of every word of a document's text.

    A word is in a span if they share a character, so a span that begins or ends inside a word has that whole word. A
    word has one tag: of spans that overlap, the one that begins first has it, of two that begin together the longer
    one. The other gets what is left of its words, the first of these with B, and is not seen where nothing is left. A
    span without a word, as of blanks, is not seen either.
    """
    starts, ends = [word.start for word in found], [word.end for word in found]
    result = [OUTSIDE] * len(found)
    for start, end, label in sorted((e.span for e in document.entities), key=lambda s: (s[0], -s[1], s[2])):
        covered = range(bisect_right(ends, start), bisect_left(starts, end))
        prefix = "B"
        for n in covered:
            if result[n] == OUTSIDE:
                result[n] = f"{prefix}-{label}"
                prefix = "I"
    return result
