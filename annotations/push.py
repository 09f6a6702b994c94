"""Articles and a model's predictions into a project of a Label Studio server, each once, however often it is run.

A document's id is what a task is known by. What the server has is read first; what it lacks is sent in batches, one
after the other (see `annotations.turn`); in the end the numbers are compared, and copies are removed that came in
because two pushes ran at once, or one was killed and its last import came late.
"""

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotations.client import Project, Studio, StudioError
from annotations.tasks import as_task, difference, prediction
from annotations.turn import PATIENCE, Turn
from vipol.document import Document, DocumentError
from vipol.labelstudio import FROM_NAME, TO_NAME
from vipol.schema import LABELS

_SHOWN = 10
_PREDICTIONS = 5
"""Times as many predictions as articles go at once: they lack the texts, and the server recounts a whole project."""


@dataclass(slots=True)
class Pushed:
    """What a push did."""

    project: Project
    made: bool
    articles: int
    known: int = 0
    added: int = 0
    predicted: int = 0
    """Predictions that were added to tasks that were there."""
    absent: int = 0
    """Articles that have no task and got none, since only predictions were wanted."""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        made = "made" if self.made else "found"
        counts = {"articles": self.articles, "there before": self.known, "added": self.added}
        counts["predictions added to tasks that were there"] = self.predicted
        if self.absent:
            counts["without a task, left out"] = self.absent
        told = ", ".join(f"{name}: {count}" for name, count in counts.items())
        return f"project {self.project.title!r} ({self.project.number}, {made}), {told}"


