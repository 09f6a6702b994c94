"""A Label Studio server in memory, with a clock of its own and faults on demand, for tests of push and pull."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from annotations.client import OutcomeUnknownError, Project, StudioError


class Clock:
    """Stands in for the module `time`: sleeping takes no time but passes it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeStudio:
    """Has the methods of `annotations.client.Studio`.

    `before` is called before every request with the name of its method and may raise. `late` tells for an import how
    many seconds after it was sent the server has done it; the sender is told that the outcome is unknown. `loses`
    drops such an import. With `forgets` an import of tasks loses their predictions, as SQLite's locks bring about.
    """

    url = "http://studio"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.found: dict[int, Project] = {}
        self.data: dict[int, dict[str, Any]] = {}
        self.made: dict[int, dict[str, Any]] = {}
        self.annotations: dict[int, list[dict[str, Any]]] = {}
        self.drafts: dict[int, list[dict[str, Any]]] = {}
        self.imports: list[list[str]] = []
        self.before: Callable[[str], None] = lambda name: None
        self.late: Callable[[], float | None] = lambda: None
        self.loses = False
        self.forgets = False
        self._pending: list[tuple[float, Callable[[], None]]] = []
        self._number = 0

    def _request(self, name: str) -> None:
        self.clock.now += 0.05
        self.before(name)
        self.land(self.clock.now)

    def land(self, now: float = float("inf")) -> None:
        """What was under way until then is done."""
        for _, act in sorted((item for item in self._pending if item[0] <= now), key=lambda item: item[0]):
            self._pending = [item for item in self._pending if item[1] is not act]
            act()

    def projects(self, title: str) -> list[Project]:
        self._request("projects")
        return [self._fresh(one.number) for one in self.found.values() if one.title == title]

    def project(self, title: str) -> Project:
        found = self.projects(title)
        if len(found) != 1:
            raise StudioError(f"{len(found)} projects {title!r}")
        return found[0]

    def create(self, title: str, label_config: str, annotators: int, model_version: str) -> Project:
        self._request("create")
        number = len(self.found) + 1
        self.found[number] = Project(number, title, label_config, "", model_version, annotators)
        return self._fresh(number)

    def refreshed(self, project: Project) -> Project:
        self._request("refreshed")
        return self._fresh(project.number)

    def update(self, project: Project, **fields: str) -> None:
        self._request("update")
        self.found[project.number] = replace(self.found[project.number], **fields)

    def tasks(self, project: Project, model_version: str | None = None) -> dict[int, dict[str, Any]]:
        self._request("tasks")
        having = {item["task"] for item in self.made.values() if item["model_version"] == model_version}
        return {
            number: copy.deepcopy(data)
            for number, data in self.data.items()
            if model_version is None or number in having
        }

    def import_tasks(self, project: Project, tasks: Sequence[Mapping[str, Any]]) -> None:
        self._import("import_tasks", lambda: self.add([copy.deepcopy(dict(task)) for task in tasks]))

    def import_predictions(self, project: Project, predictions: Sequence[Mapping[str, Any]]) -> None:
        self._import("import_predictions", lambda: self._predict([dict(item) for item in predictions]))

    def _import(self, name: str, act: Callable[[], None]) -> None:
        late = self.late()
        if late is not None:
            if not self.loses:
                self._pending.append((self.clock.now + late, act))
            self._request(name)
            raise OutcomeUnknownError("no answer in time")
        self._request(name)
        act()

    def add(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        self.imports.append([task["data"]["doc_id"] for task in tasks])
        for task in tasks:
            self._number += 1
            self.data[self._number] = task["data"]
            if not self.forgets:
                self._predict([{"task": self._number, **item} for item in task.get("predictions", [])])

    def _predict(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            self.made[len(self.made) + 1 if not self.made else max(self.made) + 1] = item

    def predictions(self, project: Project, model_version: str) -> dict[int, list[int]]:
        self._request("predictions")
        found: dict[int, list[int]] = {}
        for number, item in self.made.items():
            if item["model_version"] == model_version:
                found.setdefault(item["task"], []).append(number)
        return found

    def export(self, project: Project, numbers: Sequence[int] = ()) -> list[dict[str, Any]]:
        self._request("export")
        return [
            {
                "id": number,
                "data": copy.deepcopy(self.data[number]),
                "annotations": self.annotations.get(number, []),
                "drafts": self.drafts.get(number, []),
                "predictions": [key for key, item in self.made.items() if item["task"] == number],
            }
            for number in (numbers or list(self.data))
            if number in self.data
        ]

    def users(self) -> dict[int, str]:
        self._request("users")
        return {1: "a@example.com", 2: "b@example.com"}

    def delete_task(self, number: int) -> None:
        self._request("delete_task")
        self.data.pop(number, None)
        self.made = {key: item for key, item in self.made.items() if item["task"] != number}

    def delete_prediction(self, number: int) -> None:
        self._request("delete_prediction")
        self.made.pop(number, None)

    def _fresh(self, number: int) -> Project:
        return replace(self.found[number], tasks=len(self.data), predictions=len(self.made))
