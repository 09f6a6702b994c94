"""What the command line reads: text files, folders of them, JSON documents, standard input.

Bytes are read exactly. A text is its file's bytes as strict UTF-8 with nothing translated: CRLF stays two characters,
and a byte order mark stays the first character (U+FEFF), so offsets hold in the file as it is. Only JSON files shed
theirs, which is no part of any text.

What cannot be read comes out as a `Failure` in its place, and the reading goes on.
"""

import codecs
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NoReturn

from vipol.document import Document, DocumentError

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Failure:
    """An input, or a line of one, that gave no document; `source` is its path."""

    source: str
    reason: str


def read(paths: Iterable[str], published: str | None = None) -> Iterator[Document | Failure]:
    """The documents of every path, in order.

    A path is one of

    - a folder: the `.txt` files that lie directly in it, by name, hidden ones left out. JSONL files in a folder are
      not read, since they may be what an earlier run wrote there; they are named one by one.
    - a `.jsonl` file: a document on each line, read line by line. One without an id is named after file and line.
    - a `.json` file: one document, named after the file if it has no id.
    - `-`: standard input; JSONL if its first line that is not blank is a JSON object with a "text", else one text,
      whose id is `stdin`.
    - any other file: one text, whose id is the file's name without its suffix.

    Args:
        published: ISO date of the documents that bring none of their own.
    """
    for path in paths:
        for item in _read(path):
            if isinstance(item, Document) and item.published is None and published is not None:
                item = replace(item, published=published)
            yield item


def _read(path: str) -> Iterator[Document | Failure]:
    if path == STANDARD_INPUT:
        yield from _standard_input()
    elif os.path.isdir(path):
        yield from _folder(Path(path))
    else:
        yield from _file(Path(path))


def _folder(folder: Path) -> Iterator[Document | Failure]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if not entry.is_dir())
    except OSError as error:
        yield Failure(_written(folder), _reason(error))
        return
    texts = [name for name in names if name.lower().endswith(".txt") and not name.startswith(".")]
    for name in texts:
        yield from _file(folder / name)
    if not texts:
        other = next((name for name in names if name.lower().endswith((".jsonl", ".json"))), None)
        advice = f"; a JSON file must be named itself, such as {_written(folder / other)}" if other else ""
        yield Failure(_written(folder), f"no .txt files directly in this folder{advice}")


def _file(path: Path) -> Iterator[Document | Failure]:
    source, name = _written(path), _written(path.stem)
    try:
        with path.open("rb") as stream:
            match path.suffix.lower():
                case ".jsonl":
                    yield from _jsonl(stream, source, name)
                case ".json":
                    yield _document(_filled(stream), name)
                case _:
                    yield Document(name, _decoded(_filled(stream)))
    except OSError as error:
        yield Failure(source, _reason(error))
    except DocumentError as error:
        yield Failure(source, str(error))


def _standard_input() -> Iterator[Document | Failure]:
    if sys.stdin is None:  # closed by whoever started the program
        yield Failure("stdin", "is closed")
        return
    stream = sys.stdin.buffer
    head: list[bytes] = []
    try:
        for line in stream:
            head.append(line)
            if line.strip():
                break
        if head and _is_document(head[-1]):
            yield from _jsonl(chain(head, stream), "stdin", "stdin")
        else:
            yield Document("stdin", _decoded(_filled(stream, b"".join(head))))
    except OSError as error:
        yield Failure("stdin", _reason(error))
    except DocumentError as error:
        yield Failure("stdin", str(error))


def _is_document(line: bytes) -> bool:
    line = line.removeprefix(codecs.BOM_UTF8).strip()
    if not line.startswith(b"{"):
        return False
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "text" in data


def _jsonl(lines: Iterable[bytes], source: str, name: str) -> Iterator[Document | Failure]:
    empty, offset = True, 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            empty = False
            try:
                yield _document(line.rstrip(b"\r\n"), f"{name}:{number}", offset)
            except DocumentError as error:
                yield Failure(source, f"line {number}: {error}")
        offset += len(line)
    if empty:
        yield Failure(source, "is empty")


def _document(data: bytes, name: str, offset: int = 0) -> Document:
    """Reads JSON bytes that begin at a byte offset of their file; `name` is the id of a document without one."""
    text = _decoded(data, offset)
    try:
        parsed = json.loads(text.removeprefix("\ufeff"), parse_constant=_not_json)
    except json.JSONDecodeError as error:
        where = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise DocumentError(f"not JSON at {where} ({error.msg})") from error
    except DocumentError:
        raise
    except ValueError as error:  # whole numbers of thousands of digits
        raise DocumentError(f"not JSON that can be read ({error})") from error
    except RecursionError as error:
        raise DocumentError("JSON nested too deeply") from error
    document = Document.from_dict(parsed)
    if "\\ud" in text.lower():  # the only way by which a surrogate gets into the other fields
        try:
            document.to_json().encode()
        except UnicodeEncodeError as error:
            raise DocumentError("half of a surrogate pair outside the text: a string was cut or mis-decoded") from error
    return document if document.id else replace(document, id=name)


def _not_json(constant: str) -> NoReturn:
    raise DocumentError(f"not JSON ({constant} is no number there)")


def _filled(stream: BinaryIO, head: bytes = b"") -> bytes:
    data = head + stream.read()
    if not data:
        raise DocumentError("is empty")
    return data


def _decoded(data: bytes, offset: int = 0) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # Vietnamese texts outside Unicode most often are in this code page.
        encoding = "UTF-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "WINDOWS-1258"
        raise DocumentError(
            f"not UTF-8: byte 0x{data[error.start]:02x} at byte offset {offset + error.start}; "
            f"convert it first, for example: iconv -f {encoding} -t UTF-8"
        ) from error


def _written(path: str | Path) -> str:
    """A path or name as text that can be written, whatever the locale: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
