"""Measures: the worked example by hand, against nervaluate, and against a second way of counting relations."""

import os
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate import Evaluator
from test_scores import GOLD, PREDICTED, marked

from eval.measures import (
    BOUNDARIES,
    FACTS,
    GIVEN_RELATIONS,
    PARTIAL,
    SPANS,
    STRICT_RELATIONS,
    TYPE,
    Figures,
    Tally,
    facts,
    overlaps,
    tally,
)
from eval.scores import PairingError, score, triples
from vipol.document import Document, Entity, Relation
from vipol.schema import LABELS, RELATION_TYPES, relation_type

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)


def lines(counted: Tally, name: str) -> list[tuple[float, ...]]:
    """Credit, predicted and gold of a measure's lines, over all articles."""
    total = counted.counts.sum(axis=0)
    start = 0
    for measure in counted.measures:
        stop = start + (len(measure.labels) or 1)
        if measure.name == name:
            return [tuple(line) for line in total[start:stop].tolist()]
        start = stop
    raise AssertionError(f"no measure {name}")


def figure(counted: Tally, name: str, row: str) -> Figures:
    return next(
        f for r, f in zip(counted.rows, counted.figures(), strict=True) if (r.measure.name, r.name) == (name, row)
    )


def test_worked_example_spans() -> None:
    """The five lines of `test_scores`, whose strict counts are derived there; 16 gold spans, 17 predicted ones.

    Edges alone: to the 11 that are right in all comes Chính phủ, whose label alone is wrong: 12.
    Partial: those 12, and half for each of Sáng 23/6, Phó Chủ tịch, and the first of the two spans that Ban Tổ chức
    Trung ương was split into, which takes it: 12 + 3 / 2 = 13.5. `nói` overlaps nothing, and Lê Minh has no prediction.
    Type: the 11, and 23/6, Chủ tịch and Ban Tổ chức, which overlap a span of their label: 14. Chính phủ has another.
    """
    counted = tally([GOLD], [PREDICTED])
    assert lines(counted, "spans") == [(3, 4, 4), (3, 5, 4), (3, 5, 5), (1, 2, 2), (1, 1, 1)]
    assert lines(counted, BOUNDARIES.name) == [(12, 17, 16)]
    assert lines(counted, PARTIAL.name) == [(13.5, 17, 16)]
    assert lines(counted, TYPE.name) == [(14, 17, 16)]
    of_type = figure(counted, TYPE.name, "all")
    assert (of_type.precision, of_type.recall, of_type.f1) == pytest.approx((14 / 17, 14 / 16, 28 / 33))


def test_worked_example_relations() -> None:
    """The same five lines; Rel+ is derived in `test_scores`: HAS_ROLE 2 of 4 and 4, ROLE_AT 1 of 3 and 4.

    Rel: no relation's end has right edges and a wrong label, so it is the same.
    Facts: gold has Hoa, Bí thư, Quận ủy Cầu Giấy; Khuyến, Chủ tịch, UBND quận; Huệ, Phó Chủ tịch, HĐND thành phố; Minh,
    Phó Trưởng ban, Ban Tổ chức Trung ương. The prediction has Hoa's; Khuyến, Bí thư, Quận ủy Cầu Giấy (of line 1); Huệ,
    Chủ tịch, HĐND thành phố. Khuyến's own post has no organisation there, Phó Trưởng ban no person: 1 of 3 and 4.
    """
    counted = tally([GOLD], [PREDICTED])
    assert lines(counted, "relations") == [(2, 4, 4), (1, 3, 4)]
    assert lines(counted, "boundary_relations") == [(2, 4, 4), (1, 3, 4)]
    assert lines(counted, FACTS.name) == [(1, 3, 4)]
    assert figure(counted, "relations", "micro").f1 == pytest.approx(6 / 15)
    assert figure(counted, "relations", "macro").f1 == pytest.approx((4 / 8 + 2 / 7) / 2)


