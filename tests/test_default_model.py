"""The embedded model: it is there, small enough, does its work, and needs no torch."""

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.gold import read_gold
from eval.scores import score
from train.recipe import Recipe
from vipol.extractor import DEFAULT, Extractor
from vipol.schema import RELATIONS
from vipol.text import lines

ROOT = Path(__file__).parent.parent

HOSTILE = ["\r\n", "\u2028", "\u200b", "e\u0301", "\U0001f468\u200d\U0001f469", "</s>", "(", "“"]
SENTENCE = "Bí thư Quận uỷ Tây Hồ Lê Thị Thu Hằng, ngày 27/6, nhận 12,5 tỷ đồng của UBND quận."


@pytest.fixture(scope="module")
def extractor():
    return Extractor.load()


def marked(document):
    return [(entity.label, document.surface(entity)) for entity in document.entities]


def test_size():
    """The graph is under 33 MB, since every wheel carries it."""
    assert (DEFAULT / "model.onnx").stat().st_size < 33_000_000


def test_recipe():
    """The embedded model is that of the recipe as it stands."""
    stored = json.loads((DEFAULT / "recipe.json").read_text(encoding="utf-8"))
    assert stored == Recipe.load("embedded").to_dict()


def test_seven_bits():
    """Of the matrices' 8 bits 7 are used: more would overflow on processors without VNNI."""
    weights = [
        onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(DEFAULT / "model.onnx").graph.initializer
        if tensor.data_type == onnx.TensorProto.INT8 and len(tensor.dims) == 2
    ]
    assert sum(weight.size for weight in weights) > 20_000_000
    assert max(int(abs(weight.astype(int)).max()) for weight in weights) <= 64


def test_sentence(extractor):
    """A plain sentence is marked as the scheme says, with both relations."""
    document = extractor.extract(SENTENCE)
    assert marked(document) == [
        ("ROLE", "Bí thư"),
        ("ORG", "Quận uỷ Tây Hồ"),
        ("PERSON", "Lê Thị Thu Hằng"),
        ("DATE", "ngày 27/6"),
        ("MONEY", "12,5 tỷ đồng"),
        ("ORG", "UBND quận"),
    ]
    assert [(document.surface(head), label, document.surface(tail)) for head, label, tail in document.triples()] == [
        ("Bí thư", "ROLE_AT", "Quận uỷ Tây Hồ"),
        ("Lê Thị Thu Hằng", "HAS_ROLE", "Bí thư"),
    ]


def test_seeds(extractor):
    """The seeds are training data, so that less than this would mean a broken model."""
    gold = read_gold(ROOT / "annotations" / "gold")
    scores = score(gold, list(extractor.extract_many(gold)))
    assert scores.spans.micro.f1 > 0.95
    assert scores.relations.micro.f1 > 0.9


@pytest.mark.parametrize(
    "change",
    [
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("n", "n\u200b"),
        lambda text: text.replace("uỷ", "ủy"),
        lambda text: "\ufeff" + text,
    ],
    ids=["decomposed", "no-break spaces", "CRLF", "zero-width spaces", "old tone marks", "byte order mark"],
)
def test_same_spans_however_written(extractor, change):
    """How a text is encoded changes nothing that is found in it."""

    def plain(document):
        surfaces = [(label, unicodedata.normalize("NFC", surface)) for label, surface in marked(document)]
        return [
            (label, surface.replace("\u200b", "").replace("\u00a0", " ").replace("uỷ", "ủy"))
            for label, surface in surfaces
        ]

    text = (ROOT / "seeds" / "002_24cc04e1e3b927d1.txt").read_text(encoding="utf-8")
    assert plain(extractor.extract(change(text))) == plain(extractor.extract(text))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*SENTENCE.split(), *HOSTILE]), max_size=30))
def test_promises_on_any_text(extractor, parts):
    """Whatever the text: spans don't overlap or cross lines, relations are of legal types and on one line."""
    text = " ".join(parts)
    document = extractor.extract(text)
    ends = [0, *(entity.end for entity in document.entities)]
    for entity, last in zip(document.entities, ends, strict=False):
        assert last <= entity.start < entity.end <= len(text)
        assert any(start <= entity.start and entity.end <= end for start, end in lines(text))
    for head, label, tail in document.triples():
        assert RELATIONS[label] == (head.label, tail.label)


def test_one_long_line(extractor):
    """A line of 200,000 characters is read from its first word to its last."""
    text = (SENTENCE + " ") * (200_000 // len(SENTENCE))
    document = extractor.extract(text)
    people = [entity for entity in document.entities if entity.label == "PERSON"]
    assert len(people) > 0.9 * (200_000 // len(SENTENCE))
    assert people[-1].end > len(text) - len(SENTENCE)


def test_no_torch():
    """Extracting imports neither torch nor transformers: start-up counts in a scripted command."""
    code = (
        "import sys; from vipol import Extractor; Extractor.load().extract('Ông A');"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "model")
