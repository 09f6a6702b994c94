"""The prediction service as a real Label Studio server asks it."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="only the environment of make test-labelstudio has it")
pytest.importorskip("uvicorn", reason="only the environment of make test-labelstudio has it")

from fake_retraining import FAKE, GOLD, until
from serving import Running, running
from test_predictions import CONFIGURATION

from annotations.retraining import Plan
from annotations.served import Model, Shelf
from annotations.service import Service
from annotations.trainer import Trainer
from vipol.labelstudio import from_prediction

pytestmark = pytest.mark.labelstudio

SECRET = "s3:cret"
TEXT = "Ông Lê Minh, Bí thư Quận ủy Tây Hồ, phát biểu."


class Server:
    """A Label Studio server, asked as its first user."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.token = token

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.loads(response.read() or b"null")

    def project(self, *texts: str) -> tuple[int, list[int]]:
        """A new project with a task for each text: its number, and the tasks'."""
        project = self.ask("POST", "/api/projects/", {"title": "service", "label_config": CONFIGURATION})["id"]
        tasks = [{"data": {"text": text}} for text in texts]
        path = f"/api/projects/{project}/import?return_task_ids=true"
        return project, self.ask("POST", path, tasks)["task_ids"]

    def backend(self, project: int, port: int, secret: str) -> Any:
        fields = {"url": f"http://127.0.0.1:{port}", "project": project, "title": "vipol", "auth_method": "BASIC_AUTH"}
        return self.ask("POST", "/api/ml/", {**fields, "basic_auth_user": "label", "basic_auth_pass": secret})

    def retrieve(self, project: int, tasks: list[int]) -> None:
        path = f"/api/dm/actions/?id=retrieve_tasks_predictions&project={project}"
        self.ask("POST", path, {"selectedItems": {"all": False, "included": tasks}})

    def predictions(self, task: int) -> list[Any]:
        found: list[Any] = self.ask("GET", f"/api/predictions/?task={task}")
        return found


@pytest.fixture
def asked(studio: Any) -> Server:
    return Server(studio.url, studio.users[0].token)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """A service with a secret that retrains with the fake's better model."""
    made = Service(Model.load(threads=1))
    made.trainer = Trainer(
        Shelf(tmp_path / "served", None),
        Plan("seeds", str(GOLD), "service", None),
        lambda: made.model.folder,
        lambda folder: made.swap(Model.load(folder)),
        (sys.executable, str(FAKE), "better"),
    )
    with running(made, secret=SECRET) as asked:
        yield asked


def test_predictions_for_selected_tasks_and_a_new_model(asked: Server, service: Running) -> None:
    """Of three tasks two are selected: they get spans and relations once. After training they get the new model's."""
    project, (first, second, third) = asked.project(TEXT, "Không có ai.", TEXT)
    backend = asked.backend(project, service.port, SECRET)
    assert asked.ask("GET", f"/api/ml/{backend['id']}")["state"] == "CO"

    for _ in range(2):
        asked.retrieve(project, [first, second])
    (found,) = asked.predictions(first)
    assert found["model_version"] == service.service.model.version
    document = from_prediction({"data": {"text": TEXT}, "predictions": [found]})
    assert document is not None
    assert [(document.surface(a), label, document.surface(b)) for a, label, b in document.triples()] == [
        ("Lê Minh", "HAS_ROLE", "Bí thư"),
        ("Bí thư", "ROLE_AT", "Quận ủy Tây Hồ"),
    ]
    assert [item["result"] for item in asked.predictions(second)] == [[]]
    assert asked.predictions(third) == []

    trainer = service.service.trainer
    assert trainer is not None
    asked.ask("POST", f"/api/ml/{backend['id']}/train", {})
    until(lambda: trainer.status()["state"] == "idle" and trainer.status()["last"])
    assert trainer.status()["last"]["result"] == "swapped"
    asked.retrieve(project, [first])
    assert sorted(item["model_version"].split("-")[0] for item in asked.predictions(first)) == ["better", "embedded"]


def test_a_wrong_secret_is_told_when_the_service_is_named(asked: Server, service: Running) -> None:
    project, _ = asked.project(TEXT)
    with pytest.raises(urllib.error.HTTPError) as caught:
        asked.backend(project, service.port, "wrong")
    assert caught.value.code == 400
    assert "authentication" in caught.value.read().decode()
