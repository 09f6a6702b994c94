"""The running mean of the weights, which is what a run may keep in the end."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from train.checkpoints import AVERAGE_FILE, written
from vipol.network import Network


class Average(TrainerCallback):
    """A running mean of the weights (Polyak averaging), kept through checkpoints.

    Every process of a run has it, and in all it is the same; the first one writes it.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self._network, self._decay = network, decay
        self._mean = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}

    def swap(self) -> None:
        """Exchanges the network's weights with the mean."""
        current = {name: tensor.detach().clone() for name, tensor in self._network.state_dict().items()}
        self._network.load_state_dict(self._mean)
        self._mean = current

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        # Early steps count less, so that the random start is soon forgotten.
        decay = min(self._decay, (1 + state.global_step) / (10 + state.global_step))
        with torch.no_grad():
            for name, tensor in self._network.state_dict().items():
                self._mean[name].lerp_(tensor, 1 - decay)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        if not state.is_world_process_zero:
            return
        target = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / AVERAGE_FILE
        scratch = target.with_suffix(".part")
        with written(target.parent):
            save_file(self._mean, scratch)
            scratch.replace(target)

    def load(self, checkpoint: Path) -> None:
        self._mean = load_file(checkpoint / AVERAGE_FILE, device=str(self._network.device))
