"""Agreement of two annotations of the same articles.

The measure is F1 of exact matches, which for two annotators is the same whichever is called gold (Hripcsak and
Rothschild, 2005, "Agreement, the F-measure, and reliability in information retrieval").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vipol.document import Document, DocumentError
from vipol.schema import LABELS, RELATION_TYPES

ALL_SPANS = "spans"
ALL_RELATIONS = "relations"

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Score:
    """How many marks the first annotation has, how many the second, and how many both."""

    first: int = 0
    second: int = 0
    both: int = 0

    @property
    def f1(self) -> float | None:
        """F1 in [0, 1]; None where neither has a mark, for then there is nothing to agree on."""
        return 2 * self.both / (self.first + self.second) if self.first + self.second else None

    def __add__(self, other: "Score") -> "Score":
        return Score(self.first + other.first, self.second + other.second, self.both + other.both)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A span or a relation that only one annotation has; `only` is 0 for the first, 1 for the second."""

    article: str
    offset: int
    mark: str
    only: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Scores by label, by relation type and in all, and every disagreement in the order of the text."""

    articles: int
    scores: Mapping[str, Score]
    disagreements: tuple[Disagreement, ...]


def agreement(first: Sequence[Document], second: Sequence[Document]) -> Agreement:
    """Compares the articles that both annotations have, by id.

    A span agrees by both offsets and label; a relation by its type and both ends, each exact in span and label (Rel+).

    Raises:
        DocumentError: they have no article in common, or a text differs.
    """
    others = {document.id: document for document in second}
    pairs = [(document, others[document.id]) for document in first if document.id in others]
    if not pairs:
        raise DocumentError("the two have no article in common; articles are matched by id")
    scores = dict.fromkeys((*LABELS, ALL_SPANS, *RELATION_TYPES, ALL_RELATIONS), Score())
    disagreements: list[Disagreement] = []
    for one, other in pairs:
        if one.text != other.text:
            raise DocumentError(f"{one.id}: the two have different texts, so their offsets can't be compared")
        spans = _spans(one), _spans(other)
        relations = _relations(one), _relations(other)
        for label in LABELS:
            scores[label] += _score(*({span for span in side if span[2] == label} for side in spans))
        for name in RELATION_TYPES:
            scores[name] += _score(*({item for item in side if item[1] == name} for side in relations))
        scores[ALL_SPANS] += _score(*spans)
        scores[ALL_RELATIONS] += _score(*relations)
        found = []
        for only in (0, 1):
            for start, end, label in spans[only] - spans[1 - only]:
                found.append(Disagreement(one.id, start, f"{one.text[start:end]!r} {label}", only))
            for head, name, tail in relations[only] - relations[1 - only]:
                mark = f"{one.text[slice(*head[:2])]!r} {name} {one.text[slice(*tail[:2])]!r}"
                found.append(Disagreement(one.id, head[0], mark, only))
        disagreements += sorted(found, key=lambda item: (item.offset, item.only, item.mark))
    return Agreement(len(pairs), scores, tuple(disagreements))


def report(found: Agreement, first: str, second: str) -> str:
    """Agreement as lines of text; `first` and `second` say where each annotation is from."""
    lines = [f"articles: {found.articles}", f"{'':<10}{'first':>7}{'second':>7}{'both':>7}{'F1':>8}"]
    for name, score in found.scores.items():
        f1 = "-" if score.f1 is None else f"{score.f1:.4f}"
        lines.append(f"{name:<10}{score.first:>7}{score.second:>7}{score.both:>7}{f1:>8}")
    lines.append(f"disagreements: {len(found.disagreements)}")
    lines += (
        f"{item.article}, offset {item.offset}, {item.mark}: only in {(first, second)[item.only]}"
        for item in found.disagreements
    )
    return "\n".join(lines)


def _spans(document: Document) -> set[Span]:
    return {entity.span for entity in document.entities}


def _relations(document: Document) -> set[tuple[Span, str, Span]]:
    return {(head.span, label, tail.span) for head, label, tail in document.triples()}


def _score(first: Iterable[object], second: Iterable[object]) -> Score:
    one, other = set(first), set(second)
    return Score(len(one), len(other), len(one & other))
