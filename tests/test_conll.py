"""Data sets in CoNLL columns: reading, scoring, published figures, and a model trained on one."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_run import failed, main

from eval.__main__ import main as evaluate
from eval.conll import (
    PUBLISHED,
    ConllError,
    Sentence,
    document,
    published_table,
    read_conll,
    scored,
    tagged,
    unit_for,
    with_ceiling,
    word_edges,
)
from eval.provenance import trained_on as seen
from eval.tables import Table
from train import conll as module
from train.conll import Corpus, read_corpus, train
from train.recipe import Encoder, Recipe, RecipeError
from train.run import RunError
from vipol import segmentation
from vipol.document import Document, Entity
from vipol.extractor import Extractor
from vipol.segmentation import GIVEN, SYLLABLES, WordUnit, join
from vipol.text import normalize_for_phobert

PHONER = "Bệnh B-SYMPTOM\nnhân I-SYMPTOM\n17 B-ID\nở O\nHà B-LOC\nNội I-LOC\n\nSốt B-SYMPTOM\n"
VLSP = "Dương\tNp\tB-NP\tB-PER\r\nlà\tV\tB-VP\tO\r\nchủ cửa_hàng\tN\tB-NP\tO\r\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def read(tmp_path: Path, text: str, column: int = 0) -> list[Sentence]:
    return read_conll(write(tmp_path / "x.conll", text), column)


def test_two_columns(tmp_path: Path) -> None:
    """Blanks part columns; a blank line, however many, ends a sentence."""
    assert read(tmp_path, "\n" + PHONER.replace("\n\n", "\n \n\n")) == [
        Sentence(
            ("Bệnh", "nhân", "17", "ở", "Hà", "Nội"),
            ("B-SYMPTOM", "I-SYMPTOM", "B-ID", "O", "B-LOC", "I-LOC"),
        ),
        Sentence(("Sốt",), ("B-SYMPTOM",)),
    ]


def test_four_columns(tmp_path: Path) -> None:
    """Tabs part columns, words may hold blanks; the last column with tags counts, chunks by their number."""
    assert read(tmp_path, VLSP) == [Sentence(("Dương", "là", "chủ cửa_hàng"), ("B-PER", "O", "O"))]
    assert read(tmp_path, VLSP, column=3)[0].tags == ("B-NP", "B-VP", "B-NP")


def test_document_starts(tmp_path: Path) -> None:
    """A mark between documents is no word."""
    assert len(read(tmp_path, f"-DOCSTART- O\n\n{PHONER}")) == 2


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("", 0, "x.conll: no words in it"),
        ("a O\nb\n", 0, "x.conll, line 2: 1 columns, and the first line has 2; 2 at least"),
        ("a\nb\n", 0, "x.conll, line 1: 1 columns, and the first line has 1; 2 at least"),
        ("a N\nb V\n", 0, "x.conll: no column has a tag like B-PER or O in every line"),
        ("a N O\nb V X\n", 3, "x.conll, line 2: no tag like B-PER in column 3"),
        ("a O\n", 5, "x.conll, line 1: no tag like B-PER in column 5"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, column: int, problem: str) -> None:
    """What is wrong is told with file and line."""
    with pytest.raises(ConllError) as caught:
        read(tmp_path, text, column)
    assert str(caught.value) == f"{tmp_path}/{problem}"


def test_another_encoding(tmp_path: Path) -> None:
    """A file that isn't UTF-8 is refused by name."""
    path = tmp_path / "x.conll"
    path.write_bytes(PHONER.encode("utf-16"))
    with pytest.raises(ConllError, match=r"x\.conll: not UTF-8"):
        read_conll(path)


