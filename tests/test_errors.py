"""The kinds of errors, a scenario each, the worked example, and that they add up to the scores."""

import os
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scores import GOLD, PREDICTED, marked

from eval.errors import CONTEXT, Error, Kind, count, errors
from eval.scores import PairingError, score
from vipol.document import Document, Entity
from vipol.schema import LABELS

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)


def only(gold: Document, predicted: Document) -> Error:
    """The one error of a prediction."""
    (error,) = errors([gold], [predicted])
    return error


def test_nothing_wrong() -> None:
    """A prediction that is the gold has no errors."""
    assert errors([GOLD], [GOLD]) == []
    assert count([]) == {}


def test_missed() -> None:
    """A gold span that nothing overlaps; all fields of the error."""
    error = only(marked("đồng chí [Trần Đức Hoạt|PERSON] nói"), marked("đồng chí Trần Đức Hoạt nói"))
    assert error == Error(Kind.MISSED, "PERSON", "d", 9, ("PERSON[Trần Đức Hoạt]",), (), "đồng chí Trần Đức Hoạt nói")


def test_invented() -> None:
    """A predicted span that nothing overlaps has its own label."""
    error = only(marked("tại Tây Hồ"), marked("tại [Tây Hồ|ORG]"))
    assert error == Error(Kind.INVENTED, "ORG", "d", 4, (), ("ORG[Tây Hồ]",), "tại Tây Hồ")


def test_wrong_label() -> None:
    """Same edges and another label: one error, under the gold's label."""
    error = only(marked("[Trung ương|ORG]"), marked("[Trung ương|ROLE]"))
    assert (error.kind, error.label) == (Kind.WRONG_LABEL, "ORG")
    assert (error.gold, error.predicted) == (("ORG[Trung ương]",), ("ROLE[Trung ương]",))


def test_too_long() -> None:
    """A predicted span that holds the gold's and more."""
    error = only(marked("nguyên [Bí thư|ROLE]"), marked("[nguyên Bí thư|ROLE]"))
    assert (error.kind, error.label, error.offset) == (Kind.TOO_LONG, "ROLE", 0)
    assert (error.gold, error.predicted) == (("ROLE[Bí thư]",), ("ROLE[nguyên Bí thư]",))


def test_too_short() -> None:
    """A predicted span that lacks part of the gold's."""
    error = only(marked("[Phó Bí thư|ROLE]"), marked("Phó [Bí thư|ROLE]"))
    assert (error.kind, error.label, error.offset) == (Kind.TOO_SHORT, "ROLE", 0)
    assert (error.gold, error.predicted) == (("ROLE[Phó Bí thư]",), ("ROLE[Bí thư]",))


def test_too_short_with_another_label() -> None:
    """Edges come before labels: a shorter span of another label is too short, under the gold's label."""
    error = only(marked("[Phó Bí thư|ROLE]"), marked("[Phó|PERSON] Bí thư"))
    assert (error.kind, error.label, error.predicted) == (Kind.TOO_SHORT, "ROLE", ("PERSON[Phó]",))


def test_shifted() -> None:
    """Each of two overlapping spans has something the other lacks."""
    error = only(marked("[Phó Bí thư|ROLE] Thường trực"), marked("Phó [Bí thư Thường trực|ROLE]"))
    assert (error.kind, error.label, error.offset) == (Kind.SHIFTED, "ROLE", 0)


def test_neighbours_do_not_overlap() -> None:
    """A predicted span that begins where a gold one ends is invented, the gold one missed."""
    found = errors([marked("[Hoa|PERSON]Huệ")], [marked("Hoa[Huệ|PERSON]")])
    assert [error.kind for error in found] == [Kind.MISSED, Kind.INVENTED]


def test_split() -> None:
    """One gold span under two predicted ones is one error with both of them."""
    error = only(marked("[Ban Tổ chức Trung ương|ORG]"), marked("[Ban Tổ chức|ORG] [Trung ương|ORG]"))
    assert (error.kind, error.label) == (Kind.SPLIT, "ORG")
    assert error.gold == ("ORG[Ban Tổ chức Trung ương]",)
    assert error.predicted == ("ORG[Ban Tổ chức]", "ORG[Trung ương]")


