"""The way to a Label Studio server: what its SDK does wrong stays behind it; a stub stands for the SDK."""

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from annotations import client
from annotations.client import OutcomeUnknownError, Project, Studio, StudioError

PROJECT = Project(1, "vipol", "")


class ApiError(Exception):
    def __init__(self, status_code: int, body: object = None) -> None:
        super().__init__(f"status_code: {status_code}, body: {body}")
        self.status_code, self.body = status_code, body


def named(name: str, text: str = "") -> Exception:
    """An error as httpx has it; only its name tells."""
    return type(name, (Exception,), {})(text)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*args: object, **fields: object) -> None:
        raise error

    return fail


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What `LabelStudio(...)` gives; `asked` has its arguments."""
    made = SimpleNamespace(projects=SimpleNamespace(), tasks=SimpleNamespace(), predictions=SimpleNamespace())

    def sign_in(**fields: object) -> SimpleNamespace:
        made.asked = fields
        return made

    monkeypatch.setitem(sys.modules, "label_studio_sdk", SimpleNamespace(LabelStudio=sign_in))
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    return made


@pytest.fixture
def studio(sdk: SimpleNamespace) -> Studio:
    return Studio("http://studio/", " token\n")


@pytest.mark.usefixtures("studio")
def test_signing_in(sdk: SimpleNamespace) -> None:
    """Nothing is ever sent again by the SDK itself, and it waits long; blanks around a token are none of it."""
    expected = {"base_url": "http://studio", "api_key": "token", "timeout": client.TIMEOUT, "max_retries": 0}
    assert sdk.asked == expected


def test_sdk_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the SDK the message says how to get it."""
    monkeypatch.setitem(sys.modules, "label_studio_sdk", None)
    with pytest.raises(StudioError, match=r"pip install -e '\.\[labelstudio\]'"):
        Studio("http://studio", "token")


@pytest.mark.parametrize(
    ("url", "token", "problem"),
    [
        ("http://studio", " \n", "the token is empty"),
        ("http://studio", "tok en", "the token has a blank"),
        ("http://studio", "tökén", "the token has a blank or a character"),
        ("studio:8080", "token", "no address of a server: it begins with http"),
        ("", "token", "no address of a server"),
    ],
)
def test_no_token_or_address(url: str, token: str, problem: str) -> None:
    """A token or address that can't be one is told before anything is sent."""
    with pytest.raises(StudioError, match=problem):
        Studio(url, token)


PAGE = "<!DOCTYPE html><html><head><TITLE>502 Bad\n Gateway</title></head><body>x</body></html>"
REFUSALS = [
    (ApiError(401, {"detail": "Invalid token."}), r"the token is wrong or has expired \(Invalid token\.\)"),
    (ApiError(401, {"detail": "legacy token authentication has been disabled"}), "take a personal access token"),
    (ApiError(403, {"detail": "no"}), r"the user of this token may not \(no\)"),
    (ApiError(404, {"detail": "No Project matches"}), r"it is not there, or not for this user \(No Project matches\)"),
    (ApiError(404, PAGE.replace("502 Bad", "404")), r"it is not there, .* \(a page: 404 Gateway\)"),
    (ApiError(400, {"detail": "x", "validation_errors": {"title": ["long"]}}), r'status 400: \{"title": \["long"\]\}'),
    (ApiError(413, ""), "say a smaller --batch-size"),
    (ApiError(502, PAGE), r"the server failed, status 502 \(a page: 502 Bad Gateway\)"),
    (ApiError(500, "<title>cut"), r"status 500 \(a page: cut\)"),
    (ApiError(500, None), "the server failed, status 500"),
    (named("ConnectError", "refused"), "no server answers there"),
    (named("ConnectTimeout"), "no server answers there"),
    (named("ReadTimeout"), "no answer in time; the server may still be at it"),
    (named("RemoteProtocolError", "cut off"), r"the connection broke \(cut off\)"),
    (named("LocalProtocolError", "Illegal header"), "is the token whole"),
    (named("UnsupportedProtocol", "x"), "is no address of a server"),
    (json.JSONDecodeError("x", "<html>", 0), "the answer is no JSON; is this the address of a Label Studio"),
    (AttributeError("no count"), r"not what Label Studio sends \(AttributeError: no count\)"),
]


