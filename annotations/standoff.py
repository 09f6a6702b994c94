"""Gold of texts that the repo can't carry: the marks alone, which are joined with the texts where those are.

JSONL, an article a line: `{"id": …, "sha256": …, "entities": [[start, end, label], …], "relations": [[head, tail,
label], …]}`. `sha256` is that of the text in UTF-8 and finds it; a relation's ends count the entities from 0.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from annotations.gold import records, text_sum
from annotations.unlabelled import read_texts
from vipol.document import Document, DocumentError


def detach(documents: Iterable[Document]) -> str:
    """The marks of documents as JSONL, without a word of their texts, dates and extra keys.

    Raises:
        DocumentError: two documents have one text, by which their marks could not be told apart.
    """
    lines: list[str] = []
    names: dict[str, str] = {}
    for document in documents:
        digest = text_sum(document.text)
        if digest in names:
            raise DocumentError(f"{names[digest]} and {document.id} have one text: keep one of them")
        names[digest] = document.id
        place = {entity.id: number for number, entity in enumerate(document.entities)}
        marks = {
            "id": document.id,
            "sha256": digest,
            "entities": [[entity.start, entity.end, entity.label] for entity in document.entities],
            "relations": [[place[r.head], place[r.tail], r.label] for r in document.relations],
        }
        lines.append(json.dumps(marks, ensure_ascii=False) + "\n")
    return "".join(lines)


def attach(marks: Path, texts: Path) -> list[Document]:
    """The documents that marks and texts are together, in the order of the marks.

    Args:
        marks: what `detach` wrote.
        texts: JSONL with a "text" in each object, plain or packed with xz; it may hold more texts.

    Raises:
        DocumentError: either is a folder, a line is something else, two marks have one id or one text, a text is
            missing, or marks don't fit their text; the message names file and line.
        OSError: a file can't be opened.
    """
    for path in (marks, texts):
        if path.is_dir():
            raise DocumentError(f"{path}: a folder; name the file")
    wanted: dict[str, tuple[str, dict[str, Any]]] = {}
    names: dict[str, str] = {}
    for place, record in records(marks):
        checked = _checked(record, place)
        digest, name = checked["sha256"], checked["id"]
        if digest in wanted:
            raise DocumentError(f"{place}: the same text as {wanted[digest][0]}")
        if name in names:
            raise DocumentError(f"{place}: the id {name!r} stands in {names[name]} already")
        wanted[digest], names[name] = (place, checked), place
    found = {digest: text for text in read_texts(texts) if (digest := text_sum(text)) in wanted}
    documents = []
    for digest, (place, record) in wanted.items():
        if digest not in found:
            raise DocumentError(f"{place}: {texts} has no text with this sha256; it is another version of that file")
        try:
            documents.append(_join(record, found[digest]))
        except DocumentError as error:
            raise DocumentError(f"{place}: {error}") from error
    return documents


def _checked(record: object, place: str) -> dict[str, Any]:
    """The record itself, if it has all that marks have; else a DocumentError."""
    if isinstance(record, DocumentError):
        raise DocumentError(f"{place}: {record}") from record
    if not isinstance(record, dict) or not isinstance(record.get("sha256"), str):
        raise DocumentError(f'{place}: not a JSON object with the "sha256" of a text')
    if not isinstance(record.get("id"), str):
        raise DocumentError(f'{place}: no "id"')
    for name in ("entities", "relations"):
        items = record.get(name)
        if not isinstance(items, list) or not all(isinstance(item, list) and len(item) == 3 for item in items):
            raise DocumentError(f'{place}: "{name}" is not a list of three values each')
    return record


def _join(record: dict[str, Any], text: str) -> Document:
    return Document.from_dict(
        {
            "id": record["id"],
            "text": text,
            "entities": [
                {"id": f"e{number}", "start": start, "end": end, "label": label}
                for number, (start, end, label) in enumerate(record["entities"])
            ],
            "relations": [
                {"head": f"e{head}", "tail": f"e{tail}", "label": label} for head, tail, label in record["relations"]
            ],
        }
    )
