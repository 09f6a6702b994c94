"""`python -m annotations studio`: a Label Studio server on this machine, until it is stopped."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

PROGRAM = Path(".venv-labelstudio/bin/label-studio")
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, what `kill` sends, and the closing of the terminal."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from annotations import studio

    command = commands.add_parser(
        "studio",
        help="start a Label Studio server on this machine",
        description="Starts Label Studio on this machine, waits until it answers, says where it is, and stops it at "
        "Ctrl-C. Users, passwords and tokens are made by themselves and kept in access.json of the data folder, where "
        "push and pull find them. The database is SQLite in that folder, or PostgreSQL by Label Studio's own variables "
        "(DJANGO_DB=default, POSTGRE_HOST, POSTGRE_PORT, POSTGRE_NAME, POSTGRE_USER, POSTGRE_PASSWORD). Exit code: 0 "
        "stopped, 1 it could not start or ended by itself, 2 a wrong call.",
    )
    command.add_argument(
        "--data", type=Path, default=studio.FOLDER, metavar="FOLDER", help="its data (default: %(default)s)"
    )
    command.add_argument("--port", type=_port, default=studio.PORT, metavar="N", help="default: %(default)s")
    command.add_argument(
        "--host", default=studio.HOST, metavar="ADDRESS", help="the address to listen on (default: %(default)s)"
    )
    command.add_argument(
        "--program",
        type=Path,
        default=Path(os.environ.get("VIPOL_LABEL_STUDIO", PROGRAM)),
        metavar="PATH",
        help=f"label-studio of its own environment (default: {PROGRAM}, or VIPOL_LABEL_STUDIO)",
    )
    command.add_argument(
        "--user",
        action="append",
        metavar="E-MAIL",
        default=[],
        help="who may annotate; may be said more than once, and again later to add others (default of a new folder: "
        f"{', '.join(studio.USERS)})",
    )
    command.set_defaults(run=_studio)


LOOPBACK = ("127.0.0.1", "localhost")


def _studio(arguments: argparse.Namespace) -> int:
    from annotations.studio import ACCESS, Server, ServerError

    before = {number: signal.signal(number, _end) for number in _ENDS}
    server = Server(arguments.data, arguments.program.absolute(), arguments.port, arguments.user, arguments.host)
    try:
        print("starting Label Studio; the first time takes a minute", file=sys.stderr, flush=True)
        with server:
            print(f"Label Studio is at {server.access.url}", flush=True)
            print(
                f"{len(server.access.users)} users; their passwords and tokens are in {arguments.data / ACCESS}. "
                "Ctrl-C stops the server.",
                file=sys.stderr,
                flush=True,
            )
            if arguments.host not in LOOPBACK:
                print(
                    "Others can reach this address. The connection is not encrypted, and every user is an "
                    "administrator: put a proxy with TLS before it, and let in whom you trust.",
                    file=sys.stderr,
                    flush=True,
                )
            server.wait()
    except ServerError as error:
        print(f"annotations: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C while the server stops would leave it behind.
    for each in _ENDS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _port(value: str) -> int:
    if not value.isdecimal() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value!r} is no port: give a number up to 65535, 0 for a free one")
    return int(value)
