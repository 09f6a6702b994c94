"""The packed encoder that the repo carries, and the folder in which an encoder is found."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models
from transformers import BertConfig, BertModel

from train.encoder import (
    PRETRAINED,
    WEIGHTS,
    embedded_network,
    encoder_folder,
    pieces_of,
    save_tokenizer,
    unpack,
)
from train.export import example_batch
from train.recipe import RecipeError
from vipol.encoding import Pieces


@pytest.fixture(scope="module")
def unpacked():
    return unpack(PRETRAINED / WEIGHTS)


def test_unpack_by_hand(tmp_path: Path) -> None:
    """Two rows of two blocks: low nibbles are weights 0 to 15 of a block, high ones 16 to 31, 8 is zero.

    Byte n of the first block holds n below and 15 - n above, its scale is 0.5: weight n is (n - 8) / 2 and weight
    16 + n is (7 - n) / 2. The others hold one nibble throughout: 8 (zero), 0 at scale 2 (-16), 15 at scale -1 (-7).
    """
    rising = np.arange(16) | (15 - np.arange(16)) << 4
    blocks = np.stack([rising, np.full(16, 0x88), np.zeros(16, int), np.full(16, 0xFF)]).reshape(2, 2, 16)
    tensors = {
        "layer.weight.q4_q": blocks.astype(np.uint8),
        "layer.weight.q4_d": np.array([[0.5, 3], [2, -1]], np.float16),
        "layer.bias": np.array([1.5], np.float32),
    }
    save_file(tensors, tmp_path / "packed")
    found = unpack(tmp_path / "packed")
    assert set(found) == {"layer.weight", "layer.bias"}
    assert found["layer.weight"].dtype == np.float32
    expected = [
        [*((n - 8) / 2 for n in range(16)), *((7 - n) / 2 for n in range(16)), *[0] * 32],
        [*[-16] * 32, *[-7] * 32],
    ]
    np.testing.assert_array_equal(found["layer.weight"], expected)
    np.testing.assert_array_equal(found["layer.bias"], [1.5])


def test_packed_encoder(unpacked) -> None:
    """The packed encoder has 29.74 million weights, all finite, under the names and in the shapes of `BertModel`."""
    assert round(sum(tensor.size for tensor in unpacked.values()) / 1e6, 2) == 29.74
    assert all(np.isfinite(tensor).all() for tensor in unpacked.values())
    with torch.device("meta"):
        bert = BertModel(BertConfig.from_pretrained(PRETRAINED), add_pooling_layer=False)
    expected = {name: tuple(tensor.shape) for name, tensor in bert.state_dict().items()}
    assert {name: tensor.shape for name, tensor in unpacked.items()} == expected


def test_embedded_network(unpacked) -> None:
    """A network on the packed encoder has its weights, the settings that were asked for, and gives finite scores."""
    torch.manual_seed(3)
    network = embedded_network(window=100, pair_size=8, dropout=0.3, attention_dropout=0.2, name="x").eval()
    assert (network.config.window, network.config.name, network.tagger.in_features) == (100, "x", 384)
    settings = network.encoder.config
    assert (settings.hidden_dropout_prob, settings.attention_probs_dropout_prob) == (0.3, 0.2)
    for name, tensor in network.encoder.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), unpacked[name])
    batch = example_batch()
    with torch.inference_mode():
        scores = network(*map(torch.from_numpy, (batch.input_ids, batch.attention_mask, batch.firsts)))
    assert scores.tags.shape == (2, 4, 11)
    assert scores.pairs.shape == (2, 2, 4, 4)
    assert scores.tags.isfinite().all()
    assert scores.pairs.isfinite().all()


def test_folder_of_an_encoder(tmp_path: Path) -> None:
    """`embedded` is the encoder in the repo, and a folder is itself."""
    assert encoder_folder("embedded") == PRETRAINED
    assert encoder_folder(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("content", ["", "{}", "wordpiece", "bytes"])
def test_tokenizers_of_other_kinds(tmp_path: Path, content: str) -> None:
    """A tokenizer that can't be read, or whose pieces mark no words, is refused by its path instead of misread."""
    special = {name: row for row, name in enumerate(("<s>", "<pad>", "</s>", "<unk>"))}
    match content:
        case "wordpiece":
            content = Tokenizer(models.WordPiece(special, unk_token="<unk>")).to_str()
        case "bytes":
            content = Tokenizer(models.BPE(special | {"\u0120a": 4}, [])).to_str()
    (tmp_path / "tokenizer.json").write_text(content, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"tokenizer\.json: no tokenizer that can be used"):
        pieces_of(str(tmp_path))


def test_saved_tokenizer_of_phobert(tmp_path: Path) -> None:
    """PhoBERT's two files are saved as one that `vipol` reads."""
    (tmp_path / "vocab.txt").write_text("Hà_Nội 9\nHà@@ 4\n", encoding="utf-8")
    (tmp_path / "bpe.codes").write_text("H à 3\n", encoding="utf-8")
    save_tokenizer(str(tmp_path), tmp_path / "saved.json")
    assert Pieces.from_file(tmp_path / "saved.json").pad == 1