def test_rel_forgives_a_label() -> None:
    """Where a post is taken for an organisation, the relation's edges are right and its spans are not."""
    gold = marked("[An|PERSON] [Bí thư|ROLE]", (1, 2))
    wrong = replace(gold, entities=(gold.entities[0], replace(gold.entities[1], label="ORG")))
    counted = tally([gold], [wrong])
    assert lines(counted, "relations") == [(0, 1, 1), (0, 0, 0)]
    assert lines(counted, "boundary_relations") == [(1, 1, 1), (0, 0, 0)]


def test_a_pair_never_considered_is_missed() -> None:
    """A gold relation counts as missed though the prediction has neither of its spans."""
    gold = marked("[An|PERSON] [Bí thư|ROLE] [Quận ủy|ORG]", (1, 2), (2, 3))
    counted = tally([gold], [gold.bare()])
    assert lines(counted, "relations") == [(0, 0, 1), (0, 0, 1)]
    assert figure(counted, "relations", "micro").recall == 0.0
    assert lines(counted, FACTS.name) == [(0, 0, 1)]


def test_relations_between_gold_spans() -> None:
    """What was found between the gold spans is counted by itself, and left out where nobody was asked."""
    gold = marked("[An|PERSON] [Bí thư|ROLE] [Quận ủy|ORG]", (1, 2), (2, 3))
    given = replace(gold, relations=gold.relations[:1])
    assert lines(tally([gold], [gold.bare()], [given]), GIVEN_RELATIONS.name) == [(1, 1, 1), (0, 0, 1)]
    assert GIVEN_RELATIONS.name not in {m.name for m in tally([gold], [gold]).measures}


def test_facts_are_chains() -> None:
    """Two persons of one post in two organisations are four facts; a post without an organisation is none."""
    document = marked(
        "[An|PERSON], [Bình|PERSON] [Ủy viên|ROLE] [Quận ủy|ORG], [HĐND|ORG]; [Chi|PERSON] [Bí thư|ROLE]",
        *((1, 3), (2, 3), (3, 4), (3, 5), (6, 7)),
    )
    assert len(facts(document)) == 4


def test_every_article_is_counted_by_itself() -> None:
    """Each article has its own counts; together they are the sum."""
    second = replace(GOLD, id="second")
    counted = tally([GOLD, second], [PREDICTED, second])
    assert counted.documents == ("d", "second")
    assert counted.counts[0].tolist() == tally([GOLD], [PREDICTED]).counts[0].tolist()
    assert counted.counts[1].tolist() == tally([second], [second]).counts[0].tolist()


def test_same_as_the_strict_scores() -> None:
    """Strict spans and Rel+ are those of `eval.scores`."""
    counted, scores = tally([GOLD], [PREDICTED]), score([GOLD], [PREDICTED])
    for name, breakdown in ((SPANS.name, scores.spans), (STRICT_RELATIONS.name, scores.relations)):
        for row, expected in (("micro", breakdown.micro), ("macro", breakdown.macro), *breakdown.by_label.items()):
            found = figure(counted, name, row)
            assert (found.precision, found.recall, found.f1, found.support) == pytest.approx(
                (expected.precision, expected.recall, expected.f1, expected.support)
            )


def test_labels_beside_the_scheme_have_lines() -> None:
    """Nothing that stands in gold or prediction is passed over."""
    counted = tally([marked("[Hà Nội|ORG]")], [marked("[Hà Nội|LOC]")])
    names = [row.name for row in counted.rows if row.measure.name == "spans"]
    assert names == [*LABELS, "LOC", "micro", "macro"]
    assert figure(counted, "spans", "LOC") == Figures(0.0, 0.0, 0.0, 0.0)


def test_nothing_at_all() -> None:
    """Without spans every figure is 0, and no macro mean is taken over labels that nobody has."""
    empty = Document("d", "Hà Nội")
    assert {f.f1 for f in tally([empty], [empty]).figures()} == {0.0}
    assert np.isnan(tally([empty], [empty]).ratios(np.zeros((20, 3)))).any()


def test_other_articles_are_refused() -> None:
    """Gold and prediction, and tallies that are added, are of the same articles."""
    with pytest.raises(PairingError):
        tally([GOLD], [])
    with pytest.raises(ValueError, match="other articles"):
        _ = tally([GOLD], [GOLD]) + tally([replace(GOLD, id="e")], [replace(GOLD, id="e")])


