"""Texts in, documents out: offsets, order, batches, streams; and models that cannot be loaded."""

import json
import pickle
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from test_text import HOSTILE, INVISIBLE

import vipol
from vipol.document import Document, Entity, Relation
from vipol.encoding import Batch, Pieces
from vipol.extractor import Config, Extractor, ModelError
from vipol.schema import LABELS, RELATION_TYPES, RELATIONS, TAGS
from vipol.text import lines, words

ARTICLE = (
    "Bí thư Quận ủy Cầu Giấy Trần Thị Phương Hoa phát biểu.\n\n"
    "Chiều 27/6, Phó Chủ tịch UBND thành phố Đỗ Văn Tường trao 500triệu đồng (“quà Tết”).\n"
)
ARTICLES = (
    ARTICLE,
    "",
    "Hoa",
    ARTICLE.replace("\n", "\r\n"),
    " \n\t\n",
    unicodedata.normalize("NFD", ARTICLE),
    ARTICLE.upper(),
    "\ufeff" + ARTICLE.replace(" ", "\xa0\u200b"),
    ARTICLE.replace("\n", " ") * 6,
    "Một.\nHai.\nBa.\n" * 30,
)
SURE = 9.0
LN3 = float(np.log(3))


@pytest.fixture(scope="module")
def extractor(tiny_model: Path) -> Extractor:
    return Extractor.load(tiny_model, device="cpu")


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A folder like the tiny model's, to be damaged."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


class Scripted:
    """A runtime that knows the tag of some words and the score of some pairs; all else is outside and unrelated."""

    name = "scripted"
    device = "none"

    def __init__(
        self, pieces: Pieces, tags: Mapping[str, str], pairs: Mapping[tuple[str, str], float] | None = None
    ) -> None:
        self._pieces = pieces
        self._tags = {number: TAGS.index(tag) for word, tag in tags.items() for number in self._firsts(word)}
        self._pairs = [
            (head, tail, score)
            for (head_word, tail_word), score in (pairs or {}).items()
            for head in self._firsts(head_word)
            for tail in self._firsts(tail_word)
        ]
        self.sizes: list[int] = []

    def _firsts(self, form: str) -> set[int]:
        (word,) = words(form)
        return {self._pieces(type(word)(0, len(form), word.form, glued))[0] for glued in (False, True)}

    def __call__(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        ids = np.take_along_axis(batch.input_ids, batch.firsts, 1)
        self.sizes.append(len(ids))
        tags = np.zeros((*ids.shape, len(TAGS)), np.float32)
        numbers = np.vectorize(lambda number: self._tags.get(number, 0), otypes=[np.int64])(ids)
        np.put_along_axis(tags, numbers[..., None], SURE, 2)
        pairs = np.full((len(ids), len(RELATION_TYPES), ids.shape[1], ids.shape[1]), -SURE, np.float32)
        for head, tail, score in self._pairs:
            both = (ids == head)[:, None, :, None] & (ids == tail)[:, None, None, :]
            pairs[np.broadcast_to(both, pairs.shape)] = score
        return tags, pairs

    def info(self) -> dict[str, Any]:
        return {"bytes": 0}


def scripted(
    pieces: Pieces,
    tags: Mapping[str, str],
    pairs: Mapping[tuple[str, str], float] | None = None,
    window: int = 64,
    thresholds: Mapping[str, float] | None = None,
    batch_size: int = 8,
) -> Extractor:
    chosen = dict.fromkeys(RELATION_TYPES, 0.5) | dict(thresholds or {})
    return Extractor(
        Config(TAGS, RELATION_TYPES, window, chosen, "giả"), pieces, Scripted(pieces, tags, pairs), batch_size
    )


def found(document: Document) -> list[str]:
    return [f"{document.surface(entity)} {entity.label}" for entity in document.entities]


def linked(document: Document) -> list[str]:
    return [f"{document.surface(head)} {label} {document.surface(tail)}" for head, label, tail in document.triples()]


def essence(document: Document) -> tuple[list[tuple[int, int, str]], list[tuple[str, str, str]]]:
    """Spans and relations without their scores, of which the last digits may differ."""
    return [e.span for e in document.entities], [(r.head, r.tail, r.label) for r in document.relations]


def refused(model: Path | str, **options: Any) -> str:
    """What a model that cannot be loaded is refused with, which is one line."""
    with pytest.raises(ModelError) as caught:
        Extractor.load(model, **options)
    message = str(caught.value)
    assert message == message.strip()
    assert len(message.splitlines()) == 1
    return message


def change(model: Path, **fields: Any) -> None:
    """Sets fields of a model's configuration; None takes one out."""
    path = model / "config.json"
    data = json.loads(path.read_text(encoding="utf-8")) | fields
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}), encoding="utf-8")


