"""Plots: SVG that stands alone, the same for the same figures."""

import re
from xml.etree import ElementTree

import pytest

from eval.analysis import Bin, Calibration
from eval.plots import curve, reliability, sweep

PLOTS = {
    "reliability": lambda: reliability({"spans": Calibration((Bin(0.9, 1.0, 3, 0.95, 0.9),))}),
    "sweep": lambda: sweep([0.1, 0.5], [0.5, 0.9], [0.9, 0.5], [0.64, 0.64]),
    "curve": lambda: curve([1, 5], {"spans": ([50.0, 80.0], [2.0, 1.0])}, "articles"),
}


@pytest.mark.parametrize("name", PLOTS)
def test_plot(name: str) -> None:
    """One `<svg>` element, without a date, a link to elsewhere or a script, and twice the same."""
    svg = PLOTS[name]()
    assert svg == PLOTS[name]()
    assert svg.startswith("<svg")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "<script" not in svg
    assert not re.search(r"\d{4}-\d\d-\d\d", svg)


def test_words_stay_words() -> None:
    """Letters are text, which is small and can be searched."""
    assert "<text" in PLOTS["curve"]()
    assert "articles" in PLOTS["curve"]()
