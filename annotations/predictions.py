"""What a model proposes for tasks of Label Studio: the labelling configuration in, regions and relations out."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from annotations.served import Model
from vipol.document import Document, DocumentError
from vipol.labelstudio import FROM_NAME, TO_NAME, to_task

_log = logging.getLogger(__name__)

_LONGEST_CONFIGURATION = 1_000_000
_AT_ONCE = 8
"""Tasks between two looks at whether the answer is still wanted."""


class ConfigurationError(ValueError):
    """A labelling configuration that the model's labels don't fit; the message says what to add to it."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What a labelling configuration calls its tags, and the key of `data` that holds the text."""

    from_name: str = FROM_NAME
    to_name: str = TO_NAME
    key: str = "text"

    @classmethod
    def read(cls, configuration: str, labels: Sequence[str], relations: Sequence[str]) -> "Naming":
        """The names in a configuration: of the `Text`, and of the `Labels` over it that have all the model's labels.

        A label that has an `alias` goes by it, as in what the server stores.

        Raises:
            ConfigurationError: it is no XML, or there is no place for some of the labels or relations.
        """
        root = _parse(configuration)
        texts = {tag.get("name", ""): tag.get("value", "") for tag in _tags(root, "text")}
        lacking: list[str] = []
        for tag in _tags(root, "labels"):
            to_name = next((name for name in tag.get("toName", "").split(",") if name in texts), None)
            if to_name is None:
                continue
            missing = _missing(tag, "label", labels)
            if missing:
                lacking.append(f"<Labels name={tag.get('name', '')!r}> lacks {', '.join(missing)}")
                continue
            if missing := _missing(root, "relation", relations):
                needed = "".join(f'<Relation value="{name}"/>' for name in missing)
                raise ConfigurationError(f"it has no relation {', '.join(missing)}: add {needed} to its <Relations>")
            key = texts[to_name]
            if not key.startswith("$") or not key[1:]:
                raise ConfigurationError(f'its <Text name={to_name!r}> shows {key!r}: give it value="$text"')
            return cls(tag.get("name", ""), to_name, key[1:])
        if lacking:
            raise ConfigurationError(f"{'; '.join(lacking)}: add a <Label> for each")
        raise ConfigurationError("it has no <Labels> whose toName is the name of a <Text>: use the project's own one")


def propose(
    model: Model,
    tasks: Sequence[object],
    naming: Naming,
    longest: int,
    unwanted: Callable[[], bool] = lambda: False,
) -> list[dict[str, Any]]:
    """One prediction a task, in their order; where a text can't be marked, it has no regions and the log says why.

    Args:
        longest: characters of a text, beyond which it is not marked.
        unwanted: asked between tasks; once it says yes the rest is not marked, and fewer predictions come back.
    """
    found: list[dict[str, Any]] = []
    for start in range(0, len(tasks), _AT_ONCE):
        if unwanted():
            break
        found += _propose(model, tasks[start : start + _AT_ONCE], naming, longest)
    return found


def _propose(model: Model, tasks: Sequence[object], naming: Naming, longest: int) -> list[dict[str, Any]]:
    documents: dict[int, Document] = {}
    for place, task in enumerate(tasks):
        try:
            documents[place] = _document(task, naming.key, longest)
        except DocumentError as error:
            _log.error("task %s: %s; it gets no regions", _name(task), error)
    marked = dict(zip(documents, _marked(model, list(documents.values())), strict=True))
    for place, document in marked.items():
        if document is None:
            _log.error("task %s: the model failed on its text; it gets no regions", _name(tasks[place]))
    return [_prediction(marked.get(place), model.version, naming) for place in range(len(tasks))]


def _marked(model: Model, documents: Sequence[Document]) -> list[Document | None]:
    """The documents marked; None for one on which the model fails."""
    try:
        return list(model.extractor.extract_many(documents))
    except Exception as error:  # a runtime has its own kinds of errors; one text must not take the others with it
        _log.error("the model failed: %s", error, exc_info=True)
        return [None] if len(documents) == 1 else [_marked(model, [document])[0] for document in documents]


def _document(task: object, key: str, longest: int) -> Document:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise DocumentError('it has no "data"')
    if key not in data:
        raise DocumentError(f'its "data" has no "{key}"')
    document = Document.from_dict({"text": data[key]})
    if len(document.text) > longest:
        raise DocumentError(f"its text has {len(document.text)} characters, {longest} are marked at most")
    return document


def _prediction(document: Document | None, version: str, naming: Naming) -> dict[str, Any]:
    if document is None:
        return {"result": [], "score": 0.0, "model_version": version}
    (prediction,) = to_task(document, version)["predictions"]
    for item in prediction["result"]:
        if "from_name" in item:
            item.update(from_name=naming.from_name, to_name=naming.to_name)
    scores = [item["score"] for item in prediction["result"] if "score" in item]
    return {**prediction, "score": round(sum(scores) / len(scores), 4) if scores else None}


def _name(task: object) -> object:
    return task.get("id", "without an id") if isinstance(task, dict) else "that is no object"


def _parse(configuration: str) -> ElementTree.Element:
    if len(configuration) > _LONGEST_CONFIGURATION:
        raise ConfigurationError(f"it has {len(configuration)} characters, {_LONGEST_CONFIGURATION} are read at most")
    if "<!doctype" in configuration.lower():  # a few lines of entities can stand for gigabytes
        raise ConfigurationError("it has a DOCTYPE, which is not read: take it out")
    try:
        return ElementTree.fromstring(configuration)
    except (ElementTree.ParseError, ValueError) as error:
        raise ConfigurationError(f"it is no XML ({error})") from error


def _tags(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [tag for tag in root.iter() if isinstance(tag.tag, str) and tag.tag.lower() == kind]


def _missing(root: ElementTree.Element, kind: str, wanted: Sequence[str]) -> list[str]:
    there = {tag.get("alias") or tag.get("value") for tag in _tags(root, kind)}
    return [name for name in wanted if name not in there]
