"""From gold documents to targets, and back."""

from pathlib import Path

import numpy as np
import pytest
from test_scores import marked

from annotations.gold import read_gold
from eval.scores import score
from train.examples import IGNORED, Collator, Example, Examples, examples
from vipol.decoding import Decoder
from vipol.document import Document
from vipol.encoding import Batch, Pieces
from vipol.extractor import Config, Extractor
from vipol.schema import RELATION_TYPES, TAGS
from vipol.text import words

ROOT = Path(__file__).parent.parent
LINE = "[Bí thư|ROLE] [Quận ủy|ORG] [Hoa|PERSON] nói."
LONG = f"{LINE} {'Cuộc họp bàn về đường sá, nhà ở và trường học. ' * 12}{LINE}"


def tags(example: Example) -> list[str | None]:
    """The tag of every word that the example teaches; None for a word that another window owns."""
    return [TAGS[row.argmax()] if row.any() else None for row in example.tags]


def pairs(example: Example) -> dict[tuple[str, int, int], float]:
    """The pairs that count, by type, head word and tail word, with their targets."""
    return {
        (RELATION_TYPES[kind], int(head), int(tail)): float(target)
        for (kind, head, tail), target in zip(example.pairs, example.related, strict=True)
    }


class Oracle:
    """A runtime that knows the targets of some examples and gives them as scores."""

    name = device = "oracle"

    def __init__(self, known: Examples, pieces: Pieces) -> None:
        self._known = {example.window.ids.tobytes(): example for example in known.examples}
        self._collate = Collator(pieces.pad)

    def __call__(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        found = [
            self._known[ids[mask == 1].tobytes()]
            for ids, mask in zip(batch.input_ids, batch.attention_mask, strict=True)
        ]
        targets = self._collate(found)
        return 50 * targets["tag_targets"].numpy(), 50 * (targets["pair_targets"].numpy() - 0.5)


def test_word_by_word(pieces: Pieces) -> None:
    """The first word of a span is B, its others I, all else O, with a probability of one."""
    document = marked("[Sáng 23/6|DATE], [Bí thư|ROLE] [Quận ủy|ORG] [Hoa|PERSON] trao [5 tỷ|MONEY].", (4, 2), (2, 3))
    found = examples([document], pieces, 64)
    (example,) = found.examples
    surfaces = [document.text[word.start : word.end] for word in words(document.text)]
    assert list(zip(surfaces, tags(example), strict=True)) == [
        *[("Sáng", "B-DATE"), ("23", "I-DATE"), ("/", "I-DATE"), ("6", "I-DATE"), (",", "O")],
        *[("Bí", "B-ROLE"), ("thư", "I-ROLE"), ("Quận", "B-ORG"), ("ủy", "I-ORG"), ("Hoa", "B-PERSON")],
        *[("trao", "O"), ("5", "B-MONEY"), ("tỷ", "I-MONEY"), (".", "O")],
    ]
    assert set(np.unique(example.tags)) == {0.0, 1.0}
    assert pairs(example) == {("HAS_ROLE", 9, 5): 1.0, ("ROLE_AT", 5, 7): 1.0}
    assert (found.spans, found.relations, found.cut_spans, found.lost_relations) == (5, 2, [], [])


def test_neighbours_of_one_label(pieces: Pieces) -> None:
    """Two spans of one label side by side begin with a B each."""
    (example,) = examples([marked("[Hoa|PERSON] [Lê Huệ|PERSON]")], pieces, 64).examples
    assert tags(example) == ["B-PERSON", "B-PERSON", "I-PERSON"]


def test_edge_inside_a_word(pieces: Pieces) -> None:
    """A span that ends within a word is reported with document, offset and text, and learnt to the word's end."""
    found = examples([marked("ông [Huệ|PERSON]nói [Bí thư|ROLE]", (1, 2))], pieces, 64)
    assert found.cut_spans == ["d:4:Huệ"]
    (example,) = found.examples
    assert tags(example) == ["O", "B-PERSON", "B-ROLE", "I-ROLE"]
    assert pairs(example) == {("HAS_ROLE", 1, 2): 1.0}
    assert (found.spans, found.lost_relations) == (2, [])


def test_span_without_a_word(pieces: Pieces) -> None:
    """A span of white space alone is reported and teaches nothing, and its relations are lost."""
    document = marked("[Hoa|PERSON][  |ROLE]làm", (1, 2))
    found = examples([document], pieces, 64)
    assert found.cut_spans == ["d:3:  "]
    assert found.lost_relations == ["d:HAS_ROLE:e1:e2"]
    (example,) = found.examples
    assert tags(example) == ["B-PERSON", "O"]
    assert pairs(example) == {}


def test_text_without_words(pieces: Pieces) -> None:
    """An empty text and one of white space have no windows."""
    assert examples([Document("a", ""), Document("b", " \n\n")], pieces, 64).examples == []


def test_pairs_considered(pieces: Pieces) -> None:
    """Every pair on one line whose labels a relation type joins counts, related or not, and no other pair."""
    document = marked("[Hoa|PERSON] [Bí thư|ROLE] [Quận ủy|ORG] [Chủ tịch|ROLE]\n[Huệ|PERSON] [Ủy viên|ROLE]", (1, 2))
    (example,) = examples([document], pieces, 64).examples
    assert pairs(example) == {
        ("HAS_ROLE", 0, 1): 1.0,
        ("HAS_ROLE", 0, 5): 0.0,
        ("HAS_ROLE", 7, 8): 0.0,
        ("ROLE_AT", 1, 3): 0.0,
        ("ROLE_AT", 5, 3): 0.0,
    }


def test_relation_across_lines(pieces: Pieces) -> None:
    """A relation between two lines is no pair that counts, and is reported."""
    found = examples([marked("[Hoa|PERSON]\n[Bí thư|ROLE]", (1, 2))], pieces, 64)
    assert [pairs(example) for example in found.examples] == [{}]
    assert (found.relations, found.lost_relations) == (1, ["d:HAS_ROLE:e1:e2"])


def test_relation_across_windows(pieces: Pieces) -> None:
    """On a line that is longer than a window, a relation between its ends is reported lost, a near one is learnt."""
    found = examples([marked(LONG, (3, 1), (3, 4), (1, 2), (6, 4))], pieces, 48)
    assert len(found.examples) > 2
    assert (found.relations, found.lost_relations) == (4, ["d:HAS_ROLE:e3:e4"])
    related = [kind for example in found.examples for (kind, _, _), target in pairs(example).items() if target]
    assert sorted(related) == ["HAS_ROLE", "HAS_ROLE", "ROLE_AT"]


def test_lost_relations_in_order(pieces: Pieces) -> None:
    """What is lost is told in the same order in every process."""
    document = marked("\n".join(["[Hoa|PERSON]"] * 6 + ["[Bí thư|ROLE]"]), *((n, 7) for n in range(1, 7)))
    assert examples([document], pieces, 64).lost_relations == [f"d:HAS_ROLE:e{n}:e7" for n in range(1, 7)]


def test_words_of_a_long_line(pieces: Pieces) -> None:
    """Windows of a long line overlap, and each word is taught by exactly one of them, with its own tag."""
    document = marked(LONG)
    whole = examples([document], pieces, 1 << 12).examples
    cut = examples([document], pieces, 48).examples
    count = len(whole[0].tags)
    assert (len(whole), sum(len(example.tags) for example in cut)) > (1, count)
    taught = np.zeros((count, len(TAGS)))
    for example in cut:
        taught[example.window.words : example.window.stop] += example.tags
        assert (example.tags.sum(axis=1) == 1).sum() == example.window.owned_stop - example.window.owned
    np.testing.assert_array_equal(taught, whole[0].tags)


def test_pair_in_two_windows(pieces: Pieces) -> None:
    """A pair that two windows hold is learnt in both: the extractor may ask either."""
    text = f"{'Cuộc họp bàn về. ' * 7}{LINE} {'Cuộc họp bàn về. ' * 7}"
    found = examples([marked(text, (3, 1))], pieces, 48).examples
    assert [list(pairs(example).values()).count(1.0) for example in found].count(1) == 2


def test_collator(pieces: Pieces) -> None:
    """A batch is as long as its longest window; what is padding has no tag and no pair that counts."""
    found = examples([marked("[Hoa|PERSON] làm [Bí thư|ROLE]", (1, 2)), marked("[Huệ|PERSON]")], pieces, 64).examples
    batch = Collator(pieces.pad)(found)
    length, width = len(found[0].window.ids), 4
    assert {name: tuple(tensor.shape) for name, tensor in batch.items()} == {
        "input_ids": (2, length),
        "attention_mask": (2, length),
        "firsts": (2, width),
        "tag_targets": (2, width, len(TAGS)),
        "pair_targets": (2, len(RELATION_TYPES), width, width),
    }
    short = len(found[1].window.ids)
    assert batch["input_ids"][1].tolist() == [*found[1].window.ids, *[pieces.pad] * (length - short)]
    assert batch["attention_mask"][1].tolist() == [1] * short + [0] * (length - short)
    assert batch["firsts"][1].tolist() == [1, 0, 0, 0]
    assert batch["tag_targets"][1].sum(axis=1).tolist() == [1, 0, 0, 0]
    pair_targets = batch["pair_targets"]
    assert pair_targets[0, RELATION_TYPES.index("HAS_ROLE"), 0, 2] == 1
    assert (pair_targets == IGNORED).sum() == pair_targets.numel() - 1


@pytest.mark.parametrize("limit", [64, 256])
def test_round_trip_of_the_seeds(pieces: Pieces, limit: int) -> None:
    """A model that gave the targets themselves would find all gold spans and relations of the seeds, none besides."""
    gold = read_gold(ROOT / "annotations" / "gold")
    known = examples(gold, pieces, limit)
    assert known.cut_spans == []
    config = Config(TAGS, RELATION_TYPES, limit, dict.fromkeys(RELATION_TYPES, 0.5), "oracle")
    predicted = list(Extractor(config, pieces, Oracle(known, pieces), batch_size=3).extract_many(gold))
    scores = score(gold, predicted)
    assert scores.spans.micro.f1 == 1.0
    assert scores.relations.micro.false_positive == 0
    assert scores.relations.micro.false_negative == len(known.lost_relations)
    if limit == 256:
        assert known.lost_relations == []


def test_one_hot_targets_decode(pieces: Pieces) -> None:
    """Viterbi over the targets of one line gives the gold spans, in words."""
    (example,) = examples([marked("[Hoa|PERSON] [Lê Huệ|PERSON] nói [hôm nay|DATE]")], pieces, 64).examples
    decoder = Decoder(TAGS)
    path = decoder.best(np.log(example.tags + 1e-9))
    assert decoder.spans(path) == [(0, 1, "PERSON"), (1, 3, "PERSON"), (4, 6, "DATE")]
