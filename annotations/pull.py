"""What people have annotated on a Label Studio server, checked: one version an annotator, and gold where they agree."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from annotations.agreement import Disagreement, agreement
from annotations.articles import Fault, articles
from annotations.checks import check_article
from annotations.client import Project, Studio
from annotations.gold import text_sum
from annotations.results import mend, oddities
from annotations.tasks import SUM, difference, stripped
from vipol.document import Document, DocumentError
from vipol.labelstudio import from_task, standing

DELETED = "deleted user"
"""Name of an annotator whom the server no longer knows; its number follows where the server still tells it."""

Versions = dict[str, Document]
"""An article's documents by annotator."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A mark that one of two annotators has and the other has not."""

    article: str
    annotators: tuple[str, str]
    mark: Disagreement

    def __str__(self) -> str:
        has, lacks = self.annotators[self.mark.only], self.annotators[1 - self.mark.only]
        return f"{self.article}, offset {self.mark.offset}, {self.mark.mark}: {has} has it, {lacks} has not"


@dataclass(slots=True)
class Pulled:
    """What the server has. With `faults` nothing of it may become gold."""

    project: Project
    tasks: int = 0
    gold: list[Document] = field(default_factory=list)
    versions: dict[str, Versions] = field(default_factory=dict)
    """All versions that were handed in, by document id."""
    waiting: list[str] = field(default_factory=list)
    """Articles that fewer people have annotated than the project asks for."""
    untouched: int = 0
    refused: dict[str, set[str]] = field(default_factory=dict)
    """Articles that somebody skipped, with who did: they are no gold unless an annotator's version is asked for."""
    skipped: Counter[str] = field(default_factory=Counter)
    drafts: Counter[str] = field(default_factory=Counter)
    annotated: Counter[str] = field(default_factory=Counter)
    disputes: list[Dispute] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    """Articles in whose annotations people differ, and of which no version was asked for."""
    mended: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The report, but for the faults."""
        yield from (f"mended: {fault}" for fault in self.mended)
        yield from (f"note: {fault}" for fault in self.notes)
        yield from (f"disagreement: {dispute}" for dispute in self.disputes)
        for article, people in sorted(self.refused.items()):
            others = f", annotated by {', '.join(sorted(self.versions[article]))}" if article in self.versions else ""
            yield f"left out: {article}: skipped by {', '.join(sorted(people))}{others}"
        kept = [name for name in self.versions if name not in self.waiting and name not in self.refused]
        done = f"finished: {len(kept)}, skipped: {len(self.refused)}, not annotated: {self.untouched}"
        yield f"project {self.project.title!r} ({self.project.number}), tasks: {self.tasks}, {done}"
        for name in sorted({*self.annotated, *self.skipped, *self.drafts}):
            counts = f"annotated: {self.annotated[name]}, skipped: {self.skipped[name]}"
            yield f"{name}, {counts}, drafts not handed in, so not read: {self.drafts[name]}"
        if self.waiting:
            asked = f"{self.project.annotators} are to annotate each article"
            yield f"waiting for a further annotator, since {asked}: {len(self.waiting)}"
        if self.disputes:
            yield f"disagreements: {len(self.disputes)}, articles left out for that: {len(self.disputed)}"
        yield f"mended: {len(self.mended)}, faults: {len(self.faults)}"


def pull(studio: Studio, title: str, annotator: str | None = None) -> Pulled:
    """Reads a project and checks all of it.

    Args:
        annotator: whose version is gold where people differ or somebody hasn't come to an article yet, by e-mail.

    Raises:
        StudioError: the server can't be reached or refuses, or has no such project.
    """
    project = studio.project(title)
    users = studio.users()
    return read(project, studio.export(project), users, annotator)


def read(
    project: Project, tasks: Sequence[Mapping[str, Any]], users: Mapping[int, str], annotator: str | None = None
) -> Pulled:
    """Checks the tasks of an export; it goes on behind a fault, so that all are found at once."""
    found = Pulled(project, len(tasks))
    sources: dict[str, list[int]] = defaultdict(list)
    texts: dict[str, str] = {}
    people: dict[str, set[str]] = defaultdict(set)
    skipped: dict[str, set[str]] = defaultdict(set)
    for task in tasks:
        reading = _Task(task, users, annotator, found)
        if not reading.name:
            continue
        sources[reading.name].append(reading.number)
        offset = difference(texts.setdefault(reading.name, reading.text), reading.text)
        if offset is not None:
            other = sources[reading.name][0]
            reading.fault(f"the text differs from that of task {other}, which has the same id: delete one", offset)
            continue
        people[reading.name] |= reading.people
        skipped[reading.name] |= reading.skipped
        _join(reading, found)
    for name, numbers in sorted(sources.items()):
        if len(numbers) > 1:
            told = f"tasks {', '.join(map(str, numbers))} are the same article; their annotations were taken together"
            found.notes.append(Fault(name, told))
    if annotator is not None and not found.annotated[annotator] and not found.faults:
        known = ", ".join(sorted(found.annotated)) or "nobody"
        found.faults.append(Fault(f"project {project.title!r}", f"{annotator!r} annotated nothing there; {known} did"))
    for name, came in sorted(people.items()):
        versions = found.versions.get(name, {})
        if annotator in versions:
            _settle(name, versions, annotator, found)
        elif skipped[name]:
            found.refused[name] = skipped[name]
        elif versions and len(came) < project.annotators:
            found.waiting.append(name)
        elif versions:
            _settle(name, versions, annotator, found)
    return found


class _Task:
    """One task of the export, with the versions in it that are sound."""

    def __init__(self, task: Mapping[str, Any], users: Mapping[int, str], annotator: str | None, found: Pulled) -> None:
        number = task.get("id")
        self.number = number if isinstance(number, int) else 0
        self.people: set[str] = set()
        """Who annotated or skipped it."""
        self.skipped: set[str] = set()
        """Who skipped it and did nothing else."""
        self.versions: Versions = {}
        self._found = found
        self._place = f"task {self.number}"
        data = task.get("data")
        data = data if isinstance(data, dict) else {}
        self.name = str(data.get("doc_id") or "")
        text = data.get("text")
        self.text = text if isinstance(text, str) else ""
        named = self._named(task, users)
        if not self.name:
            self.fault('it has no "doc_id": put one into its data, or delete it if it was not pushed from here')
            return
        if SUM in data and self.text and data[SUM] != text_sum(self.text):
            self.fault("the text is not the one that was pushed: put that back, or delete the task and push it anew")
        named["data"] = stripped(data)
        self._read(named, annotator)

    def fault(self, problem: str, offset: object = None) -> None:
        place = f"{self._place}, {self.name}" if self.name else self._place
        self._found.faults.append(Fault(place, problem, offset))

    def _named(self, task: Mapping[str, Any], users: Mapping[int, str]) -> dict[str, Any]:
        """The task with its annotators' names, mended; skipped annotations and drafts are counted."""
        found, notes = self._found, []
        annotations = task.get("annotations")
        for draft in task.get("drafts") or ():
            found.drafts[_user(draft.get("user"), users) if isinstance(draft, dict) else "?"] += 1
        if not isinstance(annotations, list) or not annotations:
            found.untouched += not annotations
            return dict(task)
        people = []
        mended: list[object] = []
        for item in annotations:
            if not isinstance(item, dict):
                mended.append(item)
                continue
            who = _user(item.get("completed_by"), users)
            self.people.add(who)
            if item.get("was_cancelled"):
                found.skipped[who] += 1
                self.skipped.add(who)
                continue
            if who in people:
                notes.append(f"{who} has annotated it more than once; the newest counts")
            people.append(who)
            if item.get("updated_by") not in (None, item.get("completed_by")):
                notes.append(f"{_user(item['updated_by'], users)} has changed what {who} annotated")
            better, remarks = mend(item, self.text)
            place = f"{self._place}, {self.name}, annotator {who}"
            found.mended += (Fault(place, remark.problem, remark.offset, remark.text) for remark in remarks)
            mended.append(better | {"completed_by": {"email": who}})
        self.skipped -= set(people)
        found.notes += (Fault(f"{self._place}, {self.name}", note) for note in notes)
        return dict(task) | {"annotations": mended}

    def _read(self, task: Mapping[str, Any], annotator: str | None) -> None:
        for article in articles(self._place, task):
            if article.annotator is not None:
                article.place = f"{self._place}, {self.name}, annotator {article.annotator}"
                article.faults = [replace(fault, place=article.place) for fault in article.faults]
                if article.annotator.startswith(DELETED) and annotator is None:
                    article.fault(
                        "the server doesn't know any more who annotated this: delete that annotation and annotate "
                        "anew, or say with --annotator whose versions count"
                    )
                for remark in oddities(standing(task)[article.annotator], self.text):
                    article.fault(remark.problem, remark.offset, remark.text)
            check_article(article, task)
            self._found.faults += article.faults
            if article.annotator is None or article.faults:
                continue
            document = from_task(task, article.annotator)
            if document is not None:
                self.versions[article.annotator] = _gold(document)


