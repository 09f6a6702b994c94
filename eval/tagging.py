"""Spans written as IOB2 tags, and the check that seqeval finds the same figures in them as our own scorer.

A tagging is a list of lines, a line a list of tags. The words under the tags are those of `vipol.text`, cut finer
wherever a span of gold or prediction begins or ends elsewhere, so that every span has a tagging of its own.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from eval.scores import Counts, Macro, Scores, pairs
from vipol.document import Document, Entity
from vipol.schema import OUTSIDE
from vipol.text import lines, words

Tagging = list[list[str]]

_Unit = tuple[int, int]

_TOLERANCE = 1e-9
"""How far apart two floating point sums of the same counts may lie."""


class AgreementError(ValueError):
    """seqeval's figures are not ours, or it cannot be asked: spans overlap or cross a line break."""


def taggings(
    gold: Sequence[Document], predicted: Sequence[Document], everywhere: bool = True
) -> tuple[Tagging, Tagging]:
    """The IOB2 tags of gold and prediction over the same words, line by line.

    Args:
        everywhere: whether lines without a span have tags too; without them the rest takes half the time.

    Raises:
        PairingError: gold and prediction are not the same documents.
        AgreementError: spans of a document overlap or cross a line break, which no tags can say.
    """
    wanted_tags, found_tags = Tagging(), Tagging()
    for wanted, found in pairs(gold, predicted):
        units = _units(wanted.text, [*wanted.entities, *found.entities], everywhere)
        wanted_tags += _tags(wanted, units, "gold")
        found_tags += _tags(found, units, "predicted")
    return wanted_tags, found_tags


def agree(gold: Sequence[Document], predicted: Sequence[Document], scores: Scores) -> float:
    """Checks our figures for spans, micro, macro and label by label, against seqeval's (strict mode, scheme IOB2).

    Returns:
        seqeval's micro F1, in [0, 1].

    Raises:
        PairingError: gold and prediction are not the same documents.
        AgreementError: the figures differ, or the spans cannot be written as tags.
    """
    # Here and not above: it brings scikit-learn, which takes a second and which most users of this package don't need.
    from seqeval.metrics.v1 import classification_report
    from seqeval.scheme import IOB2

    wanted, found = taggings(gold, predicted, everywhere=False)
    lines = [pair for pair in zip(wanted, found, strict=True) if {*pair[0], *pair[1]} - {OUTSIDE}]
    theirs = {}
    if lines:  # seqeval can't average over no labels
        columns = [list(column) for column in zip(*lines, strict=True)]
        theirs = classification_report(*columns, scheme=IOB2, zero_division=0, output_dict=True)
    averages = {"micro": theirs.pop("micro avg", None), "macro": theirs.pop("macro avg", None)}
    theirs.pop("weighted avg", None)
    if averages["micro"]:
        _compare("micro", scores.spans.micro, averages["micro"])
    present = {label: counts for label, counts in sorted(scores.spans.by_label.items()) if counts != Counts()}
    if labels := set(theirs) ^ set(present):
        raise AgreementError(f"seqeval and the scores don't see the same labels: {', '.join(sorted(labels))}")
    for label, counts in present.items():
        _compare(label, counts, theirs[label])
    if averages["macro"]:
        _compare("macro", scores.spans.macro, averages["macro"])
    return float(averages["micro"]["f1-score"]) if averages["micro"] else 0.0


def _compare(name: str, ours: Counts | Macro, figures: Mapping[str, float]) -> None:
    theirs = tuple(float(figures[key]) for key in ("precision", "recall", "f1-score", "support"))
    mine = (ours.precision, ours.recall, ours.f1, ours.support)
    if not all(math.isclose(a, b, abs_tol=_TOLERANCE) for a, b in zip(mine, theirs, strict=True)):
        raise AgreementError(
            f"seqeval and the scores differ for {name}: precision, recall, F1, support "
            f"{' '.join(f'{x:g}' for x in theirs)} against {' '.join(f'{x:g}' for x in mine)}"
        )


def _units(text: str, entities: Iterable[Entity], everywhere: bool) -> list[list[_Unit]]:
    """Start and end of what bears a tag, line by line: the words, cut at every edge of a span.

    White space and invisible characters bear a tag only at the edge of a span that takes them in, since without one
    that span would look like the same span without them.
    """
    starts = {entity.start for entity in entities}
    ends = {entity.end for entity in entities}
    edges = sorted(starts | ends)
    found: list[list[_Unit]] = []
    for line_start, line_end in lines(text):
        if not everywhere and bisect_left(edges, line_start) == bisect_right(edges, line_end):
            found.append([])
            continue
        line_words = words(text, line_start, line_end)
        visible = {n for word in line_words for n in range(word.start, word.end)}
        cuts = {line_start, line_end, *(n for word in line_words for n in (word.start, word.end))}
        cuts |= {n for n in starts | ends if line_start < n < line_end}
        found.append(
            [
                (left, right)
                for left, right in pairwise(sorted(cuts))
                if left in visible or left in starts or right in ends
            ]
        )
    return found


def _tags(document: Document, units: Sequence[Sequence[_Unit]], side: str) -> Tagging:
    tagging = [[OUTSIDE] * len(line) for line in units]
    first = {start: (row, n) for row, line in enumerate(units) for n, (start, _) in enumerate(line)}
    last = {end: (row, n) for row, line in enumerate(units) for n, (_, end) in enumerate(line)}
    for start, end, label in sorted({entity.span for entity in document.entities}):
        where = f"document {document.id!r}, {side} {label} at {start} to {end}"
        row, begin = first.get(start, (-1, 0))
        if row < 0 or last.get(end, (-1, 0))[0] != row:
            raise AgreementError(f"{where}: not within one line, so tags can't hold it and seqeval can't be asked")
        stop = last[end][1] + 1
        if tagging[row][begin:stop] != [OUTSIDE] * (stop - begin):
            raise AgreementError(f"{where}: overlaps another span, so tags can't hold it and seqeval can't be asked")
        tagging[row][begin:stop] = [f"B-{label}", *[f"I-{label}"] * (stop - begin - 1)]
    return tagging
