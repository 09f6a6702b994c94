"""The order of articles for annotators: who comes first, what the measure counts, which model may not be asked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_extractor import LN3, SURE, Scripted, scripted
from test_text import HOSTILE

from annotations.order import ORDERS, caution, least_sure_first, order, uncertainty
from eval.provenance import text_hash
from vipol.document import Document
from vipol.doubt import Doubt, wrong_choices, wrong_tags
from vipol.encoding import Batch, Pieces
from vipol.extractor import Extractor
from vipol.schema import RELATION_TYPES

TAGGED = {"Hoa": "B-PERSON", "Bí": "B-ROLE", "Sở": "B-ORG"}
MISSED = 10 / (np.exp(SURE) + 10)
"""Probability that a word's tag is another one than the scripted one, of eleven."""


class Puzzled(Scripted):
    """Finds every tag as likely as the others for the word "Hả"."""

    def __call__(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        tags, pairs = super().__call__(batch)
        ids = np.take_along_axis(batch.input_ids, batch.firsts, 1)
        tags[np.isin(ids, list(self._firsts("Hả")))] = 0
        return tags, pairs


@pytest.fixture
def puzzled(pieces: Pieces) -> Extractor:
    extractor = scripted(pieces, TAGGED)
    extractor.runtime = Puzzled(pieces, TAGGED)
    return extractor


def articles(*texts: str) -> list[Document]:
    return [Document(str(n), text) for n, text in enumerate(texts)]


def ids(documents: list[Document]) -> str:
    return "".join(document.id for document in documents)


def test_uncertain(puzzled: Extractor) -> None:
    """The article with most words that puzzle the model comes first, the one with none last."""
    found = order(articles("Hoa nói.", "Hả Hả Hả", "Hả Hoa nói.", "Hả Hả Hoa nói."), "uncertain", puzzled)
    assert ids(found) == "1320"


def test_long_before_short(puzzled: Extractor) -> None:
    """Of two articles that puzzle alike word by word, the longer is the more work and comes first."""
    assert ids(order(articles("Hả Hoa.", "Hả Hoa.\n" * 40), "uncertain", puzzled)) == "10"


def test_as_sure_as_of_others(puzzled: Extractor) -> None:
    """Articles of which the model is as sure stay as they came."""
    assert ids(order(articles("Hoa nói.", "Hả", "Hoa nói.", "Hoa nói."), "uncertain", puzzled)) == "1023"


def test_gold_is_kept_and_not_looked_at(puzzled: Extractor, short_news: list[Document]) -> None:
    """Documents come back with what they had marked, and that has no part in the order."""
    found = order(short_news, "uncertain", puzzled)
    assert sorted(found, key=lambda d: d.id) == short_news
    bare = order([document.bare() for document in short_news], "uncertain", puzzled)
    assert [document.id for document in found] == [document.id for document in bare]


@given(st.lists(st.floats(0, 100), max_size=8), st.integers(0, 2**32))
def test_every_order_is_a_permutation(doubts: list[float], seed: int) -> None:
    """No article is lost or given twice, and a seed always gives the same order."""
    documents = articles(*["Hoa"] * len(doubts))
    ranked = least_sure_first(zip(documents, [Doubt(1, tags) for tags in doubts], strict=True))
    assert [doubts[int(document.id)] for document in ranked] == sorted(doubts, reverse=True)
    for found in (ranked, order(documents, "given"), order(documents, "random", seed=seed)):
        assert sorted(found, key=lambda document: int(document.id)) == documents
    assert order(documents, "given") == documents
    assert order(documents, "random", seed=seed) == order(documents, "random", seed=seed)


def test_seeds_differ() -> None:
    """Another seed is another random order."""
    documents = articles(*["Hoa"] * 20)
    assert len({ids(order(documents, "random", seed=seed)) for seed in range(5)}) == 5


def test_refused() -> None:
    """An order that there is not, and one that takes a model without one."""
    with pytest.raises(ValueError, match=r"^sorted: no such order; there are given, random, uncertain$"):
        order([], "sorted")
    with pytest.raises(ValueError, match=r"^the order uncertain takes a model to ask$"):
        order([], "uncertain")
    assert all(order([], name) == [] for name in ORDERS[:2])


def test_words_that_are_expected_wrong(pieces: Pieces) -> None:
    """Each word adds the probability that its tag is another; words are counted, lines and blanks are not."""
    ((document, doubt),) = scripted(pieces, TAGGED).assess_many(["Hoa nói.\n\nThôi"])
    assert [entity.label for entity in document.entities] == ["PERSON"]
    assert doubt.words == 4
    assert doubt.tags == pytest.approx(4 * MISSED)
    assert doubt.relations == 0
    assert uncertainty(doubt) == doubt.errors == pytest.approx(4 * MISSED)


@pytest.mark.parametrize("score", [LN3, -LN3])
def test_relations_that_are_expected_wrong(pieces: Pieces, score: float) -> None:
    """A pair that is taken at 75 % is wrong at 25, and one that is left at 25 % as well; their types stand apart."""
    model = scripted(pieces, TAGGED, {("Hoa", "Bí"): score, ("Bí", "Sở"): -LN3})
    ((document, doubt),) = model.assess_many(["Hoa Bí Sở"])
    assert len(document.relations) == (score > 0)
    assert doubt.relations == pytest.approx(0.5, abs=2e-3)
    assert doubt.errors == doubt.tags + doubt.relations
    ((_, apart),) = model.assess_many(["Hoa\nBí\nSở"])
    assert apart.relations == 0


def test_a_word_in_two_windows_counts_once(pieces: Pieces) -> None:
    """A line that is cut into windows with overlap is no more doubtful than its words."""
    ((_, doubt),) = scripted(pieces, TAGGED, window=16).assess_many(["nói " * 50])
    assert (doubt.words, doubt.tags) == (50, pytest.approx(50 * MISSED))


def test_arithmetic() -> None:
    """The measure by hand."""
    assert wrong_tags(np.array([1.0, 0.5, 0.25])) == 1.25
    assert wrong_choices([0.75, 0.25, 1.0], [True, False, False]) == 1.5
    assert Doubt(3, 1.0, 0.5) + Doubt(2, 0.25) == Doubt(5, 1.25, 0.5)


@settings(max_examples=40, deadline=None)
@given(HOSTILE)
def test_on_any_text(tiny_model: Path, text: str) -> None:
    """The documents are those of `extract_many`; from none to all of the words are expected wrong."""
    extractor = _loaded(tiny_model)
    ((document, doubt),) = extractor.assess_many([text])
    assert document == extractor.extract(text)
    assert 0 <= doubt.tags <= doubt.words
    assert 0 <= doubt.relations <= len(RELATION_TYPES) * len(document.entities) ** 2


_MODELS: dict[Path, Extractor] = {}


def _loaded(folder: Path) -> Extractor:
    return _MODELS.setdefault(folder, Extractor.load(folder, device="cpu"))


def test_streams(pieces: Pieces) -> None:
    """Articles are read as they are asked for, a little ahead, not all at once."""
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield "Hoa nói."

    assessed = scripted(pieces, TAGGED).assess_many(endless())
    document, doubt = next(assessed)
    assert (document.text, doubt.words) == ("Hoa nói.", 3)
    assert read < 100


def test_caution(tmp_path: Path) -> None:
    """A model that learnt from some of the articles, or does not tell, is warned of; any other is not."""
    documents = articles("Hoa nói.", "Bí thư", "Sở")
    assert caution(tmp_path, documents).startswith(f"{tmp_path}: does not tell what it learnt from; ")
    told = tmp_path / "trained_on.json"
    told.write_text(json.dumps([text_hash("Thôi.")]), encoding="utf-8")
    assert caution(tmp_path, documents) == ""
    told.write_text(json.dumps([text_hash(" Bí  thư\n"), text_hash("Sở")]), encoding="utf-8")
    assert caution(tmp_path, documents).startswith(f"{tmp_path}: learnt from 2 of these 3 articles (1 is one), ")
    told.write_text("[", encoding="utf-8")
    with pytest.raises(ValueError, match="not a JSON list of hashes"):
        caution(tmp_path, documents)


def test_the_embedded_model_knows_the_seeds() -> None:
    """The model that is shipped has learnt from the seeds, and says so; a text of today it has not seen."""
    from annotations.gold import read_gold
    from vipol.extractor import DEFAULT

    seeds = read_gold(Path(__file__).parent.parent / "annotations" / "gold")
    new = replace(seeds[0], id="new", text="Hoa nói.", entities=(), relations=())
    assert "learnt from 5 of these 6 articles" in caution(DEFAULT, [*seeds, new])
    assert caution(DEFAULT, [new]) == ""
