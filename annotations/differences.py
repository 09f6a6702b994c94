"""Where two annotations of one article differ: one entry for what a reader would call one difference, with its kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from vipol.document import Document

Span = tuple[int, int, str]
Triple = tuple[Span, str, Span]

_T = TypeVar("_T")

Sides = tuple[tuple[_T, ...], tuple[_T, ...]]
"""What the first annotation has, and what the second."""


class Kind(StrEnum):
    """How two annotations differ; the order is that of lists."""

    LABEL = "label differs"
    EDGES = "edges differ"
    EDGES_AND_LABEL = "edges and label differ"
    ONLY = "only one has it"
    RELATION = "relation"
    RELATION_BY_END = "relation, an end differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """Spans, or one relation, in which two annotations of an article differ; `offset` is where the first span begins.

    Spans that overlap are one difference, so that either side may have several. A relation that only one has is
    `RELATION_BY_END` where the other lacks the very span of one of its ends, else `RELATION`.
    """

    article: str
    offset: int
    kind: Kind
    spans: Sides[Span] = ((), ())
    relations: Sides[Triple] = ((), ())

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of its spans or the type of its relation, each once, in the order of the text."""
        found = [span[2] for side in self.spans for span in side] + [r[1] for side in self.relations for r in side]
        return tuple(dict.fromkeys(found))


def differences(first: Document, second: Document) -> list[Difference]:
    """Every difference between two annotations of one text, in the order of the text."""
    spans = span_set(first), span_set(second)
    triples = triple_set(first), triple_set(second)
    found = [Difference(first.id, min((*one, *other))[0], kind, (one, other)) for kind, one, other in _groups(*spans)]
    for side in (0, 1):
        for triple in triples[side] - triples[1 - side]:
            head, _, tail = triple
            kind = Kind.RELATION if {head, tail} <= spans[1 - side] else Kind.RELATION_BY_END
            both: Sides[Triple] = ((triple,), ()) if side == 0 else ((), (triple,))
            found.append(Difference(first.id, min(head[0], tail[0]), kind, relations=both))
    order = {kind: n for n, kind in enumerate(Kind)}
    return sorted(found, key=lambda item: (item.offset, order[item.kind], item.spans, item.relations))


def span_set(document: Document) -> set[Span]:
    return {entity.span for entity in document.entities}


def triple_set(document: Document) -> set[Triple]:
    return {(head.span, label, tail.span) for head, label, tail in document.triples()}


def _groups(first: set[Span], second: set[Span]) -> Iterator[tuple[Kind, tuple[Span, ...], tuple[Span, ...]]]:
    """The spans that only one side has: with the same offsets in pairs, those that overlap together, others alone."""
    ours, theirs = sorted(first - second), sorted(second - first)
    for one in list(ours):
        other = next((span for span in theirs if span[:2] == one[:2]), None)
        if other:
            ours.remove(one)
            theirs.remove(other)
            yield Kind.LABEL, (one,), (other,)
    group: list[tuple[Span, int]] = []
    end = 0
    for span, side in sorted([(span, 0) for span in ours] + [(span, 1) for span in theirs]):
        if group and span[0] >= end:
            yield from _of_group(group)
            group = []
        end = max(end, span[1]) if group else span[1]
        group.append((span, side))
    yield from _of_group(group)


def _of_group(group: list[tuple[Span, int]]) -> Iterator[tuple[Kind, tuple[Span, ...], tuple[Span, ...]]]:
    one, other = (tuple(span for span, side in group if side == which) for which in (0, 1))
    if one and other:
        same_labels = {span[2] for span in one} == {span[2] for span in other}
        yield Kind.EDGES if same_labels else Kind.EDGES_AND_LABEL, one, other
    else:
        for span in one:
            yield Kind.ONLY, (span,), ()
        for span in other:
            yield Kind.ONLY, (), (span,)
