"""`python -m eval score`: what it prints and writes, and how it fails. No model is loaded here."""

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from test_scores import GOLD, PREDICTED, marked

from eval.__main__ import main
from vipol.document import Document, Entity, write_jsonl


class ModelError(RuntimeError):
    """Stands for the extractor's."""


class FakeExtractor:
    """Answers with the worked example's prediction and remembers what it was asked."""

    loaded: list[str | None]
    read: list[Document]

    @classmethod
    def load(cls, model: str | None = None, device: str = "auto", batch_size: int = 8) -> "FakeExtractor":
        if model == "nowhere":
            raise ModelError("nowhere: no config.json;\n  train one")
        cls.loaded, cls.read = [model], []
        return cls()

    def extract_many(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            self.read.append(document)
            yield PREDICTED


@pytest.fixture(autouse=True)
def _extractor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the extractor above in the place of the real one."""
    module = ModuleType("vipol.extractor")
    module.__dict__.update(Extractor=FakeExtractor, ModelError=ModelError)
    monkeypatch.setitem(sys.modules, "vipol.extractor", module)


def written(path: Path, *documents: Document) -> str:
    with path.open("w", encoding="utf-8") as stream:
        write_jsonl(documents, stream)
    return str(path)


@pytest.fixture
def gold(tmp_path: Path) -> str:
    return written(tmp_path / "gold.jsonl", GOLD)


@pytest.fixture
def predicted(tmp_path: Path) -> str:
    return written(tmp_path / "predicted.jsonl", PREDICTED)


FIGURES = """\
Spans (edges and label right)
PERSON    P  75.00  R  75.00  F1  75.00  support  4
ROLE      P  60.00  R  75.00  F1  66.67  support  4
ORG       P  60.00  R  60.00  F1  60.00  support  5
DATE      P  50.00  R  50.00  F1  50.00  support  2
MONEY     P 100.00  R 100.00  F1 100.00  support  1
micro     P  64.71  R  68.75  F1  66.67  support 16
macro     P  69.00  R  72.00  F1  70.33  support 16

Relations (label and both spans right)
HAS_ROLE  P  50.00  R  50.00  F1  50.00  support  4
ROLE_AT   P  33.33  R  25.00  F1  28.57  support  4
micro     P  42.86  R  37.50  F1  40.00  support  8
macro     P  41.67  R  37.50  F1  39.29  support  8

seqeval (strict, IOB2) agrees: micro F1 66.67
"""

ERRORS = """\
Errors of spans  PERSON  ROLE  ORG  DATE  MONEY  all
missed                1     0    0     0      0    1
invented              0     1    0     0      0    1
wrong label           0     0    1     0      0    1
too long              0     0    0     0      0    0
too short             0     1    0     1      0    2
shifted               0     0    0     0      0    0
split                 0     0    1     0      0    1
merged                0     0    0     0      0    0
all                   1     2    2     1      0    6

Errors of relations        HAS_ROLE  ROLE_AT  all
missed, an end is wrong           2        2    4
missed pair                       0        1    1
invented pair                     1        0    1
invented, an end is wrong         1        2    3
all                               4        5    9

Span missed (1)
  d, offset 192: PERSON[Lê Minh] -> nothing
    …. Dự án tốn 12,5 tỷ đồng của Chính phủ. Lê Minh, Phó Trưởng ban Ban Tổ chức Trung ương,…

Span invented (1)
"""


def test_scores_of_a_prediction(gold: str, predicted: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was scored, how many documents, the figures of the worked example, and seqeval's word."""
    assert main(["score", "--gold", gold, "--predicted", predicted]) == 0
    assert capsys.readouterr().out == f"predicted  {predicted}\ngold       {gold}\ndocuments  1\n\n{FIGURES}"


def test_line_of_a_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no figure is 100, one space parts a figure from its name."""
    text = "[a|ORG] [b|ORG] c"
    gold, predicted = (
        written(tmp_path / "g.jsonl", marked(text)),
        written(tmp_path / "p.jsonl", marked("[a|ORG] b [c|ORG]")),
    )
    main(["score", "--gold", gold, "--predicted", predicted])
    assert "\nORG       P 50.00  R 50.00  F1 50.00  support 2\n" in capsys.readouterr().out


def test_embedded_model(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a model the embedded one reads the gold texts, and doesn't see what is marked in them."""
    assert main(["score", "--gold", gold]) == 0
    assert capsys.readouterr().out == f"model      embedded default\ngold       {gold}\ndocuments  1\n\n{FIGURES}"
    assert FakeExtractor.loaded == [None]
    assert FakeExtractor.read == [GOLD.bare()]


def test_named_model(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A named model is loaded by that name and stands in the first line."""
    assert main(["score", "--gold", gold, "--model", "someone/some-model"]) == 0
    assert capsys.readouterr().out.startswith("model      someone/some-model\n")
    assert FakeExtractor.loaded == ["someone/some-model"]


def test_errors_are_counted_and_listed(gold: str, predicted: str, capsys: pytest.CaptureFixture[str]) -> None:
    """After the figures come the counts, then every error under its kind."""
    assert main(["score", "--gold", gold, "--predicted", predicted, "--errors"]) == 0
    errors = capsys.readouterr().out.split("agrees: micro F1 66.67\n\n")[1]
    assert errors.startswith(ERRORS)
    headings = [line for line in errors.splitlines() if line.startswith(("Span", "Relation"))]
    assert headings == [
        "Span missed (1)",
        "Span invented (1)",
        "Span wrong label (1)",
        "Span too short (2)",
        "Span split (1)",
        "Relation missed, an end is wrong (4)",
        "Relation missed pair (1)",
        "Relation invented pair (1)",
        "Relation invented, an end is wrong (3)",
    ]
    assert "ORG[Ban Tổ chức Trung ương] -> ORG[Ban Tổ chức] + ORG[Trung ương]\n" in errors
    assert "nothing -> PERSON[Nguyễn Đình Khuyến] HAS_ROLE ROLE[Bí thư]\n" in errors


def test_errors_of_a_perfect_prediction(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without errors there are the counts, all 0, and no list."""
    assert main(["score", "--gold", gold, "--predicted", gold, "--errors"]) == 0
    assert capsys.readouterr().out.endswith("\nall                               0        0    0\n")


def test_json(gold: str, predicted: str, tmp_path: Path) -> None:
    """The figures as JSON, unrounded, with what was scored and counts of errors, but no list of them."""
    file = tmp_path / "scores.json"
    assert main(["score", "--gold", gold, "--predicted", predicted, "--json", str(file)]) == 0
    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["predicted"], found["gold"], found["documents"]) == (predicted, gold, 1)
    assert found["seqeval_micro_f1"] == pytest.approx(22 / 33)
    assert found["spans"]["micro"]["precision"] == pytest.approx(11 / 17)
    assert found["relations"]["by_label"]["ROLE_AT"]["false_negative"] == 3
    assert found["error_counts"]["spans"] == {
        "missed": {"PERSON": 1},
        "invented": {"ROLE": 1},
        "wrong label": {"ORG": 1},
        "too short": {"DATE": 1, "ROLE": 1},
        "split": {"ORG": 1},
    }
    assert found["error_counts"]["relations"]["invented pair"] == {"HAS_ROLE": 1}
    assert "errors" not in found


def test_json_with_errors(gold: str, predicted: str, tmp_path: Path) -> None:
    """With --errors the JSON lists them too, in letters and not in escapes."""
    file = tmp_path / "scores.json"
    assert main(["score", "--gold", gold, "--predicted", predicted, "--json", str(file), "--errors"]) == 0
    text = file.read_text(encoding="utf-8")
    assert "ORG[Ban Tổ chức Trung ương]" in text
    assert len(json.loads(text)["errors"]) == 6 + 9


def test_byte_order_mark(gold: str, tmp_path: Path) -> None:
    """A prediction that begins with a byte order mark is read."""
    file = tmp_path / "predicted.jsonl"
    file.write_text("\ufeff" + PREDICTED.to_json(), encoding="utf-8")
    assert main(["score", "--gold", gold, "--predicted", str(file)]) == 0


def test_output_is_utf8(gold: str, predicted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vietnamese comes out as UTF-8 where the locale says ASCII."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["score", "--gold", gold, "--predicted", predicted, "--errors"]) == 0
    assert "PERSON[Lê Minh] -> nothing" in raw.getvalue().decode("utf-8")


def test_closed_pipe(gold: str, predicted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that stops reading, as `head` does, is no failure."""
    end, start = os.pipe()
    os.close(end)
    with os.fdopen(start, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["score", "--gold", gold, "--predicted", predicted, "--errors"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["score"], ["measure"], ["score", "--gold", "g", "--model", "m", "--predicted", "p"], ["score", "--gold"]],
)
def test_wrong_call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A call without a command or gold, or with both a model and a prediction, exits with 2 and says how to call."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m eval")


def fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a failing command prints."""
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("eval: ")
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("eval: ").rstrip("\n")


def test_no_such_gold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that isn't there is named."""
    path = tmp_path / "không có.jsonl"
    assert fails(["score", "--gold", str(path)], capsys) == f"{path}: No such file or directory"


def test_damaged_gold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong with the gold is told with its path."""
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "a"}\n')
    assert fails(["score", "--gold", str(path)], capsys) == f'{path}, line 1: there is no "text"'


def test_gold_in_a_folder(predicted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The gold may be a folder of files, whatever `annotations.gold` reads."""
    folder = tmp_path / "gold"
    folder.mkdir()
    (folder / "d.json").write_text(GOLD.to_json(), encoding="utf-8")
    assert main(["score", "--gold", str(folder), "--predicted", predicted]) == 0
    assert capsys.readouterr().out.endswith(f"gold       {folder}\ndocuments  1\n\n{FIGURES}")


def test_empty_gold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Gold without documents is no gold."""
    path = written(tmp_path / "gold.jsonl")
    assert fails(["score", "--gold", path], capsys) == f"{path}: no documents"


def test_damaged_prediction(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that is no JSON is told with file, line and column."""
    path = tmp_path / "predicted.jsonl"
    path.write_text(PREDICTED.to_json() + "\n{no}\n", encoding="utf-8")
    assert fails(["score", "--gold", gold, "--predicted", str(path)], capsys).startswith(
        f"{path}: line 2, column 2: not JSON"
    )


def test_prediction_in_another_encoding(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that isn't UTF-8 is told with its path."""
    path = tmp_path / "predicted.jsonl"
    path.write_text(PREDICTED.to_json(), encoding="utf-16")
    assert fails(["score", "--gold", gold, "--predicted", str(path)], capsys).startswith(f"{path}: 'utf-8' codec")


def test_prediction_of_other_documents(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A prediction of other documents is refused."""
    path = written(tmp_path / "predicted.jsonl", replace(PREDICTED, id="x"))
    assert fails(["score", "--gold", gold, "--predicted", path], capsys) == "no prediction for document 'd' of the gold"


def test_prediction_with_overlaps(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A prediction that seqeval can't be asked about fails, and prints no figures."""
    entities = (Entity("1", 0, 6, "ROLE"), Entity("2", 0, 10, "ORG"))
    path = written(tmp_path / "predicted.jsonl", Document("d", GOLD.text, entities))
    message = fails(["score", "--gold", gold, "--predicted", path], capsys)
    assert message.startswith("document 'd', predicted ORG at 0 to 10: overlaps another span")


def test_no_such_model(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the extractor says of a model is told, on one line."""
    assert fails(["score", "--gold", gold, "--model", "nowhere"], capsys) == "nowhere: no config.json; train one"


def test_json_without_a_folder(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that can't be written is refused before a model is loaded."""
    file = tmp_path / "none" / "scores.json"
    FakeExtractor.loaded = []
    message = fails(["score", "--gold", gold, "--json", str(file)], capsys)
    assert message == f"{file}: there is no folder {file.parent}"
    assert FakeExtractor.loaded == []


def test_seqeval_is_not_installed(
    gold: str, predicted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without seqeval there are no figures, and the line says what to install."""
    monkeypatch.setitem(sys.modules, "seqeval.metrics.v1", None)
    message = fails(["score", "--gold", gold, "--predicted", predicted], capsys)
    assert message.endswith("; `pip install '.[train]'` brings what evaluation needs")
