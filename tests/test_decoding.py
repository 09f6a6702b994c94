"""From scores to spans and relations."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vipol.decoding import Decoder, Floats, choices, log_softmax, softmax, spans, trim
from vipol.schema import LABELS, OUTSIDE, TAGS

FEW = ("O", "B-ORG", "I-ORG", "B-DATE", "I-DATE")


def allowed(tags: list[str]) -> bool:
    """Whether IOB2 allows a tagging."""
    before = [OUTSIDE, *tags]
    return all(
        not new.startswith("I-") or old in (f"B-{new[2:]}", new) for old, new in zip(before[:-1], tags, strict=True)
    )


def best_of_all(tags: tuple[str, ...], scores: Floats) -> float:
    """The score of the best allowed tagging, from looking at every one."""
    paths = np.array(list(product(range(len(tags)), repeat=len(scores))))
    totals = scores[np.arange(len(scores)), paths].sum(axis=1)
    order = np.argsort(-totals)
    return next(float(totals[n]) for n in order if allowed([tags[tag] for tag in paths[n]]))


def total(scores: Floats, path: NDArray[np.int64]) -> float:
    return float(scores[np.arange(len(path)), path].sum())


def scored(*tags: str) -> Floats:
    """Log probabilities that make each of these tags by far the likeliest of its word."""
    scores = np.full((len(tags), len(TAGS)), -9.0)
    for n, tag in enumerate(tags):
        scores[n, TAGS.index(tag)] = -0.001
    return scores


@given(seed=st.integers(0, 1 << 32), words=st.integers(1, 3), spread=st.sampled_from([0.1, 1.0, 10.0]))
def test_best_is_the_best_of_all(seed: int, words: int, spread: float) -> None:
    """Over all five labels no allowed tagging of up to three words scores higher."""
    scores = log_softmax(np.random.default_rng(seed).normal(0, spread, (words, len(TAGS))))
    path = Decoder(TAGS).best(scores)
    assert allowed([TAGS[tag] for tag in path])
    assert total(scores, path) == pytest.approx(best_of_all(TAGS, scores))


@given(seed=st.integers(0, 1 << 32), words=st.integers(1, 6))
def test_best_is_the_best_of_all_in_longer_lines(seed: int, words: int) -> None:
    """With two labels, up to six words."""
    scores = log_softmax(np.random.default_rng(seed).normal(0, 2, (words, len(FEW))))
    path = Decoder(FEW).best(scores)
    assert allowed([FEW[tag] for tag in path])
    assert total(scores, path) == pytest.approx(best_of_all(FEW, scores))


@given(seed=st.integers(0, 1 << 32))
def test_order_of_tags_does_not_matter(seed: int) -> None:
    """A model whose tags stand in another order is decoded alike."""
    generator = np.random.default_rng(seed)
    scores, order = generator.normal(0, 3, (8, len(TAGS))), generator.permutation(len(TAGS))
    shuffled = Decoder([TAGS[n] for n in order])
    path = Decoder(TAGS).best(scores)
    assert [shuffled.tags[tag] for tag in shuffled.best(scores[:, order])] == [TAGS[tag] for tag in path]


def test_greedy_and_allowed() -> None:
    """Where the likeliest tag of every word makes an allowed tagging, that is the tagging."""
    tags = ["O", "B-ROLE", "I-ROLE", "B-ROLE", "B-ORG", "I-ORG", "O"]
    decoder = Decoder(TAGS)
    assert [TAGS[tag] for tag in decoder.best(scored(*tags))] == tags


@given(seed=st.integers(0, 1 << 32))
def test_shortcut_equals_the_full_search(seed: int) -> None:
    """A line that is decoded alone, by the shortcut, is decoded alike behind a line that forces the full search.

    The line in front ends in O, and its own tags are all but certain, so that it does not change what follows.
    """
    generator = np.random.default_rng(seed)
    tags, label = [], ""
    for n in generator.integers(0, len(TAGS) + 3, 8):
        tag = TAGS[n] if n < len(TAGS) else f"I-{label}"
        if tag == "I-" or (tag.startswith("I-") and tag[2:] != label):
            tag = OUTSIDE
        label = "" if tag == OUTSIDE else tag[2:]
        tags.append(tag)
    assert allowed(tags)
    decoder = Decoder(TAGS)
    alone = decoder.best(scored(*tags))
    searched = decoder.best(np.concatenate([scored("I-ORG", OUTSIDE), scored(*tags)]))
    assert searched[2:].tolist() == alone.tolist() == [TAGS.index(tag) for tag in tags]


def test_inside_without_its_beginning_is_mended() -> None:
    """A stray I tag becomes whatever costs least: here the B that is nearly as likely at the word before."""
    scores = scored("O", "I-PERSON", "O")
    scores[0, TAGS.index("B-PERSON")] = -0.5
    assert [TAGS[tag] for tag in Decoder(TAGS).best(scores)] == ["B-PERSON", "I-PERSON", "O"]


def test_inside_of_another_label_is_mended() -> None:
    """An I tag does not follow the B tag of another label."""
    scores = scored("B-ROLE", "I-ORG")
    scores[0, TAGS.index("B-ORG")] = -0.7
    assert [TAGS[tag] for tag in Decoder(TAGS).best(scores)] == ["B-ORG", "I-ORG"]


def test_line_does_not_begin_inside() -> None:
    """The first word of a line has no I tag, however likely."""
    assert not TAGS[Decoder(TAGS).best(scored("I-DATE"))[0]].startswith("I-")


def test_equal_scores() -> None:
    """A network that knows nothing marks nothing."""
    assert Decoder(TAGS).best(np.zeros((4, len(TAGS)))).tolist() == [0] * 4


def test_extreme_scores() -> None:
    """Scores of a network gone wild still give an allowed tagging."""
    scores = log_softmax(np.array([[-1e3, 1e3], [1e3, -1e3], [0, 0]]) @ np.ones((2, len(TAGS))) + scored("I-ORG") * 1e3)
    assert allowed([TAGS[tag] for tag in Decoder(TAGS).best(scores)])


def test_spans_of_a_path() -> None:
    """A decoder gives the spans of its own tagging."""
    decoder = Decoder(TAGS)
    path = np.array([TAGS.index(tag) for tag in ("B-ROLE", "I-ROLE", "O", "B-ORG")])
    assert decoder.spans(path) == [(0, 2, "ROLE"), (3, 4, "ORG")]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], []),
        (["O", "O"], []),
        (["B-ORG"], [(0, 1, "ORG")]),
        (["O", "B-ORG", "I-ORG", "O"], [(1, 3, "ORG")]),
        (["B-ORG", "B-ORG", "I-ORG"], [(0, 1, "ORG"), (1, 3, "ORG")]),
        (["B-ROLE", "B-ORG"], [(0, 1, "ROLE"), (1, 2, "ORG")]),
        (["I-ORG", "I-ORG", "O"], []),
        (["B-ROLE", "I-ORG", "I-ROLE"], [(0, 1, "ROLE")]),
        (["B-ORG", "O", "I-ORG"], [(0, 1, "ORG")]),
    ],
)
def test_spans(tags: list[str], expected: list[tuple[int, int, str]]) -> None:
    """A span is a B tag and the I tags of its label that follow; any other I tag is passed over."""
    assert spans(tags) == expected


@given(st.lists(st.sampled_from(TAGS), max_size=12))
def test_spans_of_allowed_taggings(tags: list[str]) -> None:
    """An allowed tagging is written out again by its spans."""
    if allowed(tags):
        again = [OUTSIDE] * len(tags)
        for first, stop, label in spans(tags):
            again[first:stop] = [f"B-{label}", *[f"I-{label}"] * (stop - first - 1)]
        assert again == tags


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Quận ủy", "Quận ủy"),
        ("“Quận ủy”,", "Quận ủy"),
        (" (Quận ủy) ", "Quận ủy"),
        ("- Quận ủy...", "Quận ủy"),
        ("\xa0\u200bQuận ủy\ufeff\r\n", "Quận ủy"),
        ("\x00Quận\x1b", "Quận"),
        ("\u115f.Quận\ufe0f!\u034f", "Quận"),
        ("«Quận»", "Quận"),
        ("_a_", "a"),
        ("$500", "$500"),
        ("500 €", "500 €"),
        ("₫", "₫"),
        ("+5", "+5"),
        ("5%", "5"),
        ("TP.HCM.", "TP.HCM"),
        ("27/6", "27/6"),
        ("👍", "👍"),
    ],
)
def test_trim(text: str, left: str) -> None:
    """White space, punctuation and what is invisible go from the edges; currency signs and what is inside stay."""
    trimmed = trim(f"ông {text} bà", 4, 4 + len(text))
    assert trimmed is not None
    assert f"ông {text} bà"[slice(*trimmed)] == left


@pytest.mark.parametrize("text", ["", ".", "“”", " - ", "\u200b", "\r\n", "()[]{}", "\x07"])
def test_trim_of_everything(text: str) -> None:
    """A span of nothing but punctuation and white space is no span."""
    assert trim(f"a{text}b", 1, 1 + len(text)) is None


def test_choices() -> None:
    """Pairs of one chooser share its probability with "none", whose score is 0: e^ln3 : e^0 : 1 is 3 : 1 : 1."""
    assert choices([np.log(3), 0.0], ["r1", "r1"]) == pytest.approx([0.6, 0.2])


def test_choices_of_several() -> None:
    """What one chooser takes is nothing to another, wherever its pairs stand."""
    assert choices([0.0, 0.0, np.log(3), 0.0], ["r1", "r2", "r3", "r1"]) == pytest.approx([1 / 3, 0.5, 0.75, 1 / 3])


def test_choices_of_kinds() -> None:
    """A chooser is whatever can be hashed: a post chooses its person apart from its organisation."""
    assert choices([0.0, 0.0], [("HAS_ROLE", "e1"), ("ROLE_AT", "e1")]) == pytest.approx([0.5, 0.5])


def test_no_choices() -> None:
    """Nothing comes of nothing."""
    assert choices([], []) == []


@given(st.lists(st.tuples(st.floats(-1000, 1000), st.integers(0, 3)), max_size=12))
def test_choices_are_probabilities(pairs: list[tuple[float, int]]) -> None:
    """Each lies in [0, 1], those of one chooser sum to no more than 1, and a higher score is no less likely."""
    scores, choosers = [score for score, _ in pairs], [chooser for _, chooser in pairs]
    found = choices(scores, choosers)
    for chooser in set(choosers):
        own = sorted((score, share) for score, share, c in zip(scores, found, choosers, strict=True) if c == chooser)
        shares = [share for _, share in own]
        assert shares == sorted(shares)
        assert 0 <= shares[0] <= sum(shares) <= 1 + 1e-9


def test_log_softmax() -> None:
    """Probabilities over the last axis: e^0 : e^ln3 is one to three."""
    found = log_softmax(np.array([[0.0, np.log(3)], [5.0, 5.0]]))
    assert np.exp(found) == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert softmax(np.array([0.0, np.log(3)])) == pytest.approx(np.array([0.25, 0.75]))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_far_scores(kind: type[np.floating]) -> None:
    """Scores of +-1000 overflow nowhere, without so much as a warning."""
    scores = np.array([1000, -1000, 0], kind)
    assert log_softmax(scores).tolist() == [0, -2000, -1000]
    assert softmax(scores).tolist() == [1, 0, 0]
    assert choices(scores.tolist(), ["r1", "r2", "r3"]) == [1, 0, 0.5]


def test_labels_of_a_decoder() -> None:
    """A decoder of fewer labels than the scheme's gives only those."""
    decoder = Decoder(FEW)
    path = decoder.best(np.random.default_rng(1).normal(0, 4, (50, len(FEW))))
    assert {label for *_, label in decoder.spans(path)} == {"ORG", "DATE"} < set(LABELS)
