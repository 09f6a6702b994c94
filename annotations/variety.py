"""How varied a set of articles is: its vocabulary and labels beside those of others, and what it says twice."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from vipol.document import Document
from vipol.schema import LABELS, RELATION_TYPES

LENGTH = 8
"""Syllables of a phrase that counts as repeated."""
STRETCH = 1000
"""Syllables over which the ratio of types to tokens is taken, since it falls with length."""
LISTED = 12

_SYLLABLE = re.compile(r"\w+")


@dataclass(frozen=True)
class Variety:
    """Figures of one set."""

    articles: int
    syllables: int
    types: int
    """Distinct syllables, capitals apart."""
    ratio: float
    """Mean share of types in stretches of `STRETCH` syllables, 0 for less than one stretch."""
    spans: dict[str, tuple[int, int]]
    """For each label: spans, and distinct words among them."""
    relations: dict[str, int]

    def per_thousand(self, count: int) -> float:
        return 1000 * count / self.syllables if self.syllables else 0.0


@dataclass(frozen=True)
class Repetition:
    """Phrases of `LENGTH` syllables that stand elsewhere too."""

    phrases: int
    repeated: int
    longest: Sequence[str]
    """The longest runs of them, each once."""

    @property
    def share(self) -> float:
        return self.repeated / self.phrases if self.phrases else 0.0


def variety(documents: Sequence[Document]) -> Variety:
    """The figures of some documents."""
    streams = [syllables(document.text) for document in documents]
    stream = [syllable for part in streams for syllable in part]
    stretches = [stream[start : start + STRETCH] for start in range(0, len(stream) - STRETCH + 1, STRETCH)]
    surfaces: dict[str, list[str]] = {label: [] for label in LABELS}
    for document in documents:
        for entity in document.entities:
            surfaces.setdefault(entity.label, []).append(" ".join(syllables(document.surface(entity))))
    relations = Counter(relation.label for document in documents for relation in document.relations)
    return Variety(
        len(documents),
        len(stream),
        len(set(stream)),
        sum(len(set(stretch)) / STRETCH for stretch in stretches) / len(stretches) if stretches else 0.0,
        {label: (len(found), len(set(found))) for label, found in surfaces.items()},
        {kind: relations[kind] for kind in RELATION_TYPES},
    )


def repeated_inside(texts: Sequence[str]) -> Repetition:
    """Phrases that stand in the set more than once, in one article or in two."""
    counts = Counter(phrase for text in texts for phrase in _phrases(syllables(text)))
    return _repetition(texts, {phrase for phrase, count in counts.items() if count > 1})


def shared_with(texts: Sequence[str], others: Iterable[str]) -> Repetition:
    """Phrases that stand in other texts too, of which one at a time is held."""
    ours = {phrase for text in texts for phrase in _phrases(syllables(text))}
    return _repetition(texts, {phrase for text in others for phrase in _phrases(syllables(text)) if phrase in ours})


def syllables(text: str) -> list[str]:
    """Runs of letters and digits, small."""
    return _SYLLABLE.findall(unicodedata.normalize("NFC", text).lower())


def _phrases(stream: Sequence[str]) -> list[bytes]:
    """A digest of every phrase: millions of them are held at once."""
    return [
        hashlib.blake2b(" ".join(stream[n : n + LENGTH]).encode(), digest_size=8).digest()
        for n in range(len(stream) - LENGTH + 1)
    ]


def _repetition(texts: Sequence[str], known: Set[bytes]) -> Repetition:
    total = repeated = 0
    runs: set[str] = set()
    for text in texts:
        stream = syllables(text)
        found = [phrase in known for phrase in _phrases(stream)]
        total += len(found)
        repeated += sum(found)
        start = None
        for n, hit in enumerate([*found, False]):
            if hit and start is None:
                start = n
            elif not hit and start is not None:
                runs.add(" ".join(stream[start : n + LENGTH - 1]))
                start = None
    return Repetition(total, repeated, sorted(runs, key=lambda run: (-len(run.split()), run))[:LISTED])


def report(names: Sequence[str], sets: Sequence[Variety], inside: Repetition, shared: Repetition | None) -> str:
    """The figures of sets beside each other, then what the first repeats and shares.

    Args:
        shared: with the texts of the other sets; None if there are none.
    """
    rows: list[list[str]] = [["", *names]]
    rows.append(["articles", *(str(one.articles) for one in sets)])
    rows.append(["syllables", *(str(one.syllables) for one in sets)])
    rows.append(["distinct syllables", *(str(one.types) for one in sets)])
    rows.append([f"types in {STRETCH} tokens, percent", *(f"{100 * one.ratio:.1f}" for one in sets)])
    for label in LABELS:
        rows.append([f"{label} spans", *(str(one.spans[label][0]) for one in sets)])
        rows.append([f"{label} distinct", *(str(one.spans[label][1]) for one in sets)])
        rows.append([f"{label} per 1000", *(f"{one.per_thousand(one.spans[label][0]):.1f}" for one in sets)])
    rows += [[f"{kind} relations", *(str(one.relations[kind]) for one in sets)] for kind in RELATION_TYPES]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.rjust(size) if n else cell.ljust(size) for n, (cell, size) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines += ["", _repetition_line(f"phrases of {LENGTH} syllables that {names[0]} has more than once", inside)]
    if shared is not None:
        lines += ["", _repetition_line(f"phrases of {LENGTH} syllables that stand in the other texts too", shared)]
    return "\n".join(lines)


def _repetition_line(title: str, found: Repetition) -> str:
    head = f"{title}: {100 * found.share:.2f} % ({found.repeated} of {found.phrases})"
    return "\n".join([head, *(f"  {run}" for run in found.longest)])
