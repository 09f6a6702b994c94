"""The training loop: the Hugging Face `Trainer` over windows, scored on whole documents."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import Sampler
from transformers import (
    EarlyStoppingCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)

from eval.scores import score
from train.examples import Collator, Example
from train.recipe import Recipe, RecipeError
from vipol.document import Document
from vipol.encoding import Pieces
from vipol.extractor import Config, Extractor
from vipol.network import Network, network_loss
from vipol.runtimes import TorchRuntime

_AVERAGE_FILE = "average.safetensors"
_STATE_FILE = "trainer_state.json"


class ByLength(Sampler[int]):
    """A random order in which neighbours are of like length, so that little of a batch is padding.

    The order depends on the seed and the epoch alone: a run that is resumed sees what it would have seen.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths, self._batch_size, self._seed = lengths, batch_size, seed
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(1_000_003 * self._seed + self._epoch)
        order = torch.randperm(len(self), generator=generator).tolist()
        stretch = 16 * self._batch_size
        batches = []
        for start in range(0, len(order), stretch):
            part = sorted(order[start : start + stretch], key=lambda i: self._lengths[i])
            batches += [part[n : n + self._batch_size] for n in range(0, len(part), self._batch_size)]
        # A batch that is not full must come last: the loader cuts batches of its own out of this order.
        full = [batch for batch in batches if len(batch) == self._batch_size]
        short = [batch for batch in batches if len(batch) < self._batch_size]
        for n in torch.randperm(len(full), generator=generator).tolist():
            yield from full[n]
        for batch in short:
            yield from batch


class NetworkTrainer(Trainer):
    """The `Trainer` with the network's loss, two learning rates, and scores over documents."""

    def __init__(self, recipe: Recipe, pieces: Pieces, dev: Sequence[Document], **rest: Any) -> None:
        super().__init__(data_collator=Collator(pieces.pad), eval_dataset=list(dev) or None, **rest)
        self._recipe, self._pieces, self._dev = recipe, pieces, dev
        self.average: Average | None = None

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW; the new layers learn faster than the encoder, biases and norms don't decay."""
        training = self._recipe.training
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        learner = model or self.model
        assert learner is not None
        for name, parameter in learner.named_parameters():
            groups.setdefault((name.startswith("encoder."), parameter.ndim > 1), []).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [
                {
                    "params": parameters,
                    "lr": training.learning_rate if pretrained else training.head_learning_rate,
                    "weight_decay": training.weight_decay if matrix else 0.0,
                }
                for (pretrained, matrix), parameters in groups.items()
            ],
            fused=True,
        )
        return self.optimizer

    def compute_loss(self, model: nn.Module, inputs: dict[str, Tensor], *_: Any, **__: Any) -> Tensor:
        scores = model(inputs["input_ids"], inputs["attention_mask"], inputs["firsts"])
        weight = self._recipe.training.pair_weight
        loss = network_loss(scores, inputs["tag_targets"], inputs["pair_targets"], weight)
        value = float(loss.detach())
        if not math.isfinite(value):
            text = self._pieces.text(inputs["input_ids"][0].tolist())
            raise FloatingPointError(
                f"the loss is {value} in the batch that begins {text[:80]!r}; lower the learning rate"
            )
        return loss

    def _get_train_sampler(self, train_dataset: Any = None) -> ByLength:
        examples: Any = train_dataset if train_dataset is not None else self.train_dataset
        lengths = [len(example.window.ids) for example in examples]
        return ByLength(lengths, self._train_batch_size, self._recipe.training.seed)

    def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
        """Strict span F1 and Rel+ on the dev documents, as the extractor would mark them."""
        network = self.accelerator.unwrap_model(self.model)
        was_training = network.training
        if self.average:
            self.average.swap()
        network.eval()
        scores = score(self._dev, list(extractor(network, self._pieces).extract_many(self._dev)))
        if self.average:
            self.average.swap()
        network.train(was_training)
        metrics = {
            f"{metric_key_prefix}_span_f1": scores.spans.micro.f1,
            f"{metric_key_prefix}_relation_f1": scores.relations.micro.f1,
        }
        metrics[f"{metric_key_prefix}_mean_f1"] = (scores.spans.micro.f1 + scores.relations.micro.f1) / 2
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class Average(TrainerCallback):
    """A running mean of the weights (Polyak averaging), kept through checkpoints."""

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
        target = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / _AVERAGE_FILE
        scratch = target.with_suffix(".part")
        save_file(self._mean, scratch)
        scratch.replace(target)

    def load(self, checkpoint: Path) -> None:
        self._mean = load_file(checkpoint / _AVERAGE_FILE, device=str(self._network.device))


