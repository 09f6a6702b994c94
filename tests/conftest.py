"""What several test modules share: tiny real models, and the way to a folder of the project."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def pieces():
    """The sub-tokens of the encoder that the repo carries."""
    from train.encoder import PRETRAINED
    from vipol.encoding import Pieces

    return Pieces.from_file(PRETRAINED / "tokenizer.json")


@pytest.fixture(scope="session")
def tiny_network():
    """A network of the real kind, two layers of 32, with random weights that are always the same."""
    import torch

    from vipol.network import Network, NetworkConfig

    encoder = {
        "model_type": "bert",
        "vocab_size": 21477,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 512,
        "pad_token_id": 1,
        "attention_probs_dropout_prob": 0.0,
    }
    torch.manual_seed(7)
    network = Network(NetworkConfig(encoder=encoder, window=64, pair_size=16, name="tiny"))
    # Random weights hardly ever tag; these do, so that what comes after tagging has something to do.
    with torch.no_grad():
        network.tagger.weight.mul_(4)
    return network.eval()


@pytest.fixture(scope="session")
def tiny_model(tiny_network, tmp_path_factory):
    """A model folder with the tiny network's torch weights and its float32 ONNX graph."""
    from train.encoder import PRETRAINED
    from train.export import export

    folder = tmp_path_factory.mktemp("tiny-model")
    tiny_network.save_pretrained(folder)
    shutil.copyfile(PRETRAINED / "tokenizer.json", folder / "tokenizer.json")
    export(tiny_network, folder, int8=False)
    return folder
