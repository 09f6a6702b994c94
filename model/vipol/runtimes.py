"""What runs the network: ONNX Runtime on a CPU, or torch on a CPU or GPU, behind one interface."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vipol.encoding import Batch

if TYPE_CHECKING:
    from vipol.network import Network

ONNX_FILE = "model.onnx"
TORCH_FILE = "model.safetensors"


class Runtime(Protocol):
    """Scores a batch of windows; what comes back is float32, whatever the runtime computes in."""

    name: str
    device: str

    def __call__(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Tag scores, *shape* (windows, words, tags), and pair scores, *shape* (windows, types, words, words)."""
        ...

    def info(self) -> dict[str, Any]:
        """Versions and sizes, for `vipol info`."""
        ...


class OnnxRuntime:
    """ONNX Runtime on the CPU."""

    name = "onnxruntime"
    device = "cpu"

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads:
            options.intra_op_num_threads = threads
        # Pooled threads that spin between operators steal time from each other when several processes share the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._file = folder / ONNX_FILE
        self._session = onnxruntime.InferenceSession(str(self._file), options, providers=["CPUExecutionProvider"])
        self._version = onnxruntime.__version__

    def __call__(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        feed = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask, "firsts": batch.firsts}
        tags, pairs = self._session.run(["tags", "pairs"], feed)
        return np.asarray(tags, np.float32), np.asarray(pairs, np.float32)

    def info(self) -> dict[str, Any]:
        graph = self._file.read_bytes()
        # The file says nowhere what it was quantised to, but the names of its operators stand in it as they are.
        precision = "int8" if b"MatMulInteger" in graph else "float32"
        return {
            "onnxruntime": self._version,
            "precision": precision,
            "file": self._file.name,
            "bytes": len(graph),
        }


class TorchRuntime:
    """torch, on whatever device the network is on; float32 on a CPU, bfloat16 where a GPU has it."""

    name = "torch"

    def __init__(self, network: "Network", file: Path | None = None) -> None:
        import torch

        self._torch = torch
        self._network = network
        self._file = file
        self._kind = network.device.type
        self._half = self._kind == "cuda" and torch.cuda.is_bf16_supported()
        self.device = str(network.device)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu", threads: int | None = None) -> "TorchRuntime":
        """Reads the safetensors of a model folder; nothing is fetched, no pickle is read.

        Raises:
            ValueError: the file lacks some of the network's weights.
        """
        # Before torch is imported: its idle threads otherwise spin, and starve another job on the same cores.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        os.environ.setdefault("GOMP_SPINCOUNT", "0")
        import torch

        from vipol.network import load_network

        if threads:
            torch.set_num_threads(threads)
        network = load_network(folder)
        network.to(torch.device(device))  # type: ignore[arg-type]  # the stub takes self for an argument
        return cls(network, folder / TORCH_FILE)

    def __call__(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        torch = self._torch
        arrays = (batch.input_ids, batch.attention_mask, batch.firsts)
        tensors = [torch.from_numpy(array).to(self.device) for array in arrays]
        with torch.inference_mode(), torch.autocast(self._kind, dtype=torch.bfloat16, enabled=self._half):
            scores = self._network(*tensors)
        return scores.tags.float().cpu().numpy(), scores.pairs.float().cpu().numpy()

    def info(self) -> dict[str, Any]:
        size = {} if self._file is None else {"file": self._file.name, "bytes": self._file.stat().st_size}
        return {
            "torch": self._torch.__version__,
            "precision": "bfloat16" if self._half else "float32",
            "parameters": sum(p.numel() for p in self._network.parameters()),
        } | size
