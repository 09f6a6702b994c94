"""A baseline of rules: word lists and regular expressions, nothing learnt.

It shows what rules reach, beside which the figures of a model mean something. They were made with the seeds and the
training articles in view, so only figures on other articles say anything.
"""

from dataclasses import replace

from eval.rules.amounts import amounts
from eval.rules.known import Organisations
from eval.rules.line import Line, Phrases, listed, read_lines
from eval.rules.orgs import STARTS as ORGANISATION_STARTS
from eval.rules.orgs import listed_on, organisation, skipped
from eval.rules.people import People
from eval.rules.places import PLACES
from eval.rules.posts import STARTS as POST_STARTS
from eval.rules.posts import post
from eval.rules.relations import Mark, relations
from vipol.decoding import trim
from vipol.document import Document, Entity, Relation

_MEMORIALS = Phrases(listed("khu lưu niệm, lăng, bảo tàng, quảng trường, nhà lưu niệm"))
"""What carries a post and a name in its own name."""

_PLACE = "-"
"""Stands for words that belong to no span and may begin none."""


def mark(document: Document) -> Document:
    """The document with the spans and relations that the rules find, without scores, instead of its own."""
    text = document.text
    lines = list(read_lines(text))
    entities: list[Entity] = []
    found: list[Relation] = []
    for line, marks in zip(lines, _marks(lines), strict=True):
        names = {}
        for begin, end, label in marks:
            if span := trim(text, line.starts[begin], line.ends[end - 1]):
                names[begin] = f"e{len(entities) + 1}"
                entities.append(Entity(names[begin], *span, label))
        found += (
            Relation(names[head[0]], names[tail[0]], label)
            for head, label, tail in relations(line, marks)
            if head[0] in names and tail[0] in names
        )
    return replace(document, entities=tuple(entities), relations=tuple(found))


def _marks(lines: list[Line]) -> list[list[Mark]]:
    """The spans of every line, in order. What a document says twice helps to find it the second time."""
    taken = [_Taken(line) for line in lines]
    known = Organisations()
    people = People()
    for line, spans in zip(lines, taken, strict=True):
        for start, end, label in _offices(line, spans):
            spans.add(start, end, label)
            if label == "ORG":
                known.learn(line, start, end)
    for line, spans in zip(lines, taken, strict=True):
        for start, end in known.again(line, spans.labels):
            spans.add(start, end, "ORG")
    for n, (line, spans) in enumerate(zip(lines, taken, strict=True)):
        for start, end in people.find(line, spans.labels, n >= len(lines) - _BYLINES):
            spans.add(start, end, "PERSON")
    for line, spans in zip(lines, taken, strict=True):
        for start, end in people.again(line, spans.labels):
            spans.add(start, end, "PERSON")
    return [sorted(spans.marks) for spans in taken]


_BYLINES = 3
"""In how many of the last lines the author's name may stand."""


class _Taken:
    """The spans of a line so far; one that meets another is not added."""

    def __init__(self, line: Line) -> None:
        self.labels = [""] * len(line)
        self.marks: list[Mark] = []
        for start, end, label in amounts(line):
            self.add(start, end, label)

    def add(self, start: int, end: int, label: str) -> None:
        if not any(self.labels[start:end]):
            self.labels[start:end] = [label] * (end - start)
            self.marks.append((start, end, label))


def _offices(line: Line, spans: _Taken) -> list[Mark]:
    """Posts and organisations, from left to right."""
    found: list[Mark] = []
    n = 0
    while n < len(line):
        end = label = None
        if not spans.labels[n]:
            end, label = _named(line, n)
            while end > n and any(spans.labels[n:end]):
                end -= 1
        if not end or end <= n:
            n += 1
            continue
        if label == _PLACE:
            spans.labels[n:end] = [_PLACE] * (end - n)
        elif label:
            found.append((n, end, label))
        if label == "ORG":
            found += ((begin, stop, label) for begin, stop in listed_on(line, n, end))
        n = end
    return found


def _named(line: Line, n: int) -> tuple[int, str]:
    """The word after what begins at word `n`, and its label, empty for what is passed over."""
    low = line.low[n]
    if low in POST_STARTS and (end := post(line, n)) > n:
        if _MEMORIALS.start(line, n) == n:
            return end, "ROLE"
        while line.capital(end):
            end += 1
        return end, _PLACE
    if low in ORGANISATION_STARTS:
        if (end := organisation(line, n)) > n:
            return end, "ORG"
        if (end := skipped(line, n)) > n:
            return end, ""
    return (PLACES.end(line, n), "") if line.capital(n) else (n, "")
