"""Organisations: words that begin their names, and how far a name runs."""

from dataclasses import dataclass, replace

from eval.rules.line import Line, Phrases, listed, split, vocabulary
from eval.rules.places import COMMON_FAMILIES, COUNTRIES, LARGE_FAMILIES, LEVELS, PLACES
from eval.rules.words import (
    ABROAD_ONLY,
    AFTER_BARE,
    ALONE,
    BEFORE_LOWER,
    CAPITAL,
    FIELDS,
    INNER,
    KNOWN,
    LAST,
    NAMED,
    NAMED_AFTER,
    PARTY,
    PLAIN,
    SKIPPED,
    TYPES,
)

_DEPTH = 3
"""How many organisations a name may hold one inside the other."""

_LONGEST = 24
"""Words of the longest name."""


@dataclass(frozen=True, slots=True)
class _Head:
    """How a name goes on behind its first words."""

    alone: bool = False
    capital: bool = False
    fields: bool = False
    names: bool = False
    abroad: bool = False
    plain: bool = False


def _kinds() -> dict[tuple[str, ...], _Head]:
    kinds: dict[tuple[str, ...], _Head] = {}
    for block, head in (
        (PLAIN, _Head(alone=True, plain=True)),
        (PARTY, _Head(alone=True, capital=True, plain=True)),
        (ALONE, _Head(alone=True, fields=True)),
        (CAPITAL, _Head(alone=True, capital=True, fields=True)),
        (ABROAD_ONLY, _Head(alone=True, capital=True, abroad=True)),
        (NAMED, _Head(fields=True, names=True)),
    ):
        for phrase in map(split, listed(block)):
            kinds[phrase] = replace(kinds[phrase], fields=True, names=True) if phrase in kinds else head
    return kinds


_KINDS = _kinds()
_HEADS = Phrases(
    [*listed(PLAIN), *listed(PARTY), *listed(ALONE), *listed(CAPITAL), *listed(ABROAD_ONLY), *listed(NAMED)]
)
STARTS = _HEADS.firsts | Phrases([*listed(KNOWN), *listed(SKIPPED)]).firsts
"""The words, in small letters, that an organisation or what is skipped can begin with."""

_FIELDS = Phrases(listed(FIELDS))
TYPE_WORDS = Phrases(listed(TYPES))
_LAST = Phrases(listed(LAST))
_KNOWN = {split(name): name for name in listed(KNOWN)}
_KNOWN_PHRASES = Phrases(listed(KNOWN))
_SKIPPED = Phrases(listed(SKIPPED))
_INNER = vocabulary(INNER)
AFTER_ALONE = vocabulary(AFTER_BARE)
_NAMED_AFTER = frozenset(map(split, listed(NAMED_AFTER)))
_CAPITAL_ONLY = ("vụ", "bộ", "cục")
_BEFORE_LOWER = vocabulary(BEFORE_LOWER)
MANY = ("các", "những", "hai", "nhiều", "mỗi", "mọi", "số", "cấp", "3", "2", "ngành")
_JOINTS = ("và", "-", "&", ",")


def organisation(line: Line, n: int, depth: int = 0) -> int:
    """The word after the organisation whose name begins at word `n`; `n` itself if none does."""
    if (end := _KNOWN_PHRASES.end(line, n)) > n and _written(line, n, end):
        return end
    if _SKIPPED.end(line, n) > n or in_a_name(line, n):
        return n
    head = _HEADS.end(line, n)
    if head == n:
        return n
    kind = _KINDS[tuple(line.low[n:head])]
    lower = not line.capital(n)
    if lower and head == n + 1 and _may_be_the_end_of_another(line, n):
        return n
    if kind.plain:
        if kind.capital and (lower or line.is_at(n - 1, *MANY)):
            return n
        party = head < len(line) and line.words[head].isupper() and line.low[n] == "đảng" and len(line.words[head]) > 2
        return head + 1 if party and not line.glued[head] else head
    if kind.abroad:
        state = head + line.is_at(head, "nước")
        end = max(COUNTRIES.end(line, state), head) if COUNTRIES.end(line, state) > state else head
        if line.is_at(n - 1, *MANY):
            return n
        return end if end > head else n if lower else head
    end = _tail(line, n, head, kind, depth)
    if end > head:
        return end if not lower or _worth(line, head, end, kind) else n
    if kind.capital and lower and head > n + 1 and line.is_at(n - 1, "trưởng", "phó"):
        return head
    if not kind.alone or (kind.capital and (lower or line.capital(n - 1) or line.is_at(n - 1, *MANY))):
        return n
    if kind.capital and head == n + 1 and head < len(line) and line.low[head] not in AFTER_ALONE:
        return n
    return head