def check_spans(document: Document) -> None:
    """What holds for every extracted document, whatever its text."""
    text = document.text
    line_of = [next((n for n, (a, b) in enumerate(lines(text)) if a <= e.start < b), -1) for e in document.entities]
    last = 0
    for entity, marked, number in zip(document.entities, document.to_dict()["entities"], line_of, strict=True):
        surface = text[entity.start : entity.end]
        assert marked["text"] == surface
        assert last <= entity.start < entity.end
        assert len(surface.splitlines()) == 1
        assert number >= 0
        for edge in (surface[0], surface[-1]):
            assert not edge.isspace()
            assert unicodedata.category(edge)[0] not in "PC"
            assert edge not in INVISIBLE
        assert entity.label in LABELS
        assert entity.score is not None
        assert 0 <= entity.score <= 1
        last = entity.end
    assert [entity.id for entity in document.entities] == [f"e{n + 1}" for n in range(len(document.entities))]
    numbers = dict(zip([entity.id for entity in document.entities], line_of, strict=True))
    by_id = document.by_id()
    for relation in document.relations:
        assert (by_id[relation.head].label, by_id[relation.tail].label) == RELATIONS[relation.label]
        assert numbers[relation.head] == numbers[relation.tail]
        assert relation.score is not None
        assert 0 <= relation.score <= 1
    assert len({(r.head, r.tail) for r in document.relations}) == len(document.relations)


def test_spans_and_relations(pieces: Pieces) -> None:
    """Scores become spans with the least certain word's probability, and relations with their own.

    The odds of a scripted tag are e^9 against ten others, hence 0.9988; of a pair with a score of ln 3 they are
    3 to 1, that of "none", hence 0.75.
    """
    tags = {"Hoa": "B-PERSON", "Bí": "B-ROLE", "thư": "I-ROLE", "Quận": "B-ORG", "ủy": "I-ORG"}
    pairs = {("Hoa", "Bí"): LN3, ("Bí", "Quận"): LN3}
    document = scripted(pieces, tags, pairs).extract("Bí thư Quận uỷ Hoa nói.")
    assert document.entities == (
        Entity("e1", 0, 6, "ROLE", 0.9988),
        Entity("e2", 7, 14, "ORG", 0.9988),
        Entity("e3", 15, 18, "PERSON", 0.9988),
    )
    assert set(document.relations) == {Relation("e1", "e2", "ROLE_AT", 0.75), Relation("e3", "e1", "HAS_ROLE", 0.75)}


def test_posts_choose(pieces: Pieces) -> None:
    """Two persons share the probability of one post, and neither passes the threshold; two posts share no person.

    Of scores 0, 0 and "none" with 0 each has a third; of 9 and 0 and "none", the first has nearly all.
    """
    tags = {"Hoa": "B-PERSON", "Huệ": "B-PERSON", "sĩ": "B-ROLE", "thư": "B-ROLE"}
    text = "sĩ thư Hoa Huệ"
    assert linked(scripted(pieces, tags, {("Hoa", "sĩ"): 0, ("Huệ", "sĩ"): 0}).extract(text)) == []
    assert linked(scripted(pieces, tags, {("Hoa", "sĩ"): 9, ("Huệ", "sĩ"): 0}).extract(text)) == ["Hoa HAS_ROLE sĩ"]
    assert sorted(linked(scripted(pieces, tags, {("Hoa", "sĩ"): 9, ("Hoa", "thư"): 9}).extract(text))) == [
        "Hoa HAS_ROLE sĩ", "Hoa HAS_ROLE thư",
    ]  # fmt: skip


