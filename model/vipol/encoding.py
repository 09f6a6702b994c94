"""From words to the arrays that an encoder reads: sub-tokens, windows, padded batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models

from vipol.segmentation import SYLLABLES, WordUnit, join, split
from vipol.text import Word, lines

Ints = NDArray[np.int64]


class Pieces:
    """Sub-token ids of a word, remembered: news repeats its words.

    Words are looked up one by one, so no piece ever crosses an edge of a word and no text can become a special token.
    The tokenizer is of one of two kinds:

    - With Metaspace pieces (`▁` marks the start of a word), as multilingual encoders have. A word that nothing parts
      from the one before it is read without the mark.
    - PhoBERT's, whose pieces mark the end of a word (`</w>`). Syllables of a word are joined by `_`, and what stands
      before a word changes nothing. Pieces that its merges need though PhoBERT doesn't know them have ids behind that
      of `<mask>`, the last row of its table; they are read as `<unk>` (see `train.phobert`).
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._normalizer = tokenizer.normalizer
        self._model = tokenizer.model
        names = ["<s>", "</s>", "<pad>", "<unk>"]
        if isinstance(self._model, models.BPE) and self._model.end_of_word_suffix == "</w>":
            names.append("<mask>")
        ids = [tokenizer.token_to_id(token) for token in names]
        if None in ids:
            raise ValueError(f"the tokenizer lacks one of {', '.join(names)}")
        self.start, self.stop, self.pad, self.unknown, *last = (int(i) for i in ids if i is not None)
        self._last = last[0] if last else None
        """Last row of PhoBERT's table; None if the tokenizer is of the other kind."""
        if self._last is None and tokenizer.token_to_id("▁") is None:
            raise ValueError("its pieces are neither those of a multilingual encoder (▁) nor PhoBERT's (</w>)")
        self._known: dict[tuple[str, bool], tuple[int, ...]] = {}

    @classmethod
    def from_file(cls, path: Path) -> "Pieces":
        return cls(Tokenizer.from_file(str(path)))

    def __call__(self, word: Word) -> tuple[int, ...]:
        key = (word.form, word.glued and self._last is None)
        ids = self._known.get(key)
        if ids is None:
            ids = (self._by_start(*key) if self._last is None else self._by_end(word.form)) or (self.unknown,)
            if len(self._known) < 1 << 18:
                self._known[key] = ids
        return ids

    def _by_start(self, form: str, glued: bool) -> tuple[int, ...]:
        if self._normalizer:
            form = self._normalizer.normalize_str(form).strip().replace(" ", "▁")
        return tuple(token.id for token in self._model.tokenize(form if glued else f"▁{form}")) if form else ()

    def _by_end(self, form: str) -> tuple[int, ...]:
        tokens = (token for part in form.split() for token in self._model.tokenize(part))
        return tuple(token.id if token.id <= self._last else self.unknown for token in tokens)

    def text(self, ids: Sequence[int]) -> str:
        """Sub-tokens as text, for messages."""
        return str(self._tokenizer.decode(list(ids)))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one document that the encoder reads at once.

    `words` counts from the first word of the document and `stop` is exclusive. Of the words, only those in
    `[owned, owned_stop)` take their tags from this window; the others are context that a neighbour owns.
    """

    words: int
    stop: int
    owned: int
    owned_stop: int
    ids: Ints
    """*Shape:* (sub-tokens,)"""
    firsts: Ints
    """Position in `ids` of each word's first sub-token. *Shape:* (stop - words,)"""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The words of a text, its lines (as ranges of words), and its windows."""

    words: list[Word]
    lines: list[tuple[int, int]]
    windows: list[Window]
    parted: list[int] = field(default_factory=list)
    """The offset of each word that is only the rest of one, parted at an edge; see `encode`."""


