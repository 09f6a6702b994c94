"""The training loop on a tiny encoder: what it learns, that it can be repeated, stopped and gone on with."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainerControl, TrainerState, TrainingArguments

from eval.scores import score
from train import trainer
from train.average import Average
from train.checkpoints import newest_checkpoint
from train.examples import Collator, Example, examples
from train.loop import extractor, fit, precision_of, trainer_of
from train.recipe import Recipe, RecipeError
from train.run import build
from train.sampling import ByLength
from train.trainer import NetworkTrainer
from vipol.document import Document
from vipol.encoding import Pieces
from vipol.network import Network

Weights = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def windows(short_news: Sequence[Document], pieces: Pieces) -> list[Example]:
    return examples(short_news, pieces, 64).examples


@pytest.fixture
def train(
    short_recipe: Recipe,
    short_news: Sequence[Document],
    windows: list[Example],
    pieces: Pieces,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Trains a new network in three epochs of three batches; `options` are `fit`'s, or the recipe's in [training]."""
    compute, batches = NetworkTrainer.compute_loss, []

    def counting(*arguments: Any, **options: Any) -> torch.Tensor:
        batches.append(None)
        return compute(*arguments, **options)

    monkeypatch.setattr(NetworkTrainer, "compute_loss", counting)

    def train(resume: bool = False, place: str = "run", watch: bool = False, seed: int = 1, **options: Any) -> Trained:
        keep = options.pop("keep", True)
        epochs = options.pop("epochs", 3)
        recipe = replace(short_recipe, training=replace(short_recipe.training, **options))
        network = build(recipe, seed)
        dev = short_news if watch else []
        batches.clear()
        log = fit(
            network, pieces, windows, dev, recipe, tmp_path / place,
            epochs=epochs, seed=seed, resume=resume, quiet=True, keep=keep,
        )  # fmt: skip
        return Trained(network, log, len(batches))

    return train


def weights_of(network: Network) -> Weights:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


class Trained:
    def __init__(self, network: Network, log: list[dict[str, float]], batches: int) -> None:
        self.network, self.log, self.batches = network, log, batches
        self.weights = weights_of(network)

    def logged(self, key: str) -> list[float]:
        return [entry[key] for entry in self.log if key in entry]


def same(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


@contextmanager
def stopped_in_batch(number: int) -> Iterator[None]:
    """Presses Ctrl-C in the batch of this number, counted from 1."""
    compute, count = NetworkTrainer.compute_loss, iter(range(1, 1 << 20))

    def stopping(*arguments: Any, **options: Any) -> torch.Tensor:
        if next(count) == number:
            raise KeyboardInterrupt
        return compute(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NetworkTrainer, "compute_loss", stopping)
        with pytest.raises(KeyboardInterrupt):
            yield


def scores_of(monkeypatch: pytest.MonkeyPatch, figures: Sequence[float]) -> Iterator[float]:
    """Makes the scores on the dev documents these, one after the other."""
    following = iter(figures)

    def fake(*_: object) -> SimpleNamespace:
        breakdown = SimpleNamespace(micro=SimpleNamespace(f1=next(following)))
        return SimpleNamespace(spans=breakdown, relations=breakdown)

    monkeypatch.setattr(trainer, "score", fake)
    return following


def order(lengths: Sequence[int], batch_size: int = 4, seed: int = 1, epoch: int = 0) -> list[int]:
    sampler = ByLength(lengths, batch_size, seed)
    sampler.set_epoch(epoch)
    assert len(sampler) == len(lengths)
    return list(sampler)


LENGTHS = [(37 * n) % 101 for n in range(150)]


def test_every_index_once() -> None:
    """Every index is there once in an epoch, whether or not batches come out even, or there are any."""
    for count in (0, 1, 3, 4, 64, 65, 150):
        assert sorted(order(LENGTHS[:count])) == list(range(count))


def test_order_of_an_epoch() -> None:
    """The order is the seed's and the epoch's: the same again, another for another epoch or seed."""
    first = order(LENGTHS, seed=1, epoch=0)
    assert first == order(LENGTHS, seed=1, epoch=0)
    assert len({tuple(first), *(tuple(order(LENGTHS, seed=s, epoch=e)) for s, e in [(1, 1), (1, 2), (2, 0)])}) == 4


def test_same_epoch_twice() -> None:
    """A sampler that is read twice without a new epoch gives one order."""
    sampler = ByLength(LENGTHS, 4, 1)
    assert list(sampler) == list(sampler)


def test_batches_of_like_length() -> None:
    """Batches as the loader cuts them hold windows of like length; the one that is not full comes last."""
    found = order(LENGTHS, batch_size=4)
    batches = [[LENGTHS[i] for i in found[n : n + 4]] for n in range(0, 150, 4)]
    assert [len(batch) for batch in batches] == [4] * 37 + [2]
    assert sum(max(batch) - min(batch) for batch in batches) / len(batches) < 15
    assert sum(max(LENGTHS[n : n + 4]) - min(LENGTHS[n : n + 4]) for n in range(0, 148, 4)) / 37 > 45


def test_swap_twice(tiny_network: Network) -> None:
    """The mean of the weights takes their place and gives it back, bit for bit."""
    network = Network(tiny_network.config)
    average = Average(network, 0.9)
    before = weights_of(network)
    with torch.no_grad():
        network.tagger.weight.add_(1)
    changed = weights_of(network)
    average.swap()
    assert same(weights_of(network), before)
    average.swap()
    assert same(weights_of(network), changed)


def test_running_mean(tiny_network: Network) -> None:
    """After two steps the mean of a weight is as by hand: the decay is 2/11 after the first step and 3/12 after the
    second, so from 0 over 1 and 2 the mean goes to 9/11 and to 1/4 * 9/11 + 3/4 * 2 = 75/44.
    """
    network = Network(tiny_network.config)
    weight = network.tagger.bias
    average = Average(network, 0.9)
    for step in (1, 2):
        with torch.no_grad():
            weight.add_(1)
        average.on_step_end(TrainingArguments(), TrainerState(global_step=step), TrainerControl())
    average.swap()
    torch.testing.assert_close(weight.detach(), torch.full_like(weight, 75 / 44))


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_precision_by_name(name: str) -> None:
    """A precision that a recipe names is taken."""
    assert precision_of(name) == name


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({}, "float32"),
        ({"avx512_bf16": False, "amx_bf16": False}, "float32"),
        ({"avx512_bf16": True}, "bfloat16"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bfloat16"),
    ],
)
def test_automatic_precision(monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], expected: str) -> None:
    """On a CPU `auto` is bfloat16 if there are instructions for it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert precision_of("auto") == expected


@pytest.mark.parametrize(("has", "expected"), [(True, "bfloat16"), (False, "float16")])
def test_automatic_precision_on_a_gpu(monkeypatch: pytest.MonkeyPatch, has: bool, expected: str) -> None:
    """On a GPU `auto` is bfloat16 if it has it, else float16."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has)
    assert precision_of("auto") == expected


