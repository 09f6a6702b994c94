"""Training, going on, extracting and measuring on a GPU: `make test-gpu`. The rest of the loop is tested on a CPU."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from eval.scores import score
from train import run as module
from train.examples import Collator, Example, examples
from train.loop import fit
from train.measurement import measure
from train.recipe import Recipe
from train.run import build, run
from train.trainer import NetworkTrainer
from vipol.document import Document
from vipol.encoding import Pieces
from vipol.extractor import Extractor
from vipol.network import network_loss

DEVICE = "cuda"
ROOT = Path(__file__).parent.parent

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here"),
]

# Sums on a GPU have no fixed order, and half precision has 8 bits (bfloat16) or 11 (float16) of a number.
CLOSE = {"float32": 1e-3, "bfloat16": 5e-2, "float16": 2e-2}


class Trained(NamedTuple):
    losses: list[float]
    """Of each epoch."""
    weights: dict[str, torch.Tensor]
    steps: int


@pytest.fixture(params=list(CLOSE))
def recipe(short_recipe: Recipe, request: pytest.FixtureRequest) -> Recipe:
    """The short recipe without dropout, in each precision that the GPU has."""
    if request.param == "bfloat16" and not torch.cuda.is_bf16_supported():
        pytest.skip("this GPU has no bfloat16")
    training = replace(short_recipe.training, precision=request.param, average=0.9)
    return replace(short_recipe, network=replace(short_recipe.network, dropout=0.0), training=training)


@pytest.fixture(scope="module")
def windows(short_news: Sequence[Document], pieces: Pieces) -> list[Example]:
    return examples(short_news, pieces, 64).examples


@pytest.fixture
def train(windows: list[Example], pieces: Pieces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Trains a recipe with low rates for four epochs of three steps; `stop` is the step in which it is interrupted."""
    compute, counted = NetworkTrainer.compute_loss, {"done": 0, "stop": 0}

    def counting(self: NetworkTrainer, network: torch.nn.Module, *rest: Any, **options: Any) -> torch.Tensor:
        assert next(network.parameters()).device.type == DEVICE
        counted["done"] += 1
        if counted["done"] == counted["stop"]:
            raise KeyboardInterrupt
        return compute(self, network, *rest, **options)

    monkeypatch.setattr(NetworkTrainer, "compute_loss", counting)

    def train(recipe: Recipe, place: str = "run", stop: int = 0, resume: bool = False) -> Trained:
        counted.update(done=0, stop=stop)
        low = replace(recipe, training=replace(recipe.training, learning_rate=1e-3, head_learning_rate=1e-3))
        network = build(low, 1)
        log = fit(network, pieces, windows, [], low, tmp_path / place, epochs=4, seed=1, resume=resume, quiet=True)
        weights = {name: tensor.cpu().clone() for name, tensor in network.state_dict().items()}
        return Trained([entry["loss"] for entry in log if "loss" in entry], weights, counted["done"])

    return train


def test_a_step_as_on_a_cpu(recipe: Recipe, windows: list[Example], pieces: Pieces) -> None:
    """Loss and gradients of a batch are those of the CPU in float32, as far as the precision goes."""
    precision, found = recipe.training.precision, []
    for device, kind in (("cpu", torch.float32), (DEVICE, getattr(torch, precision))):
        network = build(recipe, 1).to(device).train()
        batch = {name: tensor.to(device) for name, tensor in Collator(pieces.pad)(windows).items()}
        with torch.autocast(device, dtype=kind, enabled=kind != torch.float32):
            scores = network(batch["input_ids"], batch["attention_mask"], batch["firsts"])
        loss = network_loss(scores, batch["tag_targets"], batch["pair_targets"], 0.2)
        (loss * 256).backward()  # or the smallest gradients are nothing in float16
        gradients = [parameter.grad.flatten().cpu() for parameter in network.parameters() if parameter.grad is not None]
        found.append((loss.item(), torch.cat(gradients) / 256))
    (loss, gradient), (other, others) = found
    assert other == pytest.approx(loss, rel=CLOSE[precision])
    assert torch.nn.functional.cosine_similarity(gradient, others, dim=0) > 1 - CLOSE[precision]