@pytest.mark.parametrize(("error", "problem"), REFUSALS)
def test_refusals(studio: Studio, sdk: SimpleNamespace, error: Exception, problem: str) -> None:
    """Every failure says what it is and what to do, in one line, whatever the answer's body is."""
    sdk.projects.get = raising(error)
    with pytest.raises(StudioError, match=problem) as told:
        studio.refreshed(PROJECT)
    assert "\n" not in str(told.value)
    assert str(told.value).startswith(("http://studio: ", "'http://studio' "))


def test_long_body(studio: Studio, sdk: SimpleNamespace) -> None:
    """A long answer is cut."""
    sdk.projects.get = raising(ApiError(400, {"detail": "x" * 10_000}))
    with pytest.raises(StudioError) as told:
        studio.refreshed(PROJECT)
    assert len(str(told.value)) < 500


UNKNOWN = [named("ReadTimeout"), named("WriteTimeout"), named("ReadError"), named("RemoteProtocolError"), ApiError(504)]


@pytest.mark.parametrize("error", UNKNOWN)
def test_import_of_unknown_outcome(studio: Studio, sdk: SimpleNamespace, error: Exception) -> None:
    """An import that broke off may still be under way."""
    sdk.projects.import_tasks = raising(error)
    with pytest.raises(OutcomeUnknownError) as told:
        studio.import_tasks(PROJECT, [{}])
    assert not told.value.over


def test_import_that_failed_in_the_server(studio: Studio, sdk: SimpleNamespace) -> None:
    """A failure of the server itself ends the import, but may come after the tasks were added."""
    sdk.projects.import_tasks = raising(ApiError(500, "x"))
    with pytest.raises(OutcomeUnknownError) as told:
        studio.import_tasks(PROJECT, [{}])
    assert told.value.over


@pytest.mark.parametrize("error", [ApiError(400), ApiError(401), named("ConnectError"), named("LocalProtocolError")])
def test_import_that_was_refused(studio: Studio, sdk: SimpleNamespace, error: Exception) -> None:
    """An import that was refused or never left is known to have added nothing."""
    sdk.projects.import_predictions = raising(error)
    with pytest.raises(StudioError) as told:
        studio.import_predictions(PROJECT, [{}])
    assert not isinstance(told.value, OutcomeUnknownError)


def test_import_of_a_part(studio: Studio, sdk: SimpleNamespace) -> None:
    """A server that took another number than it was sent has not done what it says."""
    sdk.projects.import_tasks = lambda number, request: SimpleNamespace(task_count=1)
    with pytest.raises(OutcomeUnknownError, match="of 2 tasks the server took 1"):
        studio.import_tasks(PROJECT, [{}, {}])


def pages(*sizes: int, total: int) -> Callable[..., Any]:
    """A list of tasks, in pages of these sizes; beyond them the server has no page."""
    starts = [sum(sizes[:n]) for n in range(len(sizes))]

    def answer(page: int, **fields: object) -> SimpleNamespace:
        if page > len(sizes):
            raise ApiError(404, {"detail": "Invalid page."})
        numbers = range(starts[page - 1], starts[page - 1] + sizes[page - 1])
        items = [SimpleNamespace(id=number, data={"doc_id": f"a{number}"}) for number in numbers]
        return SimpleNamespace(items=items, response=SimpleNamespace(total=total))

    return answer


def test_pages_of_tasks(studio: Studio, sdk: SimpleNamespace) -> None:
    """All pages of a list are read, and no page beyond them is asked for."""
    sdk.tasks.list = pages(500, 2, total=502)
    assert len(studio.tasks(PROJECT)) == 502
    sdk.tasks.list = pages(0, total=0)
    assert studio.tasks(PROJECT) == {}


