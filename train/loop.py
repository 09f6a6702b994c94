"""Training a network: on any device, in one process or several, gone on with after a stop."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import EarlyStoppingCallback, TrainerCallback, TrainingArguments, set_seed

from train import processes
from train.average import Average
from train.checkpoints import check_processes, newest_checkpoint, remove_broken, stopped_early
from train.examples import Example
from train.recipe import Recipe, RecipeError
from train.trainer import NetworkTrainer, extractor
from vipol.document import Document
from vipol.encoding import Pieces
from vipol.network import Network

__all__ = ["extractor", "fit", "precision_of", "trained", "trainer_of"]

_ALL_USED = {"bert", "roberta", "xlm-roberta"}
"""Encoders whose every weight has a part in the loss, as the network builds them."""


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
    tensorboard: Path | None = None,
) -> list[dict[str, float]]:
    """Trains a network in place and returns what was logged, epoch by epoch.

    Several processes that `torchrun` started train it together; all of them call this, and all end with its weights.

    Args:
        folder: where checkpoints are kept; each epoch leaves one, and the last two stay.
        resume: go on from the newest checkpoint in `folder`, if there is one.
        keep: leave checkpoints at all.
        tensorboard: a folder for TensorBoard's event files.

    Raises:
        FloatingPointError: the loss, a gradient or a weight is no number any more.
        CheckpointError: a checkpoint could not be written.
        RecipeError: this machine doesn't compute in the recipe's precision, the encoder has no checkpointing, or the
            run that is to be gone on with had another number of processes.
    """
    training = recipe.training
    early = bool(training.patience and dev and keep)
    steps_in_epoch = _steps(len(examples), recipe)
    checkpoint = None
    if resume:
        check_processes(folder, steps_in_epoch)
        checkpoint = newest_checkpoint(folder, bool(training.average), processes.count())
        processes.wait()  # until all have looked
        if processes.first():
            remove_broken(folder, bool(training.average), processes.count())
    if early and checkpoint:
        epochs = stopped_early(checkpoint) or epochs
    trainer = trainer_of(
        network, pieces, examples, dev, recipe, folder, seed=seed, quiet=quiet,
        num_train_epochs=epochs,
        warmup_steps=round(training.warmup * steps_in_epoch * epochs),
        save_strategy="epoch" if keep else "no",
        eval_strategy="epoch" if dev else "no",
        load_best_model_at_end=early,
        metric_for_best_model="mean_f1" if early else None,
        restore_callback_states_from_checkpoint=early,
    )  # fmt: skip
    if early:
        trainer.add_callback(EarlyStoppingCallback(training.patience))
    if tensorboard and processes.first():
        trainer.add_callback(_events(tensorboard, checkpoint))
    return trained(trainer, recipe, checkpoint)


def trainer_of(
    network: Network,
    pieces: Pieces,
    examples: Sequence[Example],
    dev: Sequence[Document],
    recipe: Recipe,
    folder: Path,
    *,
    seed: int,
    quiet: bool,
    callbacks: Sequence[TrainerCallback] = (),
    **rest: Any,
) -> NetworkTrainer:
    """A trainer with what every training on this machine has in common; `rest` are further `TrainingArguments`.

    Raises:
        RecipeError: this machine doesn't compute in the recipe's precision.
    """
    training = recipe.training
    precision = precision_of(training.precision)
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=training.batch_size,
        gradient_accumulation_steps=training.accumulation,
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        bf16=precision == "bfloat16",
        fp16=precision == "float16",
        use_cpu=not torch.cuda.is_available(),
        seed=seed,
        logging_strategy="epoch",
        save_total_limit=2,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        # Looking for them costs time in every step; encoders of other kinds may have some.
        ddp_find_unused_parameters=False if network.config.encoder["model_type"] in _ALL_USED else None,
        disable_tqdm=quiet,
        report_to=[],
        **rest,
    )
    set_seed(seed)
    trainer = NetworkTrainer(recipe, pieces, dev, examples, model=network, args=arguments, callbacks=list(callbacks))
    if processes.number():  # or each process would drop the same units
        set_seed(seed + 7_919 * processes.number())
    return trainer


def trained(trainer: NetworkTrainer, recipe: Recipe, checkpoint: Path | None) -> list[dict[str, float]]:
    """Trains the trainer's network, from a checkpoint if there is one, and returns what was logged."""
    network: Network = trainer.accelerator.unwrap_model(trainer.model)
    if recipe.training.average:
        trainer.average = Average(network, recipe.training.average)
        trainer.add_callback(trainer.average)
        if checkpoint:
            trainer.average.load(checkpoint)
    with _checkpointing(network, recipe.training.gradient_checkpointing):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.average:
        if trainer.args.load_best_model_at_end and trainer.state.best_model_checkpoint:
            processes.wait()  # until the first has written it
            trainer.average.load(Path(trainer.state.best_model_checkpoint))
        trainer.average.swap()
    # Off again with the automatic half precision that the trainer wrapped around `forward`.
    trainer.accelerator.unwrap_model(network, keep_fp32_wrapper=False).eval()
    return [dict(entry) for entry in trainer.state.log_history]


def _steps(windows: int, recipe: Recipe) -> int:
    """The steps of an epoch."""
    together = recipe.training.batch_size * max(1, processes.count(), _cards())
    return math.ceil(math.ceil(windows / together) / recipe.training.accumulation)


def _cards() -> int:
    """GPUs over which one process divides its batches: all that it sees, if no launcher gave it one."""
    return torch.cuda.device_count() if processes.count() == 1 else 1


@contextmanager
def _checkpointing(network: Network, wanted: bool) -> Iterator[None]:
    """Within it, the encoder's layers keep little for the way back and compute it again."""
    if not wanted:
        yield
        return
    encoder = network.encoder
    # The name of before transformers 5.20 or so; later ones still have it, and warn.
    kind = "activation" if hasattr(encoder, "activation_checkpointing_enable") else "gradient"
    try:
        getattr(encoder, f"{kind}_checkpointing_enable")({"use_reentrant": False})
    except ValueError as error:
        raise RecipeError(f'"training.gradient_checkpointing": the encoder has no such thing ({error})') from error
    try:
        yield
    finally:
        getattr(encoder, f"{kind}_checkpointing_disable")()


def _events(folder: Path, checkpoint: Path | None) -> TrainerCallback:
    """Writes what is logged for TensorBoard; what a stopped run logged after its last checkpoint is taken back."""
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations.integration_utils import TensorBoardCallback

    purge = int(checkpoint.name.rpartition("-")[2]) + 1 if checkpoint else 0
    return TensorBoardCallback(SummaryWriter(str(folder), purge_step=purge))


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
