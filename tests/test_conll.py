"""Data sets in CoNLL columns: reading, scoring, published figures, and a model trained on one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
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
)
from train.conll import read_corpus
from train.recipe import Recipe, RecipeError
from vipol.document import Document, Entity
from vipol.extractor import Extractor

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
    """Words are joined by blanks, a segmenter's `_` is one too, and a stray I tag begins a span."""
    found = document(
        Sentence(("Hà_Nội", "_", "UBND", "quận", "Ba_Đình"), ("B-LOC", "O", "I-ORG", "I-ORG", "B-LOC")), "s"
    )
    assert found == Document(
        "s",
        "Hà Nội _ UBND quận Ba Đình",
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
