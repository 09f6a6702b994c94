"""A project of its own on the real server, for tests of push and pull."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from annotations.__main__ import main
from annotations.client import Project, Studio
from annotations.commands.push import LABEL_CONFIG
from annotations.push import Model, Plan, Pushed, push
from annotations.studio import User
from vipol.document import Document
from vipol.labelstudio import to_task


class Own:
    """A project with a title that no other test has."""

    def __init__(self, url: str, users: Sequence[User]) -> None:
        self.url, self.users = url, users
        self.title = f"test {uuid.uuid4().hex[:8]}"
        self.studio = Studio(url, users[0].token)

    @property
    def project(self) -> Project:
        return self.studio.project(self.title)

    def push(
        self, documents: Sequence[Document], version: str = "m-1", studio: Studio | None = None, **fields: Any
    ) -> Pushed:
        """Pushes documents; the model marks what they have marked."""
        marked = {document.id: document for document in documents}

        def mark(bare: Iterable[Document]) -> Iterator[Document]:
            return (marked[document.id] for document in bare)

        plan = Plan(self.title, LABEL_CONFIG.read_text(encoding="utf-8"), **fields)
        return push(studio or self.studio, documents, Model(version, mark), plan)

    def numbers(self) -> dict[str, int]:
        """The tasks' numbers by document id; no document may have two."""
        tasks = self.studio.tasks(self.project)
        found = {str(data["doc_id"]): number for number, data in tasks.items()}
        assert len(found) == len(tasks)
        return found

    def annotate(self, document: Document, user: int = 0, **fields: Any) -> int:
        """Hands in a document's marks as the annotation of its task; returns the annotation's number."""
        result = to_task(document)["annotations"][0]["result"]
        return self.hand_in(self.numbers()[document.id], result, user, **fields)

    def hand_in(self, task: int, result: Any, user: int = 0, **fields: Any) -> int:
        sdk = Studio(self.url, self.users[user].token)._sdk
        made = sdk.annotations.create(id=task, result=result, **fields)
        return int(made.id)

    def pull(self, target: Path, *more: str) -> int:
        """Runs the command and returns its exit code."""
        token = target.parent / "token"
        token.write_text(self.users[0].token, encoding="utf-8")
        where = ["--url", self.url, "--token-file", str(token)]
        return main(["pull", str(target), "--project", self.title, *where, *more])


def scored(document: Document) -> Document:
    """The document as a model would have marked it."""
    entities = tuple(replace(entity, score=0.9) for entity in document.entities)
    return replace(document, entities=entities, relations=tuple(replace(one, score=0.8) for one in document.relations))


def content(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
