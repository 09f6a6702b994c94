"""Learning from articles without gold: teachers mark them, and what the teachers think becomes the target.

The targets are the teachers' mean probabilities, not their decisions (Hinton et al., 2015, arXiv:1503.02531), so that
a word on which they disagree teaches little.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from annotations.unlabelled import read_texts
from eval.provenance import text_hash
from train.examples import Example, Floats
from vipol.decoding import Decoder, choices, softmax
from vipol.encoding import Pieces, Window, encode, pad
from vipol.runtimes import Runtime
from vipol.schema import CHOOSER, RELATION_TYPES, TAGS, relation_type
from vipol.segmentation import SYLLABLES, WordUnit

_POLITICAL = re.compile(
    r"(?i)\b(?:chủ tịch|bí thư|[uủ][ỷy] viên|bộ trưởng|thứ trưởng|giám đốc|cục trưởng|vụ trưởng|trưởng ban|đại biểu|"
    r"ubnd|hđnd|quốc hội|chính phủ|thủ tướng|công an|quân ủy|ban chấp hành|ban thường vụ|đảng bộ|thành ủy|tỉnh ủy|"
    r"huyện ủy|quận ủy|viện kiểm sát|tòa án|sở|tỷ đồng|triệu đồng)\b"
)
_SHORTEST = 60
"""Syllables; what is shorter is a caption or the rest of a page."""


def articles(path: Path, count: int, known: Collection[str] = ()) -> list[str]:
    """The texts in which posts, bodies and amounts stand most densely, in the file's order.

    Args:
        path: JSONL with a "text" in each object, plain or packed with xz.
        known: what `text_hash` gives for texts that are left out, since there is gold for them.

    Raises:
        DocumentError: a line is something else, or the file is damaged; the message names file and line.
    """
    scored = []
    for number, text in enumerate(read_texts(path)):
        syllables = len(text.split())
        if syllables >= _SHORTEST and text_hash(text) not in known:
            scored.append((len(_POLITICAL.findall(text)) / syllables, -number, text))
    chosen = sorted(scored, reverse=True)[:count]
    return [text for _, _, text in sorted(chosen, key=lambda item: -item[1])]


def distil(
    texts: Sequence[str],
    teachers: Sequence[Runtime],
    pieces: Pieces,
    limit: int,
    batch_size: int,
    quiet: bool = False,
    unit: WordUnit = SYLLABLES,
) -> list[Example]:
    """The windows of texts, with what the teachers think of them as targets."""
    queue = []
    for text in texts:
        encoded = encode(text, pieces, limit, unit)
        line_of = np.zeros(len(encoded.words), np.int64)
        for number, (first, stop) in enumerate(encoded.lines):
            line_of[first:stop] = number
        queue += [(window, line_of[window.words : window.stop]) for window in encoded.windows]
    queue.sort(key=lambda item: len(item[0].ids))
    decoder = Decoder(TAGS)
    examples = []
    starts = range(0, len(queue), batch_size)
    for start in track(starts, "teachers mark articles", disable=quiet):
        part = queue[start : start + batch_size]
        batch = pad([window for window, _ in part], pieces.pad)
        scores = [teacher(batch) for teacher in teachers]
        tags = np.mean([softmax(tag_scores) for tag_scores, _ in scores], axis=0)
        for row, item in enumerate(part):
            examples.append(_example(*item, tags[row], [pair_scores[row] for _, pair_scores in scores], decoder))
    return examples


def _example(
    window: Window, line_of: NDArray[np.int64], tags: Floats, pair_scores: Sequence[Floats], decoder: Decoder
) -> Example:
    tags = tags[: window.stop - window.words].astype(np.float32)
    firsts: list[tuple[int, int, str]] = []
    for line in np.unique(line_of):
        words = np.flatnonzero(line_of == line)
        path = decoder.best(np.log(tags[words] + 1e-9))
        firsts += [(int(words[start]), int(line), label) for start, _, label in decoder.spans(path)]
    considered = []
    choosers = []
    for i, line, head in firsts:
        for j, other, tail in firsts:
            kind = relation_type(head, tail)
            if line == other and kind:
                considered.append((RELATION_TYPES.index(kind), i, j))
                choosers.append((kind, i if head == CHOOSER else j))
    targets = np.zeros_like(tags)
    inside = slice(window.owned - window.words, window.owned_stop - window.words)
    targets[inside] = tags[inside]
    pairs = np.array(considered, np.int64).reshape(-1, 3)
    related = np.zeros(len(pairs), np.float32)
    for scores in pair_scores:
        related += np.array(choices(scores[tuple(pairs.T)].tolist(), choosers), np.float32) / len(pair_scores)
    return Example(window, targets, pairs, related)
