"""The pretrained encoder that the repo carries, packed in 4-bit blocks, and how it is unpacked.

The packing is that of llama.cpp's Q4_0: blocks of 32 weights along a row, sixteen bytes of nibbles (low nibbles are
weights 0 to 15, high ones 16 to 31) and one float16 scale; a weight is `(nibble - 8) * scale`.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from train import hub, phobert
from train.recipe import RecipeError
from vipol.encoding import Pieces
from vipol.extractor import TOKENIZER_FILE
from vipol.network import Network, NetworkConfig

PRETRAINED = Path(__file__).parent / "pretrained"
WEIGHTS = "e5-small-vi.q4.safetensors"


def encoder_folder(source: str) -> Path:
    """The folder of a recipe's encoder: the one in the repo, one on this machine, or a copy of one on the hub.

    Raises:
        RecipeError: there is no such folder, and the hub doesn't give it either.
    """
    folder = PRETRAINED if source == "embedded" else Path(source)
    return folder if folder.is_dir() else hub.fetch(source)


def pieces_of(source: str) -> Pieces:
    """The sub-tokens of a recipe's encoder.

    Raises:
        RecipeError: it has no tokenizer that can be read.
    """
    folder = encoder_folder(source)
    if phobert.is_phobert(folder):
        return Pieces(phobert.tokenizer(folder))
    path = _tokenizer(folder)
    try:
        return Pieces.from_file(path)
    except Exception as error:  # the tokenizers library raises bare Exception
        raise RecipeError(f"{path}: no tokenizer that can be used ({error})") from error


def save_tokenizer(source: str, target: Path) -> None:
    """Writes the `tokenizer.json` of a recipe's encoder, whole or not at all."""
    folder = encoder_folder(source)
    scratch = target.with_name(f".{target.name}.part")
    if phobert.is_phobert(folder):
        scratch.write_text(phobert.tokenizer(folder).to_str(), encoding="utf-8")
    else:
        shutil.copyfile(_tokenizer(folder), scratch)
    scratch.replace(target)


def _tokenizer(folder: Path) -> Path:
    path = folder / TOKENIZER_FILE
    if not path.is_file():
        raise RecipeError(
            f"{path}: not there; an encoder needs its {TOKENIZER_FILE}, or PhoBERT's vocab.txt and bpe.codes"
        )
    return path


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


def embedded_network(**settings: Any) -> Network:
    """A network on the encoder that the repo carries, its other weights random.

    Args:
        settings: fields of `NetworkConfig`; `attention_dropout` goes to the encoder.
    """
    encoder = json.loads((PRETRAINED / "config.json").read_text(encoding="utf-8"))
    encoder["attention_probs_dropout_prob"] = settings.pop("attention_dropout", 0.0)
    encoder["hidden_dropout_prob"] = settings.get("dropout", 0.1)
    network = Network(NetworkConfig(encoder=encoder, **settings))
    weights = {name: torch.from_numpy(tensor) for name, tensor in unpack(PRETRAINED / WEIGHTS).items()}
    network.encoder.load_state_dict(weights)
    return network
