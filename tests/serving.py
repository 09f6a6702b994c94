"""A prediction service that runs in a thread, for tests that ask it over a socket."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from fake_retraining import until

from annotations.service import Service, application


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]
    seconds: float


@dataclass
class Running:
    """A service that runs, and how it is asked."""

    service: Service
    port: int

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, json.loads(content), found, time.monotonic() - began)

    def predict(self, *texts: object, **fields: Any) -> Answer:
        tasks = [{"id": n, "data": {"text": text}} for n, text in enumerate(texts)]
        return self.ask("POST", "/predict", {"tasks": tasks, **fields})


@contextmanager
def running(service: Service, **options: Any) -> Iterator[Running]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application(service, **options), lifespan="off", log_config=None, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield Running(service, listening.getsockname()[1])
    finally:
        service.stop()
        server.should_exit = True
        thread.join(20)
