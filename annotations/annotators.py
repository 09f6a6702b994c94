"""Several annotations of the same articles, by name, read from gold files or from one export of several people."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from annotations.agreement import Agreement, agreement
from annotations.gold import files, is_task, read_gold, records
from vipol.document import Document, DocumentError
from vipol.labelstudio import standing


@dataclass(frozen=True, slots=True)
class Pair:
    """Two annotations compared: their names, their agreement, and the texts of the articles by id."""

    first: str
    second: str
    found: Agreement
    texts: dict[str, str]


def read_annotations(paths: Sequence[Path], annotators: Sequence[str] | None = None) -> dict[str, list[Document]]:
    """The annotations to compare, at least two, by name.

    Several paths are an annotation each, and `annotators`, if given, says whose to read of each. Of one path, an
    export, the annotations of all its annotators are read, or of those that `annotators` names.

    Raises:
        DocumentError: a file can't be read, an annotator is not there, or there are not two annotations.
        OSError: a file can't be opened.
    """
    named: list[tuple[str, Path, str | None]]
    if len(paths) > 1:
        if annotators is None:
            named = [(str(path), path, None) for path in paths]
        elif len(annotators) == len(paths):
            named = [(f"{path}, annotator {who}", path, who) for path, who in zip(paths, annotators, strict=True)]
        else:
            raise DocumentError(
                f"{len(annotators)} annotators for {len(paths)} paths: name one for each path, or give one path only"
            )
    else:
        who_is_there = found_annotators(paths[0])
        chosen = who_is_there if annotators is None else annotators
        if len(chosen) < 2:
            there = f"annotations by {', '.join(who_is_there) or 'nobody'}"
            raise DocumentError(f"{paths[0]}: {there}: give an export with two annotators or a second file")
        named = [(f"annotator {who}", paths[0], who) for who in chosen]
    if twice := next((name for n, (name, *_) in enumerate(named) if name in {other for other, *_ in named[:n]}), None):
        raise DocumentError(f"{twice} is named twice: name each annotation once, an export too")
    return {name: _read(path, who) for name, path, who in named}


def compare(annotations: dict[str, list[Document]]) -> list[Pair]:
    """Every pair of annotations, compared.

    Raises:
        DocumentError: two have no article in common, or different texts under one id; the message names both.
    """
    pairs = []
    for (first, ours), (second, theirs) in combinations(annotations.items(), 2):
        try:
            found = agreement(ours, theirs)
        except DocumentError as error:
            raise DocumentError(f"{first} and {second}: {error}") from error
        texts = {document.id: document.text for document in ours}
        pairs.append(
            Pair(first, second, found, {name: texts[name] for name in sorted({d.id for d in theirs} & texts.keys())})
        )
    return pairs


def found_annotators(path: Path) -> list[str]:
    """Everyone who annotated a task in a file or a folder, sorted by name; documents that are no tasks have nobody.

    Raises:
        DocumentError: a file holds no JSON, or a task no list of annotations.
    """
    names: set[str] = set()
    for file in files(path):
        for place, record in records(file):
            try:
                if isinstance(record, DocumentError):
                    raise record
                if is_task(record):
                    names.update(standing(record))
            except DocumentError as error:
                raise DocumentError(f"{place}: {error}") from error
    return sorted(names)


def _read(path: Path, annotator: str | None) -> list[Document]:
    if annotator is not None and annotator not in (there := found_annotators(path)):
        raise DocumentError(
            f"{path}: no annotation by {annotator}; there are annotations by {', '.join(there) or 'nobody'}"
        )
    return read_gold(path, annotator)
