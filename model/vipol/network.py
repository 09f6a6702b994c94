"""The joint network: one encoder, a tag for every word, a score for every ordered pair of words.

The pair scorer is the biaffine one of Dozat and Manning (2017, arXiv:1611.01734), on the first words of two spans,
with learned biases for the distance between them and for what stands between them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils import logging
from transformers.utils.generic import ModelOutput

from vipol.schema import CHOOSER, RELATION_TYPES, RELATIONS, TAGS

_EXACT = 8
"""Words up to which every distance has a bias of its own."""
_FARTHEST = 20
"""The bucket of the farthest words, 512 and more."""
_MOST = 4
"""Spans between two words beyond which more make no difference."""
_BOUNDARIES = 8
"""Kinds of boundary that the network may find for itself."""
_NEVER = -1e4
"""Score of a pair that is not considered."""
_STEEP = 8.0
"""The few weights of distances and counts must move far while AdamW moves each by a learning rate a step."""


class NetworkConfig(PretrainedConfig):
    """Everything that is needed to rebuild the network and to read its outputs."""

    model_type = "vipol"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        relation_types: list[str] | None = None,
        pair_size: int = 128,
        dropout: float = 0.1,
        window: int = 512,
        thresholds: dict[str, float] | None = None,
        own_labels: bool = False,
        words: str = "syllables",
        **rest: Any,
    ) -> None:
        self.encoder = encoder or {}
        self.tags = tags or list(TAGS)
        self.relation_types = relation_types or list(RELATION_TYPES)
        self.pair_size = pair_size
        self.dropout = dropout
        self.window = window
        self.own_labels = own_labels
        """Whether the tags are of other labels than the scheme's, as those of another data set."""
        self.words = words
        """The name of the word unit, see `vipol.segmentation`."""
        self.thresholds = thresholds or dict.fromkeys(self.relation_types, 0.5)
        super().__init__(**rest)


@dataclass
class NetworkOutput(ModelOutput):
    """Scores before softmax; what stands beyond a window's last word means nothing."""

    tags: Tensor | None = None
    """*Shape:* (windows, words, tags)"""
    pairs: Tensor | None = None
    """From head to tail. *Shape:* (windows, relation types, words, words)"""


