"""Where two annotations differ, and in what way. Takes 1 second."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from test_agreement import FIRST, ORG, PERSON, ROLE

from annotations.differences import Difference, Kind, differences, span_set
from vipol.document import Document, Entity
from vipol.schema import LABELS


def between(first: str, second: str) -> list[tuple[Kind, list[str], list[str]]]:
    """Differences of two annotations of ten letters, given as "0-3 ORG, 5-6 ROLE"; sides as "0-3 ORG"."""

    def document(said: str) -> Document:
        spans = [part.replace("-", " ").split() for part in said.split(", ") if part]
        entities = tuple(Entity(str(n), int(a), int(b), label) for n, (a, b, label) in enumerate(spans))
        return Document("d", "abcdefghij", entities)

    found = differences(document(first), document(second))
    return [(item.kind, *([f"{a}-{b} {label}" for a, b, label in side] for side in item.spans)) for item in found]


def test_same() -> None:
    """An annotation does not differ from itself."""
    assert differences(FIRST, FIRST) == []


def test_label() -> None:
    """The same edges with another label are one difference."""
    assert between("0-3 ORG", "0-3 ROLE") == [(Kind.LABEL, ["0-3 ORG"], ["0-3 ROLE"])]


def test_edges() -> None:
    """Spans that overlap are one difference, the labels the same or not; spans that only touch are two."""
    assert between("0-3 ORG", "1-4 ORG") == [(Kind.EDGES, ["0-3 ORG"], ["1-4 ORG"])]
    assert between("0-3 ORG", "0-4 ROLE") == [(Kind.EDGES_AND_LABEL, ["0-3 ORG"], ["0-4 ROLE"])]
    assert between("0-3 ORG", "3-4 ORG") == [(Kind.ONLY, ["0-3 ORG"], []), (Kind.ONLY, [], ["3-4 ORG"])]


def test_one_against_two() -> None:
    """A long span against two parts of it is one difference with three spans."""
    assert between("0-9 ROLE", "0-3 ROLE, 4-9 ORG") == [(Kind.EDGES_AND_LABEL, ["0-9 ROLE"], ["0-3 ROLE", "4-9 ORG"])]


def test_only_one() -> None:
    """A span that nothing stands against is a difference of its own, also where it overlaps what both have."""
    assert between("0-3 ORG", "0-3 ORG, 2-5 ROLE") == [(Kind.ONLY, [], ["2-5 ROLE"])]
    assert between("0-5 ORG, 1-2 ROLE", "") == [(Kind.ONLY, ["0-5 ORG"], []), (Kind.ONLY, ["1-2 ROLE"], [])]


def test_relations() -> None:
    """A relation whose ends both have is told apart from one that the other could not draw; each has its own offset."""
    without = replace(FIRST, relations=FIRST.relations[:1])
    name, post, body = PERSON.span, ROLE.span, ORG.span
    assert differences(without, FIRST) == [
        Difference("a", 0, Kind.RELATION, relations=((), ((name, "HAS_ROLE", post),))),
    ]
    found = differences(replace(FIRST, entities=(ROLE, replace(ORG, end=14), PERSON)), FIRST)
    short = (7, 14, "ORG")
    assert found == [
        Difference("a", 0, Kind.RELATION_BY_END, relations=((), ((post, "ROLE_AT", body),))),
        Difference("a", 0, Kind.RELATION_BY_END, relations=(((post, "ROLE_AT", short),), ())),
        Difference("a", 7, Kind.EDGES, (((7, 14, "ORG"),), (body,))),
    ]
    assert [item.labels for item in found] == [("ROLE_AT",), ("ROLE_AT",), ("ORG",)]


SPANS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 9), st.sampled_from(LABELS[:3])).filter(lambda s: s[0] < s[1]),
    max_size=8,
)


@given(SPANS, SPANS)
def test_every_span_once(first: list[tuple[int, int, str]], second: list[tuple[int, int, str]]) -> None:
    """Each span that only one side has stands in one difference, on its side; swapped sides swap the differences."""
    one, other = (
        Document("d", "abcdefghij", tuple(Entity(str(n), *span) for n, span in enumerate(side)))
        for side in (first, second)
    )
    found = differences(one, other)
    for side, (these, those) in enumerate([(one, other), (other, one)]):
        assert Counter(s for item in found for s in item.spans[side]) == Counter(span_set(these) - span_set(those))
    assert [item.offset for item in found] == sorted(item.offset for item in found)

    def grouped(items: list[Difference], turned: bool) -> set[object]:
        return {
            (item.kind, item.spans[::-1] if turned else item.spans) for item in items if item.kind is not Kind.LABEL
        }

    assert grouped(found, False) == grouped(differences(other, one), True)
