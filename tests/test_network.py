"""The network: distances, what stands between two words, the loss by hand, saving and loading."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from vipol import network as module
from vipol.network import Network, NetworkConfig, NetworkOutput, network_loss
from vipol.schema import LABELS, RELATION_TYPES, TAGS

FARTHEST = 20
"""The bucket that no distance passes; those of distances backwards are counted down from it."""
SURE = 50.0
"""A score beside which all others come to nothing."""

TINY = {
    "model_type": "bert",
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 64,
    "pad_token_id": 1,
}


def network(**settings: object) -> Network:
    torch.manual_seed(3)
    return Network(NetworkConfig(encoder=TINY, pair_size=8, **settings)).eval()


def buckets(*distances: int) -> list[int]:
    return module._bucket(torch.tensor(distances)).tolist()


def inputs(words: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    ids = torch.arange(2, 2 * words + 4).reshape(2, -1)
    return ids, torch.ones_like(ids), torch.arange(1, words + 1).repeat(2, 1).clamp(max=ids.shape[1] - 1)


def tag_scores(*tags: str) -> Tensor:
    """Scores that make each of these tags certain. *Shape:* (1, words, tags)"""
    return torch.stack([nn.functional.one_hot(torch.tensor(TAGS.index(tag)), len(TAGS)) for tag in tags])[None] * SURE


def between(tags: Tensor, features: dict[tuple[str, str], float]) -> Tensor:
    """What `_between` makes of tag scores if only these features weigh anything, by part and label.

    A part is `linear` for a count up to four, in fourths, or `none` for e^-2n of a count n; the weights are those of
    `HAS_ROLE` with the head before the tail. Boundaries are all certain not to be there. *Shape:* (words, words)
    """
    tiny = network()
    kinds = len(LABELS) + tiny.boundaries.out_features
    with torch.no_grad():
        tiny.between.zero_()
        tiny.boundaries.weight.zero_()
        tiny.boundaries.bias.fill_(-SURE)
        for (part, label), weight in features.items():
            tiny.between[("linear", "none").index(part) * kinds + LABELS.index(label), 0] = weight
    count = tags.shape[1]
    apart = torch.arange(count).unsqueeze(0) - torch.arange(count).unsqueeze(1)
    return tiny._between(torch.zeros(1, count, TINY["hidden_size"]), tags, apart > 0)[0, 0].detach()


def test_near_distances() -> None:
    """Up to eight words every distance has a bucket of its own, on either side of none."""
    assert buckets(*range(-8, 9)) == list(range(FARTHEST - 8, FARTHEST + 9))


def test_far_distances() -> None:
    """Beyond eight there are two to an octave: 8 + floor(2 log2(distance / 8)), so 11.32 and 16 begin one each."""
    assert [bucket - FARTHEST for bucket in buckets(9, 11, 12, 15, 16, 22, 23, 31, 32, 64, 128, 256)] == [
        8, 8, 9, 9, 10, 10, 11, 11, 12, 14, 16, 18,
    ]  # fmt: skip


def test_farthest_distances() -> None:
    """All from 512 words on share the last bucket."""
    assert buckets(511, 512, 513, 100_000) == [39, 40, 40, 40]
    assert buckets(-511, -512, -513, -100_000) == [1, 0, 0, 0]


@given(st.integers(0, 100_000))
def test_distances_are_symmetric(distance: int) -> None:
    """A distance backwards is as far from the middle as the same distance forwards, and no bucket is out of range."""
    there, back = buckets(distance, -distance)
    assert there + back == 2 * FARTHEST
    assert 0 <= back <= FARTHEST <= there <= 2 * FARTHEST


def test_distances_rise() -> None:
    """A greater distance never has a smaller bucket."""
    found = buckets(*range(-1_000, 1_000))
    assert found == sorted(found)
    assert set(found) == set(range(2 * FARTHEST + 1))


def test_spans_between() -> None:
    """A span counts if it begins after the head's first word and before the tail's.

    Of the words O B-ORG I-ORG B-ORG O, spans of ORG begin at 1 and 3. From word 0 to word 4 that is two, in fourths
    0.5; to word 3 it is the one at 1, since the tail's own is not between; to words 1 and 2, none and one. From word
    1 the head's own is not between: to 4 it is the one at 3.
    """
    found = between(tag_scores("O", "B-ORG", "I-ORG", "B-ORG", "O"), {("linear", "ORG"): 1.0})
    assert found[0].tolist() == pytest.approx([0, 0, 0.25, 0.25, 0.5], abs=1e-6)
    assert found[1].tolist() == pytest.approx([0, 0, 0, 0, 0.25], abs=1e-6)
    assert found[3].tolist() == pytest.approx([0] * 5, abs=1e-6)


def test_direction_of_what_is_between() -> None:
    """With the tail before the head the same spans count, by weights of their own: those are zero here.

    Given to the other direction, the weights show the mirror image: from word 4 back to word 0 stand two, from word 3
    one, its own not counted.
    """
    tags = tag_scores("O", "B-ORG", "I-ORG", "B-ORG", "O")
    assert not between(tags, {("linear", "ORG"): 1.0}).tril().any()
    tiny = network()
    types = len(RELATION_TYPES)
    with torch.no_grad():
        tiny.between.zero_()
        tiny.between[LABELS.index("ORG"), types] = 1.0
    apart = torch.arange(5).unsqueeze(0) - torch.arange(5).unsqueeze(1)
    back = tiny._between(torch.zeros(1, 5, TINY["hidden_size"]), tags, apart > 0)[0, 0]
    assert back[4].tolist() == pytest.approx([0.5, 0.25, 0.25, 0, 0], abs=1e-6)
    assert back[3].tolist() == pytest.approx([0.25, 0, 0, 0, 0], abs=1e-6)
    assert not back.triu(1).any()


def test_none_between() -> None:
    """The second feature is 1 where nothing is between, and falls by e^-2 with each span: 1, 0.1353, 0.0183."""
    found = between(tag_scores("O", "B-DATE", "B-DATE", "O"), {("none", "DATE"): 1.0})
    assert found[0, 1:].tolist() == pytest.approx([1, math.exp(-2), math.exp(-4)], abs=1e-6)


def test_labels_are_counted_apart() -> None:
    """A span of another label changes nothing; each has its weight: one DATE of 2 and one ORG of -1, in fourths."""
    tags = tag_scores("O", "B-DATE", "B-ORG", "B-MONEY", "O")
    found = between(tags, {("linear", "DATE"): 2.0, ("linear", "ORG"): -1.0})
    assert found[0].tolist() == pytest.approx([0, 0, 0.5, 0.25, 0.25], abs=1e-6)


def test_spans_between_are_capped() -> None:
    """The fourth span is the last that counts: after it the feature stays at 1."""
    found = between(tag_scores("O", *["B-ORG"] * 6, "O"), {("linear", "ORG"): 1.0})
    assert found[0].tolist() == pytest.approx([0, 0, 0.25, 0.5, 0.75, 1, 1, 1], abs=1e-6)


def test_expected_spans() -> None:
    """A tagger that gives every tag the same probability expects 1/11 of a span of each label at every word."""
    found = between(torch.zeros(1, 4, len(TAGS)), {("linear", "ROLE"): 1.0})
    assert found[0].tolist() == pytest.approx([0, 0, 1 / 44, 2 / 44], abs=1e-6)


def test_boundaries_between() -> None:
    """Boundaries are counted like spans, by their own probability: with a score of 0 there is half of one a word."""
    tiny = network()
    with torch.no_grad():
        tiny.between.zero_()
        tiny.between[len(LABELS), 1] = 1.0  # the first boundary, for ROLE_AT
        tiny.boundaries.weight.zero_()
        tiny.boundaries.bias.zero_()
    apart = torch.arange(4).unsqueeze(0) - torch.arange(4).unsqueeze(1)
    found = tiny._between(torch.zeros(1, 4, TINY["hidden_size"]), tag_scores(*"OOOO"), apart > 0)[0]
    assert found[1, 0].tolist() == pytest.approx([0, 0, 0.125, 0.25], abs=1e-6)
    assert not found[0].any()


def test_pair_losses_do_not_train_the_tagger() -> None:
    """What stands between is counted by the tagger's probabilities, which pairs don't change."""
    tiny = network()
    tiny(*inputs()).pairs.sum().backward()
    assert tiny.tagger.weight.grad is None
    assert tiny.boundaries.weight.grad is not None


def test_distance_biases() -> None:
    """The bias of a distance goes to every pair of that distance from head to tail, times eight."""
    tiny = network()
    with torch.no_grad():
        before = tiny(*inputs()).pairs
        tiny.distance[1, FARTHEST + 2] += 0.5
        change = tiny(*inputs()).pairs - before
    expected = torch.zeros(2, 2, 5, 5)
    expected[:, 1] = 4.0 * torch.diag(torch.ones(3), 2)
    torch.testing.assert_close(change, expected, atol=1e-4, rtol=0)


def test_shapes() -> None:
    """Tag scores by word, pair scores by type, head and tail."""
    scores = network()(*inputs())
    assert scores.tags.shape == (2, 5, len(TAGS))
    assert scores.pairs.shape == (2, len(RELATION_TYPES), 5, 5)


def test_later_words_do_not_matter() -> None:
    """Words beyond a window's last, which point anywhere, change nothing for those before."""
    tiny = network()
    ids, mask, firsts = inputs()
    padded = torch.cat([firsts, torch.zeros(2, 3, dtype=torch.long)], 1)
    ours, theirs = tiny(ids, mask, firsts), tiny(ids, mask, padded)
    torch.testing.assert_close(theirs.tags[:, :5], ours.tags)
    torch.testing.assert_close(theirs.pairs[:, :, :5, :5], ours.pairs)


