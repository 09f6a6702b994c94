"""Where a model errs: confused labels, span lengths, surface forms it never saw, scores that promise too much."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from eval.scores import Counts, Span, Triple, pairs, spans, triples
from vipol.document import Document
from vipol.schema import LABELS, RELATION_TYPES
from vipol.text import words

NOTHING = "nothing"
"""Stands for no span in a confusion."""

LENGTHS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 8), (9, 12), (13, 0))
"""Least and most words of a span; 0 is no limit."""

BINS = 10
THRESHOLDS = tuple(n / 20 for n in range(1, 20))


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def fraction(self) -> float:
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions whose scores lie near each other: how many, their mean score, and the share that is right."""

    low: float
    high: float
    count: int
    score: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    bins: tuple[Bin, ...]
    """Bins of equal width without a prediction are left out."""

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance of score and accuracy, weighted by predictions (Naeini et al.,
        2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning")."""
        count = sum(one.count for one in self.bins)
        return sum(one.count * abs(one.score - one.accuracy) for one in self.bins) / count if count else 0.0


def confusion(gold: Sequence[Document], predicted: Sequence[Document]) -> Mapping[tuple[str, str], int]:
    """How often a gold label met a predicted one.

    A gold span meets the predicted span that covers most of it; what meets none is paired with `NOTHING`, and so is a
    predicted span that no gold span overlaps.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for wanted, found in pairs(gold, predicted):
        ours, theirs = spans(wanted), spans(found)
        for span in ours:
            met = max(theirs, key=lambda other, s=span: (_overlap(s, other), -other[0], other[2]), default=None)  # type: ignore[misc]
            counts[span[2], met[2] if met and _overlap(span, met) else NOTHING] += 1
        for other in theirs:
            if not any(_overlap(span, other) for span in ours):
                counts[NOTHING, other[2]] += 1
    return counts


def lengths(gold: Sequence[Document], predicted: Sequence[Document]) -> list[tuple[str, Share, Share]]:
    """For each of `LENGTHS`, the gold spans of that many words that were found, and the predicted ones that are right.

    Words are syllables, numbers and punctuation marks.
    """
    found_gold: Counter[int] = Counter()
    all_gold: Counter[int] = Counter()
    right: Counter[int] = Counter()
    all_predicted: Counter[int] = Counter()
    for wanted, found in pairs(gold, predicted):
        starts = [word.start for word in words(wanted.text)]
        ours, theirs = spans(wanted), spans(found)
        for these, total, hits in ((ours, all_gold, found_gold), (theirs, all_predicted, right)):
            for span in these:
                bucket = _bucket(bisect_left(starts, span[1]) - bisect_left(starts, span[0]))
                total[bucket] += 1
                hits[bucket] += span in ours and span in theirs
    return [
        (_title(low, high), Share(found_gold[n], all_gold[n]), Share(right[n], all_predicted[n]))
        for n, (low, high) in enumerate(LENGTHS)
    ]


def novelty(
    gold: Sequence[Document], predicted: Sequence[Document], train: Sequence[Document]
) -> dict[str, tuple[Share, Share]]:
    """For each label, how many of the gold spans were found: of those whose words the training gold has with that
    label, and of those it has not. Capitals and Unicode forms don't matter."""
    known = {(entity.label, _form(document.surface(entity))) for document in train for entity in document.entities}
    hits: Counter[tuple[str, bool]] = Counter()
    total: Counter[tuple[str, bool]] = Counter()
    for wanted, found in pairs(gold, predicted):
        theirs = spans(found)
        for span in spans(wanted):
            seen = (span[2], _form(wanted.text[span[0] : span[1]])) in known
            total[span[2], seen] += 1
            hits[span[2], seen] += span in theirs
    return {
        label: (Share(hits[label, True], total[label, True]), Share(hits[label, False], total[label, False]))
        for label in LABELS
        if total[label, True] or total[label, False]
    }


def span_calibration(gold: Sequence[Document], predicted: Sequence[Document]) -> Calibration:
    """Scores of predicted spans against how often spans with such a score are right; without scores no bins."""
    return _calibration(
        (entity.score, entity.span in spans(wanted))
        for wanted, found in pairs(gold, predicted)
        for entity in found.entities
        if entity.score is not None
    )


def relation_calibration(gold: Sequence[Document], predicted: Sequence[Document]) -> Calibration:
    """As `span_calibration`, for relations."""
    scored = []
    for wanted, found in pairs(gold, predicted):
        right = triples(wanted)
        by_id = {entity.id: entity.span for entity in found.entities}
        scored += [
            (relation.score, (by_id[relation.head], relation.label, by_id[relation.tail]) in right)
            for relation in found.relations
            if relation.score is not None
        ]
    return _calibration(scored)


def sweep(
    gold: Sequence[Document], unsure: Sequence[Document], thresholds: Sequence[float] = THRESHOLDS
) -> list[tuple[float, list[Counts]]]:
    """Rel+ at every threshold: counts for each type of relation and of both together.

    Args:
        unsure: predictions with relations of whatever score.
    """
    right: dict[str, list[float]] = {kind: [] for kind in RELATION_TYPES}
    given: dict[str, list[float]] = {kind: [] for kind in RELATION_TYPES}
    wanted_of = dict.fromkeys(RELATION_TYPES, 0)
    for wanted, found in pairs(gold, unsure):
        ours = triples(wanted)
        for _, kind, _ in ours:
            wanted_of[kind] += 1
        spans_of = {entity.id: entity.span for entity in found.entities}
        best: dict[Triple, float] = {}
        for relation in found.relations:
            triple = (spans_of[relation.head], relation.label, spans_of[relation.tail])
            best[triple] = max(best.get(triple, 0.0), 1.0 if relation.score is None else relation.score)
        for triple, score in best.items():
            given[triple[1]].append(score)
            if triple in ours:
                right[triple[1]].append(score)
    rows = []
    for threshold in thresholds:
        counts = []
        for kind in RELATION_TYPES:
            found_of = sum(score >= threshold for score in right[kind])
            given_of = sum(score >= threshold for score in given[kind])
            counts.append(Counts(found_of, given_of - found_of, wanted_of[kind] - found_of))
        rows.append((threshold, [*counts, sum(counts, Counts())]))
    return rows


def confident(document: Document, thresholds: Mapping[str, float]) -> Document:
    """The document without the relations that score less than their type's threshold."""
    return replace(
        document,
        relations=tuple(r for r in document.relations if r.score is None or r.score >= thresholds.get(r.label, 0.0)),
    )


def _calibration(scored: Iterable[tuple[float, bool]]) -> Calibration:
    edges = [n / BINS for n in range(1, BINS)]
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score, right in scored:
        bins.setdefault(bisect_right(edges, score), []).append((score, right))
    return Calibration(
        tuple(
            Bin(
                n / BINS,
                (n + 1) / BINS,
                len(inside),
                sum(score for score, _ in inside) / len(inside),
                sum(right for _, right in inside) / len(inside),
            )
            for n, inside in sorted(bins.items())
        )
    )


def _overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _bucket(count: int) -> int:
    return next(n for n, (_, high) in enumerate(LENGTHS) if not high or count <= high)


def _title(low: int, high: int) -> str:
    if low == high:
        return str(low)
    return f"{low}-{high}" if high else f"{low} or more"


def _form(surface: str) -> str:
    return " ".join(unicodedata.normalize("NFC", surface).casefold().split())