def test_float16_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """float16 is refused where there is no GPU, with what to say instead."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RecipeError, match=r"is float16, which takes a GPU; say auto, float32 or bfloat16$"):
        precision_of("float16")


def test_learns_by_heart(train: Callable[..., Trained], short_news: Sequence[Document], pieces: Pieces) -> None:
    """In a few dozen steps the loss falls, and the short documents are marked as they were learnt."""
    trained = train(epochs=8, watch=True, keep=False)
    losses = trained.logged("loss")
    assert len(losses) == 8
    assert losses[-1] < losses[0] / 20
    assert trained.logged("eval_span_f1")[0] < trained.logged("eval_span_f1")[-1]
    assert trained.logged("eval_mean_f1")[-1] > 0.9
    assert not trained.network.training
    scores = score(short_news, list(extractor(trained.network, pieces).extract_many(short_news)))
    assert scores.spans.micro.f1 > 0.9
    assert scores.relations.micro.f1 > 0.9
    assert trained.logged("eval_span_f1")[-1] == scores.spans.micro.f1


def test_one_seed_one_result(train: Callable[..., Trained]) -> None:
    """Two runs with one seed end with the same weights, dropout and all; another seed ends with others."""
    one, again, other = (train(keep=False, epochs=2, seed=seed) for seed in (1, 1, 2))
    assert same(one.weights, again.weights)
    assert not same(one.weights, other.weights)


def test_watching_changes_nothing(train: Callable[..., Trained]) -> None:
    """Scoring on dev documents after each epoch leaves the weights what they would have been."""
    assert same(train(watch=True, average=0.9, place="a").weights, train(average=0.9, place="b").weights)


def test_epochs_differ(train: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each epoch reads every window once, and in an order of its own."""
    collate, read = Collator.__call__, []

    def watching(self: Collator, batch: Sequence[Example]) -> dict[str, torch.Tensor]:
        read.extend(example.window.ids.tobytes() for example in batch)
        return collate(self, batch)

    monkeypatch.setattr(Collator, "__call__", watching)
    train(batch_size=1, epochs=3, keep=False)
    epochs = [tuple(read[n : n + 5]) for n in range(0, len(read), 5)]
    assert len(epochs) == 3
    assert len(set(epochs)) > 1
    assert all(len(set(epoch)) == 5 and set(epoch) == set(epochs[0]) for epoch in epochs)


