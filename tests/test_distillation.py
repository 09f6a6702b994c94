"""Articles without gold: which are chosen, and what teachers make of them."""

import json
import lzma
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from eval.provenance import text_hash
from train.distillation import articles, distil
from train.examples import Example
from vipol.document import DocumentError
from vipol.encoding import Batch, Pieces, encode
from vipol.schema import RELATION_TYPES, TAGS

FILLER = "hôm nay trời đẹp và đường phố đông người qua lại "
DENSE = "Bí thư và Chủ tịch UBND gặp " * 12
SPARSE = "Bí thư đi thăm dân " + FILLER * 8
NONE = FILLER * 8
HAS_ROLE = RELATION_TYPES.index("HAS_ROLE")


class Teacher:
    """A runtime with scores of its own for every word, by the word's first sub-token, and for every pair alike."""

    name = device = "teacher"

    def __init__(self, scores: Callable[[int], np.ndarray], pair_score: float = 0.0) -> None:
        self._scores, self._pair_score = scores, pair_score

    def __call__(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        firsts = np.take_along_axis(batch.input_ids, batch.firsts, axis=1)
        tags = np.array([[self._scores(int(first)) for first in row] for row in firsts], np.float32)
        count, width = batch.firsts.shape
        return tags, np.full((count, len(RELATION_TYPES), width, width), self._pair_score, np.float32)


def by_word(pieces: Pieces, text: str, tags: Sequence[str], sure: float) -> Callable[[int], np.ndarray]:
    """Scores that give each word of a text its tag with a probability, and the rest of the probability to O."""
    window = encode(text, pieces, 1 << 12).windows[0]
    wanted = dict(zip(window.ids[window.firsts].tolist(), tags, strict=True))

    def scores(first: int) -> np.ndarray:
        probabilities = np.full(len(TAGS), 1e-9)
        probabilities[TAGS.index("O")] += 1 - sure
        probabilities[TAGS.index(wanted.get(first, "O"))] += sure
        return np.log(probabilities)

    return scores


def random_scores(seed: int) -> Callable[[int], np.ndarray]:
    return lambda first: np.random.default_rng([seed, first]).normal(size=len(TAGS))


def softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores) / np.exp(scores).sum()


def pairs(example: Example) -> dict[tuple[int, int, int], float]:
    return {tuple(pair): float(target) for pair, target in zip(example.pairs.tolist(), example.related, strict=True)}


def write(path: Path, lines: Sequence[str]) -> Path:
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(lzma.compress(content) if path.suffix == ".xz" else content)
    return path


@pytest.mark.parametrize("name", ["news.jsonl", "news.jsonl.xz"])
def test_densest_articles(tmp_path: Path, name: str) -> None:
    """Of a file, plain or packed, the articles with most posts and bodies to a word stay, in the file's order."""
    texts = [NONE, SPARSE, NONE + "!", DENSE]
    path = write(tmp_path / name, [json.dumps({"text": text, "title": "x"}) for text in texts])
    assert articles(path, 1) == [DENSE]
    assert articles(path, 2) == [SPARSE, DENSE]
    assert articles(path, 3) == [NONE, SPARSE, DENSE]
    assert articles(path, 100) == texts


def test_articles_with_gold(tmp_path: Path) -> None:
    """A text that there is gold for is not marked, be its white space another; the next densest takes its place."""
    path = write(tmp_path / "news.jsonl", [json.dumps({"text": text}) for text in (NONE, SPARSE, DENSE)])
    assert articles(path, 1, {text_hash(DENSE)}) == [SPARSE]
    assert articles(path, 3, {text_hash(f"{DENSE}\n"), text_hash(SPARSE)}) == [NONE]


def test_short_articles(tmp_path: Path) -> None:
    """A text of less than sixty syllables is left out, however dense; a blank line is passed over."""
    texts = ["Bí thư " * 29, "Bí thư " * 30]
    path = write(tmp_path / "news.jsonl", [json.dumps({"text": texts[0]}), "", json.dumps({"text": texts[1]})])
    assert articles(path, 10) == [texts[1]]


@pytest.mark.parametrize("line", ["{", "[]", '"text"', "{}", '{"text": 3}', '{"text": null}'])
def test_no_article(tmp_path: Path, line: str) -> None:
    """A line that is no object with a text is told by its number."""
    path = write(tmp_path / "news.jsonl", ['{"text": "x"}', line])
    with pytest.raises(DocumentError, match=r'news\.jsonl, line 2: not a JSON object with a "text"$'):
        articles(path, 10)


def test_damaged_file(tmp_path: Path) -> None:
    """A packed file that was cut short or is not packed, and a plain one that is not UTF-8, are told as damaged."""
    good = lzma.compress(b'{"text": "x"}\n' * 10_000)
    for name, content in {"a.xz": good[:-20], "b.xz": b'{"text": "x"}\n', "c.jsonl": b'{"text": "\xff"}\n'}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DocumentError, match=rf"{re.escape(name)}: damaged \(.+\)$"):
            articles(tmp_path / name, 10)


