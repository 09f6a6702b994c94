"""The errors of a prediction, sorted by kind.

Spans that are right are set aside first, then pairs that differ in nothing but the label. What is left falls into
groups of gold and predicted spans that overlap, and every group is one error: "split" and "merged" stand for several
spans. So the gold spans of all errors are the false negatives of `eval.scores`, the predicted ones its false positives.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eval.scores import Span, Triple, pairs, spans, triples
from vipol.document import Document

CONTEXT = 40
"""Characters shown on either side of an error."""


class Kind(StrEnum):
    """What is wrong; the order is that of lists and tables."""

    MISSED = "missed"
    INVENTED = "invented"
    WRONG_LABEL = "wrong label"
    TOO_LONG = "too long"
    TOO_SHORT = "too short"
    SHIFTED = "shifted"
    SPLIT = "split"
    MERGED = "merged"
    MISSED_BY_END = "missed, an end is wrong"
    MISSED_PAIR = "missed pair"
    INVENTED_PAIR = "invented pair"
    INVENTED_BY_END = "invented, an end is wrong"

    @property
    def of_relation(self) -> bool:
        return self in _RELATION_KINDS


_RELATION_KINDS = (Kind.MISSED_BY_END, Kind.MISSED_PAIR, Kind.INVENTED_PAIR, Kind.INVENTED_BY_END)
_ORDER = {kind: n for n, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Error:
    """One error.

    `label` is the gold's, or the prediction's where the gold has nothing; of several, the first. `gold` and
    `predicted` hold a text for each span or relation, as in `ROLE[Bí thư]`. `offset` is where the first span begins.
    """

    kind: Kind
    label: str
    document: str
    offset: int
    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    context: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "of": "relation" if self.kind.of_relation else "span",
            "label": self.label,
            "document": self.document,
            "offset": self.offset,
            "gold": list(self.gold),
            "predicted": list(self.predicted),
            "context": self.context,
        }


def errors(gold: Sequence[Document], predicted: Sequence[Document]) -> list[Error]:
    """All errors, by kind, then in the order of the gold documents, then by offset.

    Raises:
        PairingError: gold and prediction are not the same documents.
    """
    found = [
        error
        for wanted, given in pairs(gold, predicted)
        for error in sorted([*_span_errors(wanted, given), *_relation_errors(wanted, given)], key=lambda e: e.offset)
    ]
    return sorted(found, key=lambda error: _ORDER[error.kind])


def count(found: Iterable[Error]) -> dict[Kind, dict[str, int]]:
    """How many errors of each kind there are, label by label; kinds and labels without any are left out."""
    counts: dict[Kind, dict[str, int]] = {}
    for error in sorted(found, key=lambda error: _ORDER[error.kind]):
        labels = counts.setdefault(error.kind, {})
        labels[error.label] = labels.get(error.label, 0) + 1
    return counts


def _span_errors(gold: Document, predicted: Document) -> Iterator[Error]:
    wanted, found = spans(gold) - spans(predicted), spans(predicted) - spans(gold)
    by_edges = {(start, end): (start, end, label) for start, end, label in sorted(found)}
    for span in sorted(wanted):
        if other := by_edges.pop(span[:2], None):
            wanted.discard(span)
            found.discard(other)
            yield _span_error(Kind.WRONG_LABEL, gold, [span], [other])
    for ours, theirs in _groups(wanted, found):
        if ours and theirs:
            yield _span_error(_overlap(ours, theirs), gold, ours, theirs)
        else:
            for span in ours:
                yield _span_error(Kind.MISSED, gold, [span], [])
            for span in theirs:
                yield _span_error(Kind.INVENTED, gold, [], [span])


def _groups(wanted: set[Span], found: set[Span]) -> Iterator[tuple[list[Span], list[Span]]]:
    """The spans in the fewest runs that don't overlap one another, each as its gold and its predicted spans."""
    ours: list[Span] = []
    theirs: list[Span] = []
    reach = 0
    for span, is_gold in sorted([*((span, True) for span in wanted), *((span, False) for span in found)]):
        if span[0] >= reach and (ours or theirs):
            yield ours, theirs
            ours, theirs = [], []
        (ours if is_gold else theirs).append(span)
        reach = max(reach, span[1])
    if ours or theirs:
        yield ours, theirs


def _overlap(gold: Sequence[Span], predicted: Sequence[Span]) -> Kind:
    if len(gold) == 1 and len(predicted) > 1:
        return Kind.SPLIT
    if len(predicted) == 1 and len(gold) > 1:
        return Kind.MERGED
    (start, end, _), (other_start, other_end, _) = gold[0], predicted[0]
    if len(gold) == 1 and other_start <= start and end <= other_end:
        return Kind.TOO_LONG
    if len(gold) == 1 and start <= other_start and other_end <= end:
        return Kind.TOO_SHORT
    return Kind.SHIFTED


def _relation_errors(gold: Document, predicted: Document) -> Iterator[Error]:
    wanted, found = triples(gold), triples(predicted)
    gold_spans, predicted_spans = spans(gold), spans(predicted)
    for triple in sorted(wanted - found):
        kind = Kind.MISSED_PAIR if {triple[0], triple[2]} <= predicted_spans else Kind.MISSED_BY_END
        yield _relation_error(kind, gold, [triple], [])
    for triple in sorted(found - wanted):
        kind = Kind.INVENTED_PAIR if {triple[0], triple[2]} <= gold_spans else Kind.INVENTED_BY_END
        yield _relation_error(kind, gold, [], [triple])


def _span_error(kind: Kind, document: Document, gold: Sequence[Span], predicted: Sequence[Span]) -> Error:
    text = document.text
    return Error(
        kind,
        (*gold, *predicted)[0][2],
        document.id,
        min(span[0] for span in (*gold, *predicted)),
        tuple(_show(text, span) for span in gold),
        tuple(_show(text, span) for span in predicted),
        _context(text, (*gold, *predicted)),
    )


def _relation_error(kind: Kind, document: Document, gold: Sequence[Triple], predicted: Sequence[Triple]) -> Error:
    text = document.text
    head, label, tail = (*gold, *predicted)[0]
    return Error(
        kind,
        label,
        document.id,
        min(head[0], tail[0]),
        tuple(f"{_show(text, head)} {label} {_show(text, tail)}" for head, label, tail in gold),
        tuple(f"{_show(text, head)} {label} {_show(text, tail)}" for head, label, tail in predicted),
        _context(text, (head, tail)),
    )


def _show(text: str, span: Span) -> str:
    start, end, label = span
    return f"{label}[{_flat(text[start:end])}]"


def _context(text: str, around: Sequence[Span]) -> str:
    """The text from the first span to the last with something on either side, on one line."""
    start = max(0, min(span[0] for span in around) - CONTEXT)
    end = min(len(text), max(span[1] for span in around) + CONTEXT)
    return f"{'…' if start else ''}{_flat(text[start:end])}{'…' if end < len(text) else ''}"


def _flat(text: str) -> str:
    return " ".join(text.split())
