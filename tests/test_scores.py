"""Span and relation scores, by scenario, by a worked example, and against naive counting."""

import os
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.scores import Breakdown, Counts, PairingError, pairs, score
from vipol.document import Document, Entity, Relation
from vipol.schema import LABELS, RELATION_TYPES, relation_type

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)


def marked(text: str, *relations: tuple[int, int], name: str = "d") -> Document:
    """A document from text like "[Bí thư|ROLE] [Quận ủy|ORG]", with relations between its spans, counted from 1."""
    plain, entities, last = "", [], 0
    for number, match in enumerate(re.finditer(r"\[([^|\]]+)\|(\w+)\]", text), 1):
        plain += text[last : match.start()]
        entities.append(Entity(f"e{number}", len(plain), len(plain) + len(match[1]), match[2]))
        plain, last = plain + match[1], match.end()
    found = []
    for head, tail in relations:
        label = relation_type(entities[head - 1].label, entities[tail - 1].label)
        assert label, "the scheme has no relation between spans of these labels"
        found.append(Relation(f"e{head}", f"e{tail}", label))
    return Document(name, plain + text[last:], tuple(entities), tuple(found))


GOLD = marked(
    "[Bí thư|ROLE] [Quận ủy Cầu Giấy|ORG] [Trần Thị Phương Hoa|PERSON] phát biểu.\n"
    "[Sáng 23/6|DATE], [Chủ tịch|ROLE] [UBND quận|ORG] [Nguyễn Đình Khuyến|PERSON] chủ trì.\n"
    "Ông [Huệ|PERSON] làm [Phó Chủ tịch|ROLE] [HĐND thành phố|ORG].\n"
    "Dự án tốn [12,5 tỷ đồng|MONEY] của [Chính phủ|ORG].\n"
    "[Lê Minh|PERSON], [Phó Trưởng ban|ROLE] [Ban Tổ chức Trung ương|ORG], nói [hôm nay|DATE].",
    *((3, 1), (1, 2)),
    *((7, 5), (5, 6)),
    *((8, 9), (9, 10)),
    *((13, 14), (14, 15)),
)
PREDICTED = marked(
    "[Bí thư|ROLE] [Quận ủy Cầu Giấy|ORG] [Trần Thị Phương Hoa|PERSON] phát biểu.\n"
    "Sáng [23/6|DATE], [Chủ tịch|ROLE] [UBND quận|ORG] [Nguyễn Đình Khuyến|PERSON] chủ trì.\n"
    "Ông [Huệ|PERSON] làm Phó [Chủ tịch|ROLE] [HĐND thành phố|ORG].\n"
    "Dự án tốn [12,5 tỷ đồng|MONEY] của [Chính phủ|PERSON].\n"
    "Lê Minh, [Phó Trưởng ban|ROLE] [Ban Tổ chức|ORG] [Trung ương|ORG], [nói|ROLE] [hôm nay|DATE].",
    *((3, 1), (1, 2)),
    *((7, 5), (7, 1)),
    *((8, 9), (9, 10)),
    (13, 14),
)


def test_worked_example_spans() -> None:
    """Five lines; `=` right, `-` missed, `+` invented:

    1. = ROLE Bí thư, = ORG Quận ủy Cầu Giấy, = PERSON Trần Thị Phương Hoa
    2. - DATE Sáng 23/6, + DATE 23/6, = ROLE Chủ tịch, = ORG UBND quận, = PERSON Nguyễn Đình Khuyến
    3. = PERSON Huệ, - ROLE Phó Chủ tịch, + ROLE Chủ tịch, = ORG HĐND thành phố
    4. = MONEY 12,5 tỷ đồng, - ORG Chính phủ, + PERSON Chính phủ
    5. - PERSON Lê Minh, = ROLE Phó Trưởng ban, - ORG Ban Tổ chức Trung ương, + ORG Ban Tổ chức, + ORG Trung ương,
       + ROLE nói, = DATE hôm nay

    PERSON = 3 + 1 - 1, ROLE = 3 + 2 - 1, ORG = 3 + 2 - 2, DATE = 1 + 1 - 1, MONEY = 1; together = 11 + 6 - 5. So
    micro P 11/17, R 11/16, F1 22/33; the labels' F1 6/8, 6/9, 6/10, 2/4 and 2/2 have the mean 0.70333.
    """
    found = score([GOLD], [PREDICTED]).spans
    assert found.by_label == {
        "PERSON": Counts(3, 1, 1),
        "ROLE": Counts(3, 2, 1),
        "ORG": Counts(3, 2, 2),
        "DATE": Counts(1, 1, 1),
        "MONEY": Counts(1, 0, 0),
    }
    assert [counts.support for counts in found.by_label.values()] == [4, 4, 5, 2, 1]
    assert [counts.f1 for counts in found.by_label.values()] == pytest.approx([6 / 8, 6 / 9, 6 / 10, 2 / 4, 2 / 2])
    assert found.micro == Counts(11, 6, 5)
    assert (found.micro.precision, found.micro.recall, found.micro.f1) == pytest.approx((11 / 17, 11 / 16, 22 / 33))
    assert (found.macro.precision, found.macro.recall, found.macro.f1) == pytest.approx(
        (0.69, 0.72, 0.703333), abs=1e-6
    )
    assert found.macro.support == 16


