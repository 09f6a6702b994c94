import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vipol.document import Document
from vipol.inputs import Failure, read


def texts(*paths: object) -> list[str]:
    """What was read, all of which has to be good."""
    found = list(read(map(str, paths)))
    assert all(isinstance(item, Document) for item in found), found
    return [item.text for item in found if isinstance(item, Document)]


def failure(path: object) -> Failure:
    """The one failure that reading this gives, and nothing else."""
    (found,) = read([str(path)])
    assert isinstance(found, Failure)
    return found


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_text_file(tmp_path: Path) -> None:
    """A text file is one document, whose id is the file's name without its suffix."""
    path = tmp_path / "phiên-họp.sáng.txt"
    path.write_text("Bà Lê Thị Mai Khanh\n", encoding="utf-8")
    assert list(read([str(path)])) == [Document("phiên-họp.sáng", "Bà Lê Thị Mai Khanh\n")]


@pytest.mark.parametrize(
    "text",
    [
        "Dòng một\r\nDòng hai\r\n",
        "cũ\rmới\r",
        "\ufeffBí thư Lê Thị Mai Khanh",
        "Bi\u0301 thu\u031b",
        "Bí\xa0thư\u200b Mai\u2028Khanh",
        "👩🏽‍💼 ông Tường 🇻🇳",
        "\x00\x1b[31m\x85",
        " \n\t ",
    ],
    ids=["CRLF", "CR", "BOM", "NFD", "odd spaces", "emoji", "control characters", "white space"],
)
def test_text_is_the_bytes_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Nothing in a text is translated, composed, stripped or lost, from a file or from standard input."""
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    feed(monkeypatch, text.encode())
    assert texts(path, "-") == [text, text]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever Unicode can say is read as it was written."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode())
    assert texts(path) == [text]


def test_other_suffixes_are_texts(tmp_path: Path) -> None:
    """A file of any other name is a text too."""
    (tmp_path / "README").write_text("một", encoding="utf-8")
    (tmp_path / "tin.md").write_text("hai", encoding="utf-8")
    assert texts(tmp_path / "README", tmp_path / "tin.md") == ["một", "hai"]


def test_folder_in_the_order_of_names(tmp_path: Path) -> None:
    """A folder gives the texts that lie in it by name: no hidden files, nothing of its folders, no JSONL."""
    (tmp_path / "inner.txt").mkdir()
    (tmp_path / "inner.txt" / "deep.txt").write_text("deep", encoding="utf-8")
    for name in ("b.txt", "a.txt", "C.TXT", ".hidden.txt", "notes.md", "facts.jsonl"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert texts(tmp_path) == ["C.TXT", "a.txt", "b.txt"]


def test_folder_without_texts(tmp_path: Path) -> None:
    """A folder without texts is a failure."""
    assert failure(tmp_path) == Failure(str(tmp_path), "no .txt files directly in this folder")


def test_folder_with_only_jsonl(tmp_path: Path) -> None:
    """A folder that has JSONL only says to name the file."""
    path = tmp_path / "news.jsonl"
    path.touch()
    assert failure(tmp_path).reason.endswith(f"; a JSON file must be named itself, such as {path}")


def test_bad_file_does_not_stop_a_folder(tmp_path: Path) -> None:
    """What cannot be read in a folder is a failure in its place, and the next file is read."""
    (tmp_path / "a.txt").write_bytes(b"\xff")
    (tmp_path / "b.txt").symlink_to("nowhere")
    (tmp_path / "c.txt").write_text("tốt", encoding="utf-8")
    first, second, third = read([str(tmp_path)])
    assert isinstance(first, Failure)
    assert second == Failure(str(tmp_path / "b.txt"), "No such file or directory")
    assert third == Document("c", "tốt")


def test_missing_file(tmp_path: Path) -> None:
    """A path that leads nowhere is a failure, and the next path is read."""
    (tmp_path / "a.txt").write_text("có", encoding="utf-8")
    missing = str(tmp_path / "none.txt")
    assert list(read([missing, str(tmp_path / "a.txt")])) == [
        Failure(missing, "No such file or directory"),
        Document("a", "có"),
    ]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_unreadable_file(tmp_path: Path) -> None:
    """A file without the permission to read it is a failure."""
    path = tmp_path / "a.txt"
    path.touch(mode=0)
    assert failure(path).reason == "Permission denied"


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.jsonl"])
def test_empty_file(tmp_path: Path, name: str) -> None:
    """A file of no bytes is a failure."""
    path = tmp_path / name
    path.touch()
    assert failure(path) == Failure(str(path), "is empty")


def test_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is a failure that names the byte, its offset, and a way out."""
    path = tmp_path / "old.txt"
    path.write_bytes("ông Tường: ".encode() + b"B\xed th\xfd")
    assert failure(path).reason == (
        "not UTF-8: byte 0xed at byte offset 16; convert it first, for example: iconv -f WINDOWS-1258 -t UTF-8"
    )


