"""Seconds and memory of a recipe's steps on this machine: what fits, and how long it takes, known beforehand."""

import math
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train import processes
from train.corpora import load
from train.encoder import pieces_of
from train.examples import Example, examples
from train.loop import precision_of, trained, trainer_of
from train.recipe import Recipe
from train.run import build
from vipol.segmentation import word_unit


@dataclass(frozen=True)
class Measured:
    """What some steps took; a step is all its windows, in all processes."""

    recipe: str
    parameters: int
    device: str
    precision: str
    gradient_checkpointing: bool
    processes: int
    windows: int
    """In a step."""
    longest: int
    """Sub-tokens of the longest window."""
    seconds: list[float]
    """Of each step after the first, which prepares much."""
    tokens: float
    """Sub-tokens in a step without padding, on average."""
    epoch_tokens: int
    """Sub-tokens of all windows of the recipe's gold."""
    epoch_windows: int
    memory: int
    """Most bytes that this process had, with all its libraries and data."""
    gpu_memory: int
    """Most bytes of tensors on the GPU; 0 without one."""

    def lines(self) -> list[str]:
        """What was measured, for people."""
        step = statistics.median(self.seconds)
        pace = self.tokens / step
        among = f" in {self.processes} processes" if self.processes > 1 else ""
        again = ", gradient checkpointing" if self.gradient_checkpointing else ""
        lines = [
            f"{self.recipe}: {self.parameters / 1e6:.1f} M parameters, {self.device}, {self.precision}{again}",
            f"a step: {self.windows} windows{among}, the longest of the gold (up to {self.longest} sub-tokens)",
            f"seconds a step: {step:.2f} (median of {len(self.seconds)}; "
            f"{min(self.seconds):.2f} to {max(self.seconds):.2f})",
            f"sub-tokens a second: {pace:.0f}",
            f"an epoch of the gold, {self.epoch_windows} windows: about {_duration(self.epoch_tokens / pace)}",
            f"peak memory of the process: {self.memory / 1e9:.2f} GB",
        ]
        return [*lines, f"peak memory on the GPU: {self.gpu_memory / 1e9:.2f} GB"] if self.gpu_memory else lines


def measure(recipe: Recipe, steps: int, quiet: bool = True) -> Measured:
    """Trains a recipe for some steps on the longest windows of its gold, and keeps nothing.

    The longest, so that no step of a run takes more memory; with the running mean of the weights and the optimizer's
    own, and without what scoring and writing take.

    Args:
        steps: how many are measured; one more goes before them.

    Raises:
        RecipeError: a corpus is missing, or the encoder is, or this machine doesn't compute in that precision.
    """
    pieces, unit = pieces_of(recipe.encoder.source), word_unit(recipe.encoder.words)
    gold = examples(load(recipe).train, pieces, recipe.network.window, unit=unit).examples
    network = build(recipe, recipe.training.seed)
    together = recipe.training.batch_size * recipe.training.accumulation * processes.count()
    longest = _longest(gold, together * (steps + 1))
    clock = _Clock()
    with tempfile.TemporaryDirectory(prefix="vipol-measure-") as folder:
        trainer = trainer_of(
            network, pieces, longest, [], recipe, Path(folder), seed=recipe.training.seed, quiet=quiet,
            max_steps=steps + 1, save_strategy="no", eval_strategy="no", callbacks=[clock],
        )  # fmt: skip
        trained(trainer, recipe, None)
    lengths = [len(example.window.ids) for example in longest]
    cuda = torch.cuda.is_available()
    return Measured(
        recipe=recipe.name,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        device=torch.cuda.get_device_name() if cuda else f"cpu, {torch.get_num_threads()} threads",
        precision=precision_of(recipe.training.precision),
        gradient_checkpointing=recipe.training.gradient_checkpointing,
        processes=processes.count(),
        windows=together,
        longest=max(lengths),
        seconds=clock.seconds[1:],
        tokens=sum(lengths) / (steps + 1),
        epoch_tokens=sum(len(example.window.ids) for example in gold),
        epoch_windows=len(gold),
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        gpu_memory=torch.cuda.max_memory_allocated() if cuda else 0,
    )


def _longest(gold: Sequence[Example], count: int) -> list[Example]:
    """So many of the longest windows; all of them again and again if there are fewer."""
    ordered = sorted(gold, key=lambda example: -len(example.window.ids))
    return (ordered * math.ceil(count / len(ordered)))[:count]


class _Clock(TrainerCallback):
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._began = 0.0

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self._began = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds.append(time.monotonic() - self._began)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