def test_worked_example_relations() -> None:
    """The same five lines; `=` right, `-` missed, `+` invented:

    1. = Hoa HAS_ROLE Bí thư, = Bí thư ROLE_AT Quận ủy Cầu Giấy
    2. = Khuyến HAS_ROLE Chủ tịch, - Chủ tịch ROLE_AT UBND quận, + Khuyến HAS_ROLE Bí thư (of line 1)
    3. - Huệ HAS_ROLE Phó Chủ tịch, + Huệ HAS_ROLE Chủ tịch, and - and + ROLE_AT with the same two posts
    5. - Minh HAS_ROLE Phó Trưởng ban, - Phó Trưởng ban ROLE_AT Ban Tổ chức Trung ương, + ROLE_AT Ban Tổ chức

    HAS_ROLE = 2 + 2 - 2, ROLE_AT = 1 + 2 - 3; together = 3 + 4 - 5, so micro P 3/7, R 3/8, F1 6/15.
    """
    found = score([GOLD], [PREDICTED]).relations
    assert found.by_label == {"HAS_ROLE": Counts(2, 2, 2), "ROLE_AT": Counts(1, 2, 3)}
    assert found.micro == Counts(3, 4, 5)
    assert (found.micro.precision, found.micro.recall, found.micro.f1) == pytest.approx((3 / 7, 3 / 8, 6 / 15))
    assert (found.macro.precision, found.macro.recall) == pytest.approx(((1 / 2 + 1 / 3) / 2, (1 / 2 + 1 / 4) / 2))
    assert found.macro.f1 == pytest.approx((4 / 8 + 2 / 7) / 2)
    assert found.macro.support == 8


def test_gold_against_itself_is_perfect() -> None:
    """A prediction that is the gold has every span and relation and nothing else."""
    found = score([GOLD], [GOLD])
    assert found.spans.micro == Counts(16, 0, 0)
    assert found.relations.micro == Counts(8, 0, 0)
    assert (found.spans.macro.f1, found.relations.macro.f1) == (1.0, 1.0)


def test_nothing_predicted() -> None:
    """A prediction without anything misses all; its precision is 0/0, which is 0."""
    found = score([GOLD], [GOLD.bare()])
    assert found.spans.micro == Counts(0, 0, 16)
    assert found.relations.micro == Counts(0, 0, 8)
    assert (found.spans.micro.precision, found.spans.micro.recall, found.spans.micro.f1) == (0.0, 0.0, 0.0)


def test_nothing_in_gold() -> None:
    """Gold without anything makes all of a prediction invented; recall is 0/0, which is 0."""
    found = score([GOLD.bare()], [GOLD])
    assert found.spans.micro == Counts(0, 16, 0)
    assert found.relations.micro == Counts(0, 8, 0)
    assert (found.spans.micro.precision, found.spans.micro.recall, found.spans.micro.f1) == (0.0, 0.0, 0.0)


def test_no_documents() -> None:
    """No documents at all score 0 throughout, labels and all."""
    found = score([], [])
    assert found.documents == 0
    assert found.spans == Breakdown(dict.fromkeys(LABELS, Counts()))
    assert found.relations == Breakdown(dict.fromkeys(RELATION_TYPES, Counts()))
    assert (found.spans.macro.f1, found.relations.micro.f1) == (0.0, 0.0)


def test_one_edge_off_is_wrong() -> None:
    """A span that lacks one word of the gold's counts as one missed and one invented."""
    found = score([marked("[Phó Bí thư|ROLE]")], [marked("Phó [Bí thư|ROLE]")]).spans
    assert found.by_label["ROLE"] == Counts(0, 1, 1)
    assert found.micro == Counts(0, 1, 1)


def test_wrong_label_is_wrong_for_both_labels() -> None:
    """Right edges with the wrong label: the gold's label misses one, the other invents one."""
    found = score([marked("[Trung ương|ORG]")], [marked("[Trung ương|ROLE]")]).spans
    assert (found.by_label["ORG"], found.by_label["ROLE"]) == (Counts(0, 0, 1), Counts(0, 1, 0))