def test_utf16(tmp_path: Path) -> None:
    """A file that says it is UTF-16 is told how to convert from that."""
    path = tmp_path / "old.txt"
    path.write_bytes("Bí thư".encode("utf-16"))
    assert failure(path).reason == (
        "not UTF-8: byte 0xff at byte offset 0; convert it first, for example: iconv -f UTF-16 -t UTF-8"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux")
def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    """A file whose name is no UTF-8 gets an id that can be written."""
    path = os.fsencode(tmp_path) + b"/tin-\xe1.txt"
    with open(path, "wb") as stream:
        stream.write(b"tin")
    assert list(read([os.fsdecode(path)])) == [Document("tin-\ufffd", "tin")]


def test_jsonl(tmp_path: Path) -> None:
    """JSONL gives a document a line, keeps what else stands in it, and passes over blank lines."""
    path = tmp_path / "news.jsonl"
    path.write_bytes(b'{"id": "x", "text": "m\\u1ed9t\\r\\n", "title": "T"}\r\n\r\n{"text": "hai"}')
    assert list(read([str(path)])) == [Document("x", "một\r\n", extra={"title": "T"}), Document("news:3", "hai")]


def test_jsonl_breaks_at_line_feeds_only(tmp_path: Path) -> None:
    """A line separator inside a JSON string parts no documents."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "x", "text": "một\u2028hai\x85"}\n', encoding="utf-8")
    assert texts(path) == ["một\u2028hai\x85"]


def test_jsonl_with_byte_order_mark(tmp_path: Path) -> None:
    """A byte order mark before JSON belongs to no text; one in a string does."""
    path = tmp_path / "a.jsonl"
    path.write_text('\ufeff{"id": "x", "text": "\ufeffmột"}\n', encoding="utf-8")
    assert texts(path) == ["\ufeffmột"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": }', "not JSON at column 10 (Expecting value)"),
        (b'{"text": "a"', "not JSON at column 13 (Expecting ',' delimiter)"),
        (b'"a"', "a document is a JSON object, this is a string"),
        (b'{"id": "x"}', 'there is no "text"'),
        (b'{"text": 7}', '"text" is a number, not a string'),
        (b'{"text": "a\\ud83d"}', "half of a surrogate pair at offset 1: the text was cut or mis-decoded"),
        (
            b'{"text": "a", "title": "\\uDC00"}',
            "half of a surrogate pair outside the text: a string was cut or mis-decoded",
        ),
        (b'{"text": "a", "score": NaN}', "not JSON (NaN is no number there)"),
        (b"[" * 100_000, "JSON nested too deeply"),
        (
            b'{"text": "a\xff"}',
            "not UTF-8: byte 0xff at byte offset 26; convert it first, for example: iconv -f WINDOWS-1258 -t UTF-8",
        ),
        (
            b'{"text": "a", "entities": [{"start": 0, "end": 2, "label": "ORG"}]}',
            "entity 1: offsets 0 to 2 don't lie in a text of 1 characters",
        ),
    ],
)
def test_bad_line_of_jsonl(tmp_path: Path, line: bytes, reason: str) -> None:
    """A bad line is one failure with its number, and the next lines are read all the same."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "tr"}\n' + line + b'\n{"text": "sau"}\n')
    assert list(read([str(path)])) == [
        Document("a:1", "tr"),
        Failure(str(path), f"line 2: {reason}"),
        Document("a:3", "sau"),
    ]


def test_surrogate_pairs_of_jsonl(tmp_path: Path) -> None:
    """Both halves of a pair, as ASCII JSON writes an emoji, are one character."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "x", "text": "👍 tốt", "title": "👍"}), encoding="ascii")
    assert list(read([str(path)])) == [Document("x", "👍 tốt", extra={"title": "👍"})]


def test_jsonl_is_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first document of a stream is there before the second line is."""

    def lines() -> Iterator[bytes]:
        yield b'{"text": "one"}\n'
        pytest.fail("asked for the second line")

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=lines()))
    assert next(read(["-"])) == Document("stdin:1", "one")