def encode(text: str, pieces: Pieces, limit: int, unit: WordUnit = SYLLABLES, edges: Iterable[int] = ()) -> Encoded:
    """Reads a text into windows of at most `limit` sub-tokens; a word that alone is longer loses its last ones.

    Consecutive lines are packed into one window, a separator between them. A line that is longer than a window is cut
    into windows that overlap by half, and each word belongs to the window that holds most of its surroundings.

    Args:
        unit: what is a word.
        edges: offsets at which a word of several syllables is parted: those of gold spans, where they are known.
    """
    rising = sorted(edges)
    all_words: list[Word] = []
    ranges: list[tuple[int, int]] = []
    parted: list[int] = []
    for start, end in lines(text):
        first = len(all_words)
        for group in unit.groups(text, start, end):
            parts = [join(part) for part in split(group, rising)]
            all_words += parts
            parted += [part.start for part in parts[1:]]
        if len(all_words) > first:
            ranges.append((first, len(all_words)))
    ids = [pieces(word)[: limit - 2] for word in all_words]
    windows: list[Window] = []
    packed: list[tuple[int, int]] = []
    room = limit - 1
    for first, stop in ranges:
        size = sum(len(ids[i]) for i in range(first, stop)) + 1
        if packed and size > room:
            windows.append(_window(packed, ids, pieces))
            packed, room = [], limit - 1
        if size > room:
            windows += _cut(first, stop, ids, pieces, limit - 2)
        else:
            packed.append((first, stop))
            room -= size
    if packed:
        windows.append(_window(packed, ids, pieces))
    return Encoded(all_words, ranges, windows, parted)


def _window(
    ranges: Sequence[tuple[int, int]],
    ids: Sequence[tuple[int, ...]],
    pieces: Pieces,
    owned: tuple[int, int] | None = None,
) -> Window:
    flat, firsts = [pieces.start], []
    for first, stop in ranges:
        for i in range(first, stop):
            firsts.append(len(flat))
            flat.extend(ids[i])
        flat.append(pieces.stop)
    first, stop = ranges[0][0], ranges[-1][1]
    owned_first, owned_stop = owned or (first, stop)
    return Window(first, stop, owned_first, owned_stop, np.array(flat, np.int64), np.array(firsts, np.int64))


def _cut(first: int, stop: int, ids: Sequence[tuple[int, ...]], pieces: Pieces, room: int) -> list[Window]:
    """Windows of at most `room` sub-tokens over one line; starts lie half a window apart."""
    sizes = np.array([len(ids[i]) for i in range(first, stop)])
    before = np.concatenate([[0], np.cumsum(sizes)])
    spans = []
    start = 0
    while True:
        end = max(start + 1, int(np.searchsorted(before, before[start] + room, side="right")) - 1)
        spans.append((start, end))
        if end >= len(sizes):
            break
        half = int(np.searchsorted(before, before[end] - room // 2, side="left"))
        start = max(start + 1, min(end - 1, half))  # not `end` itself: no two neighbours are parted
    edges = [0] + [(left[1] + right[0]) // 2 for left, right in pairwise(spans)] + [len(sizes)]
    return [
        _window([(first + start, first + end)], ids, pieces, (first + edges[n], first + edges[n + 1]))
        for n, (start, end) in enumerate(spans)
    ]


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows padded to one length."""

    input_ids: Ints
    """*Shape:* (windows, sub-tokens)"""
    attention_mask: Ints
    """*Shape:* (windows, sub-tokens)"""
    firsts: Ints
    """Position of each word's first sub-token, 0 beyond the last word. *Shape:* (windows, words)"""


def pad(windows: Sequence[Window], pad_id: int) -> Batch:
    length = max(len(window.ids) for window in windows)
    width = max(len(window.firsts) for window in windows)
    batch = Batch(
        np.full((len(windows), length), pad_id, np.int64),
        np.zeros((len(windows), length), np.int64),
        np.zeros((len(windows), width), np.int64),
    )
    for row, window in enumerate(windows):
        batch.input_ids[row, : len(window.ids)] = window.ids
        batch.attention_mask[row, : len(window.ids)] = 1
        batch.firsts[row, : len(window.firsts)] = window.firsts
    return batch
