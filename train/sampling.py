"""The order in which windows are read: whole steps, the same however many processes share them."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.utils.data import Sampler

from train.examples import Example
from vipol.encoding import Window


class ByLength(Sampler[int]):
    """A random order in which neighbours are of like length, so that little of a batch is padding.

    The order depends on the seed, the epoch and the windows of a step alone: a run that is resumed sees what it would
    have seen, and two processes see in a step what one with twice the batch sees.

    Args:
        lengths: sub-tokens of each window.
        step: windows in a step, over all its processes and batches.
        seed: of the order.
        even: the order is filled up to a multiple of this with the index after the last, which stands for a `blank`.
    """

    def __init__(self, lengths: Sequence[int], step: int, seed: int, even: int = 1) -> None:
        self._lengths, self._step, self._seed, self._even = lengths, step, seed, even
        self._epoch = 0

    def __len__(self) -> int:
        return -(-len(self._lengths) // self._even) * self._even

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(1_000_003 * self._seed + self._epoch)
        order = torch.randperm(len(self._lengths), generator=generator).tolist()
        stretch = 16 * self._step
        steps = []
        for start in range(0, len(order), stretch):
            part = sorted(order[start : start + stretch], key=lambda i: self._lengths[i])
            steps += [part[n : n + self._step] for n in range(0, len(part), self._step)]
        # A step that is not full must come last: the loader cuts batches of its own out of this order.
        full = [step for step in steps if len(step) == self._step]
        short = [step for step in steps if len(step) < self._step]
        for n in torch.randperm(len(full), generator=generator).tolist():
            yield from full[n]
        for step in short:
            yield from step
        yield from [len(order)] * (len(self) - len(order))


def blank(example: Example) -> Example:
    """A window of one word from which nothing is learnt: it gives a process a batch when windows run out."""
    window = Window(0, 1, 0, 0, example.window.ids[:1], np.zeros(1, np.int64))
    return Example(
        window, np.zeros_like(example.tags[:1]), np.zeros((0, 3), np.int64), np.zeros(0, example.related.dtype)
    )
