"""How many errors a model expects in what it marked, by its own probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Doubt:
    """Expected numbers of errors in one document, or in a part of it; the doubts of parts add up."""

    words: int = 0
    """What there is to mark."""
    tags: float = 0.0
    """Words whose tag is wrong."""
    relations: float = 0.0
    """Pairs of spans that are wrongly related, or wrongly left."""

    @property
    def errors(self) -> float:
        return self.tags + self.relations

    def __add__(self, other: "Doubt") -> "Doubt":
        return Doubt(self.words + other.words, self.tags + other.tags, self.relations + other.relations)


def wrong_tags(certainty: NDArray[np.floating]) -> float:
    """How many of the tags are expected to be wrong.

    Args:
        certainty: probability of each word's tag. *Shape:* (words,)
    """
    return float((1 - certainty).sum())


def wrong_choices(shares: Sequence[float], taken: Sequence[bool]) -> float:
    """How many of the pairs are expected to be wrong, of which some were taken as relations and the others left.

    Args:
        shares: probability that a pair is related.
    """
    return sum((1 - share if chosen else share for share, chosen in zip(shares, taken, strict=True)), 0.0)
