"""From the network's scores to spans and relations, in NumPy."""

import unicodedata
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from vipol.schema import OUTSIDE
from vipol.text import invisible

Floats = NDArray[np.floating]


def log_softmax(scores: Floats) -> Floats:
    """Over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def softmax(scores: Floats) -> Floats:
    """Over the last axis."""
    return np.asarray(np.exp(log_softmax(scores)))


class Decoder:
    """The best tagging that IOB2 allows: an I tag follows a B or I tag of its own label and nothing else."""

    def __init__(self, tags: Sequence[str]) -> None:
        self.tags = tuple(tags)
        inside = [tag.startswith("I-") for tag in self.tags]
        self._allowed = np.array(
            [[not inside[new] or (old != OUTSIDE and old[2:] == self.tags[new][2:]) for new in range(len(self.tags))]
             for old in self.tags]
        )  # fmt: skip
        self._may_begin = ~np.array(inside)

    def best(self, scores: Floats) -> NDArray[np.int64]:
        """The tags of one line, as indices.

        Args:
            scores: log probabilities. *Shape:* (words, tags)
        """
        greedy = np.asarray(scores.argmax(axis=1), np.int64)
        if self._may_begin[greedy[0]] and self._allowed[greedy[:-1], greedy[1:]].all():
            return greedy  # the best of every word, and allowed: nothing can be better
        penalty = np.where(self._allowed, 0.0, -np.inf)
        best = np.where(self._may_begin, scores[0], -np.inf)
        back = np.zeros(scores.shape, np.int64)
        for n in range(1, len(scores)):
            paths = best[:, None] + penalty
            back[n] = paths.argmax(axis=0)
            best = paths[back[n], np.arange(len(self.tags))] + scores[n]
        path = np.zeros(len(scores), np.int64)
        path[-1] = best.argmax()
        for n in range(len(scores) - 1, 0, -1):
            path[n - 1] = back[n, path[n]]
        return path

    def spans(self, path: NDArray[np.int64]) -> list[tuple[int, int, str]]:
        """First word, word after the last, and label of every span in a tagging."""
        return spans([self.tags[tag] for tag in path])


def spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """First word, word after the last, and label of every span of IOB2 tags; a stray I tag is passed over."""
    found: list[tuple[int, int, str]] = []
    start, label = 0, ""
    for n, tag in enumerate([*tags, OUTSIDE]):
        if label and tag != f"I-{label}":
            found.append((start, n, label))
            label = ""
        if tag.startswith("B-"):
            start, label = n, tag[2:]
    return found


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A span without white space and punctuation at its edges, which the scheme forbids; None if nothing is left."""
    while start < end and _edge(text[start]):
        start += 1
    while start < end and _edge(text[end - 1]):
        end -= 1
    return (start, end) if start < end else None


def _edge(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] in "PC" or invisible(character)


def choices(scores: Sequence[float], choosers: Sequence[Hashable]) -> list[float]:
    """Probabilities of pairs that compete: those with the same chooser, and "none", whose score is 0."""
    shares = np.array(scores, np.float64)
    of_chooser: dict[Hashable, list[int]] = {}
    for n, chooser in enumerate(choosers):
        of_chooser.setdefault(chooser, []).append(n)
    for rivals in of_chooser.values():
        shares[rivals] = softmax(np.append(shares[rivals], 0.0))[:-1]
    return [float(share) for share in shares]
