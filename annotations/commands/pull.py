"""The command `pull`: what people have annotated on a Label Studio server, checked, into gold."""

import argparse
import sys
from pathlib import Path
from typing import Any

from annotations.client import StudioError
from annotations.commands import server


def add(commands: Any) -> None:
    command = commands.add_parser(
        "pull",
        help="bring what annotators have finished into gold",
        description="Reads a project, checks every annotation and writes those that are finished, and on which all of "
        "an article's annotators agree, as gold. With a fault anywhere nothing is written. What is mended, skipped, "
        "not handed in or left out is told. Exit code: 0 written, 1 faults or no server, 2 a wrong call.",
    )
    command.add_argument(
        "target",
        type=Path,
        metavar="TARGET",
        help="a .json file, or a folder, which gets one named after the project; articles in it that the server does "
        "not give are kept",
    )
    server.add_options(command)
    command.add_argument(
        "--annotator",
        metavar="WHO",
        help="whose version is gold where people differ, or where others have not come to an article yet: an e-mail",
    )
    command.add_argument("--keep", type=Path, metavar="FOLDER", help="write each annotator's versions there, as JSONL")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from annotations import store
    from annotations.pull import pull

    try:
        file = store.target(arguments.target, arguments.project)
        found = pull(server.connect(arguments), arguments.project, arguments.annotator)
    except StudioError as error:
        print(f"annotations: {error}", file=sys.stderr)
        return 1
    for line in found.lines():
        print(line)
    planned = store.plan(found.gold, file)
    faults = [*found.faults, *planned.faults]
    for fault in faults:
        print(fault)
    if faults:
        print(f"faults: {len(faults)}; nothing was written")
        return 1
    if arguments.keep is not None:
        for kept in store.keep(found, arguments.keep):
            print(f"wrote {kept}")
    if not planned.documents:
        print("nothing is finished yet; nothing was written")
        return 0
    store.write(planned)
    print(planned)
    return 0