@pytest.mark.parametrize(("threshold", "relations"), [(0.5, 1), (0.74, 1), (0.76, 0), (0.0, 1), (1.0, 0)])
def test_thresholds(pieces: Pieces, threshold: float, relations: int) -> None:
    """A pair with a probability of 0.75 is related if its type's threshold is no higher."""
    marking = scripted(
        pieces, {"Hoa": "B-PERSON", "sĩ": "B-ROLE"}, {("Hoa", "sĩ"): LN3}, thresholds={"HAS_ROLE": threshold}
    )
    assert len(marking.extract("sĩ Hoa").relations) == relations


def test_relations_stay_within_a_line(pieces: Pieces) -> None:
    """Two spans on two lines of one window are not related, however sure the network."""
    marking = scripted(pieces, {"Hoa": "B-PERSON", "sĩ": "B-ROLE"}, {("Hoa", "sĩ"): SURE})
    assert linked(marking.extract("sĩ\nHoa")) == []
    assert linked(marking.extract("nói sĩ Hoa\nHoa")) == ["Hoa HAS_ROLE sĩ"]


def test_span_does_not_cross_a_line(pieces: Pieces) -> None:
    """A line that begins inside of a span does not go on with that of the line before."""
    marking = scripted(pieces, {"Bí": "B-ROLE", "thư": "I-ROLE"})
    assert found(marking.extract("Bí\nthư")) == ["Bí ROLE"]
    assert found(marking.extract("Bí thư")) == ["Bí thư ROLE"]


def test_long_line(pieces: Pieces) -> None:
    """On a line of many windows nothing is lost at their edges: neither spans nor relations between neighbours."""
    tags = {"Bí": "B-ROLE", "thư": "I-ROLE", "Hoa": "B-PERSON"}
    marking = scripted(pieces, tags, {("Hoa", "Bí"): SURE}, window=16, thresholds={"HAS_ROLE": 0.2})
    document = marking.extract("Bí thư Hoa nói và làm, " * 20)
    assert found(document) == ["Bí thư ROLE", "Hoa PERSON"] * 20
    assert {(f"e{2 * n}", f"e{2 * n - 1}") for n in range(1, 21)} <= {(r.head, r.tail) for r in document.relations}
    check_spans(document)


def test_far_ends_of_a_long_line(pieces: Pieces) -> None:
    """Two spans that no window holds together are not related."""
    marking = scripted(pieces, {"sĩ": "B-ROLE", "Hoa": "B-PERSON"}, {("Hoa", "sĩ"): SURE}, window=16)
    assert linked(marking.extract("sĩ " + "và " * 8 + "Hoa")) == ["Hoa HAS_ROLE sĩ"]
    assert linked(marking.extract("sĩ " + "và " * 20 + "Hoa")) == []


def test_punctuation_at_an_edge_is_trimmed(pieces: Pieces) -> None:
    """A span that the network begins or ends with a quotation mark loses it, and is scored as the span that is left."""
    tags = {"“": "B-PERSON", "Hoa": "I-PERSON", "”": "I-PERSON", "sĩ": "B-ROLE"}
    marking = scripted(pieces, tags, {("Hoa", "sĩ"): SURE})
    document = marking.extract("sĩ “Hoa”")
    assert found(document) == ["sĩ ROLE", "Hoa PERSON"]
    assert linked(document) == ["Hoa HAS_ROLE sĩ"]


def test_span_of_punctuation_is_none(pieces: Pieces) -> None:
    """A span of nothing but punctuation is left out, and the others are still numbered from 1."""
    document = scripted(pieces, {",": "B-DATE", "Hoa": "B-PERSON"}).extract("a, Hoa")
    assert document.entities == (Entity("e1", 3, 6, "PERSON", 0.9988),)