def test_targets_are_the_mean(pieces: Pieces) -> None:
    """Every word's target is the mean of the probabilities that two teachers give its tags, not of their scores."""
    text = "Bà Hoa làm Bí thư Quận ủy.\nÔng Huệ nói."
    one, other = random_scores(1), random_scores(2)
    (example,) = distil([text], [Teacher(one), Teacher(other)], pieces, 64, 4, quiet=True)
    window = example.window
    expected = [(softmax(one(int(first))) + softmax(other(int(first)))) / 2 for first in window.ids[window.firsts]]
    np.testing.assert_allclose(example.tags, expected, atol=1e-6)
    np.testing.assert_allclose(example.tags.sum(axis=1), 1, atol=1e-6)
    assert example.tags.dtype == example.related.dtype == np.float32


def test_pairs_of_the_decoded_mean(pieces: Pieces) -> None:
    """Pairs are those of the spans that the mean of the teachers has; their target is the mean of the probabilities.

    Both think that Hoa is a person, at 0.9 and 0.2, which makes 0.55; of the post the mean is 0.5 and more, too. Were
    it for the second alone, there would be no pair.
    """
    text = "Hoa làm Bí thư"
    tags = ["B-PERSON", "O", "B-ROLE", "I-ROLE"]
    sure, unsure = (by_word(pieces, text, tags, share) for share in (0.9, 0.2))
    teachers = [Teacher(sure, np.log(4)), Teacher(unsure, np.log(1.5))]
    (example,) = distil([text], teachers, pieces, 64, 4, quiet=True)
    assert pairs(example) == pytest.approx({(HAS_ROLE, 0, 2): (0.8 + 0.6) / 2})
    (example,) = distil([text], [teachers[1]], pieces, 64, 4, quiet=True)
    assert pairs(example) == {}


def test_pairs_on_one_line(pieces: Pieces) -> None:
    """Spans on two lines of one window make no pair."""
    text = "Hoa\nBí thư Huệ"
    teacher = Teacher(by_word(pieces, text, ["B-PERSON", "B-ROLE", "I-ROLE", "B-PERSON"], 0.9))
    (example,) = distil([text], [teacher], pieces, 64, 4, quiet=True)
    assert pairs(example) == {(HAS_ROLE, 3, 1): 0.5}


def test_span_does_not_cross_lines(pieces: Pieces) -> None:
    """A line is decoded on its own: a stray I at its beginning doesn't join the span above."""
    text = "Bí\nthư Huệ"
    teacher = Teacher(by_word(pieces, text, ["B-ROLE", "I-ROLE", "B-PERSON"], 0.6))
    (example,) = distil([text], [teacher], pieces, 64, 4, quiet=True)
    assert pairs(example) == {}


def test_words_owned_elsewhere(pieces: Pieces) -> None:
    """Of a long line's overlapping windows, each word has a target in the one that owns it and zeros in the others."""
    text = "Hội nghị bàn về đường sá, nhà ở và trường học. " * 12
    found = distil([text], [Teacher(random_scores(1))], pieces, 48, 4, quiet=True)
    assert len(found) > 2
    owners = np.zeros(max(example.window.stop for example in found))
    for example in found:
        window = example.window
        owned = np.arange(window.words, window.stop)
        owned = (owned >= window.owned) & (owned < window.owned_stop)
        np.testing.assert_allclose(example.tags.sum(axis=1), owned, atol=1e-6)
        owners[window.owned : window.owned_stop] += 1
    assert (owners == 1).all()


def test_batches_change_nothing(pieces: Pieces) -> None:
    """Every window of every text is there once, and its targets don't depend on what shared its batch."""
    texts = ["Bà Hoa làm Bí thư Quận ủy. " * n for n in (1, 9, 2)]
    teachers = [Teacher(random_scores(1)), Teacher(random_scores(2))]
    single, batched = (distil(texts, teachers, pieces, 48, size, quiet=True) for size in (1, 5))
    assert len(single) == len(batched) == sum(len(encode(text, pieces, 48).windows) for text in texts)
    for one, other in zip(single, batched, strict=True):
        np.testing.assert_array_equal(one.window.ids, other.window.ids)
        np.testing.assert_allclose(one.tags, other.tags, atol=1e-6)


def test_no_texts(pieces: Pieces) -> None:
    """No articles, or articles without words, give no examples."""
    assert distil([], [Teacher(random_scores(1))], pieces, 48, 4, quiet=True) == []
    assert distil(["\n"], [Teacher(random_scores(1))], pieces, 48, 4, quiet=True) == []