def targets(words: int = 2) -> tuple[NetworkOutput, Tensor, Tensor]:
    """Scores of 0, words that don't count and pairs that don't: of one window."""
    scores = NetworkOutput(tags=torch.zeros(1, words, len(TAGS)), pairs=torch.zeros(1, 2, words, words))
    return scores, torch.zeros(1, words, len(TAGS)), torch.full((1, 2, words, words), -1.0)


HAS_ROLE, ROLE_AT = range(2)


def test_loss_of_nothing() -> None:
    """Where no word and no pair counts, there is nothing to lose, whatever the scores."""
    _, tags, pairs = targets()
    scores = NetworkOutput(tags=torch.randn(1, 2, len(TAGS)), pairs=torch.randn(1, 2, 2, 2))
    assert float(network_loss(scores, tags, pairs, 1.0)) == pytest.approx(0, abs=1e-6)


def test_tag_loss() -> None:
    """The mean of the counting words' cross entropies.

    The first word gives its tag odds of 3 to ten others with 1: -ln(3/13). The second splits its target between
    two of eleven equal tags: -ln(1/11). The third doesn't count.
    """
    scores, tags, pairs = targets(3)
    assert scores.tags is not None
    scores.tags[0, 0, 4] = math.log(3)
    scores.tags[0, 2] = torch.randn(len(TAGS))
    tags[0, 0, 4] = 1
    tags[0, 1, [1, 2]] = torch.tensor([0.25, 0.75])
    expected = (math.log(13 / 3) + math.log(11)) / 2
    assert float(network_loss(scores, tags, pairs, 1.0)) == pytest.approx(expected, rel=1e-5)


