"""One training, however its steps are shared: batches of a step, processes that torchrun starts, layers kept or not."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from annotations.gold import to_jsonl
from train import __main__ as command
from train.examples import Collator, Example, examples
from train.loop import fit
from train.recipe import Recipe, RecipeError, Shape
from train.run import build
from train.sampling import ByLength, blank
from train.trainer import NetworkTrainer
from vipol.document import Document
from vipol.encoding import Pieces
from vipol.network import network_loss, target_counts

TESTS = Path(__file__).parent

# Sums in another order differ in the last bits, and Adam makes more of them where gradients are small: on the machines
# that this was tried on the losses differed by up to 3e-7 of themselves and the weights by up to 3e-6.
LOSS = {"rel": 1e-4}
WEIGHTS = {"rtol": 0.0, "atol": 1e-3}


class Trained(NamedTuple):
    losses: list[float]
    """Of each step."""
    weights: dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def plain(short_recipe: Recipe) -> Recipe:
    """The short recipe without dropout, on windows so short that a document can take two."""
    training = replace(
        short_recipe.training, epochs=4, learning_rate=1e-3, head_learning_rate=1e-3, average=0.9, batch_size=4
    )
    return replace(short_recipe, network=Shape(window=16, pair_size=16, dropout=0.0), training=training)


@pytest.fixture(scope="module")
def windows(short_news: Sequence[Document], pieces: Pieces) -> list[Example]:
    """Seven windows: two steps of up to four in an epoch."""
    found = examples(short_news, pieces, 16).examples
    assert len(found) == 7
    return found


@pytest.fixture
def train(plain: Recipe, windows: list[Example], pieces: Pieces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Trains in this process; options are the recipe's in [training]."""
    step, shares = NetworkTrainer.training_step, []

    def noting(*arguments: Any, **options: Any) -> torch.Tensor:
        loss = step(*arguments, **options)
        shares.append(float(loss))
        return loss

    monkeypatch.setattr(NetworkTrainer, "training_step", noting)

    def train(folder: Path = tmp_path, resume: bool = False, **options: Any) -> Trained:
        recipe = replace(plain, training=replace(plain.training, **options))
        network = build(recipe, 1)
        shares.clear()
        fit(network, pieces, windows, [], recipe, folder, epochs=4, seed=1, resume=resume, quiet=True, keep=resume)
        parts = recipe.training.accumulation
        per_epoch = -(-len(windows) // recipe.training.batch_size)
        epochs = [shares[n : n + per_epoch] for n in range(0, len(shares), per_epoch)]
        losses = [sum(epoch[n : n + parts]) for epoch in epochs for n in range(0, per_epoch, parts)]
        return Trained(losses, {name: tensor.clone() for name, tensor in network.state_dict().items()})

    return train


def assert_same(one: Trained, other: Trained) -> None:
    assert one.losses == pytest.approx(other.losses, **LOSS)
    torch.testing.assert_close(one.weights, other.weights, **WEIGHTS)


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=70),
    batch=st.integers(1, 5),
    processes=st.integers(1, 4),
    parts=st.integers(1, 3),
    epoch=st.integers(0, 3),
)
def test_steps_of_an_epoch(lengths: list[int], batch: int, processes: int, parts: int, epoch: int) -> None:
    """However a step is divided, it has the windows that one process sees in a batch of the whole; blanks come last,
    and every process has as many batches."""
    step = batch * processes * parts
    whole, shared = ByLength(lengths, step, 1), ByLength(lengths, step, 1, batch * processes)
    for order in (whole, shared):
        order.set_epoch(epoch)
    one, filled = list(whole), list(shared)
    assert len(one) == len(whole) == len(lengths)
    assert len(filled) == len(shared)
    assert len(filled) % (batch * processes) == 0
    assert filled[: len(one)] == one
    assert set(filled[len(one) :]) <= {len(lengths)}
    assert len(filled) - len(one) < batch * processes


