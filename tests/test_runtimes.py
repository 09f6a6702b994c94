"""ONNX Runtime and torch: the same scores for the same windows, however they are batched."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from vipol.encoding import Batch, Pieces, Window, encode, pad
from vipol.extractor import DEFAULT
from vipol.network import Network, NetworkConfig
from vipol.runtimes import OnnxRuntime, Runtime, TorchRuntime
from vipol.schema import RELATION_TYPES, TAGS

TEXTS = (
    "Bí thư Quận ủy Cầu Giấy Trần Thị Phương Hoa phát biểu chiều 27/6, bên cạnh Phó Chủ tịch UBND thành phố.",
    "Hoa",
    "500triệu",
    "THỦ TƯỚNG PHẠM VĂN MINH: “KHÔNG LÙI BƯỚC”",
    "Ông Đỗ Văn Tường được điều động giữ chức Giám đốc Sở Tài chính\nNgày 5/1 ông nhận quyết định\n(VTV)",
)
TOLERANCE = 1e-4

Scores = tuple[NDArray[np.float32], NDArray[np.float32]]


@pytest.fixture(scope="module")
def windows(pieces: Pieces) -> list[Window]:
    """Windows of 1 to 30 words."""
    return [encode(text, pieces, 64).windows[0] for text in TEXTS]


@pytest.fixture(scope="module")
def both(tiny_model: Path) -> tuple[OnnxRuntime, TorchRuntime]:
    return OnnxRuntime(tiny_model), TorchRuntime.load(tiny_model)


def scores(runtime: Runtime, windows: Sequence[Window], pad_id: int = 1) -> list[Scores]:
    """Tag and pair scores of each window's own words."""
    tags, pairs = runtime(pad(windows, pad_id))
    counts = [len(window.firsts) for window in windows]
    return [(tags[n, :count], pairs[n, :, :count, :count]) for n, count in enumerate(counts)]


def assert_close(left: Sequence[Scores], right: Sequence[Scores]) -> None:
    for one, other in zip(left, right, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE)


def test_shapes(both: tuple[Runtime, ...], windows: list[Window]) -> None:
    """Tag scores by window and word, pair scores by window, type, head and tail; float32 from either runtime."""
    for runtime in both:
        tags, pairs = runtime(pad(windows, 1))
        width = max(len(window.firsts) for window in windows)
        assert tags.shape == (5, width, len(TAGS))
        assert pairs.shape == (5, len(RELATION_TYPES), width, width)
        assert tags.dtype == pairs.dtype == np.float32


def test_parity_of_a_ragged_batch(both: tuple[Runtime, ...], windows: list[Window]) -> None:
    """Five windows of 1 to 30 words in one batch."""
    onnx_scores, torch_scores = (scores(runtime, windows) for runtime in both)
    assert_close(onnx_scores, torch_scores)
    assert max(float(np.abs(tags).max()) for tags, _ in torch_scores) > 1


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_parity_of_a_window_alone(both: tuple[Runtime, ...], windows: list[Window], number: int) -> None:
    """A batch of one, also of one word."""
    assert_close(*(scores(runtime, [windows[number]]) for runtime in both))


def test_parity_of_one_token(both: tuple[Runtime, ...]) -> None:
    """A window of nothing but one sub-token, which stands for a word: the graph has no least size."""
    batch = Batch(np.array([[7]]), np.array([[1]]), np.array([[0]]))
    (tags, pairs), (tags_too, pairs_too) = (runtime(batch) for runtime in both)
    np.testing.assert_allclose(tags, tags_too, atol=TOLERANCE)
    np.testing.assert_allclose(pairs, pairs_too, atol=TOLERANCE)


def test_parity_of_a_full_window(both: tuple[Runtime, ...], pieces: Pieces) -> None:
    """512 sub-tokens, the most that the encoder has positions for."""
    window = encode("Bí thư Quận ủy, " * 200, pieces, 512).windows[0]
    assert len(window.ids) > 500
    assert_close(*(scores(runtime, [window]) for runtime in both))


@pytest.mark.parametrize("name", ["onnxruntime", "torch"])
def test_batch_does_not_matter(both: tuple[Runtime, ...], windows: list[Window], name: str) -> None:
    """A window has the scores that it has alone, whatever shares its batch and however long the others are."""
    (runtime,) = [runtime for runtime in both if runtime.name == name]
    alone = [scores(runtime, [window])[0] for window in windows]
    assert_close(scores(runtime, windows), alone)
    assert_close(scores(runtime, windows[::-1]), alone[::-1])


@pytest.mark.parametrize("name", ["onnxruntime", "torch"])
def test_padding_does_not_matter(both: tuple[Runtime, ...], windows: list[Window], name: str) -> None:
    """What stands where the mask is 0 is not read."""
    (runtime,) = [runtime for runtime in both if runtime.name == name]
    assert_close(scores(runtime, windows, pad_id=1), scores(runtime, windows, pad_id=999))