def test_accumulation(train: Callable[..., Trained]) -> None:
    """Batches are summed to steps: with three batches of two and of one, a step for each two."""
    steps = train(epochs=2, accumulation=2, keep=False).log[-1]
    assert steps["step"] == 4


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("batch", [4, 5, 6])
def test_stopped_and_resumed(train: Callable[..., Trained], average: float, batch: int) -> None:
    """A run that is stopped in any batch of its second epoch and gone on with ends as one that was not stopped."""
    whole = train(place="whole", average=average)
    with stopped_in_batch(batch):
        train(average=average)
    resumed = train(average=average, resume=True)
    assert (whole.batches, resumed.batches) == (9, 6)
    assert same(whole.weights, resumed.weights)
    assert whole.logged("loss") == resumed.logged("loss")


def test_stopped_in_the_first_epoch(train: Callable[..., Trained]) -> None:
    """Where there is no checkpoint yet, going on is beginning again."""
    with stopped_in_batch(2):
        train()
    assert same(train(place="whole").weights, train(resume=True).weights)


def test_finished_and_resumed(train: Callable[..., Trained]) -> None:
    """Going on with a run that was done trains no more, and gives its weights, the mean included."""
    whole = train(average=0.9)
    resumed = train(average=0.9, resume=True)
    assert resumed.batches == 0
    assert same(whole.weights, resumed.weights)
    assert whole.logged("loss") == resumed.logged("loss")


@pytest.mark.parametrize(
    ("average", "file", "content"),
    [
        (0.0, "trainer_state.json", None),
        (0.9, "trainer_state.json", '{"epoch": '),
        (0.9, "average.safetensors", None),
    ],
)
def test_checkpoint_cut_short(
    train: Callable[..., Trained], tmp_path: Path, average: float, file: str, content: str | None
) -> None:
    """A checkpoint whose last files are missing or cut short is passed over for the one before it."""
    whole = train(average=average)
    last = tmp_path / "run" / "checkpoint-9"
    assert newest_checkpoint(last.parent, bool(average)) == last
    (last / file).unlink()
    if content is not None:
        (last / file).write_text(content)
    assert newest_checkpoint(last.parent, bool(average)) == last.with_name("checkpoint-6")
    resumed = train(average=average, resume=True)
    assert resumed.batches == 3
    assert same(whole.weights, resumed.weights)


def test_newest_checkpoint(tmp_path: Path) -> None:
    """Checkpoints are told by their steps as numbers; no folder, or an empty one, has none."""
    assert newest_checkpoint(tmp_path / "none", False) is None
    for name in ("checkpoint-9", "checkpoint-10", "checkpoint-old"):
        (tmp_path / name).mkdir()
        for file in ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth"):
            (tmp_path / name / file).touch()
        (tmp_path / name / "trainer_state.json").write_text('{"global_step": 1}')
    assert newest_checkpoint(tmp_path, False) == tmp_path / "checkpoint-10"
    assert newest_checkpoint(tmp_path, True) is None
    assert newest_checkpoint(tmp_path, False, processes=2) is None
    for number in (0, 1):
        (tmp_path / "checkpoint-9" / f"rng_state_{number}.pth").touch()
    assert newest_checkpoint(tmp_path, False, processes=2) == tmp_path / "checkpoint-9"


def test_no_checkpoints(train: Callable[..., Trained], tmp_path: Path) -> None:
    """A run that keeps nothing leaves no checkpoint."""
    train(epochs=1, keep=False)
    assert list(tmp_path.glob("run/*")) == []


def test_loss_is_no_number(short_recipe: Recipe, windows: list[Example], pieces: Pieces, tmp_path: Path) -> None:
    """A loss that is no number ends the run, with the step, the whole batch and what to change."""
    network = build(short_recipe, 1)
    with torch.no_grad():
        network.tagger.bias.fill_(math.nan)
    message = (
        r"^the loss is nan in step 1, epoch 1, in the batch of the 2 windows that begin '\w+.*', '\w+.*'; the check"
    )
    with pytest.raises(FloatingPointError, match=message):
        fit(network, pieces, windows, [], short_recipe, tmp_path, epochs=1, seed=1, quiet=True)
    assert newest_checkpoint(tmp_path, False) is None


def test_gradient_of_several_batches(
    short_recipe: Recipe, windows: list[Example], pieces: Pieces, tmp_path: Path
) -> None:
    """A gradient that is infinite in the first batch of a step ends the run after the last; all of them are named."""
    recipe = replace(short_recipe, training=replace(short_recipe.training, accumulation=2))
    network = build(recipe, 1)
    network.tagger.bias.register_hook(lambda gradient: gradient + math.inf)
    before = weights_of(network)
    message = (
        r"^a gradient is infinite or no number in step 1, epoch 1, in the 2 batches of the 4 windows that begin "
        r"('\w+[^']*', ){3}'\w+[^']*'; the check"
    )
    with pytest.raises(FloatingPointError, match=message):
        fit(network, pieces, windows, [], recipe, tmp_path, epochs=1, seed=1, quiet=True)
    assert same(weights_of(network), before)


