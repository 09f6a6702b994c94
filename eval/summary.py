"""Tables and plots of where a model errs, each as text, as JSON and in the page of errors."""

from collections.abc import Mapping, Sequence

from eval import analysis
from eval.analysis import NOTHING, Calibration, Share
from eval.errors import Error, Kind, count
from eval.reading import Reading
from eval.report import percent
from eval.tables import Table
from vipol.document import Document
from vipol.schema import LABELS, RELATION_TYPES


def tables(
    gold: Sequence[Document], reading: Reading, errors: Sequence[Error], train: Sequence[Document] = ()
) -> list[Table]:
    """All tables that there is something for.

    Args:
        train: what the model learnt from; without it nothing is said of seen and unseen words.
    """
    predicted = reading.predicted
    found = [
        *error_tables(count(errors)),
        _confusion(analysis.confusion(gold, predicted)),
        _lengths(analysis.lengths(gold, predicted)),
    ]
    if train:
        found.append(_novelty(analysis.novelty(gold, predicted, train)))
    calibrations = {
        "spans": analysis.span_calibration(gold, predicted),
        # Of every score where the model could be asked: cut at the threshold, half of the picture is missing.
        "relations": analysis.relation_calibration(gold, reading.unsure or predicted),
    }
    if any(calibration.bins for calibration in calibrations.values()):
        found.append(_calibration(calibrations))
    if reading.unsure:
        found.append(_sweep(gold, reading.unsure))
    return found


def error_tables(counts: Mapping[Kind, Mapping[str, int]]) -> list[Table]:
    """How many errors there are (see `eval.errors.count`), a row for each kind and a column for each label."""
    found = []
    for title, labels, kinds in (
        ("Errors of spans", LABELS, [kind for kind in Kind if not kind.of_relation]),
        ("Errors of relations", RELATION_TYPES, [kind for kind in Kind if kind.of_relation]),
    ):
        numbers = [[counts.get(kind, {}).get(label, 0) for label in labels] for kind in kinds]
        rows = [[kind.value, *map(str, row), str(sum(row))] for kind, row in zip(kinds, numbers, strict=True)]
        totals = [sum(column) for column in zip(*numbers, strict=True)]
        rows.append(["all", *map(str, totals), str(sum(totals))])
        found.append(Table(title, ["kind", *labels, "all"], rows))
    return found


def _confusion(counts: Mapping[tuple[str, str], int]) -> Table:
    names = (*LABELS, NOTHING)
    rows = [[gold, *(str(counts.get((gold, predicted), 0)) for predicted in names)] for gold in names]
    rows[-1][-1] = "-"
    return Table("Gold label (rows) against the predicted one that overlaps it most", ["gold", *names], rows)


def _lengths(lengths: Sequence[tuple[str, Share, Share]]) -> Table:
    return Table(
        "By length in words",
        ["words", "gold", "found", "recall", "predicted", "right", "precision"],
        [
            [title, *map(str, (found.whole, found.part)), _share(found),
             *map(str, (right.whole, right.part)), _share(right)]
            for title, found, right in lengths
        ],
    )  # fmt: skip


def _novelty(shares: Mapping[str, tuple[Share, Share]]) -> Table:
    rows = [
        [label, *(cell for share in of for cell in (str(share.whole), _share(share)))] for label, of in shares.items()
    ]
    return Table(
        "Recall by whether training had the words with that label",
        ["label", "seen", "recall", "unseen", "recall"],
        rows,
    )


def _calibration(calibrations: Mapping[str, Calibration]) -> Table:
    from eval import plots  # here and not above: it brings matplotlib, which figures alone don't need

    rows = [
        [name, f"{one.low:.1f}-{one.high:.1f}", str(one.count), f"{one.score:.3f}", f"{one.accuracy:.3f}"]
        for name, calibration in calibrations.items()
        for one in calibration.bins
    ]
    errors = ", ".join(f"{name} {percent(calibration.error)}" for name, calibration in calibrations.items())
    return Table(
        f"Calibration (expected error in percent: {errors})",
        ["of", "scores", "predictions", "mean score", "right"],
        rows,
        plots.reliability(calibrations),
    )


def _share(share: Share) -> str:
    return percent(share.fraction) if share.whole else "-"


def _sweep(gold: Sequence[Document], unsure: Sequence[Document]) -> Table:
    from eval import plots

    swept = analysis.sweep(gold, unsure)
    rows = [
        [f"{threshold:.2f}", *(percent(of.f1) for of in figures[:-1]),
         *(percent(value) for value in (figures[-1].precision, figures[-1].recall, figures[-1].f1))]
        for threshold, figures in swept
    ]  # fmt: skip
    micro = [figures[-1] for _, figures in swept]
    svg = plots.sweep(
        [threshold for threshold, _ in swept],
        [of.precision for of in micro],
        [of.recall for of in micro],
        [of.f1 for of in micro],
    )
    header = ["threshold", *(f"{kind} F1" for kind in RELATION_TYPES), "P", "R", "F1"]
    return Table("Relations (Rel+) by threshold, on this very gold", header, rows, svg)
