"""`python -m annotations studio`: a Label Studio server on this machine, until it is stopped."""

import argparse
import os
import signal
import sys
from pathlib import Path

PROGRAM = Path(".venv-labelstudio/bin/label-studio")


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
    command.add_argument("--port", type=int, default=studio.PORT, metavar="N", help="default: %(default)s")
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
        help="who may annotate; may be said more than once, and again later (default: annotator@example.com)",
    )
    command.set_defaults(run=_studio)


def _studio(arguments: argparse.Namespace) -> int:
    from annotations.studio import ACCESS, USERS, Server, ServerError

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = Server(
        arguments.data, arguments.program.absolute(), arguments.port, arguments.user or USERS, arguments.host
    )
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
            server.wait()
    except ServerError as error:
        print(f"annotations: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    return 0
