"""Comparisons of two predictions: figures, articles, errors."""

from dataclasses import replace

import pytest
from test_scores import GOLD, PREDICTED, marked

from eval.compare import Change, compare
from eval.errors import Kind
from eval.report import comparison_json, comparison_table
from vipol.document import Document

SECOND = marked("[Lê Minh|PERSON] là [Bí thư|ROLE]", (1, 2), name="e")
WORSE = replace(SECOND, entities=SECOND.entities[:1], relations=())
BOTH = [GOLD, SECOND]


def test_what_changed() -> None:
    """The second prediction mends all errors of the first article and makes two in the other."""
    found = compare(BOTH, [[PREDICTED, SECOND]], [[GOLD, WORSE]])
    assert found.articles == [Change("d", (6, 9), (0, 0)), Change("e", (0, 0), (1, 1))]
    assert len(found.mended) == 15
    assert [(error.document, error.kind) for error in found.made] == [("e", Kind.MISSED_BY_END), ("e", Kind.MISSED)]
    spans = next(d for r, d in zip(found.rows, found.differences, strict=True) if r.name == "micro")
    assert (spans.first, spans.second) == pytest.approx((2 * 13 / (19 + 18), 2 * 17 / (17 + 18)))
    assert spans.difference == pytest.approx(spans.second - spans.first)


def test_same_prediction() -> None:
    """Nothing is listed, and every difference is chance."""
    found = compare(BOTH, [[PREDICTED, SECOND]], [[PREDICTED, SECOND]])
    assert (list(found.articles), list(found.mended), list(found.made)) == ([], [], [])
    assert {(d.difference, d.chance) for d in found.differences} == {(0.0, 1.0)}


def test_seeds_count_together() -> None:
    """An error that one of two seeds makes counts once; errors that both sides make as often cancel out."""
    found = compare(BOTH, [[GOLD, WORSE], [GOLD, SECOND]], [[GOLD, WORSE], [GOLD, WORSE]])
    assert (len(found.mended), len(found.made)) == (0, 2)
    assert found.articles == [Change("e", (1, 1), (2, 2))]


def test_other_numbers_of_seeds_are_refused() -> None:
    """Two seeds can't be compared with one."""
    with pytest.raises(ValueError, match="2 predictions cannot be compared with 1"):
        compare(BOTH, [BOTH, BOTH], [BOTH])


def test_as_text() -> None:
    """Both F1, the difference with its interval and its chance, then articles and errors."""
    lines = comparison_table(compare(BOTH, [[PREDICTED, SECOND]], [[GOLD, WORSE]])).splitlines()
    assert lines[0].split() == ["F1", "first", "second", "change", "95", "%", "interval", "p,", "percent"]
    micro = next(line for line in lines if line.startswith("  micro"))
    assert micro.split()[1:4] == ["70.27", "97.14", "+26.87"]
    assert "Articles whose errors changed   spans  relations" in lines
    assert "d                              6 -> 0     9 -> 0" in lines
    assert "Errors mended: 15" in lines
    assert "  missed: e, offset 11: ROLE[Bí thư] -> nothing" in lines


def test_long_lists_are_counted() -> None:
    """Beyond twenty, articles and errors are counted, not listed."""
    gold = [Document(f"{n:02}", SECOND.text, SECOND.entities, SECOND.relations) for n in range(30)]
    bare = [document.bare() for document in gold]
    text = comparison_table(compare(gold, [bare], [gold]))
    assert "and 10 more" in text
    assert "Errors mended: 90" in text
    assert "and 70 more" in text


def test_as_json() -> None:
    """Figures as fractions by measure and row, and every error."""
    found = comparison_json(compare(BOTH, [[PREDICTED, SECOND]], [[GOLD, WORSE]]))
    assert found["measures"]["spans"]["micro"]["first_f1"] == pytest.approx(26 / 37)
    assert set(found["measures"]["facts"]["all"]) == {*("first_f1", "second_f1", "difference", "low", "high", "chance")}
    assert found["articles"][0] == {"document": "d", "first": [6, 9], "second": [0, 0]}
    assert (len(found["mended"]), len(found["made"])) == (15, 2)