def _may_be_the_end_of_another(line: Line, n: int) -> bool:
    """Whether a head of one small syllable may be the end of another word: `vụ` of "dịch vụ", `sở` of "cơ sở"."""
    return n > 0 and line.low[n].islower() and (line.low[n] in _CAPITAL_ONLY or line.low[n - 1] not in _BEFORE_LOWER)


def in_a_name(line: Line, n: int) -> bool:
    """Whether word `n` is the syllable of a person's name or the rest of another word."""
    if not 0 < n < len(line):
        return False
    if line.glued[n] and (line.low[n - 1][-1].isalnum() or line.low[n - 1] in ("/", "-")):
        return line.low[n - 1] != "-" or not line.words[n].isupper()
    if not line.capital(n):
        return False
    if line.is_at(n - 1, "ông", "bà", "anh", "chị"):
        return True
    return line.capital(n - 1) and any(m >= 0 and _family(line, m) for m in (n - 1, n - 2))


def listed_on(line: Line, start: int, end: int) -> list[tuple[int, int]]:
    """The further offices of a list behind one: "Bộ Tài chính, Công Thương và Nội vụ".

    Returns:
        The first word of each and the word after its last.
    """
    found: list[tuple[int, int]] = []
    while line.is_at(start, "bộ", "sở") and line.is_at(end, ",", "và") and line.capital(end + 1):
        after = _FIELDS.end(line, end + 1)
        if after == end + 1 or person_begins(line, end + 1):
            break
        found.append((end + 1, after))
        end = after
    return found


def skipped(line: Line, n: int) -> int:
    """The word after a phrase that looks like the beginning of a name and is none; `n` itself if there is none."""
    return _SKIPPED.end(line, n)


def _family(line: Line, n: int) -> bool:
    """Whether word `n` is a family name, and not a number in Roman figures such as `VI`."""
    if not line.capital(n) or line.low[n] not in COMMON_FAMILIES:
        return False
    return not line.words[n].isupper() or line.shouted or (n + 1 < len(line) and line.words[n + 1].isupper())


def person_begins(line: Line, n: int) -> bool:
    """Whether a family name and another capital stand at word `n`, and no place of that name."""
    if not (_family(line, n) and line.capital(n + 1)):
        return False
    if line.glued[n] and line.low[n - 1][-1].isalnum():
        return False
    small = line.low[n] not in LARGE_FAMILIES
    if small and line.low[n + 1] in LARGE_FAMILIES and line.capital(n + 2) and line.capital(n - 1):
        return False  # the name begins with the next word
    return PLACES.end(line, n) == n


def _written(line: Line, n: int, end: int) -> bool:
    """Whether a name is written with the capitals that it has in the list."""
    wanted = _KNOWN[tuple(line.low[n:end])]
    capitals = sum(character.isupper() for character in wanted)
    return sum(character.isupper() for word in line.words[n:end] for character in word) >= min(capitals, 2)


def _worth(line: Line, start: int, end: int, kind: _Head) -> bool:
    """Whether the words behind a head in small letters make it a name: one of them has a capital or is a number."""
    if not kind.alone and COUNTRIES.end(line, start) == end:
        return False  # "các công ty Nga" is none
    if line.low[start - 2 : start] == ["công", "an"] and LEVELS.end(line, start) == end:
        return True
    return any(word[0].isupper() or word[0].isdigit() for word in line.words[start:end])


def _tail(line: Line, first: int, start: int, kind: _Head, depth: int) -> int:
    """The word after the last that belongs to a name.

    Args:
        first: the first word of the name.
        start: the word after its head.
    """
    good = n = start
    while n < min(len(line), start + _LONGEST):
        after = _piece(line, n, first, start, kind, depth)
        if after == n and n > start and kind.fields:
            after = _joined(line, n, kind)
        if after == n:
            after = _bracket(line, n)
        if after == n:
            break
        if _counts(line, first, start, n, after, kind, depth) or (
            after > n and good == n and LEVELS.end(line, n) == after
        ):
            good = after
        n = after
    return good


def _counts(line: Line, first: int, start: int, n: int, end: int, kind: _Head, depth: int) -> bool:
    """Whether a name may end with the piece from word `n` to word `end`.

    Words in small letters that don't lead to a capital may be a verb: "Trường đại học X quản lý".
    """
    if any(not word.islower() for word in line.words[n:end]) or _LAST.end(line, n) == end:
        return True
    if n == start and line.capital(first):
        return LEVELS.end(line, n) == end or (not kind.alone and _FIELDS.end(line, n) == end)
    return depth < _DEPTH and organisation(line, n, depth + 1) == end


