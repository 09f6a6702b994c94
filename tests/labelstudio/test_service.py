"""The prediction service over real sockets: the protocol, the limits, who may ask, and that nothing blocks."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="only the environment of make test-labelstudio has it")
pytest.importorskip("uvicorn", reason="only the environment of make test-labelstudio has it")

from fake_retraining import FAKE, GOLD, copy_model, until
from serving import Answer, Running, running
from test_predictions import CONFIGURATION

from annotations.gold import read_gold
from annotations.retraining import Plan
from annotations.served import Model, Shelf
from annotations.service import Limits, Service
from annotations.trainer import Trainer
from vipol.document import Document
from vipol.extractor import DEFAULT
from vipol.labelstudio import from_prediction

pytestmark = pytest.mark.labelstudio

ROOT = Path(__file__).parent.parent.parent
TEXT = "Ông Lê Minh, Bí thư Quận ủy Tây Hồ, phát biểu."


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(threads=1)


@pytest.fixture(scope="module")
def served(model: Model) -> Iterator[Running]:
    """A service with the embedded model and low limits."""
    with running(Service(model, Limits(tasks=60, body=1 << 20, characters=20_000))) as service:
        yield service


class Slow:
    """An extractor that waits for leave, and finds nothing."""

    def __init__(self) -> None:
        self.leave = threading.Event()
        self.began = threading.Semaphore(0)

    def extract_many(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            self.began.release()
            self.leave.wait(20)
            yield document


def slow_model() -> tuple[Slow, Model]:
    extractor = Slow()
    anything: Any = extractor
    return extractor, Model(anything, "slow", DEFAULT)


def side_by_side(*calls: Callable[[], Answer]) -> tuple[list[Answer], list[threading.Thread]]:
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda call=call: answers.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    return answers, threads


class TestProtocol:
    def test_health(self, served: Running, model: Model) -> None:
        answer = served.ask("GET", "/health")
        assert (answer.status, answer.body["status"], answer.body["model_version"]) == (200, "UP", model.version)

    def test_setup_says_the_version(self, served: Running, model: Model) -> None:
        fields = {"project": "9.17", "schema": CONFIGURATION, "hostname": "http://a", "access_token": "x"}
        answer = served.ask("POST", "/setup", {**fields, "extra_params": None})
        assert (answer.status, answer.body) == (200, {"model_version": model.version})
        assert answer.seconds < 3

    def test_setup_of_a_project_without_labels_yet(self, served: Running) -> None:
        assert served.ask("POST", "/setup", {"schema": "<View></View>"}).status == 200

    def test_setup_refuses_labels_that_do_not_fit(self, served: Running) -> None:
        answer = served.ask("POST", "/setup", {"schema": CONFIGURATION.replace('value="ORG"', 'value="GPE"')})
        assert answer.status == 400
        assert "lacks ORG" in answer.body["detail"]

    def test_versions(self, served: Running, model: Model) -> None:
        assert served.ask("GET", "/versions").body == {"versions": [model.version]}

    def test_predictions_come_in_the_order_of_the_tasks(self, served: Running, model: Model) -> None:
        answer = served.predict(TEXT, 5, "", TEXT, label_config=CONFIGURATION, project="9.17", params={})
        assert answer.status == 200
        first, second, third, fourth = answer.body["results"]
        assert first == fourth
        assert second == {"result": [], "score": 0.0, "model_version": model.version}
        assert third == {"result": [], "score": None, "model_version": model.version}
        document = from_prediction({"data": {"text": TEXT}, "predictions": [first]})
        assert document is not None
        found = [(document.surface(a), label, document.surface(b)) for a, label, b in document.triples()]
        assert found == [("Lê Minh", "HAS_ROLE", "Bí thư"), ("Bí thư", "ROLE_AT", "Quận ủy Tây Hồ")]

    def test_no_tasks_have_no_predictions(self, served: Running) -> None:
        assert served.predict().body["results"] == []

    @pytest.mark.parametrize("action", ["ANNOTATION_CREATED", "SOMETHING_NEW", None, 5, "START_TRAINING"])
    def test_every_action_is_acknowledged_at_once(self, served: Running, action: object) -> None:
        """A service that doesn't retrain acknowledges `START_TRAINING` as well."""
        answer = served.ask("POST", "/webhook", {"action": action, "project": {"id": 1}})
        assert (answer.status, answer.body["status"]) == (200, "ok")
        assert answer.seconds < 1

    def test_training_that_is_not_set_up(self, served: Running) -> None:
        assert served.ask("GET", "/training").body["state"] == "off"

    def test_an_unknown_path(self, served: Running) -> None:
        assert served.ask("GET", "/docs").status == 404