def test_seeds_are_added() -> None:
    """Two predictions of one gold count together, the gold twice."""
    both = tally([GOLD], [PREDICTED]) + tally([GOLD], [GOLD])
    assert figure(both, "spans", "micro").f1 == pytest.approx(2 * 27 / (17 + 16 + 32))


@st.composite
def spans_of(draw: st.DrawFn) -> tuple[Entity, ...]:
    """Spans that don't overlap, over forty letters."""
    edges = sorted(draw(st.sets(st.integers(0, 40), max_size=16)))
    return tuple(
        Entity(f"e{n}", start, end, draw(st.sampled_from(LABELS[:3])))
        for n, (start, end) in enumerate(zip(edges[::2], edges[1::2], strict=False), 1)
    )


@EXAMPLES
@given(st.lists(st.tuples(spans_of(), spans_of()), min_size=1, max_size=3))
def test_equal_to_nervaluate(sides: list[tuple[tuple[Entity, ...], tuple[Entity, ...]]]) -> None:
    """Strict, exact, partial and type figures of random spans are nervaluate's."""
    gold = [Document(str(n), "a" * 41, one) for n, (one, _) in enumerate(sides)]
    predicted = [Document(str(n), "a" * 41, other) for n, (_, other) in enumerate(sides)]
    # nervaluate's offsets include the end.
    theirs = Evaluator(
        *(
            [[{"label": e.label, "start": e.start, "end": e.end - 1} for e in d.entities] for d in side]
            for side in (gold, predicted)
        ),
        tags=[*LABELS],
        loader="dict",
    ).evaluate()["overall"]
    counted = tally(gold, predicted)
    for ours, name in (
        (figure(counted, "spans", "micro"), "strict"),
        (figure(counted, BOUNDARIES.name, "all"), "exact"),
        (figure(counted, PARTIAL.name, "all"), "partial"),
        (figure(counted, TYPE.name, "all"), "ent_type"),
    ):
        wanted = theirs[name]
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx((wanted.precision, wanted.recall, wanted.f1))


def test_an_earlier_span_takes_what_it_overlaps() -> None:
    """As in nervaluate: what one span took is gone for the next, so the second of a split earns nothing."""
    assert overlaps([(0, 10, "ORG")], [(0, 4, "ORG"), (5, 10, "ORG")]) == (0.5, 1)


def test_type_takes_the_nearest() -> None:
    """Of two gold spans of its label that a long span overlaps, the one with nearer edges is taken."""
    assert overlaps([(0, 2, "ORG"), (3, 10, "ORG")], [(0, 10, "ORG"), (11, 12, "ORG")]) == (0.5, 1)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document with random spans and some of the relations that they allow."""
    entities = draw(spans_of())
    possible = [
        (head.id, tail.id, kind)
        for head, tail in product(entities, entities)
        if (kind := relation_type(head.label, tail.label))
    ]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    return Document("d", "a" * 41, entities, tuple(Relation(*relation) for relation in chosen))


@EXAMPLES
@given(documents(), documents())
def test_relations_counted_a_second_way(gold: Document, predicted: Document) -> None:
    """Rel and Rel+ of random documents, by looking for each relation's like among the others."""

    def alike(one: tuple, other: tuple, strict: bool) -> bool:  # type: ignore[type-arg]
        (head, kind, tail), (other_head, other_kind, other_tail) = one, other
        edges = head[:2] == other_head[:2] and tail[:2] == other_tail[:2] and kind == other_kind
        return edges and (not strict or (head[2], tail[2]) == (other_head[2], other_tail[2]))

    counted = tally([gold], [predicted])
    for name, strict in (("relations", True), ("boundary_relations", False)):
        for kind, line in zip(RELATION_TYPES, lines(counted, name), strict=True):
            ours = [t for t in triples(gold) if t[1] == kind]
            theirs = [t for t in triples(predicted) if t[1] == kind]
            found = sum(any(alike(one, other, strict) for other in theirs) for one in ours)
            assert line == (found, len(theirs), len(ours))