def test_stopped_and_resumed(recipe: Recipe, train: Callable[..., Trained]) -> None:
    """A run that was stopped goes on from its last checkpoint, with the state of the optimizer, of the running mean
    and of the scale of float16, and ends as one that was not, but for the order of sums."""
    whole = train(recipe, "whole")
    assert whole.losses[-1] < whole.losses[0]
    with pytest.raises(KeyboardInterrupt):
        train(recipe, stop=8)
    resumed = train(recipe, resume=True)
    assert (whole.steps, resumed.steps) == (12, 6)
    assert resumed.losses == pytest.approx(whole.losses, rel=CLOSE[recipe.training.precision])
    for name, weight in resumed.weights.items():
        assert weight.dtype == torch.float32
        assert torch.isfinite(weight).all()
        if "key.bias" not in name:  # it has no part in the loss, and so no gradient but noise
            torch.testing.assert_close(weight, whole.weights[name], rtol=0, atol=5e-3)


def test_gradient_checkpointing(recipe: Recipe, train: Callable[..., Trained]) -> None:
    """With it the losses are those without."""
    again = replace(recipe, training=replace(recipe.training, gradient_checkpointing=True))
    losses = train(recipe, "whole").losses
    assert train(again).losses == pytest.approx(losses, rel=CLOSE[recipe.training.precision])


@pytest.fixture
def file(recipe: Recipe, tmp_path: Path) -> Path:
    """The recipe as a TOML file."""
    lines = ['name = "short"']
    for table, values in recipe.to_dict().items():
        if isinstance(values, dict):
            lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
    path = tmp_path / "short.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_run_and_extract(
    file: Path, short_news: Sequence[Document], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole run learns the documents by heart, writes down the GPU and its memory, and leaves a model that finds on
    the GPU what it finds on the CPU."""
    monkeypatch.setattr(
        module, "export", lambda _, folder: shutil.copyfile(tiny_model / "model.onnx", folder / "model.onnx")
    )
    folder = tmp_path / "run"
    record = run(Recipe.load(str(file)), folder, resume=False, quiet=True, say=print)
    assert record["device"] == torch.cuda.get_device_name()
    assert record["peak_gpu_memory_bytes"] > 1_000_000
    (folder / "model.onnx").unlink()
    found = [list(Extractor.load(folder, device=device).extract_many(short_news)) for device in ("cpu", DEVICE)]
    for documents in found:
        scores = score(short_news, documents)
        assert scores.spans.micro.f1 > 0.9
        assert scores.relations.micro.f1 > 0.9
    spans = [[(e.start, e.end, e.label) for document in documents for e in document.entities] for documents in found]
    assert spans[0] == spans[1]


def test_run_as_on_a_cpu(file: Path, train: Callable[..., Trained], recipe: Recipe, tmp_path: Path) -> None:
    """The losses of four epochs are those of the same training where no GPU is seen, in float32."""
    text = file.read_text(encoding="utf-8").replace(f'"{recipe.training.precision}"', '"float32"')
    file.write_text(text.replace("learning_rate = 0.01", "learning_rate = 0.001"), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "train", "run", str(file), "-o", str(tmp_path / "cpu"), "--epochs", "4", "-q"],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "model")])},
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    record = json.loads((tmp_path / "cpu" / "run.json").read_text(encoding="utf-8"))
    assert record["device"] == "cpu"
    losses = [entry["loss"] for entry in record["epochs"] if "loss" in entry]
    assert train(recipe).losses == pytest.approx(losses, rel=CLOSE[recipe.training.precision])


def test_measure(recipe: Recipe) -> None:
    """What a step takes of the GPU's memory is told."""
    measured = measure(recipe, 2)
    assert measured.gpu_memory > 1_000_000
    assert measured.lines()[-1].startswith("peak memory on the GPU: ")