def test_document_of_a_sentence() -> None:
    """Words are joined by blanks, a segmenter's `_` is a no-break space, and a stray I tag begins a span."""
    found = document(
        Sentence(("Hà_Nội", "_", "UBND", "quận", "Ba_Đình"), ("B-LOC", "O", "I-ORG", "I-ORG", "B-LOC")), "s"
    )
    assert found == Document(
        "s",
        "Hà\u00a0Nội _ UBND quận Ba\u00a0Đình",
        (Entity("e1", 0, 6, "LOC"), Entity("e2", 9, 18, "ORG"), Entity("e3", 19, 26, "LOC")),
    )


WORDS = st.text("aĐủ_1/", min_size=1, max_size=5)
TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-ORG", "I-ORG"])


@given(st.lists(st.tuples(WORDS, TAGS), min_size=1, max_size=12))
def test_tags_survive_the_way_through_a_document(pairs: list[tuple[str, str]]) -> None:
    """A sentence's own document gives its tags back, stray I tags as B."""
    words, tags = zip(*pairs, strict=True)
    found = tagged(Sentence(words, tags), document(Sentence(words, tags), "s"))
    before = "O"
    for tag, back in zip(tags, found.tags, strict=True):
        stray = tag.startswith("I-") and before[2:] != tag[2:]
        assert back == (f"B-{tag[2:]}" if stray else tag)
        before = tag


def test_a_span_within_a_word_is_the_words() -> None:
    """A word that a span holds in part bears its tag; of two spans in one word the first does."""
    sentence = Sentence(("27/6", "ở", "Huế"), ("O",) * 3)
    marked = Document(
        "s", "27/6 ở Huế", (Entity("e1", 0, 2, "DAY"), Entity("e2", 3, 4, "MONTH"), Entity("e3", 5, 10, "LOC"))
    )
    assert tagged(sentence, marked).tags == ("B-DAY", "B-LOC", "I-LOC")


def test_figures() -> None:
    """Two of three spans found; a span that begins with I is one in the default mode and none in the strict."""
    gold = [Sentence(("a", "b", "c", "d"), ("B-PER", "O", "B-ORG", "I-ORG")), Sentence(("e",), ("B-PER",))]
    found = [replace(gold[0], tags=("I-PER", "O", "B-ORG", "I-ORG")), replace(gold[1], tags=("O",))]
    rows = {row[0]: row[1:] for row in scored(gold, found).rows}
    assert rows["ORG"] == ["100.00", "100.00", "100.00", "1", "100.00"]
    assert rows["PER"] == ["0.00", "0.00", "0.00", "2", "66.67"]
    assert rows["micro"] == ["100.00", "33.33", "50.00", "3", "80.00"]


def test_other_words_are_refused() -> None:
    """Figures over other words would mean nothing."""
    with pytest.raises(ConllError, match="don't have the same words"):
        scored([Sentence(("a",), ("B-PER",))], [Sentence(("b",), ("B-PER",))])


def test_published() -> None:
    """Every published figure is in percent and has a source; they are sorted, the best last."""
    for name, entries in PUBLISHED.items():
        assert all(80 < entry.f1 < 100 and entry.source for entry in entries)
        assert [entry.f1 for entry in entries] == sorted(entry.f1 for entry in entries)
        assert len(published_table(name).rows) == len(entries)


