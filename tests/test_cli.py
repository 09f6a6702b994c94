import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import vipol
from vipol import cli
from vipol.document import Document, Entity, Relation, read_jsonl
from vipol.formats import FORMATS

TEXT = "\ufeffBí thư Lê Thị Mai Khanh\r\nvà ông\xa0\u200bĐỗ Văn Tường 👍\r\n"
SPANS = [(1, 7, "ROLE"), (8, 24, "PERSON"), (34, 46, "PERSON")]


class ModelError(RuntimeError):
    """Stands for the extractor's."""


class Extractor:
    """Knows two people and one post, and needs no model for that."""

    calls: list[tuple[Any, ...]] = []  # noqa: RUF012

    @classmethod
    def load(cls, model: str | None, device: str, batch_size: int, threads: int | None) -> "Extractor":
        cls.calls.append((model, device, batch_size, threads))
        if model == "none":
            raise ModelError("none: no such folder")
        return cls()

    def extract_many(self, documents: Iterable[str | Document]) -> Iterator[Document]:
        for document in documents:
            assert isinstance(document, Document)
            if "Ctrl-C" in document.text:
                raise KeyboardInterrupt
            found = enumerate(re.finditer("Bí thư|Lê Thị Mai Khanh|Đỗ Văn Tường", document.text), 1)
            entities = tuple(
                Entity(f"e{n}", *m.span(), "ROLE" if m[0] == "Bí thư" else "PERSON", 0.9) for n, m in found
            )
            relations = (Relation("e2", "e1", "HAS_ROLE", 0.8),) if len(entities) > 1 else ()
            yield replace(document, entities=entities, relations=relations)

    def info(self) -> dict[str, object]:
        return {"model": "giả", "labels": ["PERSON", "ROLE"], "thresholds": {"HAS_ROLE": 0.5}, "bytes": 31_000_000}


