"""Who and what short names mean in their article: `ông Đông` is Ngô Xuân Đông, `UBND quận` that of quận Cầu Giấy.

Only what the article itself tells counts; where it allows two readings a name stays as it is.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise, takewhile

from vipol.document import Document, Entity
from vipol.text import normalize

FULL_NAME = "full name in the article"
LONGER_NAME = "longer name in the article"
ABBREVIATION = "abbreviation in brackets"
PLACE = "place in the article"

_PLACE_WORDS = "quận|huyện|thị xã|thành phố|TP|tỉnh|xã|phường|thị trấn|đặc khu"
_PLACE = re.compile(rf"(?<!\w)(?i:({_PLACE_WORDS}))\.? (?=(\w+(?:[ -]\w+){{0,3}}))")
_LEVELS = {
    "quận ủy": "quận",
    "huyện ủy": "huyện",
    "thị ủy": "thị xã",
    "thành ủy": "thành phố",
    "tỉnh ủy": "tỉnh",
    "thị đoàn": "thị xã",
    "quận đoàn": "quận",
    "huyện đoàn": "huyện",
    "tỉnh đoàn": "tỉnh",
    "thành đoàn": "thành phố",
}
"""Bodies whose first syllable is the level of their place."""

_BARE_LEVEL = re.compile(rf"(?i)(?:^| )({_PLACE_WORDS})$")


@dataclass(frozen=True, slots=True)
class Name:
    """What a mention names, as fully as its article tells."""

    text: str
    mention: str
    resolved: str = ""
    """By what the text was found, if it is not the mention's own."""


class Names:
    """The persons and organisations of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        persons = [entity for entity in document.entities if entity.label == "PERSON"]
        self._full = [(entity.start, document.surface(entity)) for entity in persons]
        self._full = [(start, name) for start, name in self._full if len(name.split()) > 1]
        bodies = [document.surface(entity) for entity in document.entities if entity.label == "ORG"]
        self._bodies = {fold(name): name for name in reversed(bodies)}
        self._short = dict(_abbreviations(document))
        self._places = _places(document.text, {entity.start for entity in persons})

    def person(self, entity: Entity) -> Name:
        """The person that a PERSON span names: for a name of one word the nearest earlier full name that ends in it,
        else the first later one; a title in capitals is no other name."""
        mention = self._document.surface(entity)
        if len(mention.split()) > 1:
            return Name(_tidy(mention, self._full), mention)
        key = fold(mention)
        known = [(start, name) for start, name in self._full if fold(name.split()[-1]) == key]
        if not known or (len({fold(name) for _, name in known}) > 1 and not _nearest(known, entity.start)):
            return Name(mention, mention)
        name = _nearest(known, entity.start) or known[0][1]
        return Name(_tidy(name, self._full), mention, FULL_NAME)

    def organisation(self, entity: Entity) -> Name:
        """The organisation that an ORG span names."""
        mention = self._document.surface(entity)
        key = fold(mention)
        if long := self._short.get(key):
            return Name(self.longest(long), mention, ABBREVIATION)
        text = self.longest(mention)
        if text != mention:
            return Name(text, mention, LONGER_NAME)
        level = _LEVELS.get(key) or ((bare := _BARE_LEVEL.search(mention)) and _level(bare[1]))
        if level and len(found := self._places.get(level, {})) == 1:
            (place,) = found.values()
            return Name(f"{mention} {place}", mention, PLACE)
        return Name(mention, mention)

    def longest(self, mention: str) -> str:
        """The one longer name that begins with the mention and goes on with a place, or the mention."""
        key = fold(mention)
        if key not in _LEVELS and not _BARE_LEVEL.search(mention):
            return mention
        longer = {folded: name for folded, name in self._bodies.items() if folded.startswith(f"{key} ")}
        # Of "Quận ủy Cầu Giấy" and "Quận ủy Cầu Giấy khóa V" the shorter one is meant; of two others neither.
        shortest = min(longer, key=len, default="")
        if shortest and all(name.startswith(shortest) for name in longer):
            return longer[shortest]
        return mention


def fold(name: str) -> str:
    """A name without differences that make it no other: capitals, Unicode forms, where a tone mark stands, spaces."""
    return " ".join(normalize(word).casefold() for word in unicodedata.normalize("NFC", name).split())


def _tidy(name: str, known: Sequence[tuple[int, str]]) -> str:
    """A name in capitals as the article writes it elsewhere."""
    if name.isupper():
        return next((other for _, other in known if not other.isupper() and fold(other) == fold(name)), name)
    return name


def _nearest(known: Sequence[tuple[int, str]], offset: int) -> str:
    """The last of the names before an offset; empty if there is none."""
    n = bisect_left([start for start, _ in known], offset)
    return known[n - 1][1] if n else ""


def _level(word: str) -> str:
    """The level of a place by its word, the same for `TP` and `thành phố`."""
    return "thành phố" if fold(word) == "tp" else fold(word)


def _abbreviations(document: Document) -> Iterator[tuple[str, str]]:
    """Short forms in brackets behind a name: `Văn phòng Chính phủ (VPCP)`."""
    bodies = sorted((e for e in document.entities if e.label == "ORG"), key=lambda entity: entity.start)
    for long, short in pairwise(bodies):
        between = document.text[long.end : short.start]
        behind = document.text[short.end : short.end + 1]
        if between.strip() == "(" and behind == ")" and len(document.surface(short)) < long.end - long.start:
            yield fold(document.surface(short)), document.surface(long)


def _places(text: str, persons: Set[int]) -> dict[str, dict[str, str]]:
    """By level, the places that the text names, by their folded names; `persons` are where names of people begin."""
    found: dict[str, dict[str, str]] = {}
    for match in _PLACE.finditer(text):
        words = list(takewhile(lambda word: word[0].isupper() or word.isdigit(), match[2].split()))
        if words and match.start(2) not in persons:  # not "Chủ tịch UBND quận Lê Hải"
            name = " ".join(words)
            found.setdefault(_level(match[1]), {}).setdefault(fold(name), name)
    return found
