"""Gold in files: every form is read, nothing is lost between forms, and a file is written whole or not at all."""

import json
from pathlib import Path

import pytest

from annotations import gold
from annotations.__main__ import main
from vipol.document import Document, DocumentError, Entity, Relation
from vipol.labelstudio import to_task

A = Document(
    "a",
    "Bí thư Quận ủy\u2028nói.\r\n",
    (Entity("e1", 0, 6, "ROLE"), Entity("e2", 7, 14, "ORG", value={"x": 1})),
    (Relation("e1", "e2", "ROLE_AT"),),
    "2024-06-27",
    {"publisher": "Báo A"},
)
B = Document("b", "Ngày 5/1", (Entity("x", 0, 8, "DATE"),))


def test_export(tmp_path: Path) -> None:
    """A Label Studio export is read, sorted by id, without the tasks that nobody has annotated."""
    file = tmp_path / "export.json"
    file.write_text(json.dumps([to_task(B), {"data": {"text": "x"}, "annotations": []}, to_task(A)]), encoding="utf-8")
    assert gold.read_gold(file) == [A, B]


def test_one_document_a_file(tmp_path: Path) -> None:
    """A folder of documents, one a file, is read; other files in it are not."""
    gold.write_folder([B, A], tmp_path)
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.json", "b.json", "notes.txt"]
    assert gold.read_gold(tmp_path) == [A, B]


def test_jsonl(tmp_path: Path) -> None:
    """JSONL is read, with blank lines, a byte order mark, and U+2028 inside a string, which ends no line."""
    file = tmp_path / "gold.jsonl"
    file.write_text("\ufeff" + gold.to_jsonl([B]) + "\n" + gold.to_jsonl([A]), encoding="utf-8")
    assert gold.read_gold(file) == [A, B]


def test_mixed_folder(tmp_path: Path) -> None:
    """A folder may hold several forms."""
    gold.write_text(tmp_path / "one.jsonl", gold.to_jsonl([B]))
    gold.write_text(tmp_path / "two.json", gold.to_export([A]))
    assert gold.read_gold(tmp_path) == [A, B]


def test_empty_folder(tmp_path: Path) -> None:
    """A folder without gold is an error, not an empty list."""
    with pytest.raises(DocumentError, match=r"no file in this folder ends in \.json or \.jsonl"):
        gold.read_gold(tmp_path)


