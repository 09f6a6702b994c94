"""From gold documents to the arrays that the network learns from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vipol.document import Document
from vipol.encoding import Pieces, Window, encode, pad
from vipol.schema import OUTSIDE, RELATION_TYPES, RELATIONS, TAGS
from vipol.segmentation import SYLLABLES, WordUnit

Floats = NDArray[np.float32]

IGNORED = -1.0


@dataclass(frozen=True, slots=True)
class Example:
    """A window with its targets."""

    window: Window
    tags: Floats
    """Probability of every tag for each word, all zero for a word that another window owns. *Shape:* (words, tags)"""
    pairs: NDArray[np.int64]
    """Relation type, head word and tail word of each pair that counts; words count from the window's first.
    *Shape:* (pairs, 3)"""
    related: Floats
    """Probability that each of these pairs is related. *Shape:* (pairs,)"""


@dataclass(slots=True)
class Examples:
    """The windows of some documents, and what of their gold could not be kept."""

    examples: list[Example] = field(default_factory=list)
    spans: int = 0
    cut_spans: list[str] = field(default_factory=list)
    """Gold spans with an edge inside a syllable, as `document:offset:text`; they are learnt with its edge."""
    cut_before: Counter[str] = field(default_factory=Counter)
    """By label, gold spans with an edge inside a word as it was segmented. Such a word is parted there, so that the
    span can be learnt; where nobody knows the gold the word stays whole."""
    cut_after: Counter[str] = field(default_factory=Counter)
    """By label, those of them that parting words could not mend: the `cut_spans`."""
    relations: int = 0
    lost_relations: list[str] = field(default_factory=list)
    """Gold relations whose ends no window holds together."""

    def cut(self) -> str:
        """What words do to gold spans, in a line."""
        kept = f"{len(self.cut_spans)} of {self.spans} gold spans have an edge inside a syllable"
        parted = self.cut_before - self.cut_after
        if not parted:
            return kept
        labels = ", ".join(f"{label} {count}" for label, count in sorted(parted.items()))
        return f"{kept}, {parted.total()} more inside a word, which was parted there ({labels})"


def examples(
    documents: Sequence[Document],
    pieces: Pieces,
    limit: int,
    labels: Sequence[str] = TAGS,
    unit: WordUnit = SYLLABLES,
) -> Examples:
    """The windows of documents, with targets; `labels` are the tags, of which the first is "outside"."""
    result = Examples()
    number = {tag: index for index, tag in enumerate(labels)}
    for document in documents:
        _add(document, pieces, limit, unit, number, result)
    return result


def _add(
    document: Document, pieces: Pieces, limit: int, unit: WordUnit, number: Mapping[str, int], result: Examples
) -> None:
    edges = {edge for entity in document.entities for edge in (entity.start, entity.end)}
    encoded = encode(document.text, pieces, limit, unit, edges)
    parted = set(encoded.parted)
    starts = np.array([word.start for word in encoded.words])
    ends = np.array([word.end for word in encoded.words])
    tags = np.full(len(encoded.words), number[OUTSIDE])
    first_word: dict[str, int] = {}
    for entity in document.entities:
        first = int(np.searchsorted(ends, entity.start, side="right"))
        stop = int(np.searchsorted(starts, entity.end, side="left"))
        cut = first >= stop or starts[first] != entity.start or ends[stop - 1] != entity.end
        if cut:
            result.cut_spans.append(f"{document.id}:{entity.start}:{document.surface(entity)}")
            result.cut_after[entity.label] += 1
        if cut or starts[first] in parted or (stop < len(starts) and starts[stop] in parted):
            result.cut_before[entity.label] += 1
        if first >= stop:
            continue
        tags[first] = number[f"B-{entity.label}"]
        tags[first + 1 : stop] = number[f"I-{entity.label}"]
        first_word[entity.id] = first
    result.spans += len(document.entities)
    line_of = np.zeros(len(encoded.words), np.int64)
    for line, (first, stop) in enumerate(encoded.lines):
        line_of[first:stop] = line
    gold = {(relation.label, relation.head, relation.tail) for relation in document.relations}
    result.relations += len(gold)
    considered = []
    for kind, (head_label, tail_label) in RELATIONS.items():
        for head in document.entities:
            for tail in document.entities:
                if (
                    head.label == head_label
                    and tail.label == tail_label
                    and head.id in first_word
                    and tail.id in first_word
                ):
                    i, j = first_word[head.id], first_word[tail.id]
                    if line_of[i] == line_of[j]:
                        considered.append((kind, i, j, (kind, head.id, tail.id) in gold))
    held = np.zeros(len(considered), bool)
    for window in encoded.windows:
        inside = slice(window.owned - window.words, window.owned_stop - window.words)
        owned = np.zeros((window.stop - window.words, len(number)), np.float32)
        owned[inside] = np.eye(len(number), dtype=np.float32)[tags[window.owned : window.owned_stop]]
        pairs = []
        related = []
        for n, (kind, i, j, true) in enumerate(considered):
            if window.words <= min(i, j) and max(i, j) < window.stop:
                pairs.append((RELATION_TYPES.index(kind), i - window.words, j - window.words))
                related.append(true)
                held[n] = True
        example = Example(window, owned, np.array(pairs, np.int64).reshape(-1, 3), np.array(related, np.float32))
        result.examples.append(example)
    reached = {(kind, i, j) for (kind, i, j, _), was_held in zip(considered, held, strict=True) if was_held}
    for kind, head_id, tail_id in sorted(gold):
        if (kind, first_word.get(head_id), first_word.get(tail_id)) not in reached:
            result.lost_relations.append(f"{document.id}:{kind}:{head_id}:{tail_id}")


@dataclass(frozen=True, slots=True)
class Collator:
    """Pads examples to one batch of tensors, by the names that `Network.forward` and `network_loss` take."""

    pad_id: int

    def __call__(self, batch: Sequence[Example]) -> dict[str, Tensor]:
        padded = pad([example.window for example in batch], self.pad_id)
        count, width = padded.firsts.shape
        tags = np.zeros((count, width, batch[0].tags.shape[1]), np.float32)
        pairs = np.full((count, len(RELATION_TYPES), width, width), IGNORED, np.float32)
        for row, example in enumerate(batch):
            tags[row, : len(example.tags)] = example.tags
            kind, head, tail = example.pairs.T
            pairs[row, kind, head, tail] = example.related
        arrays = {
            "input_ids": padded.input_ids,
            "attention_mask": padded.attention_mask,
            "firsts": padded.firsts,
            "tag_targets": tags,
            "pair_targets": pairs,
        }
        return {name: torch.from_numpy(array) for name, array in arrays.items()}
