"""Confusion, lengths, seen and unseen words, calibration, thresholds."""

from dataclasses import replace

import pytest
from test_scores import GOLD, PREDICTED, marked

from eval.analysis import (
    NOTHING,
    Bin,
    Calibration,
    Share,
    confident,
    confusion,
    lengths,
    novelty,
    relation_calibration,
    span_calibration,
    sweep,
)
from vipol.document import Document


def scored(document: Document, spans: list[float], relations: list[float] | None = None) -> Document:
    """The document with scores, in the order of its spans and relations."""
    return replace(
        document,
        entities=tuple(replace(e, score=s) for e, s in zip(document.entities, spans, strict=True)),
        relations=tuple(replace(r, score=s) for r, s in zip(document.relations, relations or [1.0] * 99, strict=False)),
    )


def test_confusion_of_the_worked_example() -> None:
    """ORG Chính phủ met PERSON, PERSON Lê Minh met nothing, `nói` is a ROLE from nothing, a split counts once."""
    found = confusion([GOLD], [PREDICTED])
    wrong = {pair: count for pair, count in found.items() if pair[0] != pair[1]}
    assert wrong == {("ORG", "PERSON"): 1, ("PERSON", NOTHING): 1, (NOTHING, "ROLE"): 1}
    assert sum(count for pair, count in found.items() if pair[0] == pair[1]) == 14


def test_confusion_goes_by_the_larger_overlap() -> None:
    """A gold span that two predictions overlap met the one that covers more of it."""
    gold, predicted = marked("[Ban Tổ chức Trung ương|ORG]"), marked("[Ban|ROLE] [Tổ chức Trung ương|ORG]")
    assert confusion([gold], [predicted]) == {("ORG", "ORG"): 1}


def test_lengths_of_the_worked_example() -> None:
    """Of one word: Huệ, found, and nói, invented; of thirteen or more: none."""
    rows = {title: (found, right) for title, found, right in lengths([GOLD], [PREDICTED])}
    assert rows["1"] == (Share(1, 1), Share(1, 2))
    assert rows["13 or more"] == (Share(0, 0), Share(0, 0))
    assert sum(found.whole for found, _ in rows.values()) == 16
    assert sum(right.whole for _, right in rows.values()) == 17
    assert sum(right.part for _, right in rows.values()) == 11


def test_lengths_count_numbers_and_marks() -> None:
    """27/6/2024 is five words: three numbers and two strokes."""
    document = marked("[27/6/2024|DATE]")
    assert [title for title, found, _ in lengths([document], [document]) if found.whole] == ["4-5"]


def test_novelty() -> None:
    """Seen means with that label; capitals and decomposed letters don't matter."""
    train = [marked("[quận uỷ|ORG] [HUẾ|ORG]")]
    gold = marked("[Huế|ORG] và [Huế|PERSON]; [Quận uỷ|ORG]; [Đảng bộ|ORG]")
    predicted = replace(gold, entities=gold.entities[1:3])
    assert novelty([gold], [predicted], train) == {
        "PERSON": (Share(0, 0), Share(1, 1)),
        "ORG": (Share(1, 2), Share(0, 1)),
    }


def test_span_calibration() -> None:
    """Scores of 0.95 of which half are right: one bin, and an error of 0.45."""
    gold = marked("[Huế|ORG] [Vinh|ORG]")
    predicted = scored(marked("[Huế|ORG] [Vinh|PERSON]"), [0.9, 1.0])
    found = span_calibration([gold], [predicted])
    assert found == Calibration((Bin(0.9, 1.0, 2, 0.95, 0.5),))
    assert found.error == pytest.approx(0.45)


def test_error_weighs_bins_by_predictions() -> None:
    """Three predictions that are as right as they say, and one that is not."""
    found = Calibration((Bin(0.2, 0.3, 1, 0.25, 1.0), Bin(0.9, 1.0, 3, 0.95, 0.95)))
    assert found.error == pytest.approx(0.75 / 4)


def test_calibration_without_scores() -> None:
    """Gold and rules have no scores: no bins, and no error."""
    assert span_calibration([GOLD], [PREDICTED]) == Calibration(())
    assert relation_calibration([GOLD], [PREDICTED]).error == 0.0


def test_relation_calibration() -> None:
    """A relation is right if both its spans are."""
    gold = marked("[An|PERSON] [Bí thư|ROLE] [Quận ủy|ORG]", (1, 2), (2, 3))
    predicted = scored(marked("[An|PERSON] [Bí thư|ROLE] [Quận|ORG] ủy", (1, 2), (2, 3)), [1, 1, 1], [0.55, 0.85])
    assert relation_calibration([gold], [predicted]).bins == (
        Bin(0.5, 0.6, 1, 0.55, 1.0),
        Bin(0.8, 0.9, 1, 0.85, 0.0),
    )


def test_sweep() -> None:
    """A higher threshold drops the unsure relation, right or wrong; figures are per type, then all together."""
    gold = marked("[An|PERSON] [Bí thư|ROLE] [Quận ủy|ORG]", (1, 2), (2, 3))
    unsure = scored(gold, [1, 1, 1], [0.4, 0.8])
    found = {threshold: [figure.f1 for figure in figures] for threshold, figures in sweep([gold], [unsure], (0.3, 0.5))}
    assert found == {0.3: [1.0, 1.0, 1.0], 0.5: [0.0, 1.0, pytest.approx(2 / 3)]}


def test_confident_keeps_what_has_no_score() -> None:
    """A relation at its threshold stays, one below goes, one without a score stays."""
    document = scored(marked("[An|PERSON] [Bí thư|ROLE] [Quận ủy|ORG]", (1, 2), (2, 3)), [1, 1, 1], [0.5, 0.49])
    assert len(confident(document, {"HAS_ROLE": 0.5, "ROLE_AT": 0.5}).relations) == 1
    assert len(confident(GOLD, {"HAS_ROLE": 0.9}).relations) == 8
