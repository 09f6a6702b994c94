"""The joint network: one encoder, a tag for every word, a score for every ordered pair of words.

The pair scorer is the biaffine one of Dozat and Manning (2017, arXiv:1611.01734), on the first words of two spans,
with a learned bias for the distance between them.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils import ModelOutput

from vipol.schema import RELATION_TYPES, TAGS

_FARTHEST = 512


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
        word_unit: str = "syllable",
        thresholds: dict[str, float] | None = None,
        **rest: Any,
    ) -> None:
        self.encoder = encoder or {}
        self.tags = tags or list(TAGS)
        self.relation_types = relation_types or list(RELATION_TYPES)
        self.pair_size = pair_size
        self.dropout = dropout
        self.window = window
        self.word_unit = word_unit
        self.thresholds = thresholds or dict.fromkeys(self.relation_types, 0.5)
        super().__init__(**rest)


@dataclass
class NetworkOutput(ModelOutput):
    """Scores before softmax and sigmoid; what stands beyond a window's last word means nothing."""

    loss: Tensor | None = None
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
        buckets = _bucket(torch.arange(-_FARTHEST, _FARTHEST + 1))
        self.register_buffer("buckets", buckets, persistent=False)
        self.distance = nn.Parameter(torch.zeros(types, int(_bucket(torch.tensor(_FARTHEST))) + 1))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, Network):
            nn.init.normal_(module.bilinear, std=0.5 / module.config.pair_size)
            nn.init.zeros_(module.distance)
            module.buckets.copy_(_bucket(torch.arange(-_FARTHEST, _FARTHEST + 1)))
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        firsts: Tensor,
        tag_targets: Tensor | None = None,
        pair_targets: Tensor | None = None,
    ) -> NetworkOutput:
        """Scores windows and, where targets are given, the loss.

        Args:
            input_ids: *Shape:* (windows, sub-tokens)
            attention_mask: *Shape:* (windows, sub-tokens)
            firsts: position of each word's first sub-token. *Shape:* (windows, words)
            tag_targets: index of the tag, -100 where there is none. *Shape:* (windows, words)
            pair_targets: 1, 0, or -100 where the pair is not considered.
                *Shape:* (windows, relation types, words, words)
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        index = firsts.unsqueeze(-1).expand(-1, -1, hidden.shape[-1])
        words = self.dropout(torch.gather(hidden, 1, index))
        tags = self.tagger(words)
        pairs = self._pairs(words)
        loss = None
        if tag_targets is not None and pair_targets is not None:
            loss = network_loss(tags, pairs, tag_targets, pair_targets)
        return NetworkOutput(loss=loss, tags=tags, pairs=pairs)

    def _pairs(self, words: Tensor) -> Tensor:
        heads, tails = self.heads(words), self.tails(words)
        one = torch.ones_like(heads[..., :1])
        heads, tails = torch.cat([heads, one], -1), torch.cat([tails, one], -1)
        scores = torch.matmul(torch.matmul(heads.unsqueeze(1), self.bilinear), tails.unsqueeze(1).transpose(-1, -2))
        position = torch.arange(words.shape[1], device=words.device)
        apart = (position.unsqueeze(0) - position.unsqueeze(1)).clamp(-_FARTHEST, _FARTHEST) + _FARTHEST
        return scores + self.distance[:, self.buckets[apart]]


def network_loss(tags: Tensor, pairs: Tensor, tag_targets: Tensor, pair_targets: Tensor) -> Tensor:
    """Mean cross entropy over words, plus the pairs' binary cross entropy summed over pairs and divided by words' count."""
    tag_loss = nn.functional.cross_entropy(tags.float().transpose(1, 2), tag_targets)
    considered = pair_targets >= 0
    pair_loss = nn.functional.binary_cross_entropy_with_logits(
        pairs.float()[considered], pair_targets[considered].float(), reduction="sum"
    )
    return tag_loss + pair_loss / considered.sum().clamp(min=1)


def _bucket(distance: Tensor) -> Tensor:
    """Signed distances in words, exact up to 8 and logarithmic beyond, as indices from 0."""
    size = distance.abs()
    far = 8 + (2 * torch.log2(size.clamp(min=8) / 8)).long()
    bucket = torch.where(size <= 8, size, far).clamp(max=20)
    return torch.where(distance < 0, 20 - bucket, 20 + bucket)
