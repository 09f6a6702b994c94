"""The pretrained encoder that the repo carries, packed in 4-bit blocks, and how it is unpacked.

The packing is that of llama.cpp's Q4_0: blocks of 32 weights along a row, sixteen bytes of nibbles (low nibbles are
weights 0 to 15, high ones 16 to 31) and one float16 scale; a weight is `(nibble - 8) * scale`.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

FOLDER = Path(__file__).parent / "encoder"
WEIGHTS = "e5-small-vi.q4.safetensors"


def unpack(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors of a packed file, by their names in the encoder's state dict."""
    packed = load_file(path)
    tensors = {}
    for name, tensor in packed.items():
        if name.endswith(".q4_q"):
            weight = name.removesuffix(".q4_q")
            scale = packed[f"{weight}.q4_d"].astype(np.float32)[..., None]
            nibbles = np.concatenate([tensor & 15, tensor >> 4], axis=-1).astype(np.float32) - 8
            tensors[weight] = (nibbles * scale).reshape(len(tensor), -1)
        elif not name.endswith(".q4_d"):
            tensors[name] = tensor
    return tensors
