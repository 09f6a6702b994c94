"""The whole PhoBERT way on a checkpoint of PhoBERT's format, made on the spot: fine-tune, stop, go on, export, extract.

The real weights come from a model hub. What is made here has their shape in small (RoBERTa with a language model's
head, 258 positions) and their files: config.json, model.safetensors, vocab.txt and bpe.codes.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from test_phobert_tokenizer import learn, segmented
from transformers import PhobertTokenizer, RobertaConfig, RobertaForMaskedLM

from annotations.gold import read_gold
from eval.scores import score
from train.recipe import RECIPES
from vipol.encoding import Pieces, encode, pad
from vipol.extractor import Extractor
from vipol.network import load_network
from vipol.runtimes import OnnxRuntime, TorchRuntime
from vipol.segmentation import word_unit

ROOT = Path(__file__).parent.parent
GOLD = ROOT / "annotations" / "gold"
EPOCHS = 25


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PhoBERT in small, as the hub would give it."""
    folder = tmp_path_factory.mktemp("phobert")
    learn(segmented(document.text for document in read_gold(GOLD)), folder, merges=1500, threshold=2)
    size = len(PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes")))
    torch.manual_seed(1)
    config = RobertaConfig(
        vocab_size=size,
        hidden_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=192,
        max_position_embeddings=258,
        type_vocab_size=1,
        tokenizer_class="PhobertTokenizer",
    )
    RobertaForMaskedLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe that ships, on the seeds alone and faster."""
    text = (RECIPES / "phobert-base.toml").read_text(encoding="utf-8")
    text = text[: text.index("[data]")] + f'[data]\ntrain = ["{GOLD}"]\n\n' + text[text.index("[network]") :]
    text = text.replace("learning_rate = 4e-5", "learning_rate = 3e-3").replace("average = 0.99", "average = 0.9")
    path = tmp_path_factory.mktemp("recipes") / "phobert-base.toml"
    path.write_text(text, encoding="utf-8")
    return path


def train(recipe: Path, checkpoint: Path, output: Path, *rest: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "train", "run", str(recipe), "--encoder", str(checkpoint), "--quiet"]
    return subprocess.Popen(
        [*command, "--epochs", str(EPOCHS), "--output", str(output), *rest],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'model'}{os.pathsep}{ROOT}", "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def run(recipe: Path, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished run of the recipe, and what it said."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, finished(train(recipe, checkpoint, folder))


@pytest.fixture(scope="module")
def model(run: tuple[Path, str]) -> Path:
    return run[0]


def test_killed_and_resumed(model: Path, recipe: Path, checkpoint: Path, tmp_path: Path) -> None:
    """A run that is killed after its second checkpoint and resumed ends with the same weights, bit for bit."""
    folder = tmp_path / "killed"
    process = train(recipe, checkpoint, folder)
    try:
        while len(_steps(folder)) < 2 and process.poll() is None:
            time.sleep(0.02)
        assert process.poll() is None, process.communicate()[0]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert not (folder / "model.safetensors").exists()
    finished(train(recipe, checkpoint, folder, "--resume"))
    whole, resumed = (load_file(path / "model.safetensors") for path in (model, folder))
    assert whole.keys() == resumed.keys()
    for name, weights in whole.items():
        np.testing.assert_array_equal(weights, resumed[name], err_msg=name)


def _steps(folder: Path) -> list[Path]:
    return [path for path in folder.glob("checkpoints/checkpoint-*") if path.name[11:].isdecimal()]


def test_what_a_run_leaves(model: Path, run: tuple[Path, str]) -> None:
    """Weights, both graphs' source, the fast tokenizer, the word unit, the record and the card are in the folder."""
    names = {path.name for path in model.iterdir()}
    assert {"model.safetensors", "model.onnx", "config.json", "tokenizer.json", "recipe.json", "run.json"} <= names
    assert "README.md" in names
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    assert (config["words"], config["window"], config["encoder"]["model_type"]) == ("underthesea", 256, "roberta")
    record = json.loads((model / "run.json").read_text(encoding="utf-8"))
    assert record["epochs"][0]["loss"] > 3 * record["epochs"][EPOCHS - 1]["loss"]


def test_it_learns(model: Path) -> None:
    """It finds most of what it was trained on, which takes tokenizer, segmenter, windows and heads to fit together."""
    gold = read_gold(GOLD)
    scores = score(gold, list(Extractor.load(model, device="cpu").extract_many(gold)))
    assert scores.spans.micro.f1 > 0.8


@pytest.fixture(scope="module")
def batches(model: Path) -> Iterator[object]:
    pieces, unit = Pieces.from_file(model / "tokenizer.json"), word_unit("underthesea")
    windows = [window for document in read_gold(GOLD) for window in encode(document.text, pieces, 256, unit).windows]
    return [pad(windows[n : n + 4], pieces.pad) for n in range(0, len(windows), 4)]


def test_onnx_in_float32_is_torch(model: Path, batches, tmp_path: Path) -> None:
    """`train export --float32` gives the same scores as torch, to rounding."""
    folder = _copy(model, tmp_path)
    _command("train", "export", str(folder), "--float32")
    torch_runtime, onnx_runtime = TorchRuntime(load_network(folder)), OnnxRuntime(folder)
    for batch in batches:
        words = (batch.firsts > 0)[:, :, None]
        for n, (ours, theirs) in enumerate(zip(torch_runtime(batch), onnx_runtime(batch), strict=True)):
            held = words if n == 0 else words[:, None] & words.swapaxes(1, 2)[:, None]
            np.testing.assert_allclose(np.where(held, ours, 0), np.where(held, theirs, 0), atol=2e-3)


def test_int8_marks_nearly_the_same(model: Path) -> None:
    """The int8 graph that a run leaves finds what torch finds, but for a few spans."""
    gold = read_gold(GOLD)
    from_onnx = list(Extractor.load(model, device="cpu").extract_many(gold))
    config = Extractor.load(model, device="cpu")
    config.runtime = TorchRuntime(load_network(model))
    from_torch = list(config.extract_many(gold))
    assert score(from_torch, from_onnx).spans.micro.f1 > 0.95


def test_extract(model: Path) -> None:
    """`vipol extract --model` runs the folder, and every span is the text between its offsets."""
    text = (ROOT / "seeds" / "002_24cc04e1e3b927d1.txt").read_text(encoding="utf-8")
    said = _command("vipol", "extract", "--model", str(model), "seeds/002_24cc04e1e3b927d1.txt", "--format", "jsonl")
    document = json.loads(said)
    assert document["text"] == text
    assert document["entities"]
    assert all(text[entity["start"] : entity["end"]] == entity["text"] for entity in document["entities"])


def test_agpl_is_said_once(checkpoint: Path, tmp_path: Path) -> None:
    """Training from the weights under AGPL says so, once, before anything is trained."""
    text = (RECIPES / "phobert-base-v2.toml").read_text(encoding="utf-8")
    text = text[: text.index("[data]")] + f'[data]\ntrain = ["{GOLD}"]\n' + text[text.index("[network]") :]
    path = tmp_path / "phobert-base-v2.toml"
    path.write_text(text, encoding="utf-8")
    process = train(path, checkpoint, tmp_path / "run", "--epochs", "1")
    said = finished(process)
    assert said.count("is under AGPL-3.0") == 1
    assert said.index("is under AGPL-3.0") < said.index("training on")


def test_mit_says_nothing(run: tuple[Path, str]) -> None:
    assert "AGPL" not in run[1]


def _copy(model: Path, target: Path) -> Path:
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (target / name).write_bytes((model / name).read_bytes())
    return target


def _command(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'model'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