def test_merged() -> None:
    """Two gold spans under one predicted span are one error, under the first one's label."""
    error = only(marked("[Bí thư|ROLE] [Quận ủy|ORG]"), marked("[Bí thư Quận ủy|ORG]"))
    assert (error.kind, error.label) == (Kind.MERGED, "ROLE")
    assert (error.gold, error.predicted) == (("ROLE[Bí thư]", "ORG[Quận ủy]"), ("ORG[Bí thư Quận ủy]",))


def test_chain_is_shifted() -> None:
    """Two gold and two predicted spans that overlap in turn are one shifted error with all four."""
    error = only(marked("[a b|ORG] [c d e|ORG]"), marked("a [b c|ORG] d [e|ORG]"))
    assert (error.kind, len(error.gold), len(error.predicted)) == (Kind.SHIFTED, 2, 2)


def test_right_spans_are_set_aside() -> None:
    """A wrong span over a right one is invented: the right one is not part of an error."""
    entities = (Entity("1", 0, 6, "ROLE"), Entity("2", 0, 14, "ORG"))
    error = only(marked("[Bí thư|ROLE] Quận ủy"), Document("d", "Bí thư Quận ủy", entities))
    assert (error.kind, error.predicted) == (Kind.INVENTED, ("ORG[Bí thư Quận ủy]",))


def test_missed_because_an_end_is_wrong() -> None:
    """The gold relation's ROLE was not found: one error of a span, one of the relation."""
    found = errors([marked("[Bí thư|ROLE] [Hoa|PERSON]", (2, 1))], [marked("Bí thư [Hoa|PERSON]")])
    assert [error.kind for error in found] == [Kind.MISSED, Kind.MISSED_BY_END]
    assert found[1] == Error(
        Kind.MISSED_BY_END, "HAS_ROLE", "d", 0, ("PERSON[Hoa] HAS_ROLE ROLE[Bí thư]",), (), "Bí thư Hoa"
    )


def test_missed_pair() -> None:
    """Both spans of the gold relation are right and only the relation is missing."""
    error = only(marked("[Bí thư|ROLE] [Hoa|PERSON]", (2, 1)), marked("[Bí thư|ROLE] [Hoa|PERSON]"))
    assert (error.kind, error.label, error.offset) == (Kind.MISSED_PAIR, "HAS_ROLE", 0)
    assert (error.gold, error.predicted) == (("PERSON[Hoa] HAS_ROLE ROLE[Bí thư]",), ())


def test_invented_pair() -> None:
    """A relation between right spans that the gold doesn't join."""
    error = only(marked("[Bí thư|ROLE] [Quận ủy|ORG]"), marked("[Bí thư|ROLE] [Quận ủy|ORG]", (1, 2)))
    assert (error.kind, error.label, error.offset) == (Kind.INVENTED_PAIR, "ROLE_AT", 0)
    assert (error.gold, error.predicted) == ((), ("ROLE[Bí thư] ROLE_AT ORG[Quận ủy]",))


def test_invented_because_an_end_is_wrong() -> None:
    """A relation that would be right if its span were: invented with a wrong end, and so is the gold's missed."""
    gold = marked("[Phó Bí thư|ROLE] [Hoa|PERSON]", (2, 1))
    found = errors([gold], [marked("Phó [Bí thư|ROLE] [Hoa|PERSON]", (2, 1))])
    assert [error.kind for error in found] == [Kind.TOO_SHORT, Kind.MISSED_BY_END, Kind.INVENTED_BY_END]
    assert found[2].predicted == ("PERSON[Hoa] HAS_ROLE ROLE[Bí thư]",)


