"""Checks of gold: every fault in it, with its place and what to do, however broken the rest of the file is."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from annotations.articles import Article, Fault, articles
from annotations.gold import SUMS, files, read_record, read_sums, records, text_sum, write_sums
from vipol.document import DocumentError
from vipol.schema import LABELS, RELATIONS

SEEDS = Path(__file__).resolve().parent.parent / "seeds"


@dataclass(slots=True)
class Report:
    """What a check found, and how much it looked at."""

    faults: list[Fault] = field(default_factory=list)
    articles: int = 0
    entities: int = 0
    relations: int = 0
    waiting: int = 0
    """Tasks that nobody has annotated yet."""

    def __str__(self) -> str:
        numbers = {"articles": self.articles, "entities": self.entities, "relations": self.relations}
        counts = ", ".join(f"{name}: {number}" for name, number in numbers.items())
        waiting = f", not annotated: {self.waiting}" if self.waiting else ""
        return f"{counts}{waiting}, faults: {len(self.faults)}"


def check(paths: Iterable[Path], seeds: Path = SEEDS) -> Report:
    """Checks the gold in files and folders.

    A text must fit its sum where a file of sums lies beside the gold, and the seed article of its name where there is
    one in the folder `seeds`.
    """
    report = Report()
    for path in paths:
        folder = path if path.is_dir() else path.parent
        try:
            found, sums = files(path), read_sums(folder)
        except DocumentError as error:
            report.faults.append(Fault(*str(error).split(": ", 1)))
            continue
        # Two paths may hold two annotations of the same articles; within one, an id names one article.
        places: dict[str, str] = {}
        for place, record in (item for file in found for item in records(file)):
            versions = list(articles(place, record))
            name = versions[0].name
            versions[0].faults += _text_faults(versions[0], sums, seeds)
            if places.setdefault(name, place) != place and name:
                versions[0].fault(f"the id {name!r} stands in {places[name]} already: give each article its own")
            for article in versions:
                check_article(article, record)
                report.faults += article.faults
                report.entities += len(article.entities)
                report.relations += len(article.relations)
            report.articles += 1
            report.waiting += not versions[0].annotated
        if path.is_dir() and sums:
            gone = sorted(sums.keys() - places.keys())
            problem = "the gold here has no such article: put it back, or renew the file with --write-sums"
            report.faults += (Fault(str(folder / SUMS), problem, text=name) for name in gone)
    return report


def renew_sums(path: Path) -> Path:
    """Writes the sums of all texts in the folder of a path, and returns the folder."""
    folder = path if path.is_dir() else path.parent
    found = (article for file in files(folder) for item in records(file) for article in articles(*item))
    # An article whose text is missing or broken gets no sum, which the next check reports.
    texts = {article.name: article.text for article in found if article.text and not _broken(article.text)}
    write_sums(folder, texts.items())
    return folder


def check_article(article: Article, record: object) -> None:
    """Adds to an article the faults in it; `record` is what it was made of."""
    marks = list(_marks(article))
    _check_overlaps(article, marks)
    _check_relations(article, {mark.id: mark for mark in marks})
    if not article.faults and article.annotated:
        # Whatever else a reader would stumble over, of which these checks know nothing.
        try:
            read_record(record, article.annotator)
        except DocumentError as error:
            article.fault(str(error))


def _broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _text_faults(article: Article, sums: Mapping[str, str] | None, seeds: Path) -> Iterator[Fault]:
    if _broken(article.text):
        yield Fault(article.place, "half of a surrogate pair in the text: it was cut or mis-decoded; import it anew")
        return
    if not article.text:
        return
    if sums is not None and article.name not in sums:
        yield Fault(article.place, f"{SUMS} has no sum for it: add it with --write-sums")
    elif sums is not None and text_sum(article.text) != sums[article.name]:
        yield Fault(article.place, f"the text is not the one of which {SUMS} has the sum: put the old text back")
    seed = seeds / f"{article.name}.txt"
    # An id may hold anything; only one that names a file in the folder itself can be a seed's.
    if seed.name == f"{article.name}.txt" and seed.is_file():
        original = seed.read_bytes().decode("utf-8")
        if original != article.text:
            pairs = enumerate(zip(original, article.text, strict=False))
            offset = next((n for n, (a, b) in pairs if a != b), min(len(original), len(article.text)))
            there = article.text[offset : offset + 20]
            yield Fault(article.place, f"from here on the text differs from {seed.name}: put that back", offset, there)


class _Mark(NamedTuple):
    """An entity whose offsets are sound."""

    start: int
    end: int
    label: object
    id: str
    text: str


def _marks(article: Article) -> Iterator[_Mark]:
    """The entities with sound offsets; faults for every one by itself."""
    ids = set()
    for item in article.entities:
        name, start, end, label, said = (item.get(key) for key in ("id", "start", "end", "label", "text"))
        text = "" if said is None else str(said)
        if str(name) in ids:
            article.fault(f"another entity has the id {name!r} too: give each its own", start, text)
        ids.add(str(name))
        if label not in LABELS:
            article.fault(f"label {label!r} is none of {', '.join(LABELS)}: choose one", start, text)
        if type(start) is not int or type(end) is not int:
            article.fault(f"offsets {start!r} to {end!r} are no whole numbers: mark it anew", start, text)
        elif not (0 <= start <= len(article.text) and 0 <= end <= len(article.text)):
            problem = f"offsets {start} to {end} don't lie in a text of {len(article.text)} characters: mark it anew"
            article.fault(problem, start, text)
        elif start >= end:
            article.fault(f"an empty span, {start} to {end}: delete it or mark it anew", start, text)
        else:
            mark = _Mark(start, end, label, str(name), article.text[start:end])
            _check_span(article, mark, said)
            yield mark


def _check_span(article: Article, mark: _Mark, said: object) -> None:
    breaks = len(mark.text.splitlines()) > 1
    if breaks:
        article.fault("a line break inside the span: mark each line by itself", mark.start, mark.text)
    # Label Studio writes its own copy of a text over a line break wrongly; the fault then is the break.
    if said is not None and said != mark.text and not breaks:
        problem = f"its own text says {said!r}: was the text changed? mark it anew"
        article.fault(problem, mark.start, mark.text)
    first = next((n for n, character in enumerate(mark.text) if not _loose(character)), None)
    if first is None:
        article.fault("nothing but white space and punctuation: delete it", mark.start, mark.text)
        return
    last = next(n for n in range(len(mark.text), 0, -1) if not _loose(mark.text[n - 1]))
    if first:
        problem = f"{_loose(mark.text[0])} at its start: begin it at {mark.start + first}"
        article.fault(problem, mark.start, mark.text)
    if last < len(mark.text):
        problem = f"{_loose(mark.text[-1])} at its end: end it at {mark.start + last}"
        article.fault(problem, mark.start, mark.text)


def _loose(character: str) -> str:
    """What a character is that may not stand at the edge of a span; empty for one that may."""
    if character.isspace():
        return "white space"
    category = unicodedata.category(character)
    return "punctuation" if category[0] == "P" else "an invisible character" if category == "Cf" else ""


def _check_overlaps(article: Article, marks: Iterable[_Mark]) -> None:
    furthest: _Mark | None = None
    for mark in sorted(marks, key=lambda mark: mark[:2]):
        if furthest and mark.start < furthest.end:
            if mark[:3] == furthest[:3]:
                problem = "the same span is marked twice: delete one"
            else:
                other = f"{furthest.label} {furthest.text!r} at {furthest.start}"
                problem = f"{mark.label} overlaps {other}: keep one"
            article.fault(problem, mark.start, mark.text)
        if furthest is None or mark.end > furthest.end:
            furthest = mark


def _check_relations(article: Article, marks: Mapping[str, _Mark]) -> None:
    ids = {str(item.get("id")) for item in article.entities}
    seen = set()
    for item in article.relations:
        head, tail, label = str(item.get("head")), str(item.get("tail")), item.get("label")
        ends = [marks[end] for end in (head, tail) if end in marks]
        offset = ends[0].start if ends else None
        text = f"{marks[head].text if head in marks else head} {label} {marks[tail].text if tail in marks else tail}"
        for end in sorted({head, tail} - ids):
            article.fault(f"there is no entity {end!r} at an end of this relation: delete it", offset, text)
        if item.get("direction") not in (None, "right", "left"):
            problem = f"direction {item['direction']!r} is not one way: click its arrow until it points right"
            article.fault(problem, offset, text)
        if (head, tail, str(label)) in seen:
            article.fault("the same relation stands twice: delete one", offset, text)
        seen.add((head, tail, str(label)))
        if not isinstance(label, str) or label not in RELATIONS:
            article.fault(f"relation label {label!r} is none of {', '.join(RELATIONS)}: choose one", offset, text)
        elif len(ends) == 2:
            _check_ends(article, label, *ends)


def _check_ends(article: Article, label: str, head: _Mark, tail: _Mark) -> None:
    text = f"{head.text} {label} {tail.text}"
    wanted, found = RELATIONS[label], (head.label, tail.label)
    if found == wanted[::-1]:
        article.fault(f"it runs the wrong way: draw it from {wanted[0]} to {wanted[1]}", head.start, text)
    elif found != wanted:
        problem = f"{label} joins {wanted[0]} to {wanted[1]}, not {found[0]} to {found[1]}: delete it or mend a label"
        article.fault(problem, head.start, text)
    between = article.text[min(head.start, tail.start) : max(head.end, tail.end)]
    if len(between.splitlines()) > 1:
        article.fault("its ends stand on different lines: delete it", head.start, text)