def test_fewer_types(pieces: Pieces) -> None:
    """A model without ROLE_AT gives none."""
    config = Config(TAGS, ("HAS_ROLE",), 64, {"HAS_ROLE": 0.5}, "giả")
    tags = {"Hoa": "B-PERSON", "sĩ": "B-ROLE", "UBND": "B-ORG"}
    runtime = Scripted(pieces, tags, {("Hoa", "sĩ"): SURE, ("sĩ", "UBND"): SURE})
    assert linked(Extractor(config, pieces, runtime).extract("Hoa sĩ UBND")) == ["Hoa HAS_ROLE sĩ"]


def test_windows_are_batched(pieces: Pieces) -> None:
    """Windows of many documents share batches of the size that was asked for."""
    marking = scripted(pieces, {}, batch_size=4)
    assert len(list(marking.extract_many(["Hoa"] * 10))) == 10
    assert isinstance(marking.runtime, Scripted)
    assert marking.runtime.sizes == [4, 4, 2]


def test_document_is_kept(extractor: Extractor) -> None:
    """Id, text, date and what else came with a document go through; what was marked is replaced."""
    old = Document(
        "tin-1", ARTICLE, (Entity("x", 0, 6, "DATE"), Entity("y", 7, 14, "ORG")), (), "2024-06-27", {"title": ["a"]}
    )
    (new,) = extractor.extract_many([old])
    assert (new.id, new.text, new.published, new.extra) == ("tin-1", ARTICLE, "2024-06-27", {"title": ["a"]})
    assert essence(new) == essence(extractor.extract(ARTICLE))
    assert len(old.entities) == 2


def test_text_gets_no_id(extractor: Extractor) -> None:
    """A mere text becomes a document with an empty id."""
    document = extractor.extract(ARTICLE)
    assert (document.id, document.text, document.published) == ("", ARTICLE, None)


def test_tiny_model_marks_something(extractor: Extractor) -> None:
    """The tests below compare something."""
    document = extractor.extract(ARTICLE)
    assert len(document.entities) > 5
    assert {r.label for text in ARTICLES for r in extractor.extract(text).relations} == set(RELATION_TYPES)


@pytest.mark.parametrize("text", ["", " ", "\n", "\r\n\t\u2028\n", "\u200b", "\ufeff\n"])
def test_nothing_to_read(extractor: Extractor, text: str) -> None:
    """A text without words gives a document without spans."""
    assert extractor.extract(text) == Document("", text)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 50])
def test_batch_size_does_not_matter(tiny_model: Path, extractor: Extractor, size: int) -> None:
    """Order and spans are the same however many windows share a batch, also over several read-aheads."""
    other = Extractor.load(tiny_model, device="cpu", batch_size=size)
    documents = [Document(str(n), ARTICLES[n % len(ARTICLES)]) for n in range(25)]
    marked = list(other.extract_many(documents))
    assert [document.id for document in marked] == [str(n) for n in range(25)]
    alone = [essence(extractor.extract(text)) for text in ARTICLES]
    assert [essence(document) for document in marked] == [alone[n % len(ARTICLES)] for n in range(25)]


def test_no_documents(extractor: Extractor) -> None:
    """Nothing in, nothing out."""
    assert list(extractor.extract_many([])) == []


def test_stream_is_lazy(pieces: Pieces) -> None:
    """Documents come out of an endless source while only a little of it has been read."""
    read = 0

    def endless() -> Iterator[Document]:
        nonlocal read
        for n in count():
            read += 1
            yield Document(str(n), "Hoa nói.")

    marked = scripted(pieces, {"Hoa": "B-PERSON"}, batch_size=2).extract_many(endless())
    assert read == 0
    assert [document.id for document in islice(marked, 3)] == ["0", "1", "2"]
    assert read <= 16