def test_command_on_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Figures, then the published ones with their sources; the words with their tags can be written."""
    gold = write(tmp_path / "gold.conll", PHONER)
    found = write(tmp_path / "found.conll", PHONER.replace("17 B-ID", "17 O"))
    output, figures = tmp_path / "out.conll", tmp_path / "out.json"
    arguments = ["conll", str(gold), "--predicted", str(found), "--published", "phoner"]
    assert evaluate([*arguments, "-o", str(output), "--json", str(figures)]) == 0
    out = capsys.readouterr().out
    assert "\nmicro    100.00   75.00   85.71     4             85.71\n" in out
    assert "\nPhoBERT large, words              94.5  Truong et al. 2021, arXiv:2104.03879\n" in out
    assert read_conll(output) == read_conll(found)
    assert json.loads(figures.read_text(encoding="utf-8"))["sentences"] == 2


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set of a few sentences, its dev part the test part."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name in ("train_syllable", "dev_syllable", "test_syllable"):
        write(folder / f"{name}.conll", (PHONER + "\n") * 4)
    write(folder / "README.md", "not a part")
    return folder


WORDED = Sentence(("ông", "Ba", "ở", "Hà_Nội"), ("O", "B-PER", "O", "B-LOC"))
SYLLABLED = Sentence(("Sốt", "cao"), ("O", "B-SYMPTOM"))


@pytest.fixture(scope="module")
def asked() -> Iterator[list[Sequence[str]]]:
    """What the segmenter is given; it makes one word of a whole line."""
    given: list[Sequence[str]] = []

    def segment(forms: Sequence[str]) -> list[str]:
        given.append(list(forms))
        return [" ".join(forms)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(segmentation._SEGMENTERS, "underthesea", lambda: segment)
        segmentation._loaded.cache_clear()
        yield given
    segmentation._loaded.cache_clear()


@pytest.fixture(scope="module")
def trained(
    short_recipe: Recipe, asked: list[Sequence[str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Recipe, Corpus]:
    """A model of one epoch on three sentences of words, by a recipe that reads words and sums two batches."""
    recipe = replace(
        short_recipe,
        encoder=Encoder(short_recipe.encoder.source, "underthesea", "MIT"),
        training=replace(short_recipe.training, epochs=1, accumulation=2),
    )
    others = [replace(WORDED, words=(name, *WORDED.words[1:])) for name in ("bà", "em")]
    test = replace(WORDED, words=("cô", *WORDED.words[1:]), tags=("O", "B-PER", "O", "O"))
    corpus = Corpus({"train": [WORDED, *others], "dev": [WORDED], "test": [test]})
    folder = tmp_path_factory.mktemp("conll") / "model"
    said: list[str] = []
    train(recipe, corpus, folder, batch_size=2, quiet=True, say=said.append)
    assert "words: as given in the data; no segmenter is used" in said
    assert asked == []
    return folder, recipe, corpus


def test_given_words() -> None:
    """A given word is one of the encoder's, with its numbers and marks, in PhoBERT's forms and with exact offsets."""
    text = document(Sentence(("Quận_ủy", "COVID-19", "27/6", "_", "chủ cửa_hàng", "("), ("O",) * 6), "s").text
    words = [join(group) for group in GIVEN.groups(text)]
    assert [word.form for word in words] == ["Quận_uỷ", "COVID-19", "27/6", "_", "chủ_cửa_hàng", "("]
    assert [(word.start, word.end) for word in words] == [(0, 7), (8, 16), (17, 21), (22, 23), (24, 36), (37, 38)]
    assert [join(group).form for group in GIVEN.groups(text, 8, 21)] == ["COVID-19", "27/6"]


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_given_words_are_those_of_the_sentence(words: list[str]) -> None:
    """Each word of a sentence is one, whatever is in it, and none reaches into its neighbours."""
    sentence = Sentence(tuple(words), ("O",) * len(words))
    found = [join(group) for group in GIVEN.groups(document(sentence, "s").text)]
    assert len(found) == len(words)
    for word, (start, end) in zip(found, word_edges(sentence), strict=True):
        assert start <= word.start < word.end <= end


def test_which_words() -> None:
    """Given words are for what reads words; a `_` among many syllables makes no data of words."""
    segmenter = segmentation.word_unit("underthesea")
    assert unit_for([WORDED], "underthesea") is GIVEN
    assert unit_for([WORDED], "syllables") is SYLLABLES
    assert unit_for([SYLLABLED], "underthesea") is segmenter
    assert unit_for([*[SYLLABLED] * 60, Sentence(("a_b",), ("O",))], "underthesea") is segmenter


def test_ceiling() -> None:
    """A span that a word reaches out of cannot be found: one of two is lost, recall is at most 50 percent."""
    texts = [document(Sentence(("bà", "Ba", "ở", "Hà", "Nội"), ("O", "B-PER", "O", "B-LOC", "I-LOC")), "s")]
    unit = WordUnit("two", lambda forms: [" ".join(forms[:2]), *forms[2:]], normalize_for_phobert)
    table = with_ceiling(Table("x", ["a"], []), texts, unit)
    assert table.title == "x; words of two, which cut 1 of 2 gold spans: F1 66.67 at most"
    assert with_ceiling(table, texts, SYLLABLES) is table


def test_train_and_score(data: Path, short_recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`train conll` learns the labels of a data set by heart; what it leaves scores the same with `eval conll`."""
    folder = tmp_path / "model"
    recipe = write(tmp_path / "r.toml", toml(short_recipe))
    arguments = ("conll", data, "--recipe", recipe, "--epochs", 30, "--batch-size", 2, "-q", "-o", folder)
    assert main(*arguments) == 0
    out = capsys.readouterr().out
    assert "\nmicro    100.00  100.00  100.00    16            100.00\n" in out
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["data"]["test"]["sentences"] == 8
    assert [row[0] for row in record["test"]["rows"]] == ["ID", "LOC", "SYMPTOM", "micro", "macro"]
    assert Extractor.load(folder).info()["labels"] == ["ID", "LOC", "SYMPTOM"]
    assert evaluate(["conll", str(data / "test_syllable.conll"), "--model", str(folder)]) == 0
    assert dict(row_of(capsys.readouterr().out)) == {row[0]: row[3] for row in record["test_onnx"]["rows"]}
    assert failed(capsys, *arguments).startswith(f"{folder}: not empty; say --resume")
    assert main(*arguments, "--resume") == 0


