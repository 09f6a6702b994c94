"""A Label Studio server, by way of its SDK: every failure is a `StudioError` that says what to do.

The SDK is imported when a server is first asked; `pip install -e '.[labelstudio]'` brings it. It repeats requests that
failed, even those that add something, gives up after a minute, takes a missing page for the end of a list, and
answers with whatever the server sent; none of that comes through here.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

TIMEOUT = 600.0
"""Seconds after which an answer is no longer waited for; the export of 20,000 tasks takes a minute."""
PAGE = 500
_SHOWN = 300


class StudioError(RuntimeError):
    """Something that the server, or the way to it, does not do; the message says what to do."""


class OutcomeUnknownError(StudioError):
    """What was sent may have been done, may be under way still, or may never have come; look before sending it again.

    `over` tells that the server has ended its work on it, one way or the other.
    """

    def __init__(self, message: str, over: bool = False) -> None:
        super().__init__(message)
        self.over = over


@dataclass(frozen=True, slots=True)
class Project:
    """A project, and how many tasks and predictions it has."""

    number: int
    title: str
    label_config: str
    description: str = ""
    model_version: str = ""
    annotators: int = 1
    """How many people are to annotate each task."""
    tasks: int = 0
    predictions: int = 0


class Studio:
    """A server, spoken to with the token of one of its users: a legacy token or a personal access token.

    Raises:
        StudioError: by every method, when the server can't be reached or refuses.
    """

    def __init__(self, url: str, token: str, timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        token = token.strip()
        if not self.url.startswith(("http://", "https://")):
            raise StudioError(f"{url!r} is no address of a server: it begins with http:// or https://")
        if not token:
            raise StudioError(f"{self.url}: the token is empty; Label Studio shows yours under Account & Settings")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise StudioError(f"{self.url}: the token has a blank or a character that no token has; copy it again")
        try:
            sdk = import_module("label_studio_sdk")
        except ImportError as error:
            raise StudioError(
                f"label-studio-sdk is not installed: pip install -e '.[labelstudio]' ({error})"
            ) from error
        with self._told("sign in"):
            self._sdk = sdk.LabelStudio(base_url=self.url, api_key=token, timeout=timeout, max_retries=0)

    def projects(self, title: str) -> list[Project]:
        """The projects of exactly this title, oldest first."""
        with self._told("list the projects"):
            found: dict[int, Project] = {}
            page, total = 1, 1
            while len(found) < total:
                # Not the SDK's own walk through the pages, which ends at any 404 as if that were the last page.
                answer = self._sdk.projects.list(page=page, page_size=PAGE, include=_PROJECT_FIELDS)
                items = answer.items or []
                total = getattr(answer.response, "count", None) or 0
                if not items:
                    break
                found.update((item.id, _project(item)) for item in items)
                page += 1
        return sorted((one for one in found.values() if one.title == title), key=lambda one: one.number)

    def project(self, title: str) -> Project:
        """The one project of this title."""
        found = self.projects(title)
        if not found:
            raise StudioError(
                f"{self.url} has no project {title!r} that this token may see: push makes it, or mend --project"
            )
        if len(found) > 1:
            numbers = ", ".join(str(project.number) for project in found)
            raise StudioError(f"{self.url} has {len(found)} projects {title!r} (numbers {numbers}): rename all but one")
        return self.refreshed(found[0])

    def create(self, title: str, label_config: str, annotators: int, model_version: str) -> Project:
        with self._sent(f"make the project {title!r}"):
            made = self._sdk.projects.create(
                title=title,
                label_config=label_config,
                maximum_annotations=annotators,
                show_collab_predictions=True,
                model_version=model_version,
            )
        return self.refreshed(_project(made))

    def refreshed(self, project: Project) -> Project:
        """The project as it is now."""
        with self._told(f"read the project {project.title!r}"):
            return _project(self._sdk.projects.get(project.number))

    def update(self, project: Project, **fields: str) -> None:
        with self._told(f"change the project {project.title!r}"):
            self._sdk.projects.update(project.number, **fields)

    def tasks(self, project: Project, model_version: str | None = None) -> dict[int, dict[str, Any]]:
        """The `data` of every task by its number, or of those that have a prediction of a version."""
        query: dict[str, Any] = {"ordering": ["tasks:id"]}
        if model_version is not None:
            column = "filter:tasks:predictions_model_versions"
            item = {"filter": column, "operator": "contains", "type": "List", "value": [model_version]}
            query["filters"] = {"conjunction": "and", "items": [item]}
        for _ in range(3):
            found, total = self._pages(project, json.dumps(query))
            if len(found) == total:
                return found
            # Somebody added or removed tasks while the pages were read, which moves tasks from page to page.
            time.sleep(1)
        raise StudioError(f"{self.url}: the tasks of {project.title!r} change while they are read; try again later")

    def _pages(self, project: Project, query: str) -> tuple[dict[int, dict[str, Any]], int]:
        found: dict[int, dict[str, Any]] = {}
        page, total = 1, 0
        while page == 1 or len(found) < total:
            answer = self._read(
                f"read the tasks of {project.title!r}",
                partial(
                    self._sdk.tasks.list,
                    project=project.number, page=page, page_size=PAGE, fields="task_only", query=query,
                ),
            )  # fmt: skip
            items = answer.items or []
            total = answer.response.total
            if not items:
                break
            found.update((item.id, item.data if isinstance(item.data, dict) else {}) for item in items)
            page += 1
        return found, total

    def import_tasks(self, project: Project, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Adds tasks, all or none."""
        with self._sent(f"import {len(tasks)} tasks into {project.title!r}"):
            answer = self._sdk.projects.import_tasks(project.number, request=tasks)
            count = getattr(answer, "task_count", None)
        if count != len(tasks):
            raise OutcomeUnknownError(f"{self.url}: of {len(tasks)} tasks the server took {count}", over=True)

    def import_predictions(self, project: Project, predictions: Sequence[Mapping[str, Any]]) -> None:
        """Adds predictions, each with the number of its task, all or none."""
        with self._sent(f"import {len(predictions)} predictions into {project.title!r}"):
            answer = self._sdk.projects.import_predictions(project.number, request=predictions)
            count = getattr(answer, "created", None)
        if count != len(predictions):
            raise OutcomeUnknownError(
                f"{self.url}: of {len(predictions)} predictions the server took {count}", over=True
            )

    def predictions(self, project: Project, model_version: str) -> dict[int, list[int]]:
        """The numbers of a version's predictions, by the number of their task."""
        found: dict[int, list[int]] = {}
        ask = partial(self._sdk.predictions.list, project=project.number)
        for item in self._read(f"read the predictions of {project.title!r}", lambda: list(ask())):
            if item.model_version == model_version and item.task is not None:
                found.setdefault(item.task, []).append(item.id)
        return found

    def export(self, project: Project, numbers: Sequence[int] = ()) -> list[dict[str, Any]]:
        """Every task with all its annotations and drafts, or the tasks of these numbers."""
        options: dict[str, Any] = {}
        if numbers:
            # The SDK's own argument for it has a name that the server doesn't know.
            options["additional_query_parameters"] = {"ids[]": list(numbers)}
        with self._told(f"export {project.title!r}"):
            parts = self._sdk.projects.exports.download_sync(
                project.number, export_type="JSON", download_all_tasks=True, request_options=options
            )
            content = b"".join(parts)
        try:
            value = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise StudioError(
                f"{self.url}: the export is no JSON ({_plain(content)}); is this a Label Studio?"
            ) from error
        if not isinstance(value, list):
            raise StudioError(f"{self.url}: the export is no list of tasks ({_plain(value)}); is this a Label Studio?")
        return value

    def users(self) -> dict[int, str]:
        """E-mail addresses by the users' numbers."""
        with self._told("list the users"):
            return {user.id: user.email or str(user.id) for user in self._sdk.users.list()}

    def delete_task(self, number: int) -> None:
        with self._gone(f"delete task {number}"):
            self._sdk.tasks.delete(str(number))

    def delete_prediction(self, number: int) -> None:
        with self._gone(f"delete prediction {number}"):
            self._sdk.predictions.delete(number)

    @contextmanager
    def _gone(self, task: str) -> Iterator[None]:
        """For what another may have deleted meanwhile, or in the same moment, at which the server fails."""
        try:
            with self._told(task):
                yield
        except StudioError as error:
            if getattr(error.__cause__, "status_code", None) != 404 and "does not exist" not in str(error):
                raise

    def _read(self, task: str, ask: Callable[[], Any]) -> Any:
        """What a request gives that reads and changes nothing.

        Of what somebody deletes in the same moment the server knows nothing any more, and fails: it is asked again,
        twice.
        """
        attempt = 1
        while True:
            try:
                with self._told(task):
                    return ask()
            except StudioError as error:
                if attempt == 3 or getattr(error.__cause__, "status_code", None) != 500:
                    raise
            attempt += 1
            time.sleep(1)

    @contextmanager
    def _told(self, task: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # the SDK raises its own kind, httpx's, and what a strange answer brings about
            raise StudioError(told(error, self.url, task)) from error

    @contextmanager
    def _sent(self, task: str) -> Iterator[None]:
        """For requests that must not be sent twice."""
        try:
            yield
        except Exception as error:
            message, status = told(error, self.url, task), getattr(error, "status_code", None)
            if type(error).__name__ in _NEVER_SENT or (status is not None and 400 <= status < 500):
                raise StudioError(message) from error
            raise OutcomeUnknownError(message, over=status == 500) from error


_PROJECT_FIELDS = "id,title"
_NEVER_SENT = (
    "ConnectError",
    "ConnectTimeout",
    "LocalProtocolError",
    "UnsupportedProtocol",
    "InvalidURL",
    "PoolTimeout",
)


def _project(item: Any) -> Project:
    """The project in an object of the SDK's, which has no attribute for what the server left out."""
    return Project(
        item.id,
        getattr(item, "title", None) or "",
        getattr(item, "label_config", None) or "",
        getattr(item, "description", None) or "",
        getattr(item, "model_version", None) or "",
        getattr(item, "maximum_annotations", None) or 1,
        getattr(item, "task_number", None) or 0,
        getattr(item, "total_predictions_number", None) or 0,
    )


def told(error: Exception, url: str, task: str) -> str:
    """What an error of the SDK's or of httpx's means, and what to do."""
    kind = type(error).__name__
    status, body = getattr(error, "status_code", None), getattr(error, "body", None)
    if status is not None:
        return f"{url}: could not {task}: {_refusal(status, body)}"
    if kind in ("ConnectError", "ConnectTimeout"):
        return f"{url}: no server answers there ({error}): start it, or mend the address"
    if kind in ("UnsupportedProtocol", "InvalidURL"):
        return f"{url!r} is no address of a server ({error})"
    if kind == "LocalProtocolError":
        return f"{url}: the request could not be made ({error}): is the token whole?"
    if kind.endswith("Timeout"):
        return f"{url}: could not {task}: no answer in time; the server may still be at it"
    if kind in ("RemoteProtocolError", "ReadError", "WriteError", "CloseError", "ProxyError"):
        return f"{url}: could not {task}: the connection broke ({error or kind})"
    if isinstance(error, json.JSONDecodeError):
        return f"{url}: could not {task}: the answer is no JSON; is this the address of a Label Studio?"
    return f"{url}: could not {task}: the answer is not what Label Studio sends ({kind}: {error})"


def _refusal(status: int, body: object) -> str:
    detail = _plain(body)
    if status == 401:
        if "legacy" in detail:
            return f"legacy tokens are switched off there ({detail}): take a personal access token (Account & Settings)"
        return f"the token is wrong or has expired ({detail}): Label Studio shows yours under Account & Settings"
    if status == 403:
        return f"the user of this token may not ({detail})"
    if status == 404:
        return f"it is not there, or not for this user ({detail})"
    if status == 413:
        return f"too much at once ({detail}): say a smaller --batch-size"
    if status >= 500:
        return f"the server failed, status {status} ({detail}); its log says why"
    return f"refused, status {status}: {detail}"


def _plain(body: object) -> str:
    """What a body says, in one line: the detail of a JSON answer, the title of a page."""
    if isinstance(body, bytes):
        body = body[:10_000].decode("utf-8", "replace")
    if isinstance(body, str) and (start := body.lower().find("<title>")) >= 0:
        end = body.lower().find("</title>", start)
        body = "a page: " + (body[start + len("<title>") : end] if end >= 0 else body[start + len("<title>") :])
    if isinstance(body, dict):
        body = body.get("validation_errors") or body.get("detail") or body
    text = " ".join((body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