def test_page_that_is_missing(studio: Studio, sdk: SimpleNamespace) -> None:
    """A page that is missing is no end of the list: what is on it would be sent again."""
    sdk.tasks.list = pages(500, total=502)
    with pytest.raises(StudioError, match=r"read the tasks of 'vipol': it is not there, .* \(Invalid page\.\)"):
        studio.tasks(PROJECT)
    sdk.tasks.list = pages(500, 0, total=502)
    with pytest.raises(StudioError, match="change while they are read"):
        studio.tasks(PROJECT)


@pytest.mark.parametrize(("failures", "status"), [(1, 500), (2, 500), (3, 500), (1, 502)])
def test_a_task_that_is_deleted_while_tasks_are_read(
    studio: Studio, sdk: SimpleNamespace, failures: int, status: int
) -> None:
    """The server fails over a task that another deletes in the same moment, so it is asked again, twice at most; no
    other failure is."""
    answer = pages(2, total=2)
    asked: list[int] = []

    def fail_at_first(**fields: Any) -> Any:
        asked.append(fields["page"])
        if len(asked) <= failures:
            raise ApiError(status, {"detail": "584"})
        return answer(**fields)

    sdk.tasks.list = fail_at_first
    sdk.predictions.list = lambda project: fail_at_first(page=1) and []
    if failures < 3 and status == 500:
        assert len(studio.tasks(PROJECT)) == 2
        asked.clear()
        assert studio.predictions(PROJECT, "v") == {}
    else:
        with pytest.raises(StudioError, match=rf"the server failed, status {status} \(584\)"):
            studio.tasks(PROJECT)
    assert len(asked) == (failures + 1 if failures < 3 and status == 500 else min(failures, 3))


def test_projects_of_one_title(studio: Studio, sdk: SimpleNamespace) -> None:
    """A project is found by its whole title, and only if it is the only one; unset fields are no fault."""
    titles = ["vipol 2", "vipol", "other", "vipol"]

    def answer(page: int, **fields: object) -> SimpleNamespace:
        items = [SimpleNamespace(id=number, title=title) for number, title in enumerate(titles, 1)]
        return SimpleNamespace(items=items, response=SimpleNamespace(count=len(items)))

    sdk.projects.list = answer
    sdk.projects.get = lambda number: SimpleNamespace(id=number, title=titles[number - 1], task_number=3)
    assert studio.project("other") == Project(3, "other", "", tasks=3)
    with pytest.raises(StudioError, match=r"2 projects 'vipol' \(numbers 2, 4\): rename all but one"):
        studio.project("vipol")
    with pytest.raises(StudioError, match="no project 'vip'"):
        studio.project("vip")


@pytest.mark.parametrize("answer", [PAGE, "", "{}", '"x"', "[" * 100_000])
def test_export_that_is_none(studio: Studio, sdk: SimpleNamespace, answer: str) -> None:
    """An answer that is no export, with a status as if it were one, is told."""
    sdk.projects.exports = SimpleNamespace(download_sync=lambda *args, **fields: [answer.encode()])
    with pytest.raises(StudioError, match=r"the export is no .*; is this a Label Studio"):
        studio.export(PROJECT)


def test_export_of_some_tasks(studio: Studio, sdk: SimpleNamespace) -> None:
    """Tasks to export are named as the server knows it; the SDK's own way exports all."""
    asked: dict[str, Any] = {}

    def download(number: int, **fields: Any) -> list[bytes]:
        asked.update(fields)
        return [b'[{"id"', b": 3}]"]

    sdk.projects.exports = SimpleNamespace(download_sync=download)
    assert studio.export(PROJECT, [3]) == [{"id": 3}]
    assert asked["request_options"] == {"additional_query_parameters": {"ids[]": [3]}}
    assert asked["download_all_tasks"]


def test_deleted_already(studio: Studio, sdk: SimpleNamespace) -> None:
    """What another has deleted is gone, as was wanted; any other refusal is told."""
    for error in (ApiError(404), ApiError(500, {"detail": "Task matching query does not exist."})):
        sdk.tasks.delete = raising(error)
        studio.delete_task(3)
    sdk.predictions.delete = raising(ApiError(403))
    with pytest.raises(StudioError, match="delete prediction 3"):
        studio.delete_prediction(3)
