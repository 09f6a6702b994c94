"""The prediction service: the protocol by which Label Studio asks a model for predictions, and tells it to retrain.

`application` makes the web application. A request is only parsed, answered and counted in its event loop; models run in
threads of a pool, and retraining in a process (see `annotations.trainer`).
"""

import asyncio
import hmac
import json
import logging
import threading
import time
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

import vipol
from annotations.predictions import ConfigurationError, Naming, propose
from annotations.served import Model
from annotations.trainer import Trainer

_log = logging.getLogger(__name__)

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
START_TRAINING = "START_TRAINING"
_BODY_SECONDS = 60.0
"""How long a request's body may take to come in."""
_RETRY_SECONDS = 10
_LOOK_SECONDS = 0.5
"""Between two looks at whether whoever asked is still there."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may ask for."""

    tasks: int = 250
    body: int = 32 << 20
    """Bytes."""
    characters: int = 200_000
    """Of a text; a longer one is not marked."""
    running: int = 2
    """Predictions that are made at once; they share the processor."""
    waiting: int = 6
    """Predictions that wait for their turn."""


class Refusal(Exception):
    """A request that is not done; status and message are the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Service:
    """What the service knows: the model, the limits, and who retrains."""

    def __init__(self, model: Model, limits: Limits | None = None) -> None:
        self.model = model
        self.limits = limits or Limits()
        self.trainer: Trainer | None = None
        """Set where retraining is wanted."""
        self._versions = [model.version]
        self._pool = ThreadPoolExecutor(self.limits.running, "predict")
        self._seats = 0
        self._stopping = threading.Event()

    def swap(self, model: Model) -> None:
        """Serves another model from the next request on; a request that runs ends with the one it began with."""
        before, self.model = self.model, model
        self._versions = list(dict.fromkeys([model.version, *self._versions]))
        _log.info("serving %s instead of %s", model.version, before.version)

    def stop(self) -> None:
        """Ends predictions soon, and a retraining."""
        self._stopping.set()
        if self.trainer:
            self.trainer.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def health(self) -> Response:
        return JSONResponse({"status": "UP", "model_version": self.model.version, "vipol": vipol.__version__})

    async def setup(self, request: Request) -> Response:
        """Says the model's version, or that the project's labelling configuration doesn't fit, which the server shows.

        A configuration without tags is that of a project that has none yet.
        """
        fields = await self._object(request)
        schema = fields.get("schema")
        model = self.model
        if isinstance(schema, str) and "<" in schema.replace("<View", "").replace("</View", ""):
            _naming(schema, model)
        return JSONResponse({"model_version": model.version})

    async def versions(self) -> Response:
        """The versions served since the service was started, the present one first."""
        return JSONResponse({"versions": self._versions})

    async def training(self) -> Response:
        if self.trainer is None:
            return JSONResponse({"state": "off", "since": None, "again": False, "last": None})
        return JSONResponse(self.trainer.status())

    async def webhook(self, request: Request) -> Response:
        """Notes what happened in a project; only `START_TRAINING` has consequences, and none is waited for."""
        fields = await self._object(request)
        if fields.get("action") != START_TRAINING:
            return JSONResponse({"status": "ok"})
        if self.trainer is None:
            _log.warning("asked to retrain, which needs --held-back")
            return JSONResponse({"status": "ok", "training": "off"})
        answer = self.trainer.ask()
        _log.info("asked to retrain: %s", answer)
        return JSONResponse({"status": "ok", "training": answer})

    async def predict(self, request: Request) -> Response:
        """One prediction a task, in the order of the tasks."""
        most = self.limits.running + self.limits.waiting
        if self._seats >= most or self._stopping.is_set():
            reason = "ending" if self._stopping.is_set() else f"busy with {self._seats} requests"
            raise Refusal(503, f"{reason}: ask again in {_RETRY_SECONDS} seconds")
        self._seats += 1
        gone = threading.Event()
        try:
            body = await self._body(request)
            work = asyncio.get_running_loop().run_in_executor(self._pool, self._predict, body, gone)
            while not work.done():
                await asyncio.wait({work}, timeout=_LOOK_SECONDS)
                if not work.done() and await request.is_disconnected():
                    gone.set()
            return Response(await work, media_type="application/json")
        finally:
            gone.set()
            self._seats -= 1

    def _predict(self, body: bytes, gone: threading.Event) -> bytes:
        began = time.monotonic()
        model = self.model
        fields = _parse(body)
        tasks = fields.get("tasks")
        if not isinstance(tasks, list):
            raise Refusal(400, '"tasks" is no list of tasks')
        if len(tasks) > self.limits.tasks:
            raise Refusal(
                413, f"{len(tasks)} tasks in one request, {self.limits.tasks} at most: select fewer, or say --max-tasks"
            )
        configuration = fields.get("label_config")
        if configuration is not None and not isinstance(configuration, str):
            raise Refusal(400, '"label_config" is no string')
        naming = _naming(configuration, model) if configuration else Naming()
        results = propose(
            model, tasks, naming, self.limits.characters, lambda: gone.is_set() or self._stopping.is_set()
        )
        seconds = time.monotonic() - began
        _log.info("%d of %d tasks marked in %.1f s by %s", len(results), len(tasks), seconds, model.version)
        if len(results) < len(tasks):
            raise Refusal(503, "the service ends" if self._stopping.is_set() else "whoever asked is gone")
        return json.dumps({"results": results, "model_version": model.version}, ensure_ascii=False).encode()

    async def _object(self, request: Request) -> dict[str, Any]:
        body = await self._body(request)
        # A large body takes long to parse, and the event loop must go on meanwhile.
        return await asyncio.to_thread(_parse, body) if len(body) > 1 << 16 else _parse(body)

    async def _body(self, request: Request) -> bytes:
        """The body, if it is not too large; a larger one is read on for a while, or the answer would not be read."""
        limit = self.limits.body
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                async for part in request.stream():
                    size += len(part)
                    if size <= limit:
                        parts.append(part)
                    elif size > 4 * limit:
                        break
        except TimeoutError:
            raise Refusal(408, f"the body took longer than {_BODY_SECONDS:g} seconds") from None
        if size > limit:
            raise Refusal(413, f"more than {limit} bytes in one request: select fewer tasks, or say --max-bytes")
        return b"".join(parts)


class Gate:
    """Turns away who may not ask: without the secret or, where there is none, from another web page.

    A service on the loopback interface without a secret can be reached by every page in the browser of somebody who
    works there. Such a request names where it comes from (`Origin`), or a name that was bent to that address (`Host`).
    """

    def __init__(self, app: Any, secret: str | None, hosts: Iterable[str]) -> None:
        self._app = app
        self._secret = None if secret is None else secret.encode()
        self._hosts = frozenset(hosts) | LOOPBACK_HOSTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(dict(scope["headers"])) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, headers: dict[bytes, bytes]) -> Response | None:
        if self._secret is not None:
            if hmac.compare_digest(_password(headers.get(b"authorization", b"")), self._secret):
                return None
            challenge = {"WWW-Authenticate": 'Basic realm="vipol"'}
            return _answer(401, "the secret is missing or wrong: it is the password of HTTP Basic", challenge)
        host = headers.get(b"host", b"").decode("latin-1")
        if _host_name(f"//{host}") not in self._hosts:
            return _answer(400, f"this service is not {host!r}; to serve by another name give it a secret")
        origin = headers.get(b"origin")
        if origin is not None and _host_name(origin.decode("latin-1")) not in self._hosts:
            return _answer(403, "not from another web page")
        return None


def application(service: Service, secret: str | None = None, hosts: Iterable[str] = ()) -> FastAPI:
    """The web application.

    Args:
        secret: the password that every request must give by HTTP Basic, with any user; None asks for none.
        hosts: names by which a service without a secret may be asked, beside those of the loopback interface.
    """
    app = FastAPI(title="vipol", version=vipol.__version__, docs_url=None, redoc_url=None, openapi_url=None)
    for path, method, endpoint in (
        ("/", "GET", service.health),
        ("/health", "GET", service.health),
        ("/setup", "POST", service.setup),
        ("/predict", "POST", service.predict),
        ("/versions", "GET", service.versions),
        ("/webhook", "POST", service.webhook),
        ("/training", "GET", service.training),
    ):
        app.add_api_route(path, endpoint, methods=[method], response_model=None)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Gate, secret=secret, hosts=hosts)
    return app


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    _log.warning("answered %d: %s", error.status, error.message)
    headers = {"Retry-After": str(_RETRY_SECONDS)} if error.status == 503 else {}
    return _answer(error.status, error.message, headers)


async def _failed(_: Request, error: Exception) -> Response:
    return _answer(500, f"the service failed ({type(error).__name__}); its log says where")


def _answer(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": message}, status, headers)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is no JSON ({error})") from None
    if not isinstance(value, dict):
        raise Refusal(400, "the body is no JSON object")
    return value


def _naming(configuration: str, model: Model) -> Naming:
    try:
        return Naming.read(configuration, model.labels, model.relations)
    except ConfigurationError as error:
        raise Refusal(400, f"the labelling configuration doesn't fit the model: {error}") from error


def _password(header: bytes) -> bytes:
    """The password in an `Authorization` header of HTTP Basic; empty where there is none."""
    scheme, _, value = header.partition(b" ")
    try:
        return b64decode(value.strip(), validate=True).partition(b":")[2] if scheme.lower() == b"basic" else b""
    except ValueError:
        return b""


def _host_name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""