def test_blank_teaches_nothing(tiny_network: torch.nn.Module, windows: list[Example], pieces: Pieces) -> None:
    """A blank window adds nothing to the loss, and counts as nothing; alone it has no loss and no gradient."""
    collator = Collator(pieces.pad)
    names = ("input_ids", "attention_mask", "firsts")
    losses = []
    for part in (windows[:2], [*windows[:2], blank(windows[0])], [blank(windows[0])] * 2):
        batch = collator(part)
        scores = tiny_network(*(batch[name] for name in names))
        losses.append(network_loss(scores, batch["tag_targets"], batch["pair_targets"], 1.0))
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-6)
    assert target_counts(batch["tag_targets"], batch["pair_targets"]).tolist() == [0, 0]
    assert losses[2].item() == 0
    tiny_network.zero_grad()
    losses[2].backward()
    assert all(not parameter.grad.any() for parameter in tiny_network.parameters() if parameter.grad is not None)
    tiny_network.zero_grad()


def test_accumulation_is_a_larger_batch(train: Callable[..., Trained]) -> None:
    """Two batches of two to a step, or four of one, train as one of four does, though words and relations are spread
    unevenly over them; a mean of the batches' own losses would not."""
    whole = train()
    assert len(whole.losses) == 8
    assert_same(train(batch_size=2, accumulation=2), whole)
    assert_same(train(batch_size=1, accumulation=4), whole)


def test_gradient_checkpointing(train: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch) -> None:
    """With it the encoder's layers are computed twice in a step, to the same gradients, and not any more afterwards."""
    whole = train()
    layer, calls = torch.nn.Module.__call__, []

    def counting(self: torch.nn.Module, *arguments: Any, **options: Any) -> Any:
        if type(self).__name__ == "BertSelfAttention":
            calls.append(None)
        return layer(self, *arguments, **options)

    monkeypatch.setattr(torch.nn.Module, "__call__", counting)
    again = train(gradient_checkpointing=True)
    assert len(calls) == 8 * 2 * 2
    assert_same(again, whole)


def test_gradient_checkpointing_with_dropout(
    plain: Recipe, windows: list[Example], pieces: Pieces, tmp_path: Path
) -> None:
    """What is computed again drops the same units again: the gradients are those without, to the bit."""
    gradients = []
    for wanted in (False, True):
        network = build(replace(plain, network=replace(plain.network, dropout=0.3)), 1).train()
        if wanted:
            network.encoder.activation_checkpointing_enable({"use_reentrant": False})
        torch.manual_seed(3)
        batch = Collator(pieces.pad)(windows)
        scores = network(batch["input_ids"], batch["attention_mask"], batch["firsts"])
        network_loss(scores, batch["tag_targets"], batch["pair_targets"], 0.2).backward()
        gradients.append({name: p.grad for name, p in network.named_parameters() if p.grad is not None})
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