def test_pair_loss() -> None:
    """A post (word 2) chooses between two persons (words 0 and 1) and none.

    With scores of ln 3, 0 and, for none, 0 the right person has 3 of 5: the loss is -ln(3/5), weighted by 2.
    """
    scores, tags, pairs = targets(3)
    assert scores.pairs is not None
    scores.pairs[0, HAS_ROLE, 0, 2] = math.log(3)
    pairs[0, HAS_ROLE, 0, 2] = 1
    pairs[0, HAS_ROLE, 1, 2] = 0
    assert float(network_loss(scores, tags, pairs, 2.0)) == pytest.approx(2 * math.log(5 / 3), rel=1e-5)


def test_posts_choose_organisations_as_heads() -> None:
    """In ROLE_AT the post is the head: two organisations of one post compete, two posts of one organisation don't.

    Post 0 chooses organisation 1 of 1 and 2, with scores of ln 3, 0 and 0: -ln(3/5). Post 3 has but organisation 1,
    with a score of 0: -ln(1/2). Both are divided by the two true pairs.
    """
    scores, tags, pairs = targets(4)
    assert scores.pairs is not None
    scores.pairs[0, ROLE_AT, 0, 1] = math.log(3)
    pairs[0, ROLE_AT, 0, 1] = 1
    pairs[0, ROLE_AT, 0, 2] = 0
    pairs[0, ROLE_AT, 3, 1] = 1
    expected = (math.log(5 / 3) + math.log(2)) / 2
    assert float(network_loss(scores, tags, pairs, 1.0)) == pytest.approx(expected, rel=1e-5)


def test_post_without_a_person() -> None:
    """Where a post has nobody, none is right: against one person with a score of ln 3, it has 1 of 4."""
    scores, tags, pairs = targets()
    assert scores.pairs is not None
    scores.pairs[0, HAS_ROLE, 0, 1] = math.log(3)
    pairs[0, HAS_ROLE, 0, 1] = 0
    assert float(network_loss(scores, tags, pairs, 1.0)) == pytest.approx(math.log(4), rel=1e-5)


def test_post_of_two_persons() -> None:
    """Two right persons are half the target each: with scores of 0, 0 and 0 that is -ln(1/3), over two true pairs."""
    scores, tags, pairs = targets(3)
    pairs[0, HAS_ROLE, :2, 2] = 1
    assert float(network_loss(scores, tags, pairs, 1.0)) == pytest.approx(math.log(3) / 2, rel=1e-5)


