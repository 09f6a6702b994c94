"""Gold: documents that people annotated, read from and written to files.

Three kinds of file are read, told apart by what is in them: a JSON list of Label Studio's tasks (its export), one
document as a JSON object, and JSONL with an object a line. A folder is all such files in it.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from vipol.document import Document, DocumentError
from vipol.labelstudio import from_task, to_task

SUFFIXES = (".json", ".jsonl")
SUMS = "SHA256SUMS"
"""Name of the file beside the gold with a line for every text, as `sha256sum` writes it: sum, two blanks, ID.txt."""

APART = "marks without their text: join them first, with convert --texts FILE --to documents"


def read_gold(path: Path, annotator: str | None = None) -> list[Document]:
    """The gold in a file or a folder, sorted by id; tasks that nobody has annotated yet are left out.

    `annotator` chooses an annotation where a task has several (see `vipol.labelstudio.standing`).

    Raises:
        DocumentError: something can't be read, or two documents have one id; the message names the file.
        OSError: a file can't be opened.
    """
    found: dict[str, Document] = {}
    places: dict[str, str] = {}
    for file in files(path):
        for place, record in records(file):
            try:
                document = read_record(record, annotator)
            except DocumentError as error:
                raise DocumentError(f"{place}: {error}") from error
            if document is None:
                continue
            if document.id in found:
                raise DocumentError(f"{place}: the id {document.id!r} stands in {places[document.id]} already")
            found[document.id], places[document.id] = document, place
    return [found[name] for name in sorted(found)]


def read_record(record: object, annotator: str | None = None) -> Document | None:
    """The document in a record that `records` gave; None for a task without an annotation.

    Raises:
        DocumentError: the record is a fault itself, or holds no good document.
    """
    if isinstance(record, DocumentError):
        raise record
    if is_standoff(record):
        raise DocumentError(APART)
    return from_task(record, annotator) if is_task(record) else Document.from_dict(record)


def is_task(record: object) -> bool:
    """Whether a JSON value is a task of Label Studio's, not a document."""
    return isinstance(record, dict) and "data" in record and "text" not in record


def is_standoff(record: object) -> bool:
    """Whether a JSON value is marks without their text (see `annotations.standoff`)."""
    return isinstance(record, dict) and "sha256" in record and not {"text", "data"} & record.keys()


def files(path: Path) -> list[Path]:
    """The gold files of a folder, sorted by name; a file stands for itself.

    Raises:
        DocumentError: the folder holds none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    if not found:
        raise DocumentError(f"{path}: no file in this folder ends in {' or '.join(SUFFIXES)}")
    return found


def records(file: Path) -> Iterator[tuple[str, object]]:
    """Every article in a file as JSON, each after its place (file and line or number) in words.

    What is no JSON comes as the `DocumentError` that says so, so that a reader may go on behind it.
    """
    try:
        # JSON from other tools may begin with a byte order mark.
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        yield str(file), DocumentError(f"not UTF-8 at byte {error.start}: save it as UTF-8")
        return
    if file.suffix == ".jsonl":
        # A line of JSONL ends at a line feed only; str.splitlines would cut at a U+2028 inside a string.
        for number, line in enumerate(content.split("\n"), 1):
            if line.strip():
                yield f"{file}, line {number}", _json(line)
        return
    value = _json(content)
    if isinstance(value, list):
        yield from ((f"{file}, item {number}", item) for number, item in enumerate(value, 1))
    else:
        yield str(file), value


def _json(content: str) -> object:
    try:
        value: object = json.loads(content)
    except json.JSONDecodeError as error:
        return DocumentError(f"not JSON at line {error.lineno}, column {error.colno} ({error.msg})")
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        return DocumentError(f"not JSON that can be read ({error})")
    return value


def to_jsonl(documents: Iterable[Document]) -> str:
    """Documents as JSONL."""
    return "".join(document.to_json() + "\n" for document in documents)


def to_export(documents: Iterable[Document]) -> str:
    """Documents as a list of annotated tasks, indented for a look at what changed between two versions."""
    return json.dumps([to_task(document) for document in documents], ensure_ascii=False, indent=1) + "\n"


def write_folder(documents: Iterable[Document], folder: Path) -> None:
    """Writes one file a document, ID.json.

    Raises:
        DocumentError: an id is no name for a file.
    """
    documents = list(documents)
    for document in documents:
        if document.id in ("", ".", "..") or not set(document.id).isdisjoint("/\\\0"):
            raise DocumentError(f"the id {document.id!r} is no name for a file: write JSONL")
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        content = json.dumps(document.to_dict(), ensure_ascii=False, indent=1) + "\n"
        write_text(folder / f"{document.id}.json", content)


def write_text(path: Path, content: str) -> None:
    """Writes a file in UTF-8, whole or not at all: readers see the old content until the new one is complete."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def text_sum(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal; half of a surrogate pair counts as UTF-8 would write it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_sums(folder: Path) -> dict[str, str] | None:
    """The sums beside the gold in a folder, by document id; None where there is no such file.

    Raises:
        DocumentError: a line is not what `sha256sum` writes.
    """
    file = folder / SUMS
    if not file.is_file():
        return None
    sums = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        digest, blank, name = line.partition("  ")
        if not blank or not name.endswith(".txt"):
            raise DocumentError(f"{file}, line {number}: {line!r} is not a sum, two blanks and ID.txt")
        sums[name.removesuffix(".txt")] = digest
    return sums


def write_sums(folder: Path, texts: Iterable[tuple[str, str]]) -> None:
    """Writes the sums of texts, each given after its document's id, beside the gold in a folder."""
    write_text(folder / SUMS, "".join(f"{text_sum(text)}  {name}.txt\n" for name, text in sorted(texts)))
