"""Gold that was pulled, written beside or over what is there, so that no gold is lost on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annotations import gold
from annotations.articles import Fault, articles
from annotations.checks import renew_sums
from annotations.pull import Pulled
from annotations.tasks import difference
from vipol.document import Document, DocumentError


@dataclass(slots=True)
class Stored:
    """What a pull changes in a gold file; with `faults` nothing may be written."""

    file: Path
    documents: list[Document]
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: int = 0
    kept: list[str] = field(default_factory=list)
    """Articles that the file had, and that the server doesn't give (any more)."""
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"new: {len(self.new)}, changed: {len(self.changed)}, as before: {self.same}"
        kept = f", kept though the server doesn't give them: {', '.join(self.kept)}" if self.kept else ""
        return f"wrote {self.file}, articles: {len(self.documents)}, {counts}{kept}"


def target(path: Path, title: str) -> Path:
    """The file that a pull writes: the one that is named, or one named after the project in a folder.

    Raises:
        DocumentError: that is no place for it.
    """
    if path.suffix and not path.is_dir():
        if path.suffix != ".json":
            raise DocumentError(f"{path}: gold is written as a file that ends in .json, or into a folder")
        return path
    if title in ("", ".", "..") or not set(title).isdisjoint("/\\\0"):
        raise DocumentError(f"{path}: project {title!r} gives no name for a file in this folder: name a .json file")
    return path / f"{title}.json"


def plan(documents: Sequence[Document], file: Path) -> Stored:
    """What writing these documents into a gold file would do; nothing is written.

    Raises:
        DocumentError: the file is there and can't be read.
        OSError: as for any file.
    """
    before = {document.id: document for document in gold.read_gold(file)} if file.exists() else {}
    now = {document.id: document for document in documents}
    found = Stored(file, [document for _, document in sorted((before | now).items())])
    found.kept = sorted(before.keys() - now.keys())
    sums = gold.read_sums(file.parent) or {}
    elsewhere = _elsewhere(file)
    for name, document in sorted(now.items()):
        old = before.get(name)
        if old is None:
            found.new.append(name)
        elif (offset := difference(old.text, document.text)) is not None:
            found.faults.append(Fault(f"{file}, {name}", "the server's text differs from the one there", offset))
        elif old == document:
            found.same += 1
        else:
            found.changed.append(name)
        if name in elsewhere:
            problem = f"the article stands in {elsewhere[name]} already: pull into that file, or move it out"
            found.faults.append(Fault(f"{file}, {name}", problem))
        elif sums.get(name, gold.text_sum(document.text)) != gold.text_sum(document.text):
            found.faults.append(Fault(f"{file}, {name}", f"the text is not the one of which {gold.SUMS} has the sum"))
    return found


def write(stored: Stored) -> None:
    """Writes the gold, whole, and its sums."""
    stored.file.parent.mkdir(parents=True, exist_ok=True)
    sums = gold.read_sums(stored.file.parent)
    gold.write_text(stored.file, gold.to_export(stored.documents))
    if sums is None:
        renew_sums(stored.file.parent)
        return
    sums |= {document.id: gold.text_sum(document.text) for document in stored.documents}
    gold.write_text(stored.file.parent / gold.SUMS, "".join(f"{sums[name]}  {name}.txt\n" for name in sorted(sums)))


def keep(found: Pulled, folder: Path) -> list[Path]:
    """Writes each annotator's versions as a JSONL file of their own; returns the files."""
    people: dict[str, list[Document]] = {}
    for _, versions in sorted(found.versions.items()):
        for who, document in versions.items():
            people.setdefault(who, []).append(document)
    folder.mkdir(parents=True, exist_ok=True)
    files = {who: folder / f"{_file_name(who)}.jsonl" for who in sorted(people)}
    for who, file in files.items():
        gold.write_text(file, gold.to_jsonl(people[who]))
    return list(files.values())


def _file_name(who: str) -> str:
    return "".join(character if character.isalnum() or character in "@._- " else "_" for character in who).lstrip(".")


def _elsewhere(file: Path) -> Mapping[str, Path]:
    """The articles in the other gold files of the folder, each with its file."""
    if not file.parent.is_dir():
        return {}
    others = [other for other in file.parent.iterdir() if other.suffix in gold.SUFFIXES and other != file]
    return {
        article.name: other
        for other in sorted(others)
        for place, record in gold.records(other)
        for article in articles(place, record)
    }