def test_soft_pair() -> None:
    """A teacher's 0.25 leaves 0.75 to none: of scores ln 3 and 0 that is 0.25 ln(4/3) + 0.75 ln 4."""
    scores, tags, pairs = targets()
    assert scores.pairs is not None
    scores.pairs[0, HAS_ROLE, 0, 1] = math.log(3)
    pairs[0, HAS_ROLE, 0, 1] = 0.25
    expected = 0.25 * math.log(4 / 3) + 0.75 * math.log(4)
    assert float(network_loss(scores, tags, pairs, 1.0)) == pytest.approx(expected, rel=1e-5)


def test_pairs_that_are_not_considered() -> None:
    """Their scores change neither the loss nor its gradient, however great."""
    scores, tags, pairs = targets(3)
    assert scores.pairs is not None
    pairs[0, HAS_ROLE, 0, 2] = 1
    before = float(network_loss(scores, tags, pairs, 1.0))
    scores.pairs[0, HAS_ROLE, 1, 2] = 1_000.0
    scores.pairs[0, ROLE_AT] = 1_000.0
    scores.pairs.requires_grad_()
    loss = network_loss(scores, tags, pairs, 1.0)
    loss.backward()
    assert float(loss.detach()) == before == pytest.approx(math.log(2), rel=1e-5)
    assert scores.pairs.grad is not None
    assert scores.pairs.grad.nonzero().tolist() == [[0, HAS_ROLE, 0, 2]]


def test_words_that_do_not_count() -> None:
    """A word whose target is all zero has no gradient."""
    scores, tags, pairs = targets()
    assert scores.tags is not None
    tags[0, 0, 0] = 1
    scores.tags.requires_grad_()
    network_loss(scores, tags, pairs, 1.0).backward()
    assert scores.tags.grad is not None
    assert scores.tags.grad[0].abs().sum(1).gt(0).tolist() == [True, False]


def test_loss_of_half_precision() -> None:
    """Scores in bfloat16, as a GPU gives them, are summed up in float32."""
    scores, tags, pairs = targets()
    tags[0, :, 0] = 1
    half = NetworkOutput(tags=scores.tags.bfloat16(), pairs=scores.pairs.bfloat16())
    loss = network_loss(half, tags, pairs, 1.0)
    assert float(loss) == pytest.approx(math.log(11), rel=1e-5)


def test_saved_and_loaded(tmp_path: Path) -> None:
    """A network that was saved and loaded gives the same scores, and has the same configuration."""
    tiny = network(thresholds={"HAS_ROLE": 0.3, "ROLE_AT": 0.6}, name="thử", window=32)
    with torch.no_grad():
        for parameter in (tiny.distance, tiny.between):
            parameter.normal_()
    tiny.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    again = Network.from_pretrained(tmp_path).eval()
    for ours, theirs in zip(tiny(*inputs()).values(), again(*inputs()).values(), strict=True):
        assert torch.equal(ours, theirs)
    for name in ("encoder", "tags", "relation_types", "pair_size", "window", "thresholds", "name"):
        assert getattr(again.config, name) == getattr(tiny.config, name)


def test_half_precision_is_loaded_as_float32(tmp_path: Path) -> None:
    """A checkpoint in bfloat16 runs in float32 on a CPU: the runtime's scores are those of the rounded weights."""
    import numpy as np

    from vipol.encoding import Batch
    from vipol.runtimes import TorchRuntime

    tiny = network().bfloat16()
    tiny.save_pretrained(tmp_path)
    runtime = TorchRuntime.load(tmp_path)
    assert {parameter.dtype for parameter in runtime._network.parameters()} == {torch.float32}
    tags, pairs = runtime(Batch(*(tensor.numpy() for tensor in inputs())))
    expected = tiny.float()(*inputs())
    np.testing.assert_allclose(tags, expected.tags.detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(pairs, expected.pairs.detach().numpy(), atol=1e-5)


def test_configuration_by_default() -> None:
    """A network has the scheme's tags and types, and a threshold for each type."""
    config = NetworkConfig()
    assert (config.tags, config.relation_types) == (list(TAGS), list(RELATION_TYPES))
    assert config.thresholds == dict.fromkeys(RELATION_TYPES, 0.5)


def test_first_weights() -> None:
    """A new network has no opinion about distances, and takes few words for boundaries: one in eight or so."""
    tiny = network()
    assert not tiny.distance.any()
    assert torch.equal(tiny.boundaries.bias.sigmoid(), torch.full((8,), -2.0).sigmoid())
    assert float(tiny.bilinear.detach().std()) == pytest.approx(4 / 8, rel=0.3)