def test_fault_names_line(tmp_path: Path) -> None:
    """A fault in JSONL is named by file and line."""
    file = tmp_path / "gold.jsonl"
    file.write_text(gold.to_jsonl([A]) + "{oops\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"gold\.jsonl, line 2: not JSON at line 1, column 2"):
        gold.read_gold(file)


def test_fault_names_item(tmp_path: Path) -> None:
    """A fault in an export is named by file and the place of the task in it."""
    file = tmp_path / "export.json"
    file.write_text(json.dumps([to_task(A), {"data": {}, "annotations": [{}]}]), encoding="utf-8")
    with pytest.raises(DocumentError, match=r'export\.json, item 2: there is no "text"'):
        gold.read_gold(file)


def test_not_utf8(tmp_path: Path) -> None:
    """A file in another encoding is named, with the byte."""
    file = tmp_path / "old.json"
    file.write_bytes(b'{"text": "\xd0"}')
    with pytest.raises(DocumentError, match=r"old\.json: not UTF-8 at byte 10"):
        gold.read_gold(file)


def test_one_id_twice(tmp_path: Path) -> None:
    """Two documents with one id are an error that names both places."""
    gold.write_text(tmp_path / "one.jsonl", gold.to_jsonl([A]))
    gold.write_text(tmp_path / "two.json", gold.to_export([A]))
    with pytest.raises(DocumentError, match=r"two\.json, item 1: the id 'a' stands in .*one\.jsonl, line 1 already"):
        gold.read_gold(tmp_path)


def test_write_replaces(tmp_path: Path) -> None:
    """A write puts a new file in the place of the old one, which whoever has it open reads on unchanged."""
    file = tmp_path / "gold.jsonl"
    gold.write_text(file, "old")
    with file.open(encoding="utf-8") as reader:
        gold.write_text(file, "new")
        assert reader.read() == "old"
    assert file.read_text(encoding="utf-8") == "new"


def test_failed_write_keeps_the_old(tmp_path: Path) -> None:
    """A write that fails half way leaves the old file, and nothing beside it."""
    file = tmp_path / "gold.jsonl"
    gold.write_text(file, "old")
    with pytest.raises(UnicodeEncodeError):
        gold.write_text(file, "new\ud800")
    assert [path.name for path in tmp_path.iterdir()] == ["gold.jsonl"]
    assert file.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a\0b"])
def test_id_that_is_no_file_name(tmp_path: Path, name: str) -> None:
    """An id that is no name for a file stops the writing of a folder before anything is written."""
    with pytest.raises(DocumentError, match="no name for a file: write JSONL"):
        gold.write_folder([A, Document(name, "x")], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_sums_that_are_none(tmp_path: Path) -> None:
    """A line in the file of sums that is none is named."""
    (tmp_path / gold.SUMS).write_text("0123 a.txt\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"SHA256SUMS, line 1: '0123 a\.txt' is not a sum"):
        gold.read_sums(tmp_path)


def test_convert_round_trip(tmp_path: Path) -> None:
    """Documents come back from the command as they were: JSONL to an export, to a folder, to JSONL."""
    first, export, folder, last = (tmp_path / name for name in ("a.jsonl", "b.json", "c", "d.jsonl"))
    gold.write_text(first, gold.to_jsonl([A, B]))
    assert main(["convert", str(first), str(export), "--to", "labelstudio"]) == 0
    assert main(["convert", str(export), str(folder), "--to", "documents"]) == 0
    assert main(["convert", str(folder), str(last), "--to", "documents"]) == 0
    assert last.read_bytes() == first.read_bytes()


def test_convert_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dash writes to the standard output, an export that comes back as it was."""
    file = tmp_path / "export.json"
    file.write_text(gold.to_export([A, B]), encoding="utf-8")
    assert main(["convert", str(file), "-", "--to", "documents"]) == 0
    assert capsys.readouterr().out == gold.to_jsonl([A, B])
    assert main(["convert", str(file), "-", "--to", "labelstudio"]) == 0
    assert capsys.readouterr().out == file.read_text(encoding="utf-8")


def test_convert_chooses_an_annotator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a task has two annotations the command stops and says so, until told whose to take."""
    mine = to_task(A)
    mine["annotations"] = [mine["annotations"][0] | {"completed_by": name} for name in (1, 2)]
    file = tmp_path / "export.json"
    file.write_text(json.dumps([mine]), encoding="utf-8")
    assert main(["convert", str(file), "-", "--to", "documents"]) == 1
    assert "export.json, item 1: there are annotations by 1, 2: say which" in capsys.readouterr().err
    assert main(["convert", str(file), "-", "--to", "documents", "--annotator", "2"]) == 0
    assert capsys.readouterr().out == gold.to_jsonl([A])


@pytest.mark.parametrize(
    ("target", "form"), [("x.json", "documents"), ("x.jsonl", "labelstudio"), ("x", "labelstudio")]
)
def test_convert_to_the_wrong_file(tmp_path: Path, target: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A target whose name does not fit the form is a wrong call, and nothing is written."""
    source = tmp_path / "a.jsonl"
    gold.write_text(source, gold.to_jsonl([A]))
    with pytest.raises(SystemExit) as exit_info:
        main(["convert", str(source), str(tmp_path / target), "--to", form])
    assert exit_info.value.code == 2
    assert "give a file that ends in" in capsys.readouterr().err
    assert not (tmp_path / target).exists()