def test_duplicates_count_once() -> None:
    """A span and a relation that a prediction has twice, under other ids, count once."""
    gold = marked("[Bí thư|ROLE] [Hoa|PERSON]", (2, 1))
    again = (Entity("x", 0, 6, "ROLE", 0.5), Entity("y", 7, 10, "PERSON", 0.5))
    relations = (*gold.relations, *gold.relations, Relation("y", "x", "HAS_ROLE"), Relation("e2", "x", "HAS_ROLE"))
    found = score([gold], [Document("d", gold.text, (*gold.entities, *again), relations)])
    assert found.spans.micro == Counts(2, 0, 0)
    assert found.relations.micro == Counts(1, 0, 0)


def test_duplicates_of_a_wrong_span_count_once() -> None:
    """A wrong span that a prediction has twice is invented once."""
    entities = (Entity("x", 0, 2, "ROLE"), Entity("y", 0, 2, "ROLE"))
    found = score([marked("[Bí thư|ROLE]")], [Document("d", "Bí thư", entities)]).spans
    assert found.micro == Counts(0, 1, 1)


def test_same_offsets_in_two_documents_are_two_spans() -> None:
    """What is right in one document doesn't make up for the same offsets missing in another."""
    gold = [marked("[Hoa|PERSON]", name="a"), marked("[Huệ|PERSON]", name="b")]
    found = score(gold, [gold[0], gold[1].bare()])
    assert found.documents == 2
    assert found.spans.micro == Counts(1, 0, 1)


def test_relation_of_an_unproposed_pair_is_a_miss() -> None:
    """The gold relation's ROLE was not found, so its pair was never a candidate: one miss, nothing invented."""
    gold = marked("[Bí thư|ROLE] [Hoa|PERSON]", (2, 1))
    found = score([gold], [marked("Bí thư [Hoa|PERSON]")]).relations
    assert found.by_label["HAS_ROLE"] == Counts(0, 0, 1)
    assert (found.micro.recall, found.micro.f1) == (0.0, 0.0)


def test_relation_needs_both_ends_exact() -> None:
    """A relation between the right mentions, one of them too short, is one missed and one invented."""
    gold = marked("[Phó Bí thư|ROLE] [Hoa|PERSON]", (2, 1))
    found = score([gold], [marked("Phó [Bí thư|ROLE] [Hoa|PERSON]", (2, 1))]).relations
    assert found.by_label["HAS_ROLE"] == Counts(0, 1, 1)


def test_relation_needs_the_labels_of_its_ends() -> None:
    """Right edges and relation label, but an end with another label: one missed, one invented."""
    gold = Document(
        "d", "a b", (Entity("1", 0, 1, "PERSON"), Entity("2", 2, 3, "ROLE")), (Relation("1", "2", "HAS_ROLE"),)
    )
    other = Document(
        "d", "a b", (Entity("1", 0, 1, "ORG"), Entity("2", 2, 3, "ROLE")), (Relation("1", "2", "HAS_ROLE"),)
    )
    assert score([gold], [other]).relations.by_label["HAS_ROLE"] == Counts(0, 1, 1)


def test_relation_has_a_direction() -> None:
    """A relation the wrong way round is one missed and one invented."""
    entities = (Entity("1", 0, 1, "PERSON"), Entity("2", 2, 3, "ROLE"))
    gold = Document("d", "a b", entities, (Relation("1", "2", "HAS_ROLE"),))
    other = Document("d", "a b", entities, (Relation("2", "1", "HAS_ROLE"),))
    assert score([gold], [other]).relations.by_label["HAS_ROLE"] == Counts(0, 1, 1)


def test_macro_leaves_out_labels_that_neither_side_has() -> None:
    """ROLE is right and ORG invented: the macro F1 is the mean of 1 and 0, and three labels don't enter it."""
    found = score([marked("[Bí thư|ROLE] ủy")], [marked("[Bí thư|ROLE] [ủy|ORG]")]).spans
    assert found.by_label["ORG"] == Counts(0, 1, 0)
    assert (found.macro.precision, found.macro.recall, found.macro.f1) == (0.5, 0.5, 0.5)


def test_labels_outside_the_scheme_are_counted() -> None:
    """A label that the scheme lacks has a line of its own and is not passed over."""
    found = score([Document("d", "Hà Nội")], [Document("d", "Hà Nội", (Entity("1", 0, 6, "PLACE"),))]).spans
    assert found.by_label["PLACE"] == Counts(0, 1, 0)
    assert found.micro == Counts(0, 1, 0)


