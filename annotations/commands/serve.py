"""`python -m annotations serve`: the prediction service that Label Studio asks."""

import argparse
import ipaddress
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotations.retraining import Plan
    from annotations.served import Model, Shelf

SECRET = "VIPOL_SECRET"
RECIPE = "embedded-open"
PROJECT = "vipol"
SERVED = Path("runs/served")
TRAINING_PYTHON = Path(".venv/bin/python")

_GRACE = 20
"""Seconds in which requests that run may end once the service is told to end."""
_CONNECTIONS = 200


class ServeError(RuntimeError):
    """A service that can't begin; the message says what to do."""


def add(commands: Any) -> None:
    """Adds the command to the parsers of `python -m annotations`."""
    command: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="serve a model's predictions to Label Studio",
        description="Answers Label Studio as an ML backend until it is ended (Ctrl-C, SIGTERM). With --held-back it "
        "retrains when Label Studio says so (Start training), in a process of its own, and serves the new "
        "model if it scores no worse on the held-back gold; GET /training says what it did. Exit code: 0 ended, "
        "1 it can't begin, 2 a wrong call.",
    )
    command.add_argument("--model", type=Path, metavar="FOLDER", help="default: the model that is part of vipol")
    command.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (default: %(default)s)")
    command.add_argument("--port", type=_port, default=9090, metavar="N", help="0 takes a free one (default: 9090)")
    command.add_argument(
        "--secret-file",
        type=Path,
        metavar="FILE",
        help="holds the password that requests must give by HTTP Basic, with any user; needed for another --host than "
        f"the loopback interface; the environment variable {SECRET} does as well",
    )
    command.add_argument("--threads", type=_positive, metavar="N", help="threads of one operator")
    command.add_argument(
        "--max-tasks", type=_positive, default=250, metavar="N", help="tasks of one request (default: %(default)s)"
    )
    command.add_argument(
        "--max-bytes", type=_positive, default=32 << 20, metavar="N", help="bytes of one request (default: 32 MB)"
    )
    retraining = command.add_argument_group("retraining")
    retraining.add_argument(
        "--held-back", type=Path, metavar="PATH", help="gold that the models are scored on and never learn from"
    )
    retraining.add_argument("--project", metavar="NAME", help="whose finished annotations are pulled (default: vipol)")
    retraining.add_argument("--studio", type=Path, metavar="FOLDER", help="of Label Studio, as `pull` takes it")
    retraining.add_argument(
        "--recipe", default=RECIPE, metavar="RECIPE", help="see `python -m train recipes` (default: %(default)s)"
    )
    retraining.add_argument(
        "--training-python",
        type=Path,
        metavar="PATH",
        help=f"a Python with torch (default: this one if it has torch, else {TRAINING_PYTHON})",
    )
    retraining.add_argument(
        "--served",
        type=Path,
        default=SERVED,
        metavar="FOLDER",
        help="where retrained models are kept, with the one to go on with at the next start (default: %(default)s)",
    )
    command.set_defaults(run=_run, usage=command.error)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.held_back is None and (arguments.project or arguments.studio):
        arguments.usage("retraining takes --held-back, the gold that the models are scored on")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    from vipol.extractor import ModelError

    try:
        return _serve(arguments)
    except (ServeError, ModelError) as error:
        print(f"annotations: {error}", file=sys.stderr)
        return 1


def _serve(arguments: argparse.Namespace) -> int:
    if not (find_spec("fastapi") and find_spec("uvicorn")):
        raise ServeError("the service needs fastapi and uvicorn: pip install -e '.[labelstudio]'")
    secret = _secret(arguments.secret_file)
    listening = _listen(arguments.host, arguments.port, secret is not None)

    from annotations.served import Shelf, ShelfError

    shelf = Shelf(arguments.served, arguments.model)
    plan = None
    if arguments.held_back is not None:
        plan = _plan(arguments)
        try:
            shelf.claim()
        except ShelfError as error:
            raise ServeError(str(error)) from error
    model = _load(shelf, arguments.model, arguments.threads)
    _work(arguments, model, listening, secret, shelf, plan)
    return 0


