"""Articles in a loose form: what a gold file says, however broken, in one shape for checks to look at.

Documents and Label Studio's tasks both become an `Article`, whose entities and relations have the keys of a document's
but may hold anything; what doesn't fit even that is a fault.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations.gold import APART, is_standoff, is_task
from vipol.document import DocumentError
from vipol.labelstudio import standing
from vipol.schema import relation_type

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong: the file and the article, the offset and the text it is about, what it is and what to do."""

    place: str
    problem: str
    offset: object = None
    text: str = ""

    def __str__(self) -> str:
        where = self.place if self.offset is None else f"{self.place}, offset {self.offset}"
        text = self.text if len(self.text) <= _SHOWN else self.text[: _SHOWN - 1] + "…"
        # repr keeps a line break in the text from breaking the line of the report.
        return f"{where}, {text!r}: {self.problem}" if text else f"{where}: {self.problem}"


@dataclass(slots=True)
class Article:
    """One annotation of a text. `annotator` is whose, where the gold is a task."""

    place: str
    name: str
    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)
    annotator: str | None = None
    annotated: bool = True
    faults: list[Fault] = field(default_factory=list)

    def fault(self, problem: str, offset: object = None, text: object = "") -> None:
        self.faults.append(Fault(self.place, problem, offset, str(text)))

    def objects(self, value: object, name: str) -> list[dict[str, Any]]:
        """The objects in what should be a list of objects; faults for the rest."""
        items = [] if value is None else value
        if not isinstance(items, list):
            self.fault(f'"{name}" is {items!r}, not a list: export the article again')
            return []
        for number, item in enumerate(items, 1):
            if not isinstance(item, dict):
                self.fault(f'item {number} of "{name}" is {item!r}, not an object: delete it')
        return [item for item in items if isinstance(item, dict)]


def articles(place: str, record: object) -> Iterator[Article]:
    """The annotations in a record, at least one, if need be without entities and with a fault that says why."""
    if isinstance(record, DocumentError) or not isinstance(record, dict):
        problem = str(record) if isinstance(record, DocumentError) else f"{record!r} is no article: delete it"
        yield Article(place, place, "", faults=[Fault(place, problem)])
        return
    if is_standoff(record):
        yield Article(place, place, "", faults=[Fault(place, APART)])
        return
    data = record["data"] if is_task(record) else record
    fields = data if isinstance(data, dict) else {}
    name = str(fields.get("doc_id", record.get("id", "")) if is_task(record) else record.get("id", ""))
    place = f"{place}, {name}" if name else place
    text = fields.get("text")

    def article(**rest: Any) -> Article:
        made = Article(place, name, text if isinstance(text, str) else "", **rest)
        if not isinstance(text, str):
            made.fault(f'"text" is {text!r}, not a string: without its text an article is lost')
        if not name:
            made.fault("it has no id: give it one")
        return made

    if not is_task(record):
        document = article()
        document.entities = document.objects(record.get("entities"), "entities")
        document.relations = document.objects(record.get("relations"), "relations")
        document.entities = [{"id": f"e{number}", **item} for number, item in enumerate(document.entities, 1)]
        yield document
        return
    try:
        annotations = standing(record)
    except DocumentError as error:
        yield article(faults=[Fault(place, str(error))])
        return
    if not annotations:
        yield article(annotated=False)
    for annotator, annotation in annotations.items():
        found = article(annotator=annotator)
        if len(annotations) > 1:
            found.place += f", annotator {annotator}"
        _flatten(found, annotation)
        yield found


def _flatten(article: Article, annotation: Mapping[str, Any]) -> None:
    """Brings the result of a Label Studio annotation into the form that a document's entities and relations have."""
    links = []
    for item in article.objects(annotation.get("result"), "result"):
        if item.get("type") == "relation":
            links.append(item)
        elif item.get("type") != "labels" or not isinstance(item.get("value"), dict):
            article.fault(f"region {item.get('id')!r} is of type {item.get('type')!r}, not a labelled span: delete it")
        else:
            entity = {**item["value"], "id": item.get("id")}
            if item.get("id") is None:
                article.fault("the region has no id: mark it anew", entity.get("start"), entity.get("text"))
            entity["label"] = _only(entity.pop("labels", None))
            article.entities.append(entity)
    labels = {str(entity["id"]): str(entity["label"]) for entity in article.entities}
    for item in links:
        head, tail = str(item.get("from_id")), str(item.get("to_id"))
        if item.get("direction") == "left":
            head, tail = tail, head
        label = _only(item.get("labels")) or relation_type(labels.get(head, ""), labels.get(tail, ""))
        article.relations.append({"head": head, "tail": tail, "label": label, "direction": item.get("direction")})


def _only(labels: object) -> object:
    """The label in a list of one; what else stands there is shown as it is."""
    return labels[0] if isinstance(labels, list) and len(labels) == 1 else labels