def _user(value: object, users: Mapping[int, str]) -> str:
    """Who that is: the server names people by number, in drafts by e-mail."""
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    if value is None:
        return DELETED
    if isinstance(value, int):
        return users.get(value, f"{DELETED} {value}")
    return str(value)


def _gold(document: Document) -> Document:
    """The document without scores, which a person has none of."""
    entities = tuple(replace(entity, score=None) for entity in document.entities)
    return replace(document, entities=entities, relations=tuple(replace(one, score=None) for one in document.relations))


def _join(task: _Task, found: Pulled) -> None:
    """Adds a task's versions to those of its article, which another task may hold too."""
    versions = found.versions.setdefault(task.name, {}) if task.versions else {}
    for who, document in task.versions.items():
        if who not in versions:
            versions[who] = document
            found.annotated[who] += 1
        elif _marks(versions[who]) != _marks(document):
            task.fault(f"{who} annotated this article in another task too, and not in the same way: delete one of them")


def _settle(name: str, versions: Versions, annotator: str | None, found: Pulled) -> None:
    """Makes gold of an article's versions where they agree or one of them is asked for."""
    (first, document), *others = sorted(versions.items())
    before = len(found.disputes)
    for other, its in others:
        try:
            compared = agreement([document], [its])
        except DocumentError as error:  # their texts differ
            found.faults.append(Fault(name, f"annotators {first} and {other}: {error}"))
            return
        found.disputes += (Dispute(name, (first, other), mark) for mark in compared.disagreements)
    if annotator in versions:
        found.gold.append(versions[annotator])
    elif len(found.disputes) == before:
        found.gold.append(document)
    else:
        found.disputed.append(name)


def _marks(document: Document) -> object:
    triples = frozenset((head.span, label, tail.span) for head, label, tail in document.triples())
    return document.text, frozenset(entity.span for entity in document.entities), triples
