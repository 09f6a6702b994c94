"""The Hugging Face `Trainer` over windows: one loss for a whole step, scores on whole documents."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Trainer, TrainerCallback

from eval.scores import score
from train import processes
from train.average import Average
from train.checkpoints import check_finite, written
from train.examples import Collator, Example
from train.recipe import Recipe
from train.sampling import ByLength, blank
from vipol.document import Document
from vipol.encoding import Pieces
from vipol.extractor import Config, Extractor
from vipol.network import Network, network_loss, target_counts
from vipol.runtimes import TorchRuntime

_NAMED = 32
"""Windows of a batch or a step that a message names."""


class NetworkTrainer(Trainer):
    """The `Trainer` with the network's loss, two learning rates, and scores over documents.

    The loss is one of the whole step: however its windows are shared among processes and batches, the gradients are
    those of one batch with all of them.
    """

    def __init__(
        self, recipe: Recipe, pieces: Pieces, dev: Sequence[Document], examples: Sequence[Example], **rest: Any
    ) -> None:
        # Without a window for every process the trainer would read some twice.
        windows = [*examples, blank(examples[0])] if processes.count() > 1 and examples else list(examples)
        super().__init__(
            data_collator=Collator(pieces.pad), train_dataset=windows, eval_dataset=list(dev) or None, **rest
        )
        self._recipe, self._pieces, self._dev = recipe, pieces, dev
        self._lengths = [len(example.window.ids) for example in examples]
        self.average: Average | None = None
        self._batches: list[dict[str, Tensor]] = []
        self.add_callback(_Gradients(self))

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

    def get_batch_samples(
        self, epoch_iterator: Iterator[dict[str, Tensor]], num_batches: int, device: torch.device
    ) -> tuple[list[dict[str, Tensor]], Tensor | None]:
        """The batches of a step, and the `target_counts` of all of them in all processes."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        self._batches = batches
        if not batches:
            return batches, None
        counts = torch.stack([target_counts(batch["tag_targets"], batch["pair_targets"]) for batch in batches]).sum(0)
        return batches, self.accelerator.reduce(counts.to(device), "sum")

    def compute_loss(  # type: ignore[override]  # the counts are two numbers, and outputs are never asked for
        self, model: nn.Module, inputs: dict[str, Tensor], *_: Any, num_items_in_batch: Tensor | None = None, **__: Any
    ) -> Tensor:
        scores = model(inputs["input_ids"], inputs["attention_mask"], inputs["firsts"])
        weight = self._recipe.training.pair_weight
        loss = network_loss(scores, inputs["tag_targets"], inputs["pair_targets"], weight, num_items_in_batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(self._no_number(f"the loss is {value}", [inputs]))
        # The trainer divides by the batches of a step, and torch takes the mean over processes; this loss is a sum's
        # part in both.
        parts: int = self.current_gradient_accumulation_steps * self.args.world_size
        return loss * parts

    def check_gradients(self) -> None:
        """Refuses a step whose gradients are not finite: clipped by their norm, they would spoil every weight.

        Processes have the sum of their gradients by now, so that all of them refuse, each with its own windows.

        Raises:
            FloatingPointError: a gradient is infinite or no number.
        """
        if self.accelerator.scaler is not None:  # in float16 some overflow, and the scaler leaves such a step out
            return
        network = self.accelerator.unwrap_model(self.model)
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        if not math.isfinite(float(nn.utils.get_total_norm(gradients))):
            raise FloatingPointError(self._no_number("a gradient is infinite or no number", self._batches))

    def _no_number(self, what: str, batches: Sequence[dict[str, Tensor]]) -> str:
        windows = [ids for batch in batches for ids in batch["input_ids"][batch["attention_mask"].sum(1) > 1]]
        texts = [self._pieces.text(ids.tolist()).strip() for ids in windows]
        names = ", ".join(repr(text[:60]) for text in texts[:_NAMED])
        more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
        where = f" in process {processes.number()}" if processes.count() > 1 else ""
        epoch = int(self.state.epoch or 0) + 1
        return (
            f"{what} in step {self.state.global_step + 1}, epoch {epoch}{where}, in the "
            f"{'batch' if len(batches) == 1 else f'{len(batches)} batches'} of the {len(texts)} windows that begin "
            f"{names}{more}; the checkpoints before it stay. Lower the learning rate"
        )

    def _get_train_sampler(self, train_dataset: Any = None) -> ByLength:
        together = self._train_batch_size * self.args.world_size
        step = together * self.args.gradient_accumulation_steps
        even = together if self.args.world_size > 1 else 1
        return ByLength(self._lengths, step, self._recipe.training.seed, even)

    def _save_checkpoint(self, *rest: Any, **options: Any) -> None:
        checkpoint = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
        network = self.accelerator.unwrap_model(self.model)
        check_finite(network.state_dict(), checkpoint)
        if self.average:
            self.average.swap()
            check_finite(network.state_dict(), checkpoint)
            self.average.swap()
        with written(checkpoint):
            super()._save_checkpoint(*rest, **options)

    def evaluate(self, *_: Any, metric_key_prefix: str = "eval", **__: Any) -> dict[str, float]:
        """Strict span F1 and Rel+ on the dev documents, as the extractor would mark them."""
        metrics = processes.shared(self._scores(metric_key_prefix) if processes.first() else {})
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def _scores(self, prefix: str) -> dict[str, float]:
        network = self.accelerator.unwrap_model(self.model)
        was_training = network.training
        if self.average:
            self.average.swap()
        network.eval()
        scores = score(self._dev, list(extractor(network, self._pieces).extract_many(self._dev)))
        if self.average:
            self.average.swap()
        network.train(was_training)
        spans, relations = scores.spans.micro.f1, scores.relations.micro.f1
        return {
            f"{prefix}_span_f1": spans,
            f"{prefix}_relation_f1": relations,
            f"{prefix}_mean_f1": (spans + relations) / 2,
        }


class _Gradients(TrainerCallback):
    """Has the trainer look at the gradients of a step before the weights change."""

    def __init__(self, trainer: NetworkTrainer) -> None:
        self._trainer = trainer

    def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
        self._trainer.check_gradients()


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
