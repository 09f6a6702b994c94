"""The best figures that a way to cut text into words allows: a span with an edge inside a word cannot be predicted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eval.report import percent
from eval.tables import Table
from vipol.document import Document
from vipol.schema import LABELS, RELATION_TYPES
from vipol.segmentation import WordUnit
from vipol.text import lines

ALL_SPANS = "all spans"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How many gold spans or relations of a kind there are, and how many of them no model can predict."""

    name: str
    gold: int
    lost: int

    @property
    def recall(self) -> float:
        """At most; 1 where there is no gold, of which nothing can be missed."""
        return 1 - self.lost / self.gold if self.gold else 1.0

    @property
    def f1(self) -> float:
        """At most: of a model that finds all that it can, and marks nothing where it can only be wrong."""
        return 2 * self.recall / (1 + self.recall)


def ceilings(documents: Iterable[Document], unit: WordUnit, labels: Sequence[str] = LABELS) -> list[Ceiling]:
    """The ceilings of every label, of all spans, of every relation type, and of all relations.

    A span is lost if it is anything but whole words of one line, a relation if one of its spans is lost or they stand
    on two lines.
    """
    gold: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for document in documents:
        starts, ends = _edges(document.text, unit)
        line_of: dict[str, int] = {}
        for entity in document.entities:
            gold[entity.label] += 1
            if entity.start in starts and starts[entity.start] == ends.get(entity.end):
                line_of[entity.id] = starts[entity.start]
            else:
                lost[entity.label] += 1
        for kind, head, tail in {(relation.label, relation.head, relation.tail) for relation in document.relations}:
            gold[kind] += 1
            if head not in line_of or line_of[head] != line_of.get(tail):
                lost[kind] += 1
    result = []
    for names, together in ((labels, ALL_SPANS), (RELATION_TYPES, "all relations")):
        result += [Ceiling(name, gold[name], lost[name]) for name in names]
        result.append(Ceiling(together, sum(gold[name] for name in names), sum(lost[name] for name in names)))
    return result


def ceiling_table(documents: Sequence[Document], unit: WordUnit) -> Table:
    """Gold, what of it is lost, and the highest recall and F1 in percent."""
    rows = [
        [ceiling.name, str(ceiling.gold), str(ceiling.lost), percent(ceiling.recall), percent(ceiling.f1)]
        for ceiling in ceilings(documents, unit)
    ]
    return Table(f"Ceilings, words of {unit.name}", ["", "gold", "lost", "recall", "F1"], rows)


def _edges(text: str, unit: WordUnit) -> tuple[dict[int, int], dict[int, int]]:
    """The number of the line, by where its words start and by where they end."""
    starts, ends = {}, {}
    for number, (start, end) in enumerate(lines(text)):
        for group in unit.groups(text, start, end):
            starts[group[0].start] = ends[group[-1].end] = number
    return starts, ends