def test_long_documents_are_not_gathered(pieces: Pieces) -> None:
    """Few documents are read ahead where each is long: their scores would fill the memory."""
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield "Hoa nói.\n" * 5_000

    next(scripted(pieces, {"Hoa": "B-PERSON"}).extract_many(endless()))
    assert read <= 4


def test_failure_of_the_source(pieces: Pieces) -> None:
    """An error of the source reaches the caller as it is."""

    def broken() -> Iterator[str]:
        yield "Hoa"
        raise KeyError("nguồn")

    with pytest.raises(KeyError, match="nguồn"):
        list(scripted(pieces, {}).extract_many(broken()))


@pytest.mark.parametrize("number", range(len(ARTICLES)))
def test_offsets_of_articles(extractor: Extractor, number: int) -> None:
    """CRLF, decomposed letters, capitals, invisible characters and no-break spaces leave offsets exact."""
    check_spans(extractor.extract(ARTICLES[number]))


def test_line_ends_do_not_matter(extractor: Extractor) -> None:
    """The same text with CRLF has the same spans, each moved by the line ends before it."""
    unix, windows = extractor.extract(ARTICLE), extractor.extract(ARTICLE.replace("\n", "\r\n"))
    assert found(unix) == found(windows)


def test_decomposed_text_does_not_matter(extractor: Extractor) -> None:
    """Decomposed text has the same spans, over its own code points."""
    text = unicodedata.normalize("NFD", ARTICLE)
    assert [unicodedata.normalize("NFC", line) for line in found(extractor.extract(text))] == found(
        extractor.extract(ARTICLE)
    )


def test_zero_width_within_words_does_not_matter(extractor: Extractor) -> None:
    """Soft hyphens inside words change no span, only its offsets."""
    marked = found(extractor.extract(ARTICLE.replace("hư", "h\u00adư")))
    assert [line.replace("\u00ad", "") for line in marked] == found(extractor.extract(ARTICLE))


@settings(deadline=None, max_examples=80)
@given(text=HOSTILE)
def test_offsets_of_hostile_text(extractor: Extractor, text: str) -> None:
    """Whatever the text: spans are where they say, apart, on one line, trimmed; relations join legal ends."""
    document = extractor.extract(text)
    assert document.text == text
    check_spans(document)


@settings(deadline=None, max_examples=40)
@given(text=HOSTILE)
def test_hostile_text_in_a_batch(extractor: Extractor, text: str) -> None:
    """What else is in a batch changes nothing."""
    marked = list(extractor.extract_many([ARTICLE, text, text + "\n" + ARTICLE]))
    assert [document.text for document in marked] == [ARTICLE, text, text + "\n" + ARTICLE]
    assert essence(marked[0]) == essence(extractor.extract(ARTICLE))
    assert essence(marked[1]) == essence(extractor.extract(text))


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "\u200b" * 200_000, "Nguyễn " * 28_572], ids=["one word", "nothing", "many words"]
)
def test_200_000_characters_on_a_line(extractor: Extractor, text: str) -> None:
    """They take seconds, with the tiny model, and offsets stay exact to the end."""
    start = time.process_time()
    document = extractor.extract(text)
    assert time.process_time() - start < 60
    assert all(document.surface(entity).strip() for entity in document.entities)


def test_crowded_line(pieces: Pieces) -> None:
    """A line of 3,000 posts and persons takes seconds: only pairs that share a window are looked at."""
    marking = scripted(pieces, {"Hoa": "B-PERSON", "sĩ": "B-ROLE"}, {}, window=64)
    start = time.process_time()
    document = marking.extract("Hoa sĩ " * 1_500)
    assert time.process_time() - start < 60
    assert len(document.entities) == 3_000


def test_info(extractor: Extractor) -> None:
    """What the model is, with the runtime's own facts."""
    facts = extractor.info()
    assert facts["model"] == "tiny"
    assert facts["labels"] == list(LABELS)
    assert facts["relations"] == list(RELATION_TYPES)
    assert (facts["window"], facts["thresholds"]) == (64, dict.fromkeys(RELATION_TYPES, 0.5))
    assert (facts["runtime"], facts["device"], facts["file"]) == ("onnxruntime", "cpu", "model.onnx")


