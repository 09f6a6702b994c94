"""Every measure of a prediction, counted article by article, so that articles can be resampled without scoring anew.

A line is one count of a measure: a label of the spans, a type of relation, or the measure as a whole. Each line has
three numbers for each article: the credit that the prediction earned, how much was predicted, and how much the gold
has. Precision is credit by predicted, recall credit by gold, and F1 their harmonic mean.

Spans: `strict` as in CoNLL and seqeval; `boundaries` (the label may be wrong), `partial` (any overlap, the label may be
wrong, earns a half) and `type` (any overlap with a span of that label) as in SemEval-2013 task 9.1 and nervaluate.
Relations: Rel+ and Rel as in Taillé et al. (2020), "Let's Stop Incorrect Comparisons in End-to-end Relation
Extraction!"; over gold spans, where the model was given the spans; and facts, the chains of two relations.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.scores import Breakdown, Scores, Span, pairs, spans, triples
from eval.scores import Counts as ScoreCounts
from vipol.document import Document
from vipol.schema import HAS_ROLE, LABELS, RELATION_TYPES, ROLE_AT

Counts = NDArray[np.float64]
"""Credit, predicted, gold. *Shape:* (..., 3)"""

Fact = tuple[Span, Span, Span]
"""A person, the post that the person holds, and where the post is."""

HALF = 0.5
"""Credit for a span that only overlaps."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted: a name for JSON, a title for people, and the labels that have a line each."""

    name: str
    title: str
    labels: tuple[str, ...] = ()
    """Empty for a measure that is one line."""


SPANS = Measure("spans", "Spans: edges and label (strict)", LABELS)
BOUNDARIES = Measure("boundaries", "Spans: edges alone")
PARTIAL = Measure("partial", "Spans: any overlap (half the credit)")
TYPE = Measure("type", "Spans: label and any overlap")
STRICT_RELATIONS = Measure("relations", "Relations: type and both spans right (Rel+)", RELATION_TYPES)
BOUNDARY_RELATIONS = Measure("boundary_relations", "Relations: type and edges of both spans (Rel)", RELATION_TYPES)
GIVEN_RELATIONS = Measure("given_relations", "Relations between the gold spans", RELATION_TYPES)
FACTS = Measure("facts", "Facts: person, post and organisation")

