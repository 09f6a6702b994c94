"""`python -m eval score`: what it prints and writes, and how it fails. No model is loaded here."""

import io
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from test_scores import GOLD, PREDICTED

from eval.__main__ import main
from eval.provenance import text_hash
from vipol.document import Document, Entity, write_jsonl
from vipol.schema import RELATION_TYPES


class ModelError(RuntimeError):
    """Stands for the extractor's."""


class FakeRuntime:
    name = "fake"
    device = "cpu"

    def info(self) -> dict[str, Any]:
        return {"precision": "int8"}


@dataclass(frozen=True)
class FakeConfig:
    relation_types: tuple[str, ...]
    thresholds: dict[str, float]


class FakeExtractor:
    """Answers with the worked example's prediction and remembers what it was asked."""

    loaded: list[str | None]
    read: list[Document]

    def __init__(self) -> None:
        self.config = FakeConfig(RELATION_TYPES, dict.fromkeys(RELATION_TYPES, 0.5))
        self.runtime = FakeRuntime()

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

    def relate_many(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            assert not document.relations
            yield GOLD


@pytest.fixture(autouse=True)
def _extractor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Puts the extractor above in the place of the real one, and rules that find nothing in the place of ours."""
    module = ModuleType("vipol.extractor")
    module.__dict__.update(Extractor=FakeExtractor, ModelError=ModelError, DEFAULT=tmp_path / "default")
    monkeypatch.setitem(sys.modules, "vipol.extractor", module)
    monkeypatch.setattr("eval.rules.mark", lambda document: document)
    monkeypatch.setattr("eval.provenance.commit", lambda: "c0ffee")
    monkeypatch.setattr("eval.provenance.versions", lambda: {"python": "3"})


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
Spans: edges and label (strict)                     P       R      F1  95 % interval  gold  rules
  PERSON                                        75.00   75.00   75.00              -     4   0.00
  ROLE                                          60.00   75.00   66.67              -     4   0.00
  ORG                                           60.00   60.00   60.00              -     5   0.00
  DATE                                          50.00   50.00   50.00              -     2   0.00
  MONEY                                        100.00  100.00  100.00              -     1   0.00
  micro                                         64.71   68.75   66.67              -    16   0.00
  macro                                         69.00   72.00   70.33              -    16   0.00

Spans: edges alone                              70.59   75.00   72.73              -    16   0.00
Spans: any overlap (half the credit)            79.41   84.38   81.82              -    16   0.00
Spans: label and any overlap                    82.35   87.50   84.85              -    16   0.00

Relations: type and both spans right (Rel+)         P       R      F1  95 % interval  gold  rules
  HAS_ROLE                                      50.00   50.00   50.00              -     4   0.00
  ROLE_AT                                       33.33   25.00   28.57              -     4   0.00
  micro                                         42.86   37.50   40.00              -     8   0.00
  macro                                         41.67   37.50   39.29              -     8   0.00
"""

GIVEN = """
Relations between the gold spans                    P       R      F1  95 % interval  gold  rules
  HAS_ROLE                                     100.00  100.00  100.00              -     4      -
"""

FACTS = """
Facts: person, post and organisation            33.33   25.00   28.57              -     4   0.00

seqeval (strict, IOB2) agrees: micro F1 66.67
"""

ERRORS = """\
Errors of spans
kind         PERSON  ROLE  ORG  DATE  MONEY  all
missed            1     0    0     0      0    1
invented          0     1    0     0      0    1
wrong label       0     0    1     0      0    1
too long          0     0    0     0      0    0
too short         0     1    0     1      0    2
shifted           0     0    0     0      0    0
split             0     0    1     0      0    1
merged            0     0    0     0      0    0
all               1     2    2     1      0    6

Errors of relations
kind                       HAS_ROLE  ROLE_AT  all
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
    """What was scored and with what, the figures of the worked example, and seqeval's word."""
    assert main(["score", "--gold", gold, "--predicted", predicted]) == 0
    head, figures = capsys.readouterr().out.split("\n\n", 1)
    assert [line.split("  ")[0] for line in head.splitlines()] == [
        *("predicted", "predicted_sha256", "gold", "gold_sha256", "commit", "versions", "documents")
    ]
    assert f"predicted         {predicted}\n" in head
    assert head.endswith("commit            c0ffee\nversions          python 3\ndocuments         1")
    assert figures.startswith(FIGURES)
    assert figures.endswith(FACTS)
    assert GIVEN not in figures


def test_embedded_model(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a model the embedded one reads the gold texts, and doesn't see what is marked in them."""
    assert main(["score", "--gold", gold]) == 0
    out = capsys.readouterr().out
    assert out.startswith("model         embedded default\n")
    assert "\nruntime       fake\nprecision     int8\ndevice        cpu\n" in out
    assert FIGURES in out
    assert GIVEN in out
    assert FakeExtractor.loaded == [None]
    assert FakeExtractor.read == [GOLD.bare()]


def test_gold_that_was_trained_on(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that learnt from the gold is scored with a warning, in the text and in the JSON."""
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "trained_on.json").write_text(json.dumps([text_hash(GOLD.text)]), encoding="utf-8")
    file = tmp_path / "scores.json"
    assert main(["score", "--gold", gold, "--json", str(file)]) == 0
    warning = "1 of these 1 articles were trained on: no measure of new articles"
    assert f"warning       {warning}\n" in capsys.readouterr().out
    assert json.loads(file.read_text(encoding="utf-8"))["warning"] == warning


def test_gold_that_the_rules_were_tuned_on(capsys: pytest.CaptureFixture[str]) -> None:
    """The seeds, which the rules know, are scored with a warning of it."""
    gold = str(Path(__file__).parent.parent / "annotations" / "gold")
    assert main(["score", "--gold", gold, "--predicted", gold.replace("gold", "passes/second.jsonl")]) == 0
    assert "warning_of_rules  the rules were tuned on 5 of these 5 articles\n" in capsys.readouterr().out


def test_same_input_same_bytes(gold: str, predicted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that is written depends on when or how often it is."""
    made = []
    other = written(tmp_path / "train.jsonl", replace(GOLD, id="t", text=GOLD.text + " Hết."))
    for _ in range(2):
        arguments = ["errors", "--gold", gold, "--predicted", predicted, "--train", other]
        arguments += ["--json", str(tmp_path / "e.json"), "--html", str(tmp_path / "e.html")]
        assert main(arguments) == 0
        made.append((capsys.readouterr().out, *((tmp_path / f"e.{kind}").read_bytes() for kind in ("json", "html"))))
    assert made[0] == made[1]


def test_named_model(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A named model is loaded by that name and stands in the first line."""
    assert main(["score", "--gold", gold, "--model", "someone/some-model"]) == 0
    assert capsys.readouterr().out.startswith("model         someone/some-model\n")
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
    assert found["measures"]["spans"]["micro"]["precision"] == pytest.approx(11 / 17)
    assert found["measures"]["spans"]["micro"]["f1_low"] is None
    assert found["measures"]["relations"]["ROLE_AT"]["recall"] == pytest.approx(1 / 4)
    assert found["baselines"]["rules"]["spans"]["micro"]["f1"] == 0.0
    assert (found["commit"], found["versions"]) == ("c0ffee", {"python": "3"})
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
    out = capsys.readouterr().out
    assert f"\ngold              {folder}\n" in out
    assert FIGURES in out


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


def test_errors_command(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`errors` prints its tables; the JSON has them beside the figures, and the page has the articles."""
    json_file, page = tmp_path / "errors.json", tmp_path / "errors.html"
    other = written(tmp_path / "train.jsonl", replace(GOLD, id="t", text=GOLD.text + " Hết."))
    assert main(["errors", "--gold", gold, "--train", other, "--json", str(json_file), "--html", str(page)]) == 0
    out = capsys.readouterr().out
    titles = [table["title"] for table in json.loads(json_file.read_text(encoding="utf-8"))["tables"]]
    assert titles[:5] == [
        "Errors of spans",
        "Errors of relations",
        "Gold label (rows) against the predicted one that overlaps it most",
        "By length in words",
        "Recall by whether training had the words with that label",
    ]
    assert titles[-1] == "Relations (Rel+) by threshold, on this very gold"
    assert all(f"\n\n{title}\n" in out for title in titles)
    assert "PERSON     4   75.00       0       -" in out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_errors_of_rules_have_no_scores(gold: str, predicted: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without scores there is no calibration, without a model no sweep."""
    assert main(["errors", "--gold", gold, "--predicted", predicted]) == 0
    out = capsys.readouterr().out
    assert "Calibration" not in out
    assert "by threshold" not in out


def test_compare_command(gold: str, predicted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`compare` prints what was compared and what changed, and writes it as JSON."""
    file = tmp_path / "compared.json"
    assert main(["compare", predicted, gold, "--gold", gold, "--json", str(file)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"first        name {predicted}, predicted {predicted}, predicted_sha256 ")
    assert ["micro", "66.67", "100.00", "+33.33", "-", "100.0"] in map(str.split, out.splitlines())
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["measures"]["spans"]["micro"]["difference"] == pytest.approx(1 / 3)
    assert (len(found["mended"]), found["documents"]) == (15, 1)


def test_compare_seeds(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder has a file for each seed; its other files are none of them."""
    folder = tmp_path / "cv"
    folder.mkdir()
    for name in ("seed-1", "seed-2"):
        written(folder / f"{name}.jsonl", PREDICTED)
    written(folder / "seed-1-fold-1.jsonl")
    assert main(["compare", str(folder), str(folder), "--gold", gold]) == 0
    assert f"first        name {folder}, seeds 2\n" in capsys.readouterr().out
    assert main(["compare", str(folder), "rules", "--gold", gold]) == 0  # the rules, beside both seeds
    written(folder / "seed-3.jsonl", PREDICTED)
    other = tmp_path / "other"
    other.mkdir()
    written(other / "seed-1.jsonl", PREDICTED)
    written(other / "seed-2.jsonl", PREDICTED)
    capsys.readouterr()
    message = fails(["compare", str(folder), str(other), "--gold", gold], capsys)
    assert message == "3 predictions cannot be compared with 2"
    assert "a folder; `compare` takes one" in fails(["score", "--gold", gold, "--predicted", str(folder)], capsys)


def test_compare_models(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`rules`, `embedded` and the name of a model are read by what they stand for."""
    assert main(["compare", "rules", "embedded", "--gold", gold]) == 0
    assert FakeExtractor.loaded == [None]
    micro = next(line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  micro"))
    assert micro[1:4] == ["0.00", "66.67", "+66.67"]
    assert main(["compare", "rules", "someone/some-model", "--gold", gold]) == 0
    assert FakeExtractor.loaded == ["someone/some-model"]


def test_compare_with_an_empty_folder(gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without predictions is named."""
    folder = tmp_path / "empty"
    folder.mkdir()
    message = fails(["compare", str(folder), "rules", "--gold", gold], capsys)
    assert message == f"{folder}: no seed-1.jsonl or the like in this folder"


def test_index(gold: str, predicted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`index` writes a page with the figures of every measurement in a folder, a link to its errors, and its texts."""
    folder = tmp_path / "report"
    folder.mkdir()
    arguments = ["--json", str(folder / "dev.json"), "--html", str(folder / "dev.html")]
    assert main(["score", "--gold", gold, "--predicted", predicted, *arguments]) == 0
    (folder / "note.txt").write_text("a < b", encoding="utf-8")
    capsys.readouterr()
    assert main(["index", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'index.html'}\n"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<td>Spans: edges and label (strict): micro<td>66.67<td>-<td>16<td>0.00" in page
    assert '<a href="dev.html">' in page
    assert "<pre>a &lt; b</pre>" in page


def test_index_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty folder and a strange file are refused by name."""
    assert fails(["index", str(tmp_path)], capsys).startswith(f"{tmp_path}: nothing to show")
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    assert fails(["index", str(tmp_path)], capsys).startswith(f"{tmp_path}: nothing to show")
    (tmp_path / "x.json").write_text('{"seqeval_micro_f1": 1}', encoding="utf-8")
    assert fails(["index", str(tmp_path)], capsys).startswith(f"{tmp_path / 'x.json'}: not what")


def test_a_thousand_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores, intervals, baseline and seqeval's word on 1,000 documents take seconds, not minutes."""
    monkeypatch.undo()  # the real rules, in processes of their own
    gold = written(tmp_path / "g.jsonl", *(replace(GOLD, id=str(n)) for n in range(1000)))
    predicted = written(tmp_path / "p.jsonl", *(replace(PREDICTED, id=str(n)) for n in range(1000)))
    began = time.monotonic()
    assert main(["score", "--gold", gold, "--predicted", predicted]) == 0
    assert time.monotonic() - began < 20


def test_gold_among_the_training_articles(gold: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Words of the gold itself are all seen, which says nothing; so it is refused."""
    assert fails(["errors", "--gold", gold, "--train", gold], capsys).startswith(
        "1 of the gold articles are in --train"
    )


def test_the_printed_figures_are_the_checked_ones(
    gold: str, predicted: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """seqeval is asked about the very counts that are printed: where they are wrong the run fails."""

    def flattering(
        labels: Sequence[str], wanted: Sequence[tuple[str, Any]], found: object
    ) -> Iterator[tuple[int, ...]]:
        for label in labels:
            count = sum(kind == label for kind, _ in wanted)
            yield count, count, count

    monkeypatch.setattr("eval.measures._by_label", flattering)
    assert fails(["score", "--gold", gold, "--predicted", predicted], capsys).startswith(
        "seqeval and the scores differ"
    )


def test_stopped(gold: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends a command with 130 and a word."""

    def stopping(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("eval.commands.gold_documents", stopping)
    assert main(["score", "--gold", gold]) == 130
    assert capsys.readouterr().err == "eval: stopped\n"