def install_fake() -> None:
    module = ModuleType("vipol.extractor")
    module.__dict__.update(Extractor=Extractor, ModelError=ModelError)
    sys.modules["vipol.extractor"] = module


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vipol.extractor", ModuleType("vipol.extractor"))
    monkeypatch.setattr(Extractor, "calls", [])
    install_fake()


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "tin.txt"
    path.write_bytes(TEXT.encode())
    return path


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def wrong(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The last line on standard error of a wrong call, which ends with 2."""
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def process(*arguments: object, stdout: Any = subprocess.PIPE, **options: Any) -> "subprocess.Popen[bytes]":
    """The command in a process of its own, with the same fake."""
    path = [str(Path(__file__).parent), str(Path(vipol.__file__).parents[1])]
    code = (
        f"import sys; sys.path[:0] = {path!r}; import test_cli; test_cli.install_fake(); sys.exit(test_cli.cli.main())"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, **options)


def test_extract(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A good file gives its document as JSONL through a pipe, nothing on standard error, and 0."""
    assert run("extract", article) == 0
    out, err = capsys.readouterr()
    (document,) = read_jsonl(io.StringIO(out))
    assert (document.id, document.text) == ("tin", TEXT)
    assert [entity.span for entity in document.entities] == SPANS
    assert err == ""


@pytest.mark.parametrize("format", FORMATS)
def test_formats(article: Path, capsys: pytest.CaptureFixture[str], format: str) -> None:
    """Every format is written, and says the same on a file as on standard output."""
    assert run("extract", article, "--format", format) == 0
    out = capsys.readouterr().out
    file = article.with_name("facts")
    assert run("extract", article, "-f", format, "-o", file) == 0
    assert file.read_bytes().decode() == out
    assert "Khanh" in out


def test_csv_offsets(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CRLF, BOM, odd spaces and emoji in a file leave offsets exact."""
    run("extract", article, "--format", "csv")
    rows = [line.split(",") for line in capsys.readouterr().out.splitlines()[1:]]
    assert [(int(row[2]), int(row[3]), row[4]) for row in rows] == SPANS
    assert [TEXT[int(row[2]) : int(row[3])] == row[5] for row in rows] == [True] * 3


def test_table_on_a_terminal(
    article: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --format a terminal gets a table."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("extract", article) == 0
    assert "Lê Thị Mai Khanh → Bí thư" in re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)


def test_jsonl_into_a_file_from_a_terminal(article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --format a file gets JSONL, whatever standard output is."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    output = article.with_name("facts")
    assert run("extract", article, "-o", output) == 0
    assert json.loads(output.read_bytes())["id"] == "tin"


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a PATH standard input is read."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert run("extract") == 0
    assert json.loads(capsys.readouterr().out)["text"] == TEXT


def test_no_path_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a PATH a terminal is a wrong call, not a wait for somebody to type."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert "no PATH" in wrong(capsys, "extract")
    assert Extractor.calls == []


def test_failed_inputs(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each input that fails is one line on standard error; the others are written; the status is 1."""
    bad, none = article.with_name("bad.txt"), article.with_name("x\n\x1b[2J.txt")
    bad.write_bytes(b"\xff")
    assert run("extract", bad, article, none, article, "--quiet") == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["tin", "tin"]
    first, second = err.splitlines()
    assert first.startswith(f"vipol: {bad}: not UTF-8: byte 0xff at byte offset 0")
    assert second == f"vipol: {none.parent}/x\\n\\x1b[2J.txt: No such file or directory"


def test_output_despite_failed_inputs(article: Path) -> None:
    """The file holds the documents that worked although another input failed."""
    output = article.with_name("facts.jsonl")
    assert run("extract", "none.txt", article, "-o", output) == 1
    assert json.loads(output.read_bytes())["id"] == "tin"


def test_document_that_a_format_cannot_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A document that can't become a Label Studio task is a failed input like others."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "x", "text": "một", "doc_id": "y"}\n{"id": "y", "text": "hai"}\n', encoding="utf-8")
    assert run("extract", path, "-f", "labelstudio") == 1
    out, err = capsys.readouterr()
    assert [task["data"]["text"] for task in json.loads(out)] == ["hai"]
    assert err.startswith("vipol: document x: ")


def test_output_is_replaced_at_the_end(article: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a run lasts the old file stays; then the new one stands in its place, and nothing else is left."""
    output = article.with_name("facts.jsonl")
    output.write_text("old", encoding="utf-8")
    seen = []

    def watch(self: Extractor, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            yield document
            seen.append(output.read_text(encoding="utf-8"))

    monkeypatch.setattr(Extractor, "extract_many", watch)
    assert run("extract", article, article, "-o", output) == 0
    assert seen == ["old", "old"]
    assert len(output.read_bytes().splitlines()) == 2
    assert sorted(path.name for path in output.parent.iterdir()) == ["facts.jsonl", "tin.txt"]


def test_interrupt(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with 130 and one line, leaves the old file as it was and no other beside it."""
    output = article.with_name("facts.jsonl")
    output.write_text("old", encoding="utf-8")
    stop = article.with_name("stop.txt")
    stop.write_text("Ctrl-C", encoding="utf-8")
    assert run("extract", article, stop, "-o", output) == 130
    assert capsys.readouterr().err == "vipol: interrupted\n"
    assert output.read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in output.parent.iterdir()) == ["facts.jsonl", "stop.txt", "tin.txt"]


def test_output_through_a_link(article: Path) -> None:
    """A link to the output stays a link."""
    target, link = article.with_name("facts-1.jsonl"), article.with_name("facts.jsonl")
    link.symlink_to(target)
    assert run("extract", article, "-o", link) == 0
    assert link.is_symlink()
    assert json.loads(target.read_bytes())["id"] == "tin"


@pytest.mark.skipif(os.name == "nt", reason="no devices as files")
def test_output_into_a_device(article: Path) -> None:
    """A device is written to, never replaced by a file."""
    assert run("extract", article, "-o", os.devnull) == 0
    assert not Path(os.devnull).is_file()


def test_output_nowhere(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An output whose folder is missing is one line and 1."""
    output = article.with_name("none") / "facts.jsonl"
    assert run("extract", article, "-o", output) == 1
    assert capsys.readouterr().err == f"vipol: {output}: cannot be written (No such file or directory)\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_full_disk(article: Path) -> None:
    """Standard output that takes no more is one line and 1."""
    with open("/dev/full", "wb") as full:
        running = process("extract", article, stdout=full)
        assert running.communicate()[1].decode() == "vipol: cannot write: No space left on device\n"
    assert running.returncode == 1


def test_broken_pipe(tmp_path: Path) -> None:
    """A reader that goes away, as `head` does, ends the command without a word."""
    path = tmp_path / "many.jsonl"
    path.write_text('{"text": "Bí thư Lê Thị Mai Khanh"}\n' * 20_000, encoding="utf-8")
    running = process("extract", path)
    assert running.stdout
    assert running.stderr
    assert running.stdout.readline().startswith(b'{"id": "many:1"')
    running.stdout.close()
    assert running.stderr.read() == b""
    assert running.wait() == 141


def test_utf8_whatever_the_locale(article: Path) -> None:
    """Under a locale that knows ASCII only, output and messages are UTF-8 all the same."""
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    out, err = process("extract", article, "không-có.txt", env={**os.environ, **locale}).communicate()
    assert json.loads(out.decode())["text"] == TEXT
    assert err.decode() == "vipol: không-có.txt: No such file or directory\n"


@pytest.mark.skipif(os.name == "nt", reason="closes streams as a POSIX shell does")
def test_closed_streams(article: Path) -> None:
    """A closed standard error gets no messages, and neither does the data; a closed standard output hinders no file."""
    out, _ = process("extract", article, "none.txt", preexec_fn=lambda: os.close(2)).communicate()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["tin"]
    output = article.with_name("facts.jsonl")
    running = process("extract", article, "-o", output, preexec_fn=lambda: os.close(1))
    assert running.communicate()[1] == b""
    assert running.returncode == 0
    assert json.loads(output.read_bytes())["id"] == "tin"


def test_progress(article: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal on standard error sees how far it is, standard output none of it; --quiet turns it off."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("extract", article) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert "documents" in err
    assert run("extract", article, "-q") == 0
    assert capsys.readouterr().err == ""


def test_options_reach_the_model(article: Path) -> None:
    """Model, device, batch size and threads are handed on; without them the defaults are."""
    run("extract", article)
    run("extract", article, "--model", "m", "--device", "cpu", "--batch-size", "6", "--threads", "2")
    assert Extractor.calls == [(None, "auto", 4, None), ("m", "cpu", 6, 2)]


def test_published(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The given day is written as an ISO date."""
    run("extract", article, "--published", "20240627")
    assert json.loads(capsys.readouterr().out)["published"] == "2024-06-27"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("mark",), "invalid choice: 'mark'"),
        (("extract", "x", "--format", "xml"), "argument -f/--format: invalid choice: 'xml'"),
        (("extract", "x", "--device", "tpu"), "argument --device: invalid choice: 'tpu'"),
        (("extract", "x", "--batch-size", "0"), "argument --batch-size: '0' is no whole number above 0"),
        (("extract", "x", "--threads", "two"), "argument --threads: 'two' is no whole number above 0"),
        (("extract", "x", "--published", "27/6/2024"), "'27/6/2024' is no ISO date, such as 2024-06-27"),
        (("extract", "x", "--published", "2023-02-29"), "'2023-02-29' is no ISO date, such as 2024-06-27"),
    ],
)
def test_wrong_calls(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    """A wrong call says what is wrong and ends with 2, before a model is loaded."""
    assert message in wrong(capsys, *arguments)
    assert Extractor.calls == []


@pytest.mark.parametrize("command", [("extract", "-"), ("info",)])
def test_no_model(capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    """A model that can't be loaded is one line and 1."""
    assert run(*command, "--model", "none") == 1
    assert capsys.readouterr() == ("", "vipol: none: no such folder\n")


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    """Facts about the model stand one on a line."""
    assert run("info") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["vipol", vipol.__version__]
    assert [line.split(maxsplit=1) for line in lines[2:]] == [
        ["model", "giả"],
        ["labels", "PERSON, ROLE"],
        ["thresholds", "HAS_ROLE 0.5"],
        ["bytes", "31,000,000"],
    ]


def test_info_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same facts as one JSON object."""
    assert run("info", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["vipol"] == vipol.__version__
    assert facts["labels"] == ["PERSON", "ROLE"]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints it and ends with 0."""
    with pytest.raises(SystemExit) as stop:
        run("--version")
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"vipol {vipol.__version__}\n"


def test_module_is_the_command() -> None:
    """`python -m vipol` does what `vipol` does."""
    environment = {**os.environ, "PYTHONPATH": str(Path(vipol.__file__).parents[1])}
    command = [sys.executable, "-m", "vipol", "--version"]
    result = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert result.stdout.decode().startswith("vipol ")


def test_light_start() -> None:
    """What only a model or a terminal needs is not imported before it is needed."""
    heavy = ("numpy", "onnxruntime", "tokenizers", "huggingface_hub", "rich", "torch", "csv", "importlib.metadata")
    path = str(Path(vipol.__file__).parents[1])
    code = (
        f"import sys; sys.path.insert(0, {path!r}); import vipol.cli; print([m for m in {heavy!r} if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True).stdout == b"[]\n"


def test_names_of_the_package() -> None:
    """The package gives its names when asked, and no others."""
    assert vipol.Document is Document
    assert vipol.Entity is Entity
    assert vipol.Relation is Relation
    assert vipol.Extractor is vars(sys.modules["vipol.extractor"])["Extractor"]
    assert set(vipol.__all__) <= set(dir(vipol))
    with pytest.raises(AttributeError, match="has no attribute 'extract'"):
        vipol.extract  # noqa: B018


def test_facts_as_csv(article: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`facts` writes a header and a row a fact, with the sentence that says it."""
    assert run("facts", article) == 0
    header, row, *rest = capsys.readouterr().out.splitlines()
    assert header.startswith("document,published,person,role,organisation,status,score")
    assert row.startswith("tin,,Lê Thị Mai Khanh,Bí thư,,current,0.8,1,")
    assert rest == []


def test_facts_on_a_terminal(
    article: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --format a terminal gets a table of the facts."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("facts", article) == 0
    plain = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert [line.rstrip().split("  ") for line in plain.splitlines()][:2] == [
        ["tin"],
        ["0.80", "Lê Thị Mai Khanh", "Bí thư", "-"],
    ]


def test_facts_as_jsonl(article: Path, tmp_path: Path) -> None:
    """As JSONL a fact has its evidence with offsets."""
    output = tmp_path / "facts.jsonl"
    assert run("facts", article, "--format", "facts-jsonl", "-o", output, "--published", "2024-06-27") == 0
    fact = json.loads(output.read_text(encoding="utf-8"))
    assert (fact["document"], fact["published"]) == ("tin", "2024-06-27")
    assert fact["evidence"][0]["role"] == [1, 7]


def test_show(article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`show` writes a page with the articles; a document that has spans already is shown with those."""
    known = tmp_path / "known.jsonl"
    document = Document("marked", "Hoa ở Huế", (Entity("e1", 0, 3, "PERSON"),))
    known.write_text(document.to_json(), encoding="utf-8")
    page = tmp_path / "page.html"
    assert run("show", article, known, "-o", page, "--title", "Tin <mới>", "-q") == 0
    html = page.read_text(encoding="utf-8")
    assert html.lower().startswith("<!doctype html>")
    assert "Tin &lt;mới&gt;" in html
    assert "Lê Thị Mai Khanh" in html
    assert "Hoa ở Huế" in html
    assert capsys.readouterr().out == ""
    Extractor.calls.clear()
    assert run("show", known, "-o", page) == 0
    assert Extractor.calls == []  # nothing to extract, so no model is loaded


def test_show_names_what_fails(article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can't be read is named, the rest is on the page, and the exit status is 1."""
    page = tmp_path / "page.html"
    assert run("show", article, tmp_path / "none.txt", "-o", page) == 1
    assert "none.txt" in capsys.readouterr().err
    assert "Lê Thị Mai Khanh" in page.read_text(encoding="utf-8")
    assert "-o" in wrong(capsys, "show", article)


@pytest.mark.parametrize(("of", "title"), [((), "Document"), (("document",), "Document"), (("fact",), "Fact")])
def test_schema(of: tuple[str, ...], title: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`schema` prints the JSON Schema of documents, or of facts."""
    assert run("schema", *of) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["title"] == title
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is extracted has values, the year taken from --published where the words have none."""

    def dated(self: Extractor, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            yield replace(document, entities=(Entity("e1", 0, 9, "DATE", 0.9), Entity("e2", 15, 24, "MONEY", 0.9)))

    monkeypatch.setattr(Extractor, "extract_many", dated)
    path, output = tmp_path / "t.txt", tmp_path / "t.jsonl"
    path.write_text("ngày 27/6, chi 2 tỷ đồng.", encoding="utf-8")
    assert run("extract", path, "-o", output, "--published", "2024-07-01", "-f", "jsonl") == 0
    (document,) = read_jsonl(output.read_text(encoding="utf-8").splitlines())
    assert [entity.value["value"] for entity in document.entities] == ["2024-06-27", "2000000000 VND"]
    assert document.entities[0].value["source"] == "published"
