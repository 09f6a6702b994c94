"""Organisations that a document has named before: their abbreviations, and firms without the word for a firm."""

from collections.abc import Sequence

from eval.rules.line import Line, Names, Phrases, listed
from eval.rules.orgs import AFTER_ALONE, MANY, TYPE_WORDS, in_a_name
from eval.rules.places import LEVELS, PLACES

_FIRMS = Phrases(
    listed("công ty, công ty cổ phần, công ty TNHH, tổng công ty, tập đoàn, ngân hàng, ngân hàng TMCP, báo, hãng, đảng")
)
_BARE = frozenset(listed("Bộ, Sở, Cục, Vụ, Hội, Viện, Trường, Ban, Quỹ, Tập đoàn, Liên đoàn, Đoàn"))
_ENDS = (".", "!", "?", ":", "-", "“", '"', "(", "…", ";", "/")


class Organisations:
    """Organisations of one document, to know them again by their abbreviation or without the word for their kind."""

    def __init__(self) -> None:
        self._short = Names()
        self._heads: set[str] = set()

    def learn(self, line: Line, start: int, end: int) -> None:
        """Takes note of an organisation and of the abbreviation in brackets behind it."""
        self._heads.add(line.words[start])
        if line.is_at(end, "("):
            close = next((n for n in range(end + 2, min(end + 8, len(line))) if line.low[n] == ")"), 0)
            short = tuple(line.words[end + 1 : close])
            letters = [word for word in short if word.isalpha()]
            if letters and all(len(word) > 1 and word[:3].isupper() for word in letters) and not _place(line, end + 1):
                self._short.add(short)
        head = _FIRMS.end(line, start)
        while head > start and (after := TYPE_WORDS.end(line, head)) > head and not line.capital(head):
            head = after
        tail = tuple(line.words[head:end])
        foreign = any(word.isupper() or not word[0].isalpha() for word in tail)
        named = start < head < end and all(word[0].isupper() for word in tail) and not _place(line, head)
        if named and (len(tail) > 1 or foreign):
            self._short.add(tail)

    def again(self, line: Line, taken: Sequence[str]) -> list[tuple[int, int]]:
        """First word and word after the last of what was learnt and stands in a line where nothing is marked."""
        found = []
        n = 0
        while n < len(line):
            end = n if taken[n] else self._known(line, n, taken)
            if end > n:
                found.append((n, end))
            n = max(end, n + 1)
        return found

    def _known(self, line: Line, n: int, taken: Sequence[str]) -> int:
        word = line.words[n]
        end = self._short.end(line, n)
        if end > n and not any(taken[n:end]):
            return end
        if word in _BARE and word in self._heads and n and not line.capital(n + 1) and not line.capital(n - 1):
            # "Bộ" and "Hội" in the middle of a sentence are those that were named before.
            free = line.low[n - 1] not in _ENDS and line.low[n - 1] not in MANY and not in_a_name(line, n)
            if free and n + 1 < len(line) and line.low[n + 1] in AFTER_ALONE:
                return n + 1
        return n


def _place(line: Line, n: int) -> bool:
    return LEVELS.end(line, n) > n or PLACES.end(line, n) > n