def test_record(trained: tuple[Path, Recipe, Corpus]) -> None:
    """The record says what a figure depends on, and the folder what was learnt, as that of `run` does."""
    folder, recipe, corpus = trained
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["encoder"], record["licence"], record["words"]) == (recipe.encoder.source, "MIT", "given")
    assert record["torch"] == torch.__version__
    assert record["device"] == ("cpu" if not torch.cuda.is_available() else torch.cuda.get_device_name())
    assert seen(folder, corpus.documents("train")) == ["train-1", "train-2", "train-3"]
    assert seen(folder, [Document("new", "Mai ở Huế")]) == []


def test_sentences_in_a_step(trained: tuple[Path, Recipe, Corpus]) -> None:
    """The batch size counts all sentences of a step, though the recipe sums two batches."""
    folder, recipe, _ = trained
    assert recipe.training.accumulation == 2
    stored = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))["training"]
    assert (stored["batch_size"], stored["accumulation"]) == (2, 1)
    states = [json.loads(path.read_text()) for path in (folder / "checkpoints").rglob("trainer_state.json")]
    assert max(state["global_step"] for state in states) == 2


def test_given_words_are_read(
    trained: tuple[Path, Recipe, Corpus], asked: list[Sequence[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the data have words, the segmenter isn't asked, in training, test and `eval conll`; for other texts and for
    data of syllables it is, and those have a ceiling, since this segmenter makes one word of all."""
    folder, _, corpus = trained
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for runtime in ("test", "test_onnx"):
        assert record[runtime]["title"].endswith("words as given, which cut 0 of 1 gold spans: F1 100.00 at most")
    model = Extractor.load(folder)
    assert model.info()["words"] == "underthesea"
    gold = write(tmp_path / "word.conll", "".join(f"{w}\t{t}\n" for w, t in zip(*pair(corpus), strict=True)))
    del asked[:]
    assert evaluate(["conll", str(gold), "--model", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "words as given" in out
    assert "1 of these 1 sentences were trained on too" in out
    assert asked == []
    model.extract("Hà Nội")
    assert asked == [["Hà", "Nội"]]
    gold.write_text("ông O\nBa B-PER\nở O\nHà B-LOC\nNội I-LOC\n", encoding="utf-8")
    assert evaluate(["conll", str(gold), "--model", str(folder)]) == 0
    assert "words of underthesea, which cut 2 of 2 gold spans: F1 0.00 at most" in capsys.readouterr().out
    assert asked[1:] == [["ông", "Ba", "ở", "Hà", "Nội"]] * 2


def pair(corpus: Corpus) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sentence = corpus.parts["train"][0]
    return sentence.words, sentence.tags


def test_encoder_sees_the_given_words(short_recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The windows that are learnt from, and those of the dev part, are of the given words."""
    made = []

    def stop(network: Any, pieces: Any, examples: Any, *_: Any, **__: Any) -> None:
        made.append((network.config.words, [len(example.window.firsts) for example in examples]))
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "fit", stop)
    recipe = replace(short_recipe, encoder=replace(short_recipe.encoder, words="underthesea"))
    monkeypatch.setitem(segmentation._SEGMENTERS, "underthesea", lambda: lambda forms: [" ".join(forms)])
    segmentation._loaded.cache_clear()
    for n, words in enumerate((WORDED, SYLLABLED)):
        with pytest.raises(KeyboardInterrupt):
            train(recipe, Corpus({"train": [words], "dev": [], "test": [words]}), tmp_path / str(n), say=print)
    segmentation._loaded.cache_clear()
    # In the second, all is one word but for the edges of the span.
    assert made == [("given", [4]), ("underthesea", [2])]


def test_resumed_with_other_data(short_recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A run goes on with the data that it began on; another test part, which isn't learnt from, is no hindrance, and a
    run of before the hashes were kept goes on."""

    def stop(*_: Any, **__: Any) -> None:
        (tmp_path / "checkpoints").mkdir(exist_ok=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "fit", stop)
    parts = {"train": [WORDED], "dev": [WORDED], "test": [WORDED]}

    def again(resume: bool = True, **other: list[Sentence]) -> None:
        train(short_recipe, Corpus(parts | other), tmp_path, resume=resume, say=print)

    for options in ({"resume": False}, {"resume": True}, {"test": [SYLLABLED]}):
        with pytest.raises(KeyboardInterrupt):
            again(**options)
    with pytest.raises(RunError, match=r"the run there has other data \(dev changed, train changed\); say --output"):
        again(train=[SYLLABLED], dev=[])
    (tmp_path / "data.json").unlink()
    with pytest.raises(KeyboardInterrupt):
        again(train=[WORDED, SYLLABLED])


def row_of(out: str) -> Sequence[tuple[str, str]]:
    """Names and strict F1 of the rows of a table of figures."""
    rows = [line.split() for line in out.splitlines()]
    return [(row[0], row[3]) for row in rows if len(row) == 6 and row[4].isdecimal()]


def toml(recipe: Recipe) -> str:
    training = recipe.training
    return (
        f'[encoder]\nsource = "{recipe.encoder.source}"\n[data]\ntrain = ["x"]\n'
        "[network]\nwindow = 64\npair_size = 16\n"
        f"[training]\nlearning_rate = {training.learning_rate}\nhead_learning_rate = {training.head_learning_rate}\n"
        'precision = "float32"\nseed = 1\n'
    )


def test_missing_parts(data: Path, tmp_path: Path) -> None:
    """A data set needs one train and one test file; dev may be missing, and `valid` is dev."""
    (data / "dev_syllable.conll").rename(data / "valid.txt")
    assert len(read_corpus(data).parts["dev"]) == 8
    (data / "valid.txt").unlink()
    assert read_corpus(data).parts["dev"] == []
    write(data / "test_word.conll", PHONER)
    with pytest.raises(RecipeError, match=r"one file for test is needed .* there is test_syllable\.conll, test_word"):
        read_corpus(data)
    (data / "test_word.conll").unlink()
    (data / "train_syllable.conll").unlink()
    with pytest.raises(RecipeError, match=r"one file for train is needed .* there is none"):
        read_corpus(data)
    with pytest.raises(RecipeError, match="no such folder"):
        read_corpus(tmp_path / "nowhere")
