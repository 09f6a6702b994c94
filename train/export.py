"""A trained network as an ONNX graph, with int8 weights or in float32."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model
from torch import Tensor, nn

from vipol.encoding import Batch
from vipol.network import Network
from vipol.runtimes import ONNX_FILE

_OPSET = 20


class _Graph(nn.Module):
    """The network with plain tensors in and out."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor, firsts: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.network(input_ids, attention_mask, firsts)
        return scores.tags, scores.pairs


def export(network: Network, folder: Path, *, int8: bool = True) -> Path:
    """Writes `model.onnx` into a folder, whole or not at all, and returns its path.

    Args:
        int8: quantise the weights of matrix products and embeddings to 8 bits, each output channel with its own scale;
            activations are quantised on the fly. Of the weights' bits 7 are used: on CPUs without VNNI the sum of two
            products of 8 bits would not fit where it is kept.
    """
    target = folder / ONNX_FILE
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as scratch:
        plain, fused, small = (Path(scratch) / f"{name}.onnx" for name in ("plain", "fused", "small"))
        _write_graph(network, plain)
        _fuse(network, plain, fused)
        if int8:
            _quantise(fused, small)
        (small if int8 else fused).replace(target)
    return target


def _write_graph(network: Network, path: Path) -> None:
    graph = _Graph(network).eval()  # on the wrapper too: the exporter asks it, not the network
    words, tokens, windows = (torch.export.Dim(name, min=2, max=1 << 16) for name in ("words", "tokens", "windows"))
    shapes = {
        "input_ids": {0: windows, 1: tokens},
        "attention_mask": {0: windows, 1: tokens},
        "firsts": {0: windows, 1: words},
    }
    example = (torch.full((3, 12), 5), torch.ones(3, 12, dtype=torch.long), torch.arange(1, 8).repeat(3, 1))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with _plain_attention(network), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph,
            example,
            dynamic_shapes=shapes,
            input_names=list(shapes),
            output_names=["tags", "pairs"],
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.save(str(path), external_data=False)


@contextmanager
def _plain_attention(network: Network) -> Iterator[None]:
    """Attention as matrix products for as long as the graph is written.

    As torch's own operator it is exported with a guard over every score, against rows that are masked as a whole. There
    are none, and on a CPU the guards take a third of the time.
    """
    encoder = network.encoder
    before = encoder.config._attn_implementation
    encoder.set_attn_implementation("eager")
    try:
        yield
    finally:
        encoder.set_attn_implementation(before)


def _fuse(network: Network, source: Path, target: Path) -> None:
    """Joins the operators of attention, layer norm and GELU, where the optimiser knows the encoder's kind."""
    encoder = network.encoder.config
    logging.getLogger("onnxruntime.transformers").setLevel(logging.ERROR)
    fused = optimize_model(
        str(source),
        model_type="bert",
        num_heads=encoder.num_attention_heads,
        hidden_size=encoder.hidden_size,
        opt_level=0,
        use_gpu=False,
    )
    fused.save_model_to_file(str(target))


def _quantise(source: Path, target: Path) -> None:
    # The pair scorer multiplies activations with activations, which stays in float32, as do the small output layers.
    graph = onnx.load(str(source)).graph
    sizes = {item.name: int(np.prod(item.dims)) for item in graph.initializer}
    small = [
        node.name
        for node in graph.node
        if node.op_type in {"MatMul", "Gemm", "Gather"}
        and max((sizes.get(name, 0) for name in node.input), default=0) < 1 << 16
    ]
    logging.getLogger().setLevel(logging.ERROR)
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Gemm", "Gather", "Attention"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=small,
        extra_options={"MatMulConstBOnly": True},
    )


def example_batch() -> Batch:
    """A small padded batch, for parity checks."""
    return Batch(
        np.array([[0, 50, 60, 70, 2, 1], [0, 80, 90, 100, 110, 2]], np.int64),
        np.array([[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]], np.int64),
        np.array([[1, 2, 3, 0], [1, 2, 3, 4]], np.int64),
    )
