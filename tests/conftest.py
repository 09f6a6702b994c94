"""What several test modules share: tiny real models, and the way to a folder of the project."""

import shutil
from pathlib import Path

import pytest
from browser import browser_page, chromium  # noqa: F401

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


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory):
    """A folder with a pretrained encoder as a recipe names it: a BERT of two layers of 32, and the repo's tokenizer."""
    import torch
    from transformers import BertConfig, BertModel

    from train.encoder import PRETRAINED

    folder = tmp_path_factory.mktemp("tiny-encoder")
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=21477,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    shutil.copyfile(PRETRAINED / "tokenizer.json", folder / "tokenizer.json")
    return folder


@pytest.fixture(scope="session")
def short_news():
    """Five short gold documents with every label and both relation types."""
    from test_scores import marked

    return [
        marked(
            "[Bí thư|ROLE] [Quận ủy Cầu Giấy|ORG] [Trần Thị Phương Hoa|PERSON] phát biểu.", (3, 1), (1, 2), name="a"
        ),
        marked("[Lê Minh|PERSON], [Phó Trưởng ban|ROLE] [Ban Nội chính|ORG], nói.", (1, 2), (2, 3), name="b"),
        marked("Dự án tốn [12,5 tỷ đồng|MONEY] của [Chính phủ|ORG].", name="c"),
        marked("[Sáng 23/6|DATE], ông [Nguyễn Đình Khuyến|PERSON] chủ trì cuộc họp.\nKhông ai vắng mặt.", name="d"),
        marked("Ông [Huệ|PERSON] làm [Chủ tịch|ROLE] [HĐND thành phố|ORG].", (1, 2), (2, 3), name="e"),
    ]


@pytest.fixture(scope="session")
def short_recipe(tiny_encoder, short_news, tmp_path_factory):
    """A recipe on the tiny encoder that has learnt the short news by heart after its eight epochs."""
    from annotations.gold import to_jsonl
    from train.recipe import Data, Encoder, Recipe, Shape, Training

    corpus = tmp_path_factory.mktemp("corpora") / "short.jsonl"
    corpus.write_text(to_jsonl(short_news), encoding="utf-8")
    training = Training(
        epochs=8, batch_size=2, learning_rate=1e-2, head_learning_rate=1e-2, precision="float32", seed=1
    )
    return Recipe(
        "short",
        "Five short documents on a tiny encoder.",
        Encoder(str(tiny_encoder)),
        Data(train=[str(corpus)]),
        Shape(window=64, pair_size=16, dropout=0.1, attention_dropout=0.1),
        training,
    )
