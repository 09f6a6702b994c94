"""Cohen's kappa over words: by hand, against scikit-learn's, and how spans become tags. Takes 2 seconds."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from test_agreement import FIRST, ORG, PERSON, ROLE

from annotations.kappa import Kappa, tags
from vipol.document import Document, Entity
from vipol.text import words


def tagged(text: str, *spans: tuple[int, int, str]) -> list[str]:
    return tags(Document("d", text, tuple(Entity(str(n), *span) for n, span in enumerate(spans))), words(text))


def test_known_table() -> None:
    """Two readers of 50 proposals, who both say yes to 20 and no to 15: observed 0.7, expected 0.5, so kappa is 0.4."""
    table = Counter({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15})
    assert Kappa(table).value == 0.4


def test_other_edge() -> None:
    """15 words, of which two are I-ORG for one and O for the other.

    The same tag: 13. Tags of first and second: O 6 and 8, I-ORG 3 and 1, I-PERSON 2 and 2, four more 1 and 1, so
    chance is 48 + 3 + 4 + 4 = 59 of 225, and kappa (13 * 15 - 59) / (225 - 59). Without the six words that are O in
    both: 7 of 9, chance 0 + 3 + 4 + 4 = 11 of 81, kappa (7 * 9 - 11) / (81 - 11).
    """
    found = Kappa.of([(FIRST, replace(FIRST, entities=(ROLE, replace(ORG, end=14), PERSON)))])
    assert found.words == 15
    assert found.outside == 6 / 15
    assert found.value == pytest.approx(136 / 166)
    assert found.marked().words == 9
    assert found.marked().value == pytest.approx(52 / 70)


def test_pooled() -> None:
    """Words are counted over articles before kappa is taken.

    The second article is marked by the first annotator only: 15 + 6 of 30 words agree. Chance: O 12 * 21, I-ORG 6 * 3,
    I-PERSON 4 * 2, four more 2 * 1, together 286 of 900.
    """
    found = Kappa.of([(FIRST, FIRST), (FIRST, FIRST.bare())])
    assert found.words == 30
    assert found.pairs["O", "O"] == 12
    assert found.pairs["B-ORG", "O"] == 1
    assert found.value == pytest.approx((21 * 30 - 286) / (900 - 286))


@pytest.mark.parametrize("document", [Document("d", ""), Document("d", " \n"), FIRST.bare()])
def test_undefined(document: Document) -> None:
    """Without words, or with O alone, there is nothing but chance: kappa is undefined, and so it is over no word."""
    found = Kappa.of([(document, document)])
    assert found.value is None
    assert found.marked().value is None
    assert found.marked().words == 0
    assert (found.outside is None) == (not found.words)


def test_none_agrees() -> None:
    """One tag against another everywhere is no undefined kappa: it is 0, as far as chance would get."""
    assert Kappa(Counter({("O", "B-ORG"): 4})).value == 0


def test_first_word_has_b() -> None:
    """The first word of a span has B, the others I, and two spans side by side are told apart."""
    assert tagged("Hà Nội Huế 5", (0, 6, "ORG"), (7, 10, "ORG")) == ["B-ORG", "I-ORG", "B-ORG", "O"]


def test_edge_inside_a_word() -> None:
    """A span that begins or ends inside a word has the whole word; of two in one word, the first has it."""
    assert tagged("Hội đồng", (1, 6, "ORG")) == ["B-ORG", "I-ORG"]
    assert tagged("Hội đồng", (0, 1, "ORG"), (2, 8, "ROLE")) == ["B-ORG", "B-ROLE"]
    assert tagged("Hội đồng", (0, 1, "ORG"), (1, 2, "ROLE")) == ["B-ORG", "O"]


def test_overlap() -> None:
    """Of spans that overlap, the earlier and longer has the shared words; the other has what is left, or nothing."""
    assert tagged("a b c", (0, 3, "ORG"), (2, 5, "ROLE")) == ["B-ORG", "I-ORG", "B-ROLE"]
    assert tagged("a b c", (0, 1, "ROLE"), (0, 5, "ORG")) == ["B-ORG", "I-ORG", "I-ORG"]
    assert tagged("a b c", (1, 2, "ORG")) == ["O", "O", "O"]


@given(st.lists(st.tuples(st.sampled_from("OBI"), st.sampled_from("OBI")), min_size=1))
def test_as_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    """Kappa is what scikit-learn's `cohen_kappa_score` gives, whichever annotation is first."""
    found = Kappa(Counter(pairs)).value
    assert found == Kappa(Counter((other, one) for one, other in pairs)).value
    if found is None:
        assert len({tag for pair in pairs for tag in pair}) == 1
    else:
        assert found == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))
