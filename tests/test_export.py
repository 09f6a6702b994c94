"""The exported graph: what goes in and out, the same scores as torch, and a failure that harms nothing."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from train import export as module
from train.export import example_batch, export
from vipol.encoding import Batch
from vipol.network import Network
from vipol.runtimes import OnnxRuntime, TorchRuntime

SIZES = [(1, 3, 1), (1, 40, 30), (2, 7, 1), (5, 64, 62)]
"""Windows, sub-tokens and words of batches; the graph is traced with three, twelve and seven."""


@pytest.fixture(scope="module")
def runtimes(tiny_model: Path, tiny_network: Network):
    return OnnxRuntime(tiny_model), TorchRuntime(tiny_network)


def batch(windows: int, tokens: int, words: int) -> Batch:
    """Random sub-tokens; the last window is padded, in sub-tokens and in words, by half."""
    generator = np.random.default_rng(windows)
    ids = generator.integers(4, 20_000, (windows, tokens))
    mask = np.ones((windows, tokens), np.int64)
    firsts = np.tile(np.arange(1, words + 1), (windows, 1))
    ids[-1, (tokens + 1) // 2 + 1 :] = 1
    mask[-1, (tokens + 1) // 2 + 1 :] = 0
    firsts[-1, (words + 1) // 2 :] = 0
    return Batch(ids, mask, firsts)


def test_inputs_and_outputs(tiny_model: Path) -> None:
    """The graph takes and gives what the runtime names, batch and lengths free, the counts of the scheme fixed."""
    session = onnxruntime.InferenceSession(tiny_model / "model.onnx", providers=["CPUExecutionProvider"])
    assert {item.name: (item.type, item.shape) for item in session.get_inputs()} == {
        "input_ids": ("tensor(int64)", ["windows", "tokens"]),
        "attention_mask": ("tensor(int64)", ["windows", "tokens"]),
        "firsts": ("tensor(int64)", ["windows", "words"]),
    }
    assert {item.name: (item.type, item.shape) for item in session.get_outputs()} == {
        "tags": ("tensor(float)", ["windows", "words", 11]),
        "pairs": ("tensor(float)", ["windows", 2, "words", "words"]),
    }


def test_one_file(tiny_model: Path) -> None:
    """The graph is one file with its weights, and no scratch folder stays beside it."""
    assert {path.name for path in tiny_model.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "model.onnx")
    }
    assert (tiny_model / "model.onnx").stat().st_size > 4 * 21477 * 32


def test_no_guards_over_attention(tiny_model: Path, tiny_network: Network) -> None:
    """Attention is written as matrix products, without a test for NaN over every score; the network itself goes on with
    the implementation that it had."""
    operators = {node.op_type for node in onnx.load(str(tiny_model / "model.onnx")).graph.node}
    assert "Softmax" in operators
    assert "IsNaN" not in operators
    assert tiny_network.encoder.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_same_scores(runtimes: tuple[OnnxRuntime, TorchRuntime], size: tuple[int, int, int]) -> None:
    """For every size of a batch, a single word in a single window too, ONNX and torch give the same, in float32."""
    for ours, reference in zip(*(runtime(batch(*size)) for runtime in runtimes), strict=True):
        assert ours.dtype == np.float32
        assert ours.shape == reference.shape
        np.testing.assert_allclose(ours, reference, atol=2e-5)


def test_same_scores_on_the_example(runtimes: tuple[OnnxRuntime, TorchRuntime]) -> None:
    """The batch that is offered for parity checks has padding and passes them."""
    example = example_batch()
    assert (example.attention_mask == 0).any()
    for ours, reference in zip(*(runtime(example) for runtime in runtimes), strict=True):
        np.testing.assert_allclose(ours, reference, atol=2e-5)


def test_padding_changes_nothing(runtimes: tuple[OnnxRuntime, TorchRuntime]) -> None:
    """A window alone has the scores that it has beside a longer one."""
    example = example_batch()
    alone = Batch(example.input_ids[:1, :5], example.attention_mask[:1, :5], example.firsts[:1, :3])
    tags, pairs = runtimes[0](example)
    tags_alone, pairs_alone = runtimes[0](alone)
    np.testing.assert_allclose(tags[:1, :3], tags_alone, atol=2e-5)
    np.testing.assert_allclose(pairs[:1, :, :3, :3], pairs_alone, atol=2e-5)


@pytest.mark.parametrize("step", ["_write_graph", "_fuse", "_quantise"])
def test_failure(tiny_network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Whichever step fails, half of its file written, the old graph stays as it was and nothing lies beside it."""

    def write(*arguments: object) -> None:
        next(path for path in reversed(arguments) if isinstance(path, Path)).write_bytes(b"half")

    def fail(*arguments: object) -> None:
        write(*arguments)
        raise RuntimeError("out of disk")

    for name in ("_write_graph", "_fuse", "_quantise"):
        monkeypatch.setattr(module, name, fail if name == step else write)
    (tmp_path / "model.onnx").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="out of disk"):
        export(tiny_network, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"model.onnx": b"old"}


@pytest.mark.parametrize(("int8", "expected"), [(True, b"_quantise"), (False, b"_fuse")])
def test_replaces(
    tiny_network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, int8: bool, expected: bytes
) -> None:
    """The new graph takes the old one's place: the quantised one, or the fused one for float32."""
    for name in ("_write_graph", "_fuse", "_quantise"):

        def write(*arguments: object, content: bytes = name.encode()) -> None:
            next(path for path in reversed(arguments) if isinstance(path, Path)).write_bytes(content)

        monkeypatch.setattr(module, name, write)
    (tmp_path / "model.onnx").write_bytes(b"old")
    assert export(tiny_network, tmp_path, int8=int8) == tmp_path / "model.onnx"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"model.onnx": expected}