def test_encoder_without_checkpointing(
    plain: Recipe, windows: list[Example], pieces: Pieces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An encoder that has no such thing is told, with the recipe's key."""
    recipe = replace(plain, training=replace(plain.training, gradient_checkpointing=True))
    network = build(recipe, 1)
    monkeypatch.setattr(type(network.encoder), "supports_gradient_checkpointing", False)
    with pytest.raises(RecipeError, match=r'^"training.gradient_checkpointing": the encoder has no such thing'):
        fit(network, pieces, windows, [], recipe, tmp_path, epochs=1, seed=1, quiet=True, keep=False)


def test_recipe_names_it(tmp_path: Path) -> None:
    """A recipe asks for it with true; a number is no answer. A stored recipe names it only if it is wanted."""
    path = tmp_path / "short.toml"
    for value in ("true", "false", "1"):
        path.write_text(f'data.train = ["x"]\n[training]\ngradient_checkpointing = {value}\n', encoding="utf-8")
        if value == "1":
            with pytest.raises(RecipeError, match=r'"training.gradient_checkpointing" is 1; it takes true or false$'):
                Recipe.load(str(path))
        else:
            recipe = Recipe.load(str(path))
            assert recipe.training.gradient_checkpointing == (value == "true")
            assert recipe.to_dict()["training"].get("gradient_checkpointing", False) == (value == "true")


class Shared(NamedTuple):
    folder: Path
    trained: Trained
    out: str
    err: str


@pytest.fixture(scope="module")
def shared(
    plain: Recipe, short_news: Sequence[Document], windows: list[Example], tmp_path_factory: pytest.TempPathFactory
) -> Shared:
    """`run` with half the batch, started twice by torchrun, scored on a document after each epoch."""
    place = tmp_path_factory.mktemp("shared")
    corpus = [replace(document) for document in short_news]
    (place / "gold.jsonl").write_text(to_jsonl(corpus), encoding="utf-8")
    dev = replace(short_news[0], id="dev", text=short_news[0].text + "\n")
    (place / "dev.jsonl").write_text(to_jsonl([dev]), encoding="utf-8")
    training = plain.training
    recipe = f"""
        [encoder]
        source = "{plain.encoder.source}"
        [data]
        train = ["{place}/gold.jsonl"]
        dev = ["{place}/dev.jsonl"]
        [network]
        window = {plain.network.window}
        pair_size = {plain.network.pair_size}
        dropout = 0.0
        [training]
        epochs = {training.epochs}
        batch_size = 2
        learning_rate = {training.learning_rate}
        head_learning_rate = {training.head_learning_rate}
        average = {training.average}
        precision = "float32"
        seed = {training.seed}
    """
    (place / "short.toml").write_text(recipe, encoding="utf-8")
    roots = os.pathsep.join([str(TESTS.parent), str(TESTS.parent / "model")])
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *(str(TESTS / "several.py"), str(place / "losses")),
            *("run", str(place / "short.toml"), "-o", str(place / "run"), "-q"),
        ],
        env=os.environ | {"PYTHONPATH": roots, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        cwd=place, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shares = [json.loads((place / f"losses-{number}").read_text()) for number in (0, 1)]
    losses = [sum(pair) / 2 for pair in zip(*shares, strict=True)]
    return Shared(
        place / "run", Trained(losses, load_file(place / "run" / "model.safetensors")), done.stdout, done.stderr
    )


def test_two_processes_are_a_larger_batch(shared: Shared, train: Callable[..., Trained]) -> None:
    """Two processes reach, step by step, the loss of one with twice the batch, and end with its weights, those of the
    running mean; the last step of an epoch has three windows, so that one process has one and a blank."""
    assert_same(shared.trained, train())


def test_the_first_process_talks(shared: Shared) -> None:
    """What is said is said once, and the scores are of one process."""
    assert re.fullmatch(r"dev: .+ \(ONNX\)\nmodel: .+\n", shared.out)
    assert shared.err.count("windows; 0 of") == 1
    assert shared.err.count("training on 7 windows, ") == 1
    assert "4 epochs, in float32, 2 processes\n" in shared.err
    assert "find_unused_parameters" not in shared.err
    record = json.loads((shared.folder / "run.json").read_text(encoding="utf-8"))
    assert record["processes"] == 2
    assert sum("eval_mean_f1" in entry for entry in record["epochs"]) == 4
    assert [path.name for path in shared.folder.iterdir() if path.name.startswith(".")] == []


def test_another_number_of_processes(shared: Shared, plain: Recipe, train: Callable[..., Trained]) -> None:
    """A run cannot be gone on with by another number of processes: its steps would be of another size."""
    checkpoints = shared.folder / "checkpoints"
    with pytest.raises(RecipeError, match=r"checkpoint-\d: written by a run whose steps are of another size; go on"):
        train(folder=checkpoints, resume=True, batch_size=2)
    assert len(list(checkpoints.iterdir())) == 2


def test_commands_for_one_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What gains nothing from several processes is refused under torchrun, before anything is written."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert command.main(["crossval", "seeds"]) == 2
    assert "start this one without torchrun" in capsys.readouterr().err
