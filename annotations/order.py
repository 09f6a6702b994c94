"""The order in which articles are given to annotators."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from eval.provenance import trained_on
from vipol.document import Document
from vipol.doubt import Doubt
from vipol.extractor import Extractor

GIVEN, RANDOM, UNCERTAIN = "given", "random", "uncertain"
ORDERS = (GIVEN, RANDOM, UNCERTAIN)


def uncertainty(doubt: Doubt) -> float:
    """How many errors the model expects in an article: words with a wrong tag, and wrong or missing relations.

    A sum, not a mean over words: an article is one task for an annotator, and the task in which most is mended comes
    first. Long articles and those that are dense with spans so come before short ones.
    """
    return doubt.errors


def order(documents: Sequence[Document], name: str, model: Extractor | None = None, *, seed: int = 0) -> list[Document]:
    """The documents, each once and as it is, in one of `ORDERS`.

    Args:
        name: `given`, as they come; `random`, by the seed; `uncertain`, those first of which the model is least sure.
        model: what `uncertain` asks. It must not have learnt from the documents: see `caution`.

    Raises:
        ValueError: there is no such order, or no model for `uncertain`.
    """
    if name == GIVEN:
        return list(documents)
    if name == RANDOM:
        shuffled = list(documents)
        random.Random(seed).shuffle(shuffled)
        return shuffled
    if name != UNCERTAIN:
        raise ValueError(f"{name}: no such order; there are {', '.join(ORDERS)}")
    if model is None:
        raise ValueError(f"the order {UNCERTAIN} takes a model to ask")
    doubts = (doubt for _, doubt in model.assess_many(documents))
    return least_sure_first(zip(documents, doubts, strict=True))


def least_sure_first(assessed: Iterable[tuple[Document, Doubt]]) -> list[Document]:
    """Documents by falling uncertainty; those of which the model is as sure stay as they came."""
    ranked = sorted(assessed, key=lambda pair: -uncertainty(pair[1]))
    return [document for document, _ in ranked]


def caution(folder: Path, documents: Sequence[Document]) -> str:
    """What is to be said before the model in a folder orders documents: that it learnt from some, or does not tell.

    A model is sure of what it learnt from, whatever else there is to learn. Empty if there is nothing to say.

    Raises:
        ValueError: the file that tells what the model learnt from is damaged.
    """
    known = trained_on(folder, documents)
    if known is None:
        return f"{folder}: does not tell what it learnt from; of articles among that, it is sure without a reason"
    if not known:
        return ""
    return (
        f"{folder}: learnt from {len(known)} of these {len(documents)} articles ({known[0]} is one), so that it is "
        "sure of them without a reason; order them by a model that has not seen them"
    )
