"""Plots as SVG text; the same figures give the same bytes."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eval.analysis import Calibration

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "svg.fonttype": "none",  # letters stay letters: smaller, and they can be searched
    "svg.hashsalt": "vipol",
}
_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)


def reliability(calibrations: Mapping[str, Calibration]) -> str:
    """Share of predictions that are right against their score, with the line on which they should lie."""
    with rc_context(_STYLE):
        figure, axes = _axes("score", "share that is right")
        axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1)
        for name, calibration in calibrations.items():
            scores = [one.score for one in calibration.bins]
            axes.plot(scores, [one.accuracy for one in calibration.bins], marker="o", markersize=4, label=name)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
        axes.legend(frameon=False)
        return _svg(figure)


def sweep(thresholds: Sequence[float], precision: Sequence[float], recall: Sequence[float], f1: Sequence[float]) -> str:
    """Precision, recall and F1 of relations against the threshold."""
    with rc_context(_STYLE):
        figure, axes = _axes("threshold", "relations, micro")
        for name, values in (("precision", precision), ("recall", recall), ("F1", f1)):
            axes.plot(thresholds, values, marker=".", label=name)
        axes.set(xlim=(0, 1))
        axes.legend(frameon=False)
        return _svg(figure)


def curve(sizes: Sequence[int], lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], unit: str) -> str:
    """A learning curve: for each name, means and standard deviations (in percent) at every size."""
    with rc_context(_STYLE):
        figure, axes = _axes(f"training {unit}", "F1, percent")
        for name, (means, spreads) in lines.items():
            low = [mean - spread for mean, spread in zip(means, spreads, strict=True)]
            high = [mean + spread for mean, spread in zip(means, spreads, strict=True)]
            axes.fill_between(sizes, low, high, alpha=0.2, linewidth=0)
            axes.plot(sizes, means, marker="o", markersize=4, label=name)
        axes.set_xticks(list(sizes), [str(size) for size in sizes])
        axes.legend(frameon=False)
        return _svg(figure)


Points = Sequence[tuple[float, float]]


def epochs(loss: Points, scores: Mapping[str, Points]) -> str:
    """The loss of a training by its epochs, and under it, if there are any, its scores from 0 to 1."""
    drawn = {name: points for name, points in scores.items() if points}
    with rc_context(_STYLE):
        figure = Figure(figsize=(4.6, 4.6 if drawn else 2.6), layout="constrained")
        for row, (name, lines) in enumerate((("loss", {"": loss}), ("F1", drawn))[: 1 + bool(drawn)], 1):
            axes = figure.add_subplot(1 + bool(drawn), 1, row)
            axes.set(xlabel="epoch", ylabel=name)
            for label, points in lines.items():
                axes.plot([at for at, _ in points], [value for _, value in points], marker=".", label=label)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_ylim(bottom=0, top=None if name == "loss" else 1.02)
            if name != "loss":
                axes.legend(frameon=False)
        return _svg(figure)


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlabel=across, ylabel=up)
    return figure, axes


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _HEAD.sub("", stream.getvalue(), count=1)