def test_documents_are_matched_by_id() -> None:
    """The order of a prediction doesn't matter; the pairs come in the order of the gold."""
    gold = [marked("[Hoa|PERSON]", name="a"), marked("[Bí thư|ROLE]", name="b")]
    assert pairs(gold, gold[::-1]) == [(gold[0], gold[0]), (gold[1], gold[1])]
    assert score(gold, gold[::-1]).spans.micro == Counts(2, 0, 0)


def test_missing_prediction() -> None:
    """Gold documents without a prediction are named, the first three of them."""
    gold = [Document(name, "a") for name in "vwxyz"]
    with pytest.raises(PairingError, match=r"^no prediction for documents 'w', 'x', 'y' and 1 more of the gold$"):
        score(gold, gold[:1])


def test_strange_prediction() -> None:
    """A predicted document that the gold lacks is named."""
    with pytest.raises(PairingError, match=r"^the gold lacks document 'b' of the prediction$"):
        score([Document("a", "a")], [Document("a", "a"), Document("b", "b")])


@pytest.mark.parametrize("side", ["gold", "predicted"])
def test_an_id_twice(side: str) -> None:
    """Two documents with one id can't be matched, on either side."""
    one, two = [Document("a", "a")], [Document("a", "a"), Document("a", "b")]
    with pytest.raises(PairingError, match=f"^two {side} documents have the id 'a'$"):
        score(*((two, one) if side == "gold" else (one, two)))


def test_other_text() -> None:
    """Texts that differ are shown from the first difference on."""
    with pytest.raises(PairingError, match=r"^document 'a': .* differ from offset 4 on: 'ội' and 'am'$"):
        score([Document("a", "Hà Nội")], [Document("a", "Hà Nam")])


def test_longer_text() -> None:
    """A text that only goes on further differs where the shorter ends."""
    with pytest.raises(PairingError, match=r"differ from offset 2 on: '' and '\\n'$"):
        score([Document("a", "Hà")], [Document("a", "Hà\n")])


def test_to_dict() -> None:
    """Counts and figures of the worked example as JSON has them."""
    found = score([GOLD], [PREDICTED]).to_dict()
    assert found["documents"] == 1
    assert found["spans"]["by_label"]["DATE"] == {
        "true_positive": 1,
        "false_positive": 1,
        "false_negative": 1,
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
        "support": 2,
    }
    assert found["relations"]["micro"]["f1"] == pytest.approx(0.4)
    assert set(found["relations"]["macro"]) == {"precision", "recall", "f1", "support"}
    assert list(found["relations"]["by_label"]) == list(RELATION_TYPES)


@st.composite
def related(draw: st.DrawFn, name: str) -> Document:
    """A document of four words with a few spans and relations of any labels, drawn from so few that many coincide."""
    entities = draw(
        st.lists(
            st.tuples(st.sampled_from([(0, 1), (2, 3), (0, 3), (4, 5)]), st.sampled_from(["PERSON", "ROLE"])),
            max_size=5,
        )
    )
    ids = st.integers(0, len(entities) - 1).map(str)
    relations = st.lists(st.builds(Relation, ids, ids, st.sampled_from(RELATION_TYPES)), max_size=6)
    return Document(
        name,
        "a b c d",
        tuple(Entity(str(n), start, end, label) for n, ((start, end), label) in enumerate(entities)),
        tuple(draw(relations)) if entities else (),
    )


def naive_relation_counts(gold: list[Document], predicted: list[Document], label: str) -> Counts:
    """Every relation written out as a line, sorted; in a run of equal lines, who wrote them decides."""
    written = []
    for side, documents in (("gold", gold), ("predicted", predicted)):
        for document in documents:
            ends = {e.id: f"{e.label} {e.start}:{e.end}" for e in document.entities}
            written += [
                (f"{document.id} {ends[r.head]} {ends[r.tail]}", side) for r in document.relations if r.label == label
            ]
    written = [line for line, after in pairwise([*sorted(written), ("", "")]) if line != after]
    sides = [[side for line, side in written if line == key] for key in dict(written)]
    return Counts(sides.count(["gold", "predicted"]), sides.count(["predicted"]), sides.count(["gold"]))


@EXAMPLES
@given(st.tuples(related("a"), related("b")), st.tuples(related("a"), related("b")))
def test_relations_equal_a_naive_count(gold: tuple[Document, ...], predicted: tuple[Document, ...]) -> None:
    """Rel+ counts of random documents, two a side, are those of a second computation that shares no code."""
    found = score(gold, predicted).relations
    for label in RELATION_TYPES:
        assert found.by_label[label] == naive_relation_counts([*gold], [*predicted], label)