class TestLimits:
    @pytest.mark.parametrize("path", ["/predict", "/setup", "/webhook"])
    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
    def test_what_is_no_json_object(self, served: Running, path: str, body: bytes) -> None:
        answer = served.ask("POST", path, body)
        assert answer.status == 400
        assert "JSON" in answer.body["detail"]

    @pytest.mark.parametrize("fields", [{}, {"tasks": None}, {"tasks": {"id": 1}}, {"tasks": [], "label_config": 5}])
    def test_what_is_no_request_for_predictions(self, served: Running, fields: dict[str, Any]) -> None:
        assert served.ask("POST", "/predict", fields).status == 400

    def test_labels_that_do_not_fit(self, served: Running) -> None:
        answer = served.predict(TEXT, label_config="<View/>")
        assert answer.status == 400
        assert "<Labels>" in answer.body["detail"]

    def test_too_many_tasks(self, served: Running) -> None:
        answer = served.predict(*["a"] * 61)
        assert answer.status == 413
        assert "60 at most" in answer.body["detail"]
        assert served.predict(*["a"] * 60).status == 200

    def test_too_many_bytes(self, served: Running) -> None:
        answer = served.predict("a" * (1 << 20))
        assert answer.status == 413
        assert "--max-bytes" in answer.body["detail"]

    def test_too_many_bytes_that_are_not_announced(self, served: Running) -> None:
        """The body comes in chunks, without a Content-Length."""
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        connection.request(
            "POST", "/predict", iter([b" " * 65536] * 20), {"Transfer-Encoding": "chunked"}, encode_chunked=True
        )
        assert connection.getresponse().status == 413
        connection.close()

    def test_a_long_text_is_not_marked_and_its_neighbour_is(self, served: Running) -> None:
        long, short = served.predict(TEXT * 1000, TEXT).body["results"]
        assert (long["result"], bool(short["result"])) == ([], True)

    def test_more_requests_than_seats(self) -> None:
        """Two are made, one waits, the fourth is told to come again; and when they are done there is room."""
        extractor, model = slow_model()
        with running(Service(model, Limits(running=2, waiting=1))) as service:
            answers, threads = side_by_side(*[lambda: service.predict("a")] * 3)
            until(lambda: service.service._seats == 3)
            refused = service.predict("a")
            assert (refused.status, refused.headers["retry-after"]) == (503, "10")
            assert service.ask("GET", "/health").status == 200
            extractor.leave.set()
            for thread in threads:
                thread.join()
            assert [answer.status for answer in answers] == [200] * 3
            assert service.predict("a").status == 200

    def test_whoever_goes_away_keeps_no_seat(self) -> None:
        extractor, model = slow_model()
        with running(Service(model, Limits(running=1, waiting=0))) as service:
            body = json.dumps({"tasks": [{"data": {"text": "a"}}] * 50}).encode()
            asking = socket.create_connection(("127.0.0.1", service.port))
            asking.sendall(
                b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            extractor.began.acquire()
            asking.close()
            time.sleep(1.2)  # it looks twice a second
            extractor.leave.set()
            until(lambda: service.service._seats == 0)
            # Of the 50 tasks only the first eight were marked.
            assert extractor.began._value == 7


class TestNothingBlocks:
    def test_health_while_fifty_articles_are_marked(self, served: Running) -> None:
        """`/health` within a second, and `/setup` and `/webhook` too, as long as it lasts."""
        texts = [document.text[:800] for document in read_gold(ROOT / "annotations" / "written")[:50]]
        answers, (thread,) = side_by_side(lambda: served.predict(*texts, label_config=CONFIGURATION))
        slowest, asked = 0.0, 0
        while thread.is_alive():
            answer = served.ask("GET", "/health")
            setup = served.ask("POST", "/setup", {"schema": CONFIGURATION})
            event = served.ask("POST", "/webhook", {"action": "ANNOTATION_CREATED"})
            assert {answer.status, setup.status, event.status} == {200}
            slowest = max(slowest, answer.seconds, setup.seconds, event.seconds)
            asked += 1
        assert answers[0].status == 200
        assert len(answers[0].body["results"]) == 50
        assert asked > 10
        assert slowest < 1

    def test_side_by_side_comes_what_comes_one_after_another(self, served: Running) -> None:
        """Two threads of the pool share a model."""
        texts = [document.text[:600] for document in read_gold(ROOT / "annotations" / "written")[50:56]]
        alone = [served.predict(text).body["results"] for text in texts]
        together: dict[str, Any] = {}

        def ask(text: str) -> None:
            together[text] = served.predict(text).body["results"]

        threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [together[text] for text in texts] == alone

    def test_a_model_is_swapped_between_two_requests(self, model: Model) -> None:
        """The request that runs ends with the old model, the next one has the new."""
        extractor, old = slow_model()
        with running(Service(old)) as service:
            answers, (thread,) = side_by_side(lambda: service.predict("a"))
            extractor.began.acquire()
            service.service.swap(model)
            assert service.predict("a").body["results"][0]["model_version"] == model.version
            extractor.leave.set()
            thread.join()
            assert answers[0].body["results"][0]["model_version"] == "slow"
            assert service.ask("GET", "/versions").body["versions"] == [model.version, "slow"]

    def test_retraining_swaps_the_model_and_blocks_nothing(self, model: Model, tmp_path: Path) -> None:
        service = Service(model)
        plan = Plan("seeds", str(GOLD), "news", None)
        service.trainer = Trainer(
            Shelf(tmp_path / "served", None),
            plan,
            lambda: service.model.folder,
            lambda folder: service.swap(Model.load(folder)),
            (sys.executable, str(FAKE), "better"),
        )
        with running(service) as asked:
            assert asked.ask("GET", "/training").body["state"] == "idle"
            answer = asked.ask("POST", "/webhook", {"action": "START_TRAINING", "project": {"id": 1}})
            assert (answer.status, answer.body["training"]) == (200, "started")
            assert answer.seconds < 1
            slowest = 0.0
            while asked.ask("GET", "/training").body["state"] == "running":
                slowest = max(slowest, asked.ask("GET", "/health").seconds, asked.predict("a").seconds)
            assert slowest < 1
            last = asked.ask("GET", "/training").body["last"]
            assert (last["result"], last["old"]["mean"] < last["new"]["mean"]) == ("swapped", True)
            assert asked.predict("a").body["results"][0]["model_version"].startswith("better-")


class TestWhoMayAsk:
    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9090", "[::1]:9090", "LOCALHOST:1"])
    def test_names_of_the_loopback_interface(self, served: Running, host: str) -> None:
        assert served.ask("GET", "/health", Host=host).status == 200

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:9090", "[", ""])
    def test_a_name_that_was_bent_to_the_loopback_interface(self, served: Running, host: str) -> None:
        assert served.ask("GET", "/health", Host=host).status == 400

    def test_another_web_page(self, served: Running) -> None:
        for origin in ("https://evil.example", "null"):
            assert served.ask("POST", "/webhook", {"action": "START_TRAINING"}, Origin=origin).status == 403
        assert served.ask("POST", "/webhook", {}, Origin="http://localhost:8080").status == 200

    def test_a_secret(self, model: Model) -> None:
        """Any user may give it, on every path; by any host name then."""

        def basic(password: str) -> str:
            return "Basic " + b64encode(f"label:{password}".encode()).decode()

        with running(Service(model), secret="s3:cret") as service:
            for path in ("/health", "/versions", "/training"):
                assert service.ask("GET", path).status == 401
                assert service.ask("GET", path, Authorization=basic("s3:cret"), Host="evil.example").status == 200
            for wrong in (basic("s3"), basic(""), "Basic", "Basic !", "Bearer s3:cret", basic("s3:cret ")):
                answer = service.ask("POST", "/predict", {"tasks": []}, Authorization=wrong)
                assert answer.status == 401
                assert answer.headers["www-authenticate"].startswith("Basic ")


@contextmanager
def command(*arguments: object, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    call = [sys.executable, "-m", "annotations", "serve", *map(str, arguments)]
    process = subprocess.Popen(call, cwd=ROOT, env=os.environ | environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def address(process: "subprocess.Popen[str]") -> int:
    """The port, once it serves."""
    assert process.stderr
    for line in process.stderr:
        if "serving " in line:
            return int(line.split("http://")[1].split(",")[0].rpartition(":")[2])
    raise AssertionError("it ended")


class TestCommand:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_serves_and_ends_cleanly(self, number: signal.Signals, tmp_path: Path) -> None:
        with command("--port", 0, "--served", tmp_path) as process:
            port = address(process)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/health")
            assert connection.getresponse().status == 200
            process.send_signal(number)
            assert process.wait(10) == 0
            assert process.stderr
            assert "Traceback" not in process.stderr.read()

    def test_it_ends_soon_in_the_middle_of_a_prediction(self, tmp_path: Path) -> None:
        """Whoever asked is told to ask again."""
        with command("--port", 0, "--served", tmp_path, "--threads", 1) as process:
            port = address(process)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            body = json.dumps({"tasks": [{"id": 1, "data": {"text": f"{TEXT}\n" * 20}}] * 200})
            connection.request("POST", "/predict", body)
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            assert connection.getresponse().status == 503
            assert process.wait(15) == 0

    def test_it_goes_on_with_the_model_that_was_served_last(self, tmp_path: Path) -> None:
        copy_model(tmp_path / "4", "retrained")
        Shelf(tmp_path, None).point(4)
        with command("--port", 0, "--served", tmp_path) as process:
            port = address(process)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/versions")
            assert json.loads(connection.getresponse().read())["versions"][0].startswith("retrained-")

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (["--host", "0.0.0.0"], 1, "--secret-file"),
            (["--host", "no.such.host.invalid"], 1, "no such address"),
            (["--model", "no-such-folder"], 1, "no-such-folder"),
            (["--secret-file", "no-such-file"], 1, "no-such-file"),
            (["--project", "news"], 2, "--held-back"),
            (["--port", "70000"], 2, "no port"),
            (["--max-tasks", "0"], 2, "no whole number"),
        ],
    )
    def test_what_it_does_not_begin_with(self, arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
        with command("--port", 0, "--served", tmp_path, *arguments) as process:
            _, complaint = process.communicate(timeout=30)
            assert (process.returncode, said in complaint) == (code, True), complaint
            assert "Traceback" not in complaint

    def test_a_port_that_is_taken(self) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            with command("--port", other.getsockname()[1]) as process:
                _, complaint = process.communicate(timeout=30)
                assert process.returncode == 1
                assert "say another --port" in complaint

    def test_a_secret_lets_others_in(self, tmp_path: Path) -> None:
        with command("--port", 0, "--host", "0.0.0.0", "--served", tmp_path, VIPOL_SECRET="told") as process:
            connection = http.client.HTTPConnection("127.0.0.1", address(process), timeout=10)
            connection.request("GET", "/health")
            assert connection.getresponse().status == 401