MEASURES = (
    SPANS,
    BOUNDARIES,
    PARTIAL,
    TYPE,
    STRICT_RELATIONS,
    BOUNDARY_RELATIONS,
    GIVEN_RELATIONS,
    FACTS,
)
"""In the order of tables."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall and F1 in [0, 1], and what they were counted from."""

    precision: float
    recall: float
    f1: float
    support: float
    """How much the gold has."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: a label of a measure, or its micro or macro mean, or a measure that has one line alone."""

    measure: Measure
    name: str


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of all measures in all articles."""

    documents: tuple[str, ...]
    measures: tuple[Measure, ...]
    counts: Counts
    """*Shape:* (documents, lines, 3); the lines of a measure are its labels, or one."""

    @property
    def rows(self) -> list[Row]:
        return [
            Row(measure, name)
            for measure in self.measures
            for name in ((*measure.labels, "micro", "macro") if measure.labels else ("all",))
        ]

    def figures(self) -> list[Figures]:
        """A figure for each of `rows`, over all articles together."""
        total = self.counts.sum(axis=0)
        ratios = np.nan_to_num(self.ratios(total))
        return [
            Figures(float(precision), float(recall), float(f1), support)
            for (precision, recall, f1), support in zip(ratios, self._support(total), strict=True)
        ]

    def strict(self) -> Scores:
        """The strict spans and Rel+ of this very tally, for whoever checks it against another count."""
        found = {}
        for measure, lines in self._lines():
            if measure.name in (SPANS.name, STRICT_RELATIONS.name):
                total = self.counts[:, lines].sum(axis=0).astype(int).tolist()
                counts = (ScoreCounts(right, given - right, gold - right) for right, given, gold in total)
                found[measure.name] = Breakdown(dict(zip(measure.labels, counts, strict=True)))
        return Scores(len(self.documents), found[SPANS.name], found[STRICT_RELATIONS.name])

    @property
    def present(self) -> NDArray[np.int64]:
        """In how many articles gold or prediction has anything of each of `rows`."""
        return np.asarray((~np.isnan(self.ratios(self.counts)[..., 0])).sum(axis=0))

    def ratios(self, sums: Counts) -> NDArray[np.float64]:
        """Precision, recall and F1 of each of `rows` from sums over articles.

        What neither gold nor prediction has is NaN, and a macro mean is over the labels that one of them has; any other
        0/0 is 0.

        Args:
            sums: *Shape:* (..., lines, 3)

        Returns:
            *Shape:* (..., rows, 3)
        """
        parts = []
        for measure, lines in self._lines():
            own = sums[..., lines, :]
            parts.append(_ratios(own))
            if measure.labels:
                parts += [_ratios(own.sum(axis=-2, keepdims=True)), _mean(parts[-1])]
        return np.concatenate(parts, axis=-2)

    def _support(self, total: Counts) -> list[float]:
        supports: list[float] = []
        for measure, lines in self._lines():
            own = [float(gold) for gold in total[lines, 2]]
            supports += [*own, sum(own), sum(own)] if measure.labels else own
        return supports

    def _lines(self) -> Iterator[tuple[Measure, slice]]:
        start = 0
        for measure in self.measures:
            stop = start + (len(measure.labels) or 1)
            yield measure, slice(start, stop)
            start = stop

    def __add__(self, other: "Tally") -> "Tally":
        """The counts of two predictions of the same articles together, as of two seeds."""
        if (self.documents, self.measures) != (other.documents, other.measures):
            raise ValueError("tallies of other articles or measures cannot be added")
        return Tally(self.documents, self.measures, self.counts + other.counts)


def together(tallies: Sequence[Tally]) -> Tally:
    """The counts of several predictions of the same articles, as of the seeds of one recipe."""
    whole = tallies[0]
    for other in tallies[1:]:
        whole += other
    return whole


def tally(gold: Sequence[Document], predicted: Sequence[Document], given: Sequence[Document] | None = None) -> Tally:
    """Counts all measures.

    What a document has twice counts once. A gold relation counts as missed for whatever reason the prediction lacks
    it, a pair that was never a candidate (because one of its spans was not found) not excepted.

    Args:
        given: the gold spans with the relations that the model sees between them; None leaves that measure out.

    Raises:
        PairingError: see `eval.scores.pairs`.
    """
    both = pairs(gold, predicted)
    related = {document.id: document for _, document in pairs(gold, given)} if given is not None else {}
    everything = [document for pair in both for document in pair]
    labels = _with_others(LABELS, (e.label for document in everything for e in document.entities))
    types = _with_others(RELATION_TYPES, (r.label for document in everything for r in document.relations))
    measures = tuple(
        replace(measure, labels=labels if measure is SPANS else types) if measure.labels else measure
        for measure in MEASURES
        if measure is not GIVEN_RELATIONS or given is not None
    )
    counts = [[*_count(wanted, found, related.get(wanted.id), labels, types)] for wanted, found in both]
    width = sum(len(measure.labels) or 1 for measure in measures)
    return Tally(
        tuple(wanted.id for wanted, _ in both), measures, np.array(counts, np.float64).reshape(len(both), width, 3)
    )


def facts(document: Document) -> set[Fact]:
    """The chains of a person, a post and an organisation."""
    related = triples(document)
    places: dict[Span, list[Span]] = {}
    for head, label, tail in related:
        if label == ROLE_AT:
            places.setdefault(head, []).append(tail)
    return {(head, tail, place) for head, label, tail in related if label == HAS_ROLE for place in places.get(tail, ())}


def overlaps(gold: Sequence[Span], predicted: Sequence[Span]) -> tuple[float, int]:
    """Credit for `partial`, and how many spans are right for `type`, as nervaluate pairs them.

    Every predicted span, from left to right, takes a gold span that none before it took: for `partial` the one with the
    same edges, else the first that it overlaps; for `type` the nearest of its label that it overlaps, else, as an
    error, the first that it overlaps.
    """
    wanted, found = sorted(gold), sorted(predicted)
    partial, right = 0.0, 0
    taken: set[int] = set()
    taken_by_type: set[int] = set()
    for span in found:
        near = [n for n, other in enumerate(wanted) if span[0] < other[1] and other[0] < span[1]]
        free = [n for n in near if n not in taken]
        same = [n for n in free if wanted[n][:2] == span[:2]]
        if free:
            partial += 1.0 if same else HALF
            taken.add((same or free)[0])
        free = [n for n in near if n not in taken_by_type]
        alike = [n for n in free if wanted[n][2] == span[2]]
        if alike:
            right += 1
            taken_by_type.add(min(alike, key=lambda n: _distance(wanted[n], span)))
        elif free:
            taken_by_type.add(free[0])
    return partial, right


def _with_others(known: tuple[str, ...], found: Iterable[str]) -> tuple[str, ...]:
    """The scheme's labels, and after them whatever else stands there, so that nothing is passed over."""
    return (*known, *sorted(set(found) - set(known)))