def test_torch_where_there_is_no_graph(model: Path, extractor: Extractor) -> None:
    """A folder with safetensors alone runs on torch, and marks the same."""
    (model / "model.onnx").unlink()
    other = Extractor.load(model)
    assert other.runtime.name == "torch"
    assert essence(other.extract(ARTICLE)) == essence(extractor.extract(ARTICLE))


def test_graph_alone(model: Path, extractor: Extractor) -> None:
    """A folder without safetensors needs none."""
    (model / "model.safetensors").unlink()
    assert essence(Extractor.load(str(model)).extract(ARTICLE)) == essence(extractor.extract(ARTICLE))


def test_model_without_a_name(model: Path) -> None:
    """A model is called by its folder if its configuration has no name."""
    change(model, name=None)
    assert Extractor.load(model).info()["model"] == "model"


def test_auto_does_without_torch(tiny_model: Path) -> None:
    """Where no GPU is, the default runs on ONNX and imports neither torch nor transformers, which take seconds."""
    code = f"""
import sys
sys.path.insert(0, {str(Path(vipol.__file__).parents[1])!r})
import vipol.extractor
vipol.extractor._DRIVERS = ()
document = vipol.Extractor.load({str(tiny_model)!r}).extract({ARTICLE!r})
assert document.entities
print([name for name in ("torch", "transformers", "huggingface_hub") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=False)
    assert (run.stdout, run.stderr) == (b"[]\n", b"")


def test_folder_without_a_configuration(model: Path) -> None:
    """A folder that is no model says what one is."""
    (model / "config.json").unlink()
    assert refused(model) == f"{model}: no config.json; a model folder is what `python -m train` writes"


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"window": ' + b"1" * 5000 + b"}"])
def test_configuration_that_is_no_json(model: Path, data: bytes) -> None:
    """The file is named."""
    (model / "config.json").write_bytes(data)
    assert refused(model).startswith(f"{model}/config.json: not JSON (")


def test_configuration_that_cannot_be_read(model: Path) -> None:
    """A folder in its place is a plain message too."""
    (model / "config.json").unlink()
    (model / "config.json").mkdir()
    assert refused(model) == f"{model}/config.json: cannot be read (Is a directory)"


@pytest.mark.parametrize("data", ['{"model_type": "bert"}', "{}", "[]", "null"])
def test_another_kind_of_model(model: Path, data: str) -> None:
    """Any other transformers model is refused by its type."""
    (model / "config.json").write_text(data, encoding="utf-8")
    assert refused(model) == f'{model}/config.json: not a vipol model (its "model_type" is not "vipol")'


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": None},
        {"tags": 11},
        {"tags": ["B-ORG", "I-ORG"]},
        {"tags": ["O", "B-ORG", "I-ORG", "O"]},
        {"relation_types": 2},
        {"thresholds": 0.5},
        {"window": "wide"},
        {"window": [512]},
        {"window": 0},
    ],
    ids=str,
)
def test_damaged_configuration(model: Path, fields: dict[str, Any]) -> None:
    """A field that is missing, of the wrong type or without sense is told with the file."""
    change(model, **fields)
    assert refused(model).startswith(f"{model}/config.json: incomplete or damaged (")


def test_unknown_labels(model: Path) -> None:
    """Labels and types that this version does not know are listed."""
    change(model, tags=["O", "B-ORG", "I-ORG", "B-LAW", "I-LAW"], relation_types=["HAS_ROLE", "AMENDS"])
    assert refused(model) == f"{model}/config.json: labels that this version does not know: AMENDS, LAW"


def test_threshold_is_missing(model: Path) -> None:
    """A relation type without a threshold is found when the model is loaded, not at the first relation."""
    change(model, thresholds={"HAS_ROLE": 0.5})
    assert refused(model) == f'{model}/config.json: "thresholds" has none for ROLE_AT'


def test_threshold_is_no_probability(model: Path) -> None:
    """A threshold above 1, such as one in per cent, would leave no relation."""
    change(model, thresholds={"HAS_ROLE": 0.5, "ROLE_AT": 50})
    assert refused(model) == f'{model}/config.json: "thresholds" are probabilities, from 0 to 1'


def test_folder_without_a_tokenizer(model: Path) -> None:
    """The message says where it comes from."""
    (model / "tokenizer.json").unlink()
    assert refused(model) == f"{model}: no tokenizer.json; copy it from the folder that the training run wrote"


@pytest.mark.parametrize("data", [b"", b"{}", b'{"version": "1.0"', b"\xff", b'{"version":"1.0","model":{}}'])
def test_damaged_tokenizer(model: Path, data: bytes) -> None:
    """The file is named."""
    (model / "tokenizer.json").write_bytes(data)
    assert refused(model).startswith(f"{model}/tokenizer.json: not a tokenizer (")


def test_tokenizer_of_another_kind(model: Path) -> None:
    """A tokenizer without the special tokens is refused, and they are named."""
    from tokenizers import Tokenizer, models

    Tokenizer(models.WordLevel({"[CLS]": 0}, "[CLS]")).save(str(model / "tokenizer.json"))
    assert "lacks one of <s>, </s>, <pad>, <unk>" in refused(model)


def test_folder_without_weights(model: Path) -> None:
    """The message says what weights there might be."""
    (model / "model.onnx").unlink()
    (model / "model.safetensors").unlink()
    assert refused(model) == f"{model}: no weights; neither model.onnx nor model.safetensors is there"


class Trap:
    """Leaves a trace if it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_pickle_is_never_loaded(model: Path, tmp_path: Path) -> None:
    """A pickle runs what it likes when it is loaded: one alone in a folder is no weights, by no way of loading."""
    from vipol.runtimes import TorchRuntime

    trace = tmp_path / "trace"
    (model / "model.onnx").unlink()
    (model / "model.safetensors").unlink()
    with (model / "pytorch_model.bin").open("wb") as stream:
        pickle.dump(Trap(trace), stream)
    for device in ("auto", "cpu"):
        assert refused(model, device=device).startswith(f"{model}: no weights")
    with pytest.raises(Exception, match="safetensors"):
        TorchRuntime.load(model)
    assert not trace.exists()


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_damaged_graph(model: Path, keep: float) -> None:
    """A graph that was cut short is told with its file."""
    path = model / "model.onnx"
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data) if keep < 1 else keep)])
    assert refused(model, device="cpu").startswith(f"{path}: cannot be loaded (")