class Network(PreTrainedModel):
    """See the module. `Network(config)` has random weights; `from_pretrained` reads a saved folder."""

    config_class = NetworkConfig
    base_model_prefix = "encoder"
    config: NetworkConfig

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        encoder = AutoConfig.for_model(**config.encoder)
        extras = {"add_pooling_layer": False} if encoder.model_type in {"bert", "roberta", "xlm-roberta"} else {}
        self.encoder = AutoModel.from_config(encoder, **extras)
        width, size, types = encoder.hidden_size, config.pair_size, len(config.relation_types)
        self.dropout = nn.Dropout(config.dropout)
        self.tagger = nn.Linear(width, len(config.tags))
        self.heads = nn.Sequential(nn.Linear(width, size), nn.GELU(), nn.Dropout(config.dropout))
        self.tails = nn.Sequential(nn.Linear(width, size), nn.GELU(), nn.Dropout(config.dropout))
        self.bilinear = nn.Parameter(torch.empty(types, size + 1, size + 1))
        self.distance = nn.Parameter(torch.zeros(types, 2 * _FARTHEST + 1))
        self.begins = [index for index, tag in enumerate(config.tags) if tag.startswith("B-")]
        self.boundaries = nn.Linear(width, _BOUNDARIES)
        self.between = nn.Parameter(torch.zeros(2 * (len(self.begins) + _BOUNDARIES), 2 * types))
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, Network):
            nn.init.normal_(module.bilinear, std=4 / module.config.pair_size)
            nn.init.zeros_(module.distance)
            nn.init.normal_(module.between, std=0.02)
            nn.init.constant_(module.boundaries.bias, -2)  # at first few words are one
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, firsts: Tensor) -> NetworkOutput:
        """Scores windows.

        Args:
            input_ids: *Shape:* (windows, sub-tokens)
            attention_mask: *Shape:* (windows, sub-tokens)
            firsts: position of each word's first sub-token. *Shape:* (windows, words)
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        index = firsts.unsqueeze(-1).expand(-1, -1, hidden.shape[-1])
        words = self.dropout(torch.gather(hidden, 1, index))
        tags = self.tagger(words)
        return NetworkOutput(tags=tags, pairs=self._pairs(words, tags))

    def _pairs(self, words: Tensor, tags: Tensor) -> Tensor:
        heads, tails = self.heads(words), self.tails(words)
        one = torch.ones_like(heads[..., :1])
        heads, tails = torch.cat([heads, one], -1), torch.cat([tails, one], -1)
        content = torch.matmul(torch.matmul(heads.unsqueeze(1), self.bilinear), tails.unsqueeze(1).transpose(-1, -2))
        position = torch.arange(words.shape[1], device=words.device)
        apart = position.unsqueeze(0) - position.unsqueeze(1)
        distance = self.distance[:, _bucket(apart)]
        return content + _STEEP * (distance + self._between(words, tags, apart > 0))

    def _between(self, words: Tensor, tags: Tensor, forward: Tensor) -> Tensor:
        """Score of what stands between two words: spans of each label, and boundaries that the network finds itself.

        Both are counted by their probabilities: a span by the tagger's own, a boundary (the end of a sentence, say,
        which parts a post from the next person) by a learned one. Heads before tails have other weights than tails
        before heads. *Shape:* (windows, relation types, words, words)
        """
        begins = tags.detach().float().softmax(-1)[..., self.begins]
        marks = torch.cat([begins, self.boundaries(words).float().sigmoid()], -1)
        upto = marks.cumsum(1)
        before = upto - marks
        ahead = before.unsqueeze(1) - upto.unsqueeze(2)
        behind = before.unsqueeze(2) - upto.unsqueeze(1)
        count = torch.where(forward.unsqueeze(-1), ahead, behind).clamp(0, _MOST)
        kinds = marks.shape[-1]
        scores = torch.matmul(count / _MOST, self.between[:kinds])
        scores = scores + torch.matmul(torch.exp(-2 * count), self.between[kinds:])
        types = len(self.config.relation_types)
        return torch.where(forward.unsqueeze(-1), scores[..., :types], scores[..., types:]).permute(0, 3, 1, 2)


def load_network(folder: Path) -> Network:
    """The network in a model folder, in float32, on the CPU, ready to score; no pickle is read.

    Raises:
        ValueError: the file lacks some of the network's weights.
    """
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # it takes a second, and would stand in the way of the caller's own
    loaded: tuple[Network, dict[str, Any]] = Network.from_pretrained(  # type: ignore[assignment]  # not in the stub
        folder, dtype=torch.float32, local_files_only=True, use_safetensors=True, output_loading_info=True
    )
    if bars:
        logging.enable_progress_bar()
    network, report = loaded
    if missing := sorted(report["missing_keys"]):  # transformers would go on with random ones
        raise ValueError(f"{len(missing)} weights are not in it, {missing[0]} first")
    network.eval()  # type: ignore[no-untyped-call]
    return network


def network_loss(
    scores: NetworkOutput,
    tag_targets: Tensor,
    pair_targets: Tensor,
    pair_weight: float,
    counts: Tensor | None = None,
) -> Tensor:
    """Cross entropy over words, plus, weighted, that of every post's choice of its person and its organisation.

    A post has one person and one organisation, or none, save in lists. So the pairs of one post compete, and "none"
    with them, whose score is 0; where a post has two of a kind in truth, each is half the target.

    Args:
        tag_targets: probability of every tag, all zero for a word that does not count. *Shape:* (windows, words, tags)
        pair_targets: probability of the relation, negative for a pair that is not considered.
            *Shape:* (windows, relation types, words, words)
        counts: what the two sums are divided by, if these windows are a part of a step: `target_counts` of the whole
            of it. The losses of the parts then add up to that of the step. *Shape:* (2,)
    """
    assert scores.tags is not None
    assert scores.pairs is not None
    if counts is None:
        counts = target_counts(tag_targets, pair_targets)
    words, relations = counts.clamp(min=1).unbind()
    log_probabilities = scores.tags.float().log_softmax(-1)
    tag_loss: Tensor = -(tag_targets * log_probabilities).sum() / words
    pair_loss = scores.pairs.new_zeros(())
    for index, kind in enumerate(RELATION_TYPES):
        pairs, targets = scores.pairs[:, index].float(), pair_targets[:, index]
        rivals = 1 if RELATIONS[kind][1] == CHOOSER else 2
        considered = targets >= 0
        targets = targets.clamp(min=0)
        share = targets / targets.sum(rivals, keepdim=True).clamp(min=1)
        rivalling = torch.where(considered, pairs, _NEVER)
        none = torch.zeros_like(rivalling.narrow(rivals, 0, 1))
        total = torch.logsumexp(torch.cat([rivalling, none], rivals), rivals)
        pair_loss = pair_loss + total.sum() - (share * torch.where(considered, pairs, 0.0)).sum()
    return tag_loss + pair_weight * pair_loss / relations


def target_counts(tag_targets: Tensor, pair_targets: Tensor) -> Tensor:
    """The words that count and the relations, by which `network_loss` divides. *Shape:* (2,)"""
    return torch.stack([tag_targets.sum(), pair_targets.clamp(min=0).sum()])


def _bucket(distance: Tensor) -> Tensor:
    """Signed distances in words, exact up to 8 and two to an octave beyond, as indices from 0."""
    size = distance.abs()
    far = _EXACT + (2 * torch.log2(size.clamp(min=_EXACT) / _EXACT)).long()
    bucket = torch.where(size <= _EXACT, size, far).clamp(max=_FARTHEST)
    return torch.where(distance < 0, _FARTHEST - bucket, _FARTHEST + bucket)
