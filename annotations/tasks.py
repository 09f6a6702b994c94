"""A document as the task that an annotator gets, and back: a title to show, and a sum by which a changed text is seen.

`data` then has `title`, what stands above the text, `sha256`, the sum of the text, and `added`, which says which of
these are no part of the document.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from annotations.gold import text_sum
from vipol.document import Document, DocumentError, Entity, Relation
from vipol.labelstudio import to_task

TITLE, SUM, ADDED = "title", "sha256", "added"
_TITLE_LENGTH = 120


def as_task(document: Document, model_version: str | None = None) -> dict[str, Any]:
    """The task to import; with a `model_version`, what the document has marked is that model's prediction.

    Raises:
        DocumentError: the document has no id or no text, or a key that a task keeps for itself.
    """
    if not document.id:
        raise DocumentError("a document without an id: give it one, by which it is known again")
    if not document.text.strip():
        raise DocumentError(f"{document.id}: there is nothing in the text")
    extra = dict(document.extra)
    if ADDED in extra:
        raise DocumentError(f"{document.id}: extra key {ADDED!r} is one that a task keeps for itself: rename it")
    if extra.get(SUM, text_sum(document.text)) != text_sum(document.text):
        raise DocumentError(f"{document.id}: {SUM!r} is not the sum of the text: was the text changed?")
    mine = {TITLE: _title(document.text), SUM: text_sum(document.text)}
    added = [key for key in mine if key not in extra]
    extra = {**{key: mine[key] for key in added}, **extra, ADDED: added}
    try:
        task = to_task(replace(document, extra=extra), model_version or "")
    except DocumentError as error:
        raise DocumentError(f"{document.id}: {error}") from error
    if model_version is None:
        del task["predictions"]
    else:
        task["predictions"][0] |= _score(document)
    return task


def prediction(document: Document, number: int, model_version: str) -> dict[str, Any]:
    """What a document has marked as a further prediction for the task of this number."""
    found: dict[str, Any] = as_task(document, model_version)["predictions"][0]
    return {"task": number, **found}


def difference(one: str, other: object) -> int | None:
    """The offset at which two texts begin to differ; None if they don't."""
    if one == other:
        return None
    pairs = enumerate(zip(one, other, strict=False)) if isinstance(other, str) else iter(())
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)) if isinstance(other, str) else 0)


def stripped(data: Mapping[str, Any]) -> dict[str, Any]:
    """A task's `data` without what `as_task` added."""
    added = data.get(ADDED)
    mine = {ADDED, *(added if isinstance(added, list) else ())} & {TITLE, SUM, ADDED}
    return {key: value for key, value in data.items() if key not in mine}


def _title(text: str) -> str:
    line = next(line.strip() for line in text.splitlines() if line.strip())
    return line if len(line) <= _TITLE_LENGTH else line[: _TITLE_LENGTH - 1] + "…"


def _score(document: Document) -> dict[str, float]:
    """The mean of the marks' scores; a model that marked nothing says nothing about how sure it is."""
    marks: Iterable[Entity | Relation] = (*document.entities, *document.relations)
    scores = [mark.score for mark in marks if mark.score is not None]
    return {"score": round(sum(scores) / len(scores), 4)} if scores else {}
