"""Agreement of two annotations of the same articles.

The measure is F1 of exact matches, which for two annotators is the same whichever is called gold (Hripcsak and
Rothschild, 2005, "Agreement, the F-measure, and reliability in information retrieval"). Beside it stand F1 of edges,
for which labels of spans don't count, and Cohen's kappa over words.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from annotations.differences import Difference, Span, Triple, differences, span_set, triple_set
from annotations.kappa import Kappa
from vipol.document import Document, DocumentError
from vipol.schema import LABELS, RELATION_TYPES

ALL_SPANS = "spans"
ALL_RELATIONS = "relations"


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
class EdgeScore:
    """How many marks of either annotation have their edges in the other too, whatever labels the spans have there.

    `marks` and `found` count both annotations together. A relation is found by its type and the edges of both ends.
    """

    marks: int = 0
    found: int = 0

    @property
    def f1(self) -> float | None:
        """F1 in [0, 1]; None where neither has a mark."""
        return self.found / self.marks if self.marks else None

    def __add__(self, other: "EdgeScore") -> "EdgeScore":
        return EdgeScore(self.marks + other.marks, self.found + other.found)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A span or a relation that only one annotation has; `only` is 0 for the first, 1 for the second."""

    article: str
    offset: int
    mark: str
    only: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Scores by label, by relation type and in all, and where the two differ.

    `disagreements` has an entry for every mark that only one has, `differences` one for each place where they differ,
    with its kind; both by article and offset. `alone` are the ids of the articles that only the first has, and of
    those that only the second has; they count nowhere else.
    """

    articles: int
    scores: Mapping[str, Score]
    edges: Mapping[str, EdgeScore]
    kappa: Kappa
    disagreements: tuple[Disagreement, ...]
    differences: tuple[Difference, ...]
    alone: tuple[tuple[str, ...], tuple[str, ...]]


def agreement(first: Sequence[Document], second: Sequence[Document]) -> Agreement:
    """Compares the articles that both annotations have, by id.

    A span agrees by both offsets and label; a relation by its type and both ends, each exact in span and label (Rel+).

    Raises:
        DocumentError: they have no article in common, or a text differs.
    """
    sides = {document.id: document for document in first}, {document.id: document for document in second}
    pairs = [(sides[0][name], sides[1][name]) for name in sorted(sides[0].keys() & sides[1].keys())]
    if not pairs:
        raise DocumentError("the two have no article in common; articles are matched by id")
    scores = dict.fromkeys((*LABELS, ALL_SPANS, *RELATION_TYPES, ALL_RELATIONS), Score())
    edges = dict.fromkeys(scores, EdgeScore())
    for one, other in pairs:
        if one.text != other.text:
            raise DocumentError(f"{one.id}: the two have different texts, so their offsets can't be compared")
        spans, relations = (span_set(one), span_set(other)), (triple_set(one), triple_set(other))
        span_edges, relation_edges = [set(map(_edges, side)) for side in spans], [set(map(_ends, s)) for s in relations]
        for label in LABELS:
            ours, theirs = ({span for span in side if span[2] == label} for side in spans)
            scores[label] += _score(ours, theirs)
            edges[label] += _edge_score(map(_edges, ours), map(_edges, theirs), *span_edges)
        for name in RELATION_TYPES:
            these, those = ({item for item in side if item[1] == name} for side in relations)
            scores[name] += _score(these, those)
            edges[name] += _edge_score(map(_ends, these), map(_ends, those), *relation_edges)
    for total, names in ((ALL_SPANS, LABELS), (ALL_RELATIONS, RELATION_TYPES)):
        for name in names:
            scores[total] += scores[name]
            edges[total] += edges[name]
    return Agreement(
        len(pairs),
        scores,
        edges,
        Kappa.of(pairs),
        tuple(item for one, other in pairs for item in _disagreements(one, other)),
        tuple(item for one, other in pairs for item in differences(one, other)),
        (_alone(sides[0], sides[1]), _alone(sides[1], sides[0])),
    )


def _disagreements(one: Document, other: Document) -> list[Disagreement]:
    spans, relations = (span_set(one), span_set(other)), (triple_set(one), triple_set(other))
    found: list[Disagreement] = []
    for only in (0, 1):
        some, more = spans[only] - spans[1 - only], relations[only] - relations[1 - only]
        found += (Disagreement(one.id, span[0], said_span(one.text, span), only) for span in some)
        found += (Disagreement(one.id, triple[0][0], said_triple(one.text, triple), only) for triple in more)
    return sorted(found, key=lambda item: (item.offset, item.only, item.mark))


def said_span(text: str, span: Span) -> str:
    """A span in words: its text, quoted, and its label."""
    start, end, label = span
    return f"{text[start:end]!r} {label}"


def said_triple(text: str, triple: Triple) -> str:
    """A relation in words: the text of its head, its type, the text of its tail."""
    head, name, tail = triple
    return f"{text[slice(*head[:2])]!r} {name} {text[slice(*tail[:2])]!r}"


def _edges(span: Span) -> tuple[int, int]:
    return span[:2]


def _ends(triple: Triple) -> tuple[int, int, str, int, int]:
    head, name, tail = triple
    return *head[:2], name, *tail[:2]


def _score(first: Set[object], second: Set[object]) -> Score:
    return Score(len(first), len(second), len(first & second))


def _edge_score(
    ours: Iterable[object], theirs: Iterable[object], all_ours: Set[object], all_theirs: Set[object]
) -> EdgeScore:
    """The score of the marks of one label, whose edges are looked for among those of all."""
    hits = [*(item in all_theirs for item in ours), *(item in all_ours for item in theirs)]
    return EdgeScore(len(hits), sum(hits))


def _alone(these: Mapping[str, Document], those: Mapping[str, Document]) -> tuple[str, ...]:
    return tuple(sorted(these.keys() - those.keys()))