@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_damaged_safetensors(model: Path, keep: float) -> None:
    """Weights that were cut short are told with their file."""
    (model / "model.onnx").unlink()
    path = model / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data) if keep < 1 else keep)])
    assert refused(model).startswith(f"{path}: cannot be loaded (")


def test_missing_weights(model: Path) -> None:
    """Weights without one tensor are refused: nothing would be right with random numbers in its place."""
    from safetensors.numpy import load_file, save_file

    (model / "model.onnx").unlink()
    path = model / "model.safetensors"
    weights = load_file(path)
    del weights["tagger.weight"]
    save_file(weights, path, {"format": "pt"})
    assert refused(model) == f"{path}: cannot be loaded (1 weights are not in it, tagger.weight first)"


def test_weights_of_another_shape(model: Path) -> None:
    """Weights that don't fit the configuration are refused."""
    (model / "model.onnx").unlink()
    change(model, pair_size=8)
    assert refused(model).startswith(f"{model}/model.safetensors: cannot be loaded (")


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_no_gpu(tiny_model: Path, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    """Asking for a GPU where there is none says so, and what to do."""
    monkeypatch.setattr("vipol.extractor._cuda", lambda: False)
    assert refused(tiny_model, device=device) == f"{device}: torch sees no GPU here; say --device cpu"


def test_no_weights_for_a_gpu(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the graph alone does not run on a GPU, though one is there; left to choose, it runs on the CPU."""
    monkeypatch.setattr("vipol.extractor._cuda", lambda: True)
    (model / "model.safetensors").unlink()
    assert refused(model, device="cuda") == (
        f"{model}: no model.safetensors, which running on cuda needs; say --device cpu"
    )
    assert Extractor.load(model).runtime.name == "onnxruntime"


def test_unknown_device(tiny_model: Path) -> None:
    """A device that does not exist is told with those that do."""
    assert refused(tiny_model, device="tpu") == "tpu: no such device; say auto, cpu or cuda"


def test_file_instead_of_a_folder(tiny_model: Path) -> None:
    """A model's file is not its folder."""
    path = tiny_model / "model.onnx"
    assert refused(path) == f"{path}: a file; --model takes the folder of a model"


@pytest.mark.parametrize("name", ["./none", "no/such/folder", "mô hình", "..", "/none/model"])
def test_no_such_folder(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What can't be an id of the hub is not asked for there."""
    monkeypatch.chdir(tmp_path)
    start = time.process_time()
    expected = f"{name}: no such folder" if name != ".." else "..: no config.json"
    assert refused(name).startswith(expected)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("no route to the hub\nand much more"), "no route to the hub"),
        (ConnectionError(), "ConnectionError"),
        (ValueError("\n 404 \n"), "404"),
    ],
)
def test_no_hub(monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str) -> None:
    """A name that is no folder, where the hub can't be reached or hasn't got it, is one line with both."""

    def fail(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    assert refused("someone/model") == (
        f"someone/model: no such folder, and not to be had from the model hub ({reason})"
    )


def test_model_of_the_hub(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the hub gives is loaded; no pickles and no code are asked for."""
    asked = {}

    def give(name: str, allow_patterns: list[str]) -> str:
        asked[name] = allow_patterns
        return str(tiny_model)

    monkeypatch.setattr("huggingface_hub.snapshot_download", give)
    assert Extractor.load("someone/model", device="cpu").info()["model"] == "tiny"
    assert asked == {"someone/model": ["*.json", "*.onnx", "*.safetensors", "*.txt"]}


def test_relate_keeps_the_spans(extractor: Extractor) -> None:
    """Spans that a document has stay as they are, ids and all; only relations between them are found anew."""
    found = list(extractor.extract_many(Document(str(n), text) for n, text in enumerate(ARTICLES)))
    bare = [Document(d.id, d.text, d.entities, d.relations[:1]) for d in found]
    related = list(extractor.relate_many(bare))
    assert [document.entities for document in related] == [document.entities for document in found]
    assert [document.relations for document in related] == [document.relations for document in found]


def test_relate_between_spans_of_others(pieces: Pieces) -> None:
    """Spans that the model wouldn't find are related by their first words; a tag of the model's changes nothing."""
    model = scripted(pieces, {"Hoa": "B-ORG"}, {("An", "Bí"): SURE, ("Bí", "Quận"): SURE})
    text = "An làm Bí thư Quận ủy.\nHoa."
    spans = (
        Entity("q", 14, 21, "ORG"),
        Entity("b", 7, 13, "ROLE"),
        Entity("a", 0, 2, "PERSON"),
        Entity("h", 23, 26, "PERSON"),
    )
    (document,) = model.relate_many([Document("d", text, spans)])
    assert document.entities == spans
    assert {(r.head, r.tail, r.label) for r in document.relations} == {("a", "b", "HAS_ROLE"), ("b", "q", "ROLE_AT")}


def test_relate_passes_over_spans_without_words(pieces: Pieces) -> None:
    """A span of white space, or one across lines, takes part in nothing and breaks nothing."""
    model = scripted(pieces, {}, {("An", "Bí"): SURE})
    spans = (Entity("a", 0, 2, "PERSON"), Entity("s", 2, 3, "ROLE"), Entity("b", 3, 9, "ROLE"))
    (document,) = model.relate_many([Document("d", "An Bí thư", spans)])
    assert [(r.head, r.tail) for r in document.relations] == [("a", "b")]