def test_overflow_in_float16(short_recipe: Recipe, windows: list[Example], pieces: Pieces, tmp_path: Path) -> None:
    """Where a scaler leaves out the steps that overflow, such a step doesn't end the run."""
    network = build(short_recipe, 1)
    trainer = trainer_of(network, pieces, windows, [], short_recipe, tmp_path, seed=1, quiet=True)
    network.tagger.bias.grad = torch.full_like(network.tagger.bias, math.inf)
    with pytest.raises(FloatingPointError, match="a gradient is infinite"):
        trainer.check_gradients()
    trainer.accelerator.scaler = torch.amp.GradScaler("cpu")
    trainer.check_gradients()


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_early_stopping(
    train: Callable[..., Trained], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, average: float
) -> None:
    """After two epochs without a better score training stops, with the best epoch's weights: of the mean, if it is
    the mean that was scored.
    """
    scores_of(monkeypatch, [0.1, 0.9, 0.9, 0.2])
    trained = train(epochs=10, patience=2, watch=True, average=average)
    assert trained.logged("eval_mean_f1") == [0.1, 0.9, 0.9, 0.2]
    file = "average.safetensors" if average else "model.safetensors"
    assert same(trained.weights, load_file(tmp_path / "run" / "checkpoint-6" / file))


def test_patience_without_dev_documents(train: Callable[..., Trained]) -> None:
    """Without documents to score on there is nothing to be impatient about."""
    assert len(train(patience=1).logged("loss")) == 3


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_early_stopping_resumed(train: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch, average: float) -> None:
    """Patience that was used up before a run was stopped is not given back, and a run that had none left is done."""
    options = {"epochs": 10, "patience": 2, "watch": True, "average": average}
    scores_of(monkeypatch, [0.1, 0.9, 0.3, 0.2])
    whole = train(place="whole", **options)
    following = scores_of(monkeypatch, [0.1, 0.9, 0.3, 0.2, 1.0])
    with stopped_in_batch(11):
        train(**options)
    resumed = train(**options, resume=True)
    again = train(**options, resume=True)
    assert (whole.batches, resumed.batches, again.batches) == (12, 3, 0)
    assert same(whole.weights, resumed.weights)
    assert same(whole.weights, again.weights)
    assert list(following) == [1.0]


def test_half_precision_comes_off(train: Callable[..., Trained], windows: list[Example], pieces: Pieces) -> None:
    """After training in bfloat16 the network is a plain one in float32, with float32's scores."""
    network = train(epochs=1, keep=False, precision="bfloat16").network
    assert getattr(network.forward, "__func__", None) is Network.forward
    assert {tensor.dtype for tensor in network.state_dict().values()} == {torch.float32}
    plain = Network(network.config).eval()
    plain.load_state_dict(network.state_dict())
    batch = Collator(pieces.pad)(windows)
    inputs = [batch[name] for name in ("input_ids", "attention_mask", "firsts")]
    with torch.inference_mode():
        ours, reference = network(*inputs), plain(*inputs)
    assert torch.equal(ours.tags, reference.tags)
    assert torch.equal(ours.pairs, reference.pairs)


def test_two_learning_rates(short_recipe: Recipe, pieces: Pieces, tmp_path: Path) -> None:
    """The encoder and what is new learn at rates of their own, and of both only matrices decay."""
    recipe = replace(short_recipe, training=replace(short_recipe.training, learning_rate=1e-4, head_learning_rate=1e-3))
    network = build(recipe, 1)
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to=[])
    optimizer = NetworkTrainer(recipe, pieces, [], [], model=network, args=arguments).create_optimizer()
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    settings = {name: found.pop(id(parameter)) for name, parameter in network.named_parameters()}
    assert found == {}
    assert settings["encoder.encoder.layer.0.attention.self.query.weight"] == (1e-4, 0.01)
    assert settings["encoder.encoder.layer.0.attention.self.query.bias"] == (1e-4, 0.0)
    assert settings["encoder.embeddings.LayerNorm.weight"] == (1e-4, 0.0)
    assert settings["tagger.weight"] == settings["bilinear"] == (1e-3, 0.01)
    assert settings["tagger.bias"] == (1e-3, 0.0)


def test_checkpoints_stay_few(train: Callable[..., Trained], tmp_path: Path) -> None:
    """Of the checkpoints the last two stay, each with the state that going on takes."""
    train(average=0.9, epochs=4)
    found = {path.name: path for path in (tmp_path / "run").iterdir()}
    assert set(found) == {"checkpoint-9", "checkpoint-12"}
    for path in found.values():
        assert {"model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "average.safetensors"} <= {
            file.name for file in path.iterdir()
        }
        assert json.loads((path / "trainer_state.json").read_text())["epoch"] in (3, 4)