def test_json(tmp_path: Path) -> None:
    """A JSON file is one document over as many lines as it likes, named after the file if it has no id."""
    path = tmp_path / "tin.json"
    path.write_text('{\n "text": "một",\n "published": "2024-06-27"\n}\n', encoding="utf-8")
    assert list(read([str(path)])) == [Document("tin", "một", published="2024-06-27")]


def test_bad_json(tmp_path: Path) -> None:
    """A JSON file that is none is a failure with line and column."""
    path = tmp_path / "tin.json"
    path.write_text('{\n "text": một\n}\n', encoding="utf-8")
    assert failure(path).reason == "not JSON at line 2, column 10 (Expecting value)"


def test_json_list(tmp_path: Path) -> None:
    """A JSON list is no document."""
    path = tmp_path / "tin.json"
    path.write_text("[]", encoding="utf-8")
    assert failure(path).reason == "a document is a JSON object, this is a list"


def test_text_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text on standard input is a document with the id stdin."""
    feed(monkeypatch, "\n  Bà Khanh\r\n".encode())
    assert list(read(["-"])) == [Document("stdin", "\n  Bà Khanh\r\n")]


@pytest.mark.parametrize("before", ["", "\n \r\n", "\ufeff"], ids=["nothing", "blank lines", "BOM"])
def test_jsonl_on_standard_input(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """Standard input whose first line is a document is JSONL; a later bad line is a failure as in a file."""
    feed(monkeypatch, f'{before}{{"id": "x", "text": "một"}}\nhai\n'.encode())
    first, second = read(["-"])
    assert first == Document("x", "một")
    assert second == Failure("stdin", f"line {before.count(chr(10)) + 2}: not JSON at column 1 (Expecting value)")


@pytest.mark.parametrize("text", ["{ngoặc} nhọn", '{"title": "không có"}', "{", "{}\n", '["text"]', "{" * 99])
def test_braces_on_standard_input(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A text that only looks like JSON, or an object without a text, is a text."""
    feed(monkeypatch, text.encode())
    assert list(read(["-"])) == [Document("stdin", text)]


def test_empty_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on standard input is a failure."""
    feed(monkeypatch, b"")
    assert failure("-") == Failure("stdin", "is empty")


def test_standard_input_that_is_not_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are no UTF-8 are a failure on standard input too, with their offset in all of it."""
    feed(monkeypatch, b"mot\nhai\xe9\n")
    assert failure("-").reason.startswith("not UTF-8: byte 0xe9 at byte offset 7;")


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program started without a standard input says so."""
    monkeypatch.setattr(sys, "stdin", None)
    assert failure("-") == Failure("stdin", "is closed")


def test_published(tmp_path: Path) -> None:
    """A given day is that of the documents that bring none of their own."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b", "published": "2021-01-05"}\n', encoding="utf-8")
    days = [item.published for item in read([str(path)], "2024-06-27") if isinstance(item, Document)]
    assert days == ["2024-06-27", "2021-01-05"]