def _count(
    gold: Document, predicted: Document, given: Document | None, labels: Sequence[str], types: Sequence[str]
) -> Iterator[tuple[float, int, int]]:
    """The lines of all measures in one article: credit, predicted, gold."""
    wanted, found = spans(gold), spans(predicted)
    yield from _by_label(labels, [(s[2], s) for s in wanted], [(s[2], s) for s in found])
    partial, right = overlaps(sorted(wanted), sorted(found))
    edges, found_edges = {span[:2] for span in wanted}, {span[:2] for span in found}
    yield len(edges & found_edges), len(found), len(wanted)
    yield partial, len(found), len(wanted)
    yield right, len(found), len(wanted)
    related, found_related = triples(gold), triples(predicted)
    yield from _by_label(types, [(t[1], t) for t in related], [(t[1], t) for t in found_related])
    edges_of = {(head[:2], label, tail[:2]) for head, label, tail in related}
    found_edges_of = {(head[:2], label, tail[:2]) for head, label, tail in found_related}
    yield from _by_label(types, [(t[1], t) for t in edges_of], [(t[1], t) for t in found_edges_of])
    if given is not None:
        yield from _by_label(types, [(t[1], t) for t in related], [(t[1], t) for t in triples(given)])
    chains, found_chains = facts(gold), facts(predicted)
    yield len(chains & found_chains), len(found_chains), len(chains)


def _by_label(
    labels: Sequence[str], gold: Sequence[tuple[str, Any]], predicted: Sequence[tuple[str, Any]]
) -> Iterator[tuple[float, int, int]]:
    for label in labels:
        wanted = {item for kind, item in gold if kind == label}
        found = {item for kind, item in predicted if kind == label}
        yield len(wanted & found), len(found), len(wanted)


def _distance(one: Span, other: Span) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _ratios(counts: Counts) -> NDArray[np.float64]:
    credit, predicted, gold = np.moveaxis(counts, -1, 0)
    both = predicted + gold
    ratios = np.stack([_ratio(credit, predicted), _ratio(credit, gold), _ratio(2 * credit, both)], axis=-1)
    return np.where(both[..., None] > 0, ratios, np.nan)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return ratio


def _mean(ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over labels, those that are NaN left out. *Shape:* (..., labels, 3) to (..., 1, 3)"""
    known = ~np.isnan(ratios)
    count = known.sum(axis=-2, keepdims=True)
    total = np.where(known, ratios, 0.0).sum(axis=-2, keepdims=True)
    return np.where(count > 0, _ratio(total, count.astype(np.float64)), np.nan)
