"""The processes of a run: one, or several that `torchrun` started and that share a folder."""

import os
from datetime import timedelta
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list

_PATIENCE = timedelta(hours=6)
"""While the first process scores, marks or exports, the others wait; torch alone would give up after minutes."""

T = TypeVar("T")


def count() -> int:
    return int(_state().num_processes)


def number() -> int:
    """The number of this process, from 0."""
    return int(_state().process_index)


def first() -> bool:
    """Whether this is the process that writes, scores and talks."""
    return number() == 0


def wait() -> None:
    """Returns when all processes have come here."""
    _state().wait_for_everyone()


def shared(value: T) -> T:
    """The first process's value, in all of them."""
    values = [value]
    if count() > 1:
        broadcast_object_list(values)
    return values[0]


def leave() -> None:
    """Ends the connection, after which the first process may go on alone."""
    if count() > 1 and torch.distributed.is_initialized():
        wait()
        torch.distributed.destroy_process_group()


def started_as_one_of_several() -> bool:
    """Whether a launcher started this process with others; asks its environment alone, and connects to nothing."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def _state() -> PartialState:
    return PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)
