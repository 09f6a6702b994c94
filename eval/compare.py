"""Two predictions of the same gold: what the second does better or worse, and whether that may be chance."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval.errors import Error, errors
from eval.intervals import Difference, differences
from eval.measures import Row, Tally, tally, together
from eval.tagging import agree
from vipol.document import Document


@dataclass(frozen=True)
class Change:
    """An article that the two predictions mark differently."""

    document: str
    first: tuple[int, int]
    """Errors of spans and of relations."""
    second: tuple[int, int]


@dataclass(frozen=True)
class Comparison:
    rows: Sequence[Row]
    differences: Sequence[Difference]
    """One for each of `rows`."""
    articles: Sequence[Change]
    """Those whose errors changed, the most improved first."""
    mended: Sequence[Error]
    """Errors that only the first makes, each as often as it is made more often there."""
    made: Sequence[Error]
    """Errors that only the second makes."""
    documents: int


def compare(
    gold: Sequence[Document], first: Sequence[Sequence[Document]], second: Sequence[Sequence[Document]]
) -> Comparison:
    """Compares two predictions.

    Args:
        first: predictions of one model, one for each seed; their counts and errors are added.
        second: those of another, as many.

    Raises:
        PairingError: gold and predictions are not the same documents.
        AgreementError: seqeval counts other spans than we do.
        ValueError: one has more seeds than the other.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} predictions cannot be compared with {len(second)}")
    one, other = (_together(gold, predictions) for predictions in (first, second))
    ours, theirs = (_errors(gold, predictions) for predictions in (first, second))
    mended, made = ours - theirs, theirs - ours
    return Comparison(
        one.rows, differences(one, other), _changes(gold, ours, theirs), _listed(mended), _listed(made), len(gold)
    )


def _together(gold: Sequence[Document], predictions: Sequence[Sequence[Document]]) -> Tally:
    tallies = []
    for predicted in predictions:
        tallies.append(tally(gold, predicted))
        agree(gold, predicted, tallies[-1].strict())
    return together(tallies)


def _errors(gold: Sequence[Document], predictions: Sequence[Sequence[Document]]) -> Counter[Error]:
    return Counter(error for predicted in predictions for error in errors(gold, predicted))


def _changes(gold: Sequence[Document], ours: Counter[Error], theirs: Counter[Error]) -> list[Change]:
    def count(found: Counter[Error]) -> dict[str, list[int]]:
        counts = {document.id: [0, 0] for document in gold}
        for error, times in found.items():
            counts[error.document][error.kind.of_relation] += times
        return counts

    before, after = count(ours), count(theirs)
    changed = [
        Change(name, (before[name][0], before[name][1]), (after[name][0], after[name][1]))
        for name in before
        if before[name] != after[name]
    ]
    return sorted(changed, key=lambda change: (sum(change.second) - sum(change.first), change.document))


def _listed(found: Counter[Error]) -> list[Error]:
    return sorted(found.elements(), key=lambda error: (error.document, error.offset, error.kind, error.gold))