def extractor(network: Network, pieces: Pieces) -> Extractor:
    """An extractor over a network in memory."""
    settings = network.config
    config = Config(
        tuple(settings.tags),
        tuple(settings.relation_types),
        settings.window,
        dict(settings.thresholds),
        settings.name,
        settings.words,
    )
    return Extractor(config, pieces, TorchRuntime(network))


def fit(
    network: Network,
    pieces: Pieces,
    examples: Sequence[Example],
    dev: Sequence[Document],
    recipe: Recipe,
    folder: Path,
    *,
    epochs: int,
    seed: int,
    resume: bool = False,
    quiet: bool = False,
    keep: bool = True,
) -> list[dict[str, float]]:
    """Trains a network in place and returns what was logged, epoch by epoch.

    Args:
        folder: where checkpoints are kept; each epoch leaves one, and the last two stay.
        resume: go on from the newest checkpoint in `folder`, if there is one.
        keep: leave checkpoints at all.

    Raises:
        FloatingPointError: the loss is no number any more.
        RecipeError: this machine doesn't compute in the recipe's precision.
    """
    training = recipe.training
    early = bool(training.patience and dev and keep)
    checkpoint = newest_checkpoint(folder, bool(training.average)) if resume else None
    if early and checkpoint:
        epochs = _stopped_early(checkpoint) or epochs
    steps = math.ceil(math.ceil(len(examples) / training.batch_size) / training.accumulation) * epochs
    precision = precision_of(training.precision)
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=training.batch_size,
        gradient_accumulation_steps=training.accumulation,
        lr_scheduler_type="linear",
        warmup_steps=round(training.warmup * steps),
        max_grad_norm=1.0,
        bf16=precision == "bfloat16",
        fp16=precision == "float16",
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        save_strategy="epoch" if keep else "no",
        eval_strategy="epoch" if dev else "no",
        logging_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=early,
        metric_for_best_model="mean_f1" if early else None,
        restore_callback_states_from_checkpoint=early,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=quiet,
        report_to=[],
    )
    set_seed(seed)
    trainer = NetworkTrainer(recipe, pieces, dev, model=network, args=arguments, train_dataset=list(examples))
    if early:
        trainer.add_callback(EarlyStoppingCallback(training.patience))
    if training.average:
        trainer.average = Average(network, training.average)
        trainer.add_callback(trainer.average)
        if checkpoint:
            trainer.average.load(checkpoint)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.average:
        if early and trainer.state.best_model_checkpoint:
            trainer.average.load(Path(trainer.state.best_model_checkpoint))
        trainer.average.swap()
    # Off again with the automatic half precision that the trainer wrapped around `forward`.
    trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False).eval()
    return [dict(entry) for entry in trainer.state.log_history]


def newest_checkpoint(folder: Path, average: bool) -> Path | None:
    """The newest whole checkpoint of a run; one that was cut short while it was written is passed over.

    Args:
        average: a whole checkpoint has the mean of the weights too.
    """
    found = [path for path in folder.glob("checkpoint-*") if _whole(path, average)]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _whole(checkpoint: Path, average: bool) -> bool:
    try:  # the trainer writes this file last, and after it the mean is written
        json.loads((checkpoint / _STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not average or (checkpoint / _AVERAGE_FILE).is_file()


def _stopped_early(checkpoint: Path) -> int | None:
    """The epochs after which a run that left this checkpoint ran out of patience; None if it did not."""
    state = json.loads((checkpoint / _STATE_FILE).read_text(encoding="utf-8"))
    control = state["stateful_callbacks"]["TrainerControl"]["args"]
    return round(state["epoch"]) if control["should_training_stop"] else None


def precision_of(name: str) -> str:
    """What `auto` means on this machine: bfloat16 where the device computes in it, else float32.

    Raises:
        RecipeError: float16 without a GPU.
    """
    if name == "float16" and not torch.cuda.is_available():
        raise RecipeError('"training.precision" is float16, which takes a GPU; say auto, float32 or bfloat16')
    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    capabilities = torch.cpu.get_capabilities()
    # Without the instructions, bfloat16 is computed in float32 with conversions, and slower.
    return "bfloat16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "float32"