def _work(
    arguments: argparse.Namespace,
    model: "Model",
    listening: socket.socket,
    secret: str | None,
    shelf: "Shelf",
    plan: "Plan | None",
) -> None:
    import uvicorn

    from annotations.served import Model
    from annotations.service import Limits, Service, application
    from annotations.trainer import Trainer

    service = Service(model, Limits(tasks=arguments.max_tasks, body=arguments.max_bytes))
    if plan:

        def swap(folder: Path) -> None:
            service.swap(Model.load(folder, arguments.threads))

        service.trainer = Trainer(shelf, plan, lambda: service.model.folder, swap)
    config = uvicorn.Config(
        application(service, secret, [arguments.host]),
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE,
    )
    server = uvicorn.Server(config)
    # Beside the main thread, where it would end this process by the signal that ended it.
    thread = threading.Thread(target=server.run, args=([listening],), name="server", daemon=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    thread.start()
    host, port = listening.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    logging.info("serving %s at http://%s:%d, %s", model.version, address, port, _about(secret, plan))
    while thread.is_alive() and not ended.wait(1):
        pass
    logging.info("ending")
    server.should_exit = True
    service.stop()
    thread.join(_GRACE + 5)


def _about(secret: str | None, plan: "Plan | None") -> str:
    asked = "without a secret" if secret is None else "with a secret"
    return f"{asked}, {f'retraining {plan.recipe}' if plan else 'no retraining'}"


def _load(shelf: "Shelf", folder: Path | None, threads: int | None) -> "Model":
    """The model that was served last, or the one that the call names where there is none."""
    from annotations.served import Model
    from vipol.extractor import ModelError

    try:
        if current := shelf.current():
            logging.info("going on with the retrained model in %s", current)
            return Model.load(current, threads)
    except ModelError as error:
        logging.error("%s; beginning with the model that was retrained from", error)
    return Model.load(folder, threads)


def _plan(arguments: argparse.Namespace) -> "Plan":
    """What every retraining has in common, after a look at what would otherwise fail hours later."""
    from annotations.retraining import Plan, RetrainingError, held_back_gold
    from eval.provenance import ROOT
    from train.recipe import Recipe, RecipeError

    python = arguments.training_python or (Path(sys.executable) if find_spec("torch") else ROOT / TRAINING_PYTHON)
    if not python.exists() or subprocess.run([python, "-c", "import torch"], capture_output=True).returncode:
        raise ServeError(
            f"{python}: no Python with torch, which retraining needs. make test makes one, {TRAINING_PYTHON}; "
            "--training-python names another; without --held-back the service does not retrain"
        )
    try:
        held_back_gold(arguments.held_back)
        Recipe.load(arguments.recipe)
    except (RetrainingError, RecipeError) as error:
        raise ServeError(str(error)) from error
    recipe = str(Path(arguments.recipe).resolve()) if arguments.recipe.endswith(".toml") else arguments.recipe
    return Plan(
        recipe=recipe,
        held_back=str(arguments.held_back.resolve()),
        project=arguments.project or PROJECT,
        studio=str(arguments.studio.resolve()) if arguments.studio else None,
        threads=arguments.threads,
        python=str(python.absolute()),
    )


def _secret(file: Path | None) -> str | None:
    if file is None:
        secret, source = os.environ.get(SECRET), SECRET
    else:
        secret, source = file.read_text(encoding="utf-8").strip(), str(file)
    if secret is not None and not (secret and secret.isascii() and secret.isprintable()):
        raise ServeError(f"{source}: a secret is a line of printable ASCII characters, and not empty")
    return secret


def _listen(host: str, port: int, guarded: bool) -> socket.socket:
    """A socket that listens on the address.

    Raises:
        ServeError: the address can't be had, or others than this machine could ask there and nothing keeps them out.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise ServeError(f"--host {host}: no such address ({error.strerror or error})") from error
    if not guarded and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise ServeError(
            f"--host {host} can be reached from other machines, so it needs a secret: say --secret-file FILE, or set "
            f"{SECRET} in the environment"
        )
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        raise ServeError(f"port {port} of {host}: {reason}; end what listens there, or say another --port") from error
    return listening


def _positive(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is no whole number above 0")
    return int(value)


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value!r} is no port")
    return int(value)