def test_scores_depend_on_the_context(both: tuple[Runtime, ...], pieces: Pieces) -> None:
    """The tests above compare something: the same word has other scores in another window."""
    first, second = ([encode(text, pieces, 64).windows[0]] for text in ("Hoa nói", "Hoa 27/6"))
    assert np.abs(scores(both[0], first)[0][0][0] - scores(both[0], second)[0][0][0]).max() > 0.01


def test_several_runs_are_equal(both: tuple[Runtime, ...], windows: list[Window]) -> None:
    """Nothing is random: dropout is off."""
    for runtime in both:
        for one, other in zip(scores(runtime, windows), scores(runtime, windows), strict=True):
            assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_threads(tiny_model: Path, windows: list[Window]) -> None:
    """The number of threads may be given; scores stay."""
    assert_close(scores(OnnxRuntime(tiny_model, threads=1), windows), scores(OnnxRuntime(tiny_model), windows))


def test_info_of_onnx(both: tuple[Runtime, ...], tiny_model: Path) -> None:
    """Version, file and its size."""
    runtime = both[0]
    assert (runtime.name, runtime.device) == ("onnxruntime", "cpu")
    size = (tiny_model / "model.onnx").stat().st_size
    assert runtime.info() == {
        "onnxruntime": onnxruntime.__version__,
        "precision": "float32",
        "file": "model.onnx",
        "bytes": size,
    }
    assert OnnxRuntime(DEFAULT).info()["precision"] == "int8"


def test_info_of_torch(both: tuple[Runtime, ...], tiny_model: Path, tiny_network: Network) -> None:
    """Version, precision, parameters, file and its size."""
    runtime = both[1]
    assert (runtime.name, runtime.device) == ("torch", "cpu")
    assert runtime.info() == {
        "torch": torch.__version__,
        "precision": "float32",
        "parameters": sum(parameter.numel() for parameter in tiny_network.parameters()),
        "file": "model.safetensors",
        "bytes": (tiny_model / "model.safetensors").stat().st_size,
    }


def test_info_of_a_network_in_memory(tiny_network: Network) -> None:
    """A network that was not loaded has no file."""
    assert set(TorchRuntime(tiny_network).info()) == {"torch", "precision", "parameters"}


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with int8 ONNX and float32 torch weights of a network wide enough for its matrices to be quantised."""
    from train.export import export

    encoder = {
        "model_type": "bert",
        "vocab_size": 21477,
        "hidden_size": 256,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "intermediate_size": 512,
        "max_position_embeddings": 128,
        "pad_token_id": 1,
    }
    torch.manual_seed(7)
    network = Network(NetworkConfig(encoder=encoder, pair_size=16)).eval()
    with torch.no_grad():
        network.tagger.weight.mul_(4)
    folder = tmp_path_factory.mktemp("wide-model")
    network.save_pretrained(folder)
    export(network, folder, int8=True)
    return folder


def test_int8_is_smaller(wide: Path) -> None:
    """The matrices of the encoder and its embeddings are stored in 8 bits, a quarter of float32."""
    graph = onnx.load(wide / "model.onnx").graph
    stored = {tensor.data_type for tensor in graph.initializer if np.prod(tensor.dims) >= 1 << 16}
    assert stored == {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}
    assert (wide / "model.onnx").stat().st_size < 0.3 * (wide / "model.safetensors").stat().st_size


def test_int8_stays_close(wide: Path, windows: list[Window]) -> None:
    """Of random weights, which are harder to quantise than learnt ones, the tags stay in nine words of ten.

    Scores may stray by an eighth of their spread at most.
    """
    small, reference = scores(OnnxRuntime(wide), windows), scores(TorchRuntime.load(wide), windows)
    for output in (0, 1):
        ours, theirs = (np.concatenate([item[output].ravel() for item in found]) for found in (small, reference))
        assert np.abs(ours - theirs).max() < (theirs.max() - theirs.min()) / 8
    same = np.concatenate(
        [ours.argmax(1) == theirs.argmax(1) for (ours, _), (theirs, _) in zip(small, reference, strict=True)]
    )
    assert same.mean() >= 0.9


def test_int8_in_a_batch(wide: Path, windows: list[Window]) -> None:
    """Activations are quantised by the whole batch's range, so scores do move with the batch, but hardly."""
    runtime = OnnxRuntime(wide)
    together, alone = scores(runtime, windows), [scores(runtime, [window])[0] for window in windows]
    spread = max(float(np.ptp(tags)) for tags, _ in alone)
    assert max(float(np.abs(a - b).max()) for (a, _), (b, _) in zip(together, alone, strict=True)) < spread / 8


def test_onnx_is_ready_soon(tiny_model: Path) -> None:
    """Opening a session takes no more than a moment: scripts call the command anew for every file."""
    start = time.process_time()
    OnnxRuntime(tiny_model)
    assert time.process_time() - start < 5
