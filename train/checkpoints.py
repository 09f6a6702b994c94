"""Weights that a run writes: its checkpoints, which of them are whole, what becomes of one that is not; the last."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from train.recipe import RecipeError
from vipol.network import Network
from vipol.runtimes import TORCH_FILE

AVERAGE_FILE = "average.safetensors"
_STATE_FILE = "trainer_state.json"
_FILES = ("model.safetensors", "optimizer.pt", "scheduler.pt")


class CheckpointError(OSError):
    """A checkpoint that could not be written; the message says why and which one is left."""


def newest_checkpoint(folder: Path, average: bool, processes: int = 1) -> Path | None:
    """The newest whole checkpoint of a run; one that was cut short while it was written is passed over.

    Args:
        average: a whole checkpoint has the mean of the weights too.
        processes: a whole checkpoint has the random state of each of them.
    """
    return max((path for path in _found(folder) if _whole(path, average, processes)), key=_step, default=None)


def remove_broken(folder: Path, average: bool, processes: int = 1) -> None:
    """Removes checkpoints that are not whole: a run that comes there again would write into what is left of them."""
    for path in _found(folder):
        if not _whole(path, average, processes):
            shutil.rmtree(path)


def check_processes(folder: Path, steps_in_epoch: int) -> None:
    """Refuses a run that was begun with another number of processes: its steps are of another size.

    Raises:
        RecipeError: the steps of an epoch are others than those that the checkpoints count in.
    """
    for path in _found(folder):
        state = _state(path)
        if state and state["max_steps"] != steps_in_epoch * state["num_train_epochs"]:
            raise RecipeError(
                f"{path}: written by a run whose steps are of another size; go on with as many processes as it had, "
                "or train into another folder"
            )


def stopped_early(checkpoint: Path) -> int | None:
    """The epochs after which a run that left this checkpoint ran out of patience; None if it did not."""
    state = _state(checkpoint)
    control = state["stateful_callbacks"]["TrainerControl"]["args"]
    return round(state["epoch"]) if control["should_training_stop"] else None


@contextmanager
def written(checkpoint: Path) -> Iterator[None]:
    """Around the writing of a checkpoint: what is half written is removed.

    Raises:
        CheckpointError: it could not be written, as on a full disk.
    """
    try:
        yield
    # Each library has a kind of its own for a full disk: safetensors, torch, and Python for the rest.
    except (OSError, RuntimeError, SafetensorError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        free = shutil.disk_usage(checkpoint.parent).free / 1e6
        shutil.rmtree(checkpoint, ignore_errors=True)
        left = max((path for path in _found(checkpoint.parent) if _state(path)), key=_step, default=None)
        raise CheckpointError(
            f"{checkpoint}: could not be written, with {free:.1f} MB free there ({reason}); "
            f"{f'{left.name} is left' if left else 'there is no other'}. Make room, then go on with --resume"
        ) from error


def check_finite(weights: Mapping[str, torch.Tensor], target: Path) -> None:
    """Refuses to write weights that no run could go on from.

    Args:
        target: where they would be written.

    Raises:
        FloatingPointError: some are infinite or no number.
    """
    if broken := [name for name, tensor in weights.items() if not bool(torch.isfinite(tensor).all())]:
        raise FloatingPointError(
            f"{target}: not written, as {len(broken)} of {len(weights)} tensors have values that are infinite or no "
            f"number, {broken[0]} is one; the checkpoints before it stay. Lower the learning rate"
        )


def save_weights(network: Network, folder: Path) -> None:
    """safetensors and config, the weights last: where they are, the folder is whole.

    Raises:
        FloatingPointError: some weights are infinite or no number; nothing is written.
        OSError: they could not be written, as on a full disk.
    """
    check_finite(network.state_dict(), folder / TORCH_FILE)
    scratch = folder / ".saving"
    try:
        network.save_pretrained(scratch)
    except SafetensorError as error:
        raise OSError(f"{folder / TORCH_FILE}: could not be written ({error}); go on with --resume") from error
    for name in ("config.json", TORCH_FILE):
        (scratch / name).replace(folder / name)
    shutil.rmtree(scratch)


def _found(folder: Path) -> list[Path]:
    return [path for path in folder.glob("checkpoint-*") if path.name.rpartition("-")[2].isdecimal()]


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _whole(checkpoint: Path, average: bool, processes: int) -> bool:
    # While an old checkpoint is removed it still has some of its files, and while a new one is written the state
    # comes last, and after it the mean.
    random = ["rng_state.pth"] if processes == 1 else [f"rng_state_{number}.pth" for number in range(processes)]
    needed = [*_FILES, *random, *([AVERAGE_FILE] if average else [])]
    return bool(_state(checkpoint)) and all((checkpoint / name).is_file() for name in needed)


def _state(checkpoint: Path) -> dict[str, Any]:
    """What the trainer wrote last; empty if it did not come to that."""
    try:
        state = json.loads((checkpoint / _STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}