def test_context_is_cut_and_flat() -> None:
    """The context has so many characters on either side, dots where text goes on, and no line breaks."""
    before, after = "x" * (CONTEXT - 1), "y" * (CONTEXT - 1)
    text = f"aaa{before}\nHoa\n{after}zzz"
    gold = Document("d", text, (Entity("1", CONTEXT + 3, CONTEXT + 6, "PERSON"),))
    assert only(gold, gold.bare()).context == f"…{before} Hoa {after}…"


def test_order_is_by_kind_document_and_offset() -> None:
    """Errors are sorted by kind, within a kind by the order of the gold documents, then by offset."""
    gold = [marked("[Hoa|PERSON] [Huệ|PERSON] nói", name="b"), marked("[Lan|PERSON]", name="a")]
    predicted = [marked("Hoa Huệ [nói|ROLE]", name="b"), marked("Lan", name="a")]
    assert [(error.kind, error.document, error.offset) for error in errors(gold, predicted)] == [
        (Kind.MISSED, "b", 0),
        (Kind.MISSED, "b", 4),
        (Kind.MISSED, "a", 0),
        (Kind.INVENTED, "b", 8),
    ]


def test_documents_must_pair() -> None:
    """Errors of different documents can't be told."""
    with pytest.raises(PairingError, match="no prediction for document 'd'"):
        errors([GOLD], [])


def test_worked_example() -> None:
    """The five lines of test_scores, where every span and relation is listed:

    1. nothing wrong
    2. DATE too short; ROLE_AT missed between right spans; HAS_ROLE invented between right spans
    3. ROLE too short, so a HAS_ROLE and a ROLE_AT missed by an end and one of each invented by an end
    4. ORG with the wrong label
    5. PERSON missed, ORG split, ROLE invented; HAS_ROLE and ROLE_AT missed by an end, ROLE_AT invented by an end
    """
    assert count(errors([GOLD], [PREDICTED])) == {
        Kind.MISSED: {"PERSON": 1},
        Kind.INVENTED: {"ROLE": 1},
        Kind.WRONG_LABEL: {"ORG": 1},
        Kind.TOO_SHORT: {"DATE": 1, "ROLE": 1},
        Kind.SPLIT: {"ORG": 1},
        Kind.MISSED_BY_END: {"HAS_ROLE": 2, "ROLE_AT": 2},
        Kind.MISSED_PAIR: {"ROLE_AT": 1},
        Kind.INVENTED_PAIR: {"HAS_ROLE": 1},
        Kind.INVENTED_BY_END: {"HAS_ROLE": 1, "ROLE_AT": 2},
    }


def test_to_dict() -> None:
    """An error as JSON has it, and whether it is of a span or a relation."""
    error = only(marked("[Bí thư|ROLE] ủy"), marked("[Bí thư ủy|ROLE]"))
    assert error.to_dict() == {
        "kind": "too long",
        "of": "span",
        "label": "ROLE",
        "document": "d",
        "offset": 0,
        "gold": ["ROLE[Bí thư]"],
        "predicted": ["ROLE[Bí thư ủy]"],
        "context": "Bí thư ủy",
    }
    assert {kind for kind in Kind if kind.of_relation} == {*list(Kind)[-4:]}


SPANS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(1, 5), st.sampled_from(LABELS[:2])).filter(lambda s: s[0] + s[1] <= 12),
    max_size=8,
)


@EXAMPLES
@given(SPANS, SPANS)
def test_errors_add_up_to_the_scores(ours: list[tuple[int, int, str]], theirs: list[tuple[int, int, str]]) -> None:
    """Gold texts of all span errors are the false negatives, predicted ones the false positives, overlapping or not."""
    gold, predicted = (
        Document("d", "abcdefghijkl", tuple(Entity(str(n), a, a + b, label) for n, (a, b, label) in enumerate(side)))
        for side in (ours, theirs)
    )
    found = errors([gold], [predicted])
    micro = score([gold], [predicted]).spans.micro
    assert sum(len(error.gold) for error in found) == micro.false_negative
    assert sum(len(error.predicted) for error in found) == micro.false_positive
    assert Counter(error.kind for error in found) == {kind: sum(n.values()) for kind, n in count(found).items()}
