"""Articles without gold: JSONL with a "text" in each object, plain or packed with xz."""

import json
import lzma
from collections.abc import Iterator
from pathlib import Path

from vipol.document import DocumentError


def read_texts(path: Path) -> Iterator[str]:
    """The texts in the file's order.

    Raises:
        DocumentError: a line is something else, or the file is damaged; the message names file and line.
    """
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8-sig") as stream:
        try:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield _text(line, f"{path}, line {number}")
        except (UnicodeDecodeError, lzma.LZMAError, EOFError) as error:
            raise DocumentError(f"{path}: damaged ({error})") from error


def _text(line: str, place: str) -> str:
    try:
        text = json.loads(line)["text"]
    except (ValueError, RecursionError, KeyError, TypeError):  # numbers of thousands of digits, thousands of brackets
        text = None
    if not isinstance(text, str):
        raise DocumentError(f'{place}: not a JSON object with a "text"')
    return text