def _piece(line: Line, n: int, first: int, start: int, kind: _Head, depth: int) -> int:
    """The word after the next piece of a name, which begins at word `n`; `n` itself if the name ends there."""
    low = line.low[n]
    if depth < _DEPTH and not (low == "đảng" and n > start) and (end := organisation(line, n, depth + 1)) > n:
        return end
    if (end := _LAST.end(line, n)) > max(n, _FIELDS.end(line, n)):
        return end
    if (end := _level(line, n)) > n:
        return end
    words = max(
        TYPE_WORDS.end(line, n) if kind.names else n,
        _FIELDS.end(line, n) if kind.fields and (line.capital(n) or n == start) else n,
    )
    if words > n:
        return words
    if (end := PLACES.end(line, n)) > n and any(line.capital(m) for m in range(n, end)):
        return end
    if low.isdigit():
        number = kind.names and (n == start or TYPE_WORDS.start(line, n) < n) and not _goes_on(line, n + 1)
        return n + 1 if number or (line.glued[n] and n > start and line.words[n - 1].isupper()) else n
    if low == "-" and line.glued[n] and n > start and n + 1 < len(line) and line.glued[n + 1]:
        return n + 2 if line.words[n + 1].isalpha() else n
    if not line.capital(n) or (line.glued[n] and n > start and line.is_at(n - 1, ".", ":", "/")):
        return n
    if line.shouted:
        return n
    if person_begins(line, n) and not (n == start and tuple(line.low[first:start]) in _NAMED_AFTER):
        return n
    alone = n == start or not line.capital(n - 1)
    n += 1
    if kind.fields and alone:
        while n < len(line) and line.low[n] in _INNER and not line.capital(n):
            n += 1
    return n


def _head_begins(line: Line, n: int) -> bool:
    """Whether another organisation may begin at word `n`."""
    known = _KNOWN_PHRASES.end(line, n)
    return (_HEADS.end(line, n) > n and _SKIPPED.end(line, n) == n) or (known > n and _written(line, n, known))


def _goes_on(line: Line, n: int) -> bool:
    """Whether a number goes on at word `n`: "1.500", "3/4"."""
    if n >= len(line) or not line.glued[n]:
        return False
    return line.low[n] in ("/", "%") or (n + 1 < len(line) and line.low[n + 1].isdigit())


def _level(line: Line, n: int) -> int:
    """The word after `tỉnh`, `TP.` and the like with the place that it is the level of; `n` itself if none is there."""
    end = LEVELS.end(line, n)
    if end == n:
        return n
    if (place := PLACES.end(line, end)) > end and line.capital(end):
        return place
    if end < len(line) and (line.low[end].isdigit() and len(line.low[end]) < 3):
        return end + 1
    last = end
    while last < min(len(line), end + 3) and line.capital(last):
        if person_begins(line, last) and (last > end or not line.is_at(n, "phường", "quận") or line.capital(end + 2)):
            break
        if _head_begins(line, last):
            break
        last += 1
    return last


def _joined(line: Line, n: int, kind: _Head) -> int:
    """The word after a joint ("và", "-", "&", ",") and the capitalised piece that it joins to the name."""
    if not line.is_at(n, *_JOINTS) or not line.capital(n + 1) or PLACES.start(line, n) < n:
        return n
    if line.is_at(n, ",") and not (kind.names and not kind.alone and _listed_on(line, n)):
        return n
    if _HEADS.end(line, n + 1) > n + 1 or person_begins(line, n + 1):
        return n
    if (end := max(_FIELDS.end(line, n + 1), TYPE_WORDS.end(line, n + 1) if kind.names else n)) > n + 1:
        return end
    if line.is_at(n, "-", "&") and (line.glued[n] or PLACES.end(line, n + 1) > n + 1):
        return max(n + 2, PLACES.end(line, n + 1))
    return n


def _listed_on(line: Line, n: int) -> bool:
    """Whether the comma at word `n` parts fields of one office: "Văn hóa, Thể thao và Du lịch"."""
    end = _FIELDS.end(line, n + 1)
    return end > n + 1 and line.capital(n + 1) and line.is_at(end, "và", ",", "-")


def _bracket(line: Line, n: int) -> int:
    """The word after an abbreviation in brackets in the middle of a name."""
    if not line.is_at(n, "("):
        return n
    close = next((m for m in range(n + 2, min(n + 7, len(line))) if line.low[m] == ")"), 0)
    if not close or not all(word.isupper() or word == "&" for word in line.words[n + 1 : close]):
        return n
    after = close + 1
    if after >= len(line):
        return n
    if _level(line, after) > after or _LAST.end(line, after) > after:
        return after
    named = PLACES.end(line, after) > after or _head_begins(line, after)
    return after if line.capital(after) and named else n