@dataclass(frozen=True, slots=True)
class Model:
    """What marks articles, and the name that its predictions go by."""

    version: str
    mark: Callable[[Iterable[Document]], Iterator[Document]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to push.

    Attributes:
        order: what puts the articles that are new into the order in which they are given to annotators.
        annotators: how many people are to annotate each article; None is one, or what a project has already.
        say: what is called with a line for the user, `step` with how many articles are dealt with, and of how many.
    """

    title: str
    label_config: str
    order: Callable[[Sequence[Document]], list[Document]] = list
    batch_size: int = 100
    predictions_only: bool = False
    annotators: int | None = None
    patience: float = PATIENCE
    say: Callable[[str], None] = lambda line: None
    step: Callable[[int, int], None] = lambda done, total: None


def push(studio: Studio, documents: Iterable[Document], model: Model, plan: Plan) -> Pushed:
    """Pushes articles with the model's predictions; what they themselves have marked is left out.

    Raises:
        DocumentError: an article that can't be a task; nothing has been sent.
        StudioError: the server can't be reached or refuses, a text on it is not the article's, or the project is not
            for this. What was sent until then stays, and another push goes on from there.
    """
    articles = _articles(documents)
    made, project = _project(studio, plan, model)
    turn = Turn(studio, plan.patience, plan.say)
    # What was begun before has to come to light before what is there is read.
    project = turn.wait(project)
    there = _There.read(studio, project)
    there.compare(articles)
    report = Pushed(project, made, len(articles), sum(name in there.tasks for name in articles))
    new = [document for name, document in articles.items() if name not in there.tasks]
    if plan.predictions_only:
        report.absent, new = len(new), []
    old = _unpredicted(studio, project, model, articles, there)
    total, done = len(new) + len(old), 0
    plan.step(done, total)
    for batch in _batches(plan.order(new) if new else [], plan.batch_size):
        tasks = [as_task(one, model.version) for one in model.mark(batch)]
        project, count = _add(studio, project, turn, articles, there, tasks)
        report.added += count
        done += len(batch)
        plan.step(done, total)
    project = turn.wait(project)
    if new and (turn.doubtful or project.predictions != there.predictions):
        # SQLite being locked by somebody else's import, Label Studio imports once more, then without predictions.
        there = _There.read(studio, project)
        now = _unpredicted(studio, project, model, articles, there)
        if lost := now.keys() - old.keys():
            report.notes.append(f"the server lost the predictions of {len(lost)} tasks; they were sent again")
        old = now
        total = done + len(old)
    for numbers in _batches(sorted(old), plan.batch_size * _PREDICTIONS):
        marked = zip(numbers, model.mark(old[number] for number in numbers), strict=True)
        items = [prediction(one, number, model.version) for number, one in marked]
        project, count = _predict(studio, project, turn, model, items)
        report.predicted += count
        done += len(items)
        plan.step(done, total)
    _tidy(studio, project, turn, model, articles, there, report)
    project = studio.refreshed(project)
    if project.model_version != model.version and project.predictions and (report.added or report.known):
        # Until the project names it, annotators are shown the older model's predictions.
        studio.update(project, model_version=model.version)
    report.project = project
    return report


@dataclass(slots=True)
class _There:
    """What a project has: its tasks' numbers and texts by document id, and how many tasks and predictions in all."""

    tasks: dict[str, dict[int, object]]
    count: int
    predictions: int

    @classmethod
    def read(cls, studio: Studio, project: Project) -> "_There":
        found: dict[str, dict[int, object]] = defaultdict(dict)
        data = studio.tasks(project)
        for number, fields in data.items():
            found[str(fields.get("doc_id", ""))][number] = fields.get("text")
        found.pop("", None)
        return cls(dict(found), len(data), project.predictions)

    def compare(self, articles: Mapping[str, Document]) -> None:
        """Raises: StudioError: a task's text is not that of the article of its id."""
        faults = []
        for name in sorted(self.tasks.keys() & articles.keys()):
            for number, text in self.tasks[name].items():
                if (offset := difference(articles[name].text, text)) is not None:
                    faults.append(f"task {number}, {name}, offset {offset}: the text differs from the article's")
        if faults:
            advice = "put the text back in one of the two, or give the article another id"
            raise StudioError("\n".join([*faults, f"texts that differ: {len(faults)}; {advice}, then push again"]))


def _articles(documents: Iterable[Document]) -> dict[str, Document]:
    """The bare articles by id; whatever can't be a task shows here, before anything is sent."""
    found: dict[str, Document] = {}
    for document in documents:
        bare = document.bare()
        as_task(bare)
        if found.setdefault(bare.id, bare).text != bare.text:
            raise DocumentError(f"{bare.id}: two articles have this id, and their texts differ: rename one")
    return found


def _project(studio: Studio, plan: Plan, model: Model) -> tuple[bool, Project]:
    found = studio.projects(plan.title)
    if not found and plan.predictions_only:
        raise StudioError(f"{studio.url} has no project {plan.title!r}: push articles first, or mend --project")
    if not found:
        return True, studio.create(plan.title, plan.label_config, plan.annotators or 1, model.version)
    project = studio.project(plan.title)
    if problem := _misfit(project.label_config):
        raise StudioError(
            f"project {plan.title!r} is for something else: {problem}. Mend --project or its configuration"
        )
    if plan.annotators is not None and plan.annotators != project.annotators:
        told = f"has each task annotated by {project.annotators}, not {plan.annotators}"
        raise StudioError(f"project {plan.title!r} {told}: change it in its settings, or leave --annotators out")
    return False, project


def _misfit(label_config: str) -> str:
    """What a labelling configuration lacks for spans and relations; empty if it has all."""
    try:
        root = ET.fromstring(label_config)
    except ET.ParseError as error:
        return f"its labelling configuration is no XML ({error})"
    text = next((tag for tag in root.iter("Text") if tag.get("name") == TO_NAME), None)
    if text is None or text.get("value") != "$text":
        return f'its labelling configuration has no <Text name="{TO_NAME}" value="$text">'
    labels = next((tag for tag in root.iter("Labels") if tag.get("name") == FROM_NAME), None)
    if labels is None or labels.get("toName") != TO_NAME:
        return f'its labelling configuration has no <Labels name="{FROM_NAME}" toName="{TO_NAME}">'
    missing = sorted(set(LABELS) - {str(tag.get("value")) for tag in labels.iter("Label")})
    return f"its labelling configuration lacks {', '.join(missing)}" if missing else ""


def _unpredicted(
    studio: Studio, project: Project, model: Model, articles: Mapping[str, Document], there: _There
) -> dict[int, Document]:
    """Those with a task that lacks a prediction of this model, by its number; of two tasks the older."""
    if not there.tasks.keys() & articles.keys():
        return {}
    predicted = studio.tasks(project, model.version).keys()
    firsts = {min(there.tasks[name]): articles[name] for name in articles if name in there.tasks}
    return {number: document for number, document in firsts.items() if number not in predicted}


def _add(
    studio: Studio,
    project: Project,
    turn: Turn,
    articles: Mapping[str, Document],
    there: _There,
    tasks: list[dict[str, Any]],
) -> tuple[Project, int]:
    """Adds tasks, but for those that somebody else has added since what is there was read; says how many."""
    project = turn.wait(project)
    if project.tasks != there.count:
        now = _There.read(studio, project)
        there.tasks, there.count, there.predictions = now.tasks, now.count, now.predictions
        there.compare(articles)
    tasks = [task for task in tasks if task["data"]["doc_id"] not in there.tasks]
    if tasks:
        project = turn.run(project, lambda: studio.import_tasks(project, tasks), tasks=len(tasks))
        there.count += len(tasks)
        there.predictions += len(tasks)
    return project, len(tasks)


def _predict(
    studio: Studio, project: Project, turn: Turn, model: Model, items: list[dict[str, Any]]
) -> tuple[Project, int]:
    """Adds predictions, but for those that somebody else has added since; says how many."""
    project = turn.wait(project)
    if turn.doubtful:
        has = studio.tasks(project, model.version)
        items = [item for item in items if item["task"] not in has]
    if items:
        project = turn.run(project, lambda: studio.import_predictions(project, items), predictions=len(items))
    return project, len(items)


def _tidy(
    studio: Studio,
    project: Project,
    turn: Turn,
    model: Model,
    articles: Mapping[str, Document],
    there: _There,
    report: Pushed,
) -> None:
    """Looks whether the server has every article once; removes what copies nobody has worked on.

    Raises:
        StudioError: the server lost some.
    """
    project = turn.wait(project)
    turn.clear(project)
    twice = any(len(numbers) > 1 for name, numbers in there.tasks.items() if name in articles)
    if not twice and not turn.doubtful and project.tasks == there.count:
        return
    there = _There.read(studio, project)
    lost = [] if report.absent else [name for name in articles if name not in there.tasks]
    if lost:
        raise StudioError(f"the server lost {len(lost)} of {len(articles)} articles ({_some(lost)}): push again")
    copies = {name: sorted(there.tasks[name]) for name in articles if len(there.tasks.get(name, ())) > 1}
    numbers = [number for same in copies.values() for number in same]
    exported = {task["id"]: task for task in studio.export(project, numbers)} if numbers else {}
    for name, same in copies.items():
        used = [number for number in same if _used(exported.get(number, {}))]
        keep = used or same[:1]
        for number in same:
            if number not in keep:
                studio.delete_task(number)
                report.notes.append(f"task {number}, {name}: a copy of task {keep[0]} that nobody worked on; removed")
        if len(used) > 1:
            told = " and ".join(f"task {number}" for number in used)
            report.notes.append(f"{name}: {told} are one article, and people worked on each: keep one of them")
    for number, same in studio.predictions(project, model.version).items():
        for copy in sorted(same)[1:]:
            studio.delete_prediction(copy)
            report.notes.append(f"task {number}: prediction {copy} was there twice; removed")


def _used(task: Mapping[str, Any]) -> bool:
    """Whether anybody annotated, skipped or began a task; one that is not in the export is left alone too."""
    return not task or bool(task.get("annotations")) or bool(task.get("drafts"))


def _batches(items: Sequence[Any], size: int) -> Iterator[Any]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
