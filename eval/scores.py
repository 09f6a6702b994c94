"""Scores of predicted documents against gold ones: strict, counted in whole spans and whole relations.

Pure functions over documents. A span is right if its start, its end and its label are; a relation is right if its
label is and both its ends are right spans, which the literature calls strict or "Rel+" (Taillé et al., 2020, "Let's
Stop Incorrect Comparisons in End-to-end Relation Extraction!").
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from vipol.document import Document
from vipol.schema import LABELS, RELATION_TYPES

Span = tuple[int, int, str]
"""Start, end and label: all that makes a span the same as another."""

Triple = tuple[Span, str, Span]
"""Head, label and tail of a relation."""

_NAMED = 3
"""How many ids an error message names before it only counts them."""


class PairingError(ValueError):
    """Gold and predicted documents that are not the same documents; the message says which and how they differ."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found, invented and missed; figures are fractions in [0, 1], and 0/0 is 0."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    @classmethod
    def of(cls, gold: Set[object], predicted: Set[object]) -> "Counts":
        found = len(gold & predicted)
        return cls(found, len(predicted) - found, len(gold) - found)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
        )

    @property
    def support(self) -> int:
        """How many the gold has."""
        return self.true_positive + self.false_negative

    @property
    def precision(self) -> float:
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        return _ratio(self.true_positive, self.support)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)

    def to_dict(self) -> dict[str, Any]:
        return {
            "true_positive": self.true_positive,
            "false_positive": self.false_positive,
            "false_negative": self.false_negative,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "support": self.support,
        }


@dataclass(frozen=True, slots=True)
class Macro:
    """The plain mean of the figures of several labels."""

    precision: float
    recall: float
    f1: float
    support: int

    def to_dict(self) -> dict[str, Any]:
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, "support": self.support}


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Counts label by label, and the two ways to make one figure of them."""

    by_label: Mapping[str, Counts]

    @property
    def micro(self) -> Counts:
        return sum(self.by_label.values(), Counts())

    @property
    def macro(self) -> Macro:
        """The mean over the labels that gold or prediction have; a label that neither has says nothing."""
        present = [counts for counts in self.by_label.values() if counts != Counts()]
        return Macro(
            _ratio(sum(counts.precision for counts in present), len(present)),
            _ratio(sum(counts.recall for counts in present), len(present)),
            _ratio(sum(counts.f1 for counts in present), len(present)),
            self.micro.support,
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "micro": self.micro.to_dict(),
            "macro": self.macro.to_dict(),
            "by_label": {label: counts.to_dict() for label, counts in self.by_label.items()},
        }


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of a prediction of so many documents."""

    documents: int
    spans: Breakdown
    relations: Breakdown

    def to_dict(self) -> dict[str, Any]:
        return {"documents": self.documents, "spans": self.spans.to_dict(), "relations": self.relations.to_dict()}


def score(gold: Sequence[Document], predicted: Sequence[Document]) -> Scores:
    """Scores a prediction.

    What a document has twice counts once. A gold relation counts as missed for whatever reason the prediction lacks
    it, a pair that was never a candidate (because one of its spans was not found) not excepted.

    Raises:
        PairingError: see `pairs`.
    """
    both = pairs(gold, predicted)
    return Scores(
        len(both),
        _breakdown(
            LABELS,
            {(span[2], (wanted.id, span)) for wanted, _ in both for span in spans(wanted)},
            {(span[2], (found.id, span)) for _, found in both for span in spans(found)},
        ),
        _breakdown(
            RELATION_TYPES,
            {(triple[1], (wanted.id, triple)) for wanted, _ in both for triple in triples(wanted)},
            {(triple[1], (found.id, triple)) for _, found in both for triple in triples(found)},
        ),
    )


def spans(document: Document) -> set[Span]:
    """The spans of a document, without their ids."""
    return {entity.span for entity in document.entities}


def triples(document: Document) -> set[Triple]:
    """The relations of a document, their ends as spans."""
    return {(head.span, label, tail.span) for head, label, tail in document.triples()}


def pairs(gold: Sequence[Document], predicted: Sequence[Document]) -> list[tuple[Document, Document]]:
    """Every gold document with its prediction, in the order of the gold.

    Raises:
        PairingError: an id stands twice, the two sides hold different documents, or the texts of one differ.
    """
    gold_by_id, predicted_by_id = _by_id(gold, "gold"), _by_id(predicted, "predicted")
    if missing := [name for name in gold_by_id if name not in predicted_by_id]:
        raise PairingError(f"no prediction for {_names(missing)} of the gold")
    if strange := [name for name in predicted_by_id if name not in gold_by_id]:
        raise PairingError(f"the gold lacks {_names(strange)} of the prediction")
    both = [(document, predicted_by_id[name]) for name, document in gold_by_id.items()]
    for wanted, found in both:
        if wanted.text != found.text:
            at = _first_difference(wanted.text, found.text)
            raise PairingError(
                f"document {wanted.id!r}: gold and predicted text differ from offset {at} on: "
                f"{wanted.text[at : at + 20]!r} and {found.text[at : at + 20]!r}"
            )
    return both


def _breakdown(labels: Sequence[str], gold: set[tuple[str, object]], predicted: set[tuple[str, object]]) -> Breakdown:
    """Counts for the scheme's labels, and after them for whatever else stands there, so that nothing is passed over."""
    others = {label for label, _ in gold | predicted} - set(labels)

    def of(label: str, items: set[tuple[str, object]]) -> set[object]:
        return {item for item in items if item[0] == label}

    return Breakdown({label: Counts.of(of(label, gold), of(label, predicted)) for label in (*labels, *sorted(others))})


def _by_id(documents: Sequence[Document], side: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for document in documents:
        if document.id in found:
            raise PairingError(f"two {side} documents have the id {document.id!r}")
        found[document.id] = document
    return found


def _names(ids: Sequence[str]) -> str:
    named = ", ".join(repr(name) for name in ids[:_NAMED])
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"document{'s' if len(ids) > 1 else ''} {named}{more}"


def _first_difference(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
