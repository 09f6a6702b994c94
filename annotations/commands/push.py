"""The command `push`: articles and the model's predictions into a project of a Label Studio server."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotations import gold
from annotations.client import StudioError
from annotations.commands import server
from annotations.tasks import stripped
from eval.provenance import model_version
from vipol.document import Document, DocumentError
from vipol.inputs import Failure, read

if TYPE_CHECKING:
    from vipol.extractor import Extractor

LABEL_CONFIG = Path(__file__).resolve().parent.parent / "label_config.xml"


def add(commands: Any) -> None:
    command = commands.add_parser(
        "push",
        help="give articles to annotators, with what the model finds in them",
        description="Makes or finds the project and adds the articles that it lacks, with the model's spans and "
        "relations as predictions; articles that are there get the predictions of a model that they have none of. "
        "Running it again adds nothing twice and goes on where a run broke off. Exit code: 0 done, 1 something is "
        "wrong (what was sent before stays), 2 a wrong call.",
    )
    command.add_argument(
        "articles",
        nargs="+",
        metavar="ARTICLES",
        help="what `vipol extract` reads (text files, folders of them, JSON, JSONL, -), or gold in any form; spans and "
        "relations in it are left out",
    )
    server.add_options(command)
    command.add_argument("--model", metavar="FOLDER|HUB-ID", help="what predicts (the model that is part of vipol)")
    command.add_argument(
        "--order",
        choices=("given", "uncertain", "random"),
        default="given",
        help="of new articles in the project, so for annotators; uncertain: those first of which the model is least "
        "sure (%(default)s)",
    )
    command.add_argument("--batch-size", type=_positive, default=100, metavar="N", help="articles sent at once (100)")
    command.add_argument("--predictions-only", action="store_true", help="add no articles, only predictions")
    command.add_argument(
        "--annotators", type=_positive, metavar="N", help="how many people annotate each article of a new project (1)"
    )
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from annotations.push import Model, Plan, push
    from vipol.extractor import DEFAULT, Extractor, ModelError

    try:
        documents = list(_documents(arguments.articles))
        studio = server.connect(arguments)
        extractor = Extractor.load(arguments.model)
        folder = DEFAULT if arguments.model is None else _folder(arguments.model)
        model = Model(model_version(extractor.config.name, folder), extractor.extract_many)
        if arguments.order == "uncertain":
            _warn(folder, documents)
        with _progress() as step:
            plan = Plan(
                arguments.project,
                LABEL_CONFIG.read_text(encoding="utf-8"),
                lambda found: _order(found, arguments.order, extractor),
                arguments.batch_size,
                arguments.predictions_only,
                arguments.annotators,
                say=lambda line: print(line, file=sys.stderr),
                step=step,
            )
            report = push(studio, documents, model, plan)
    except (StudioError, ModelError) as error:
        print(f"annotations: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("annotations: interrupted; run it again, and it goes on from there", file=sys.stderr)
        return 130
    for note in report.notes:
        print(note)
    print(f"{report}, model version: {model.version}")
    print(f"{studio.url}/projects/{report.project.number}/data")
    return 0


def _documents(paths: list[str]) -> Iterator[Document]:
    """The articles of every path.

    Raises:
        DocumentError: some can't be read; the message names all of them.
    """
    failures = []
    for path in paths:
        found = _gold(Path(path)) if _is_gold(Path(path)) else read([path])
        for item in found:
            if isinstance(item, Failure):
                failures.append(f"{item.source}: {item.reason}")
            else:
                yield item
    if failures:
        raise DocumentError("\n".join([*failures, f"articles that can't be read: {len(failures)}. Nothing was sent"]))


def _is_gold(path: Path) -> bool:
    if path.is_dir():
        names = [entry.name for entry in path.iterdir()]
        return not any(name.endswith(".txt") for name in names) and any(name.endswith(gold.SUFFIXES) for name in names)
    if path.suffix != ".json" or not path.is_file():
        return False
    # `vipol extract` reads a .json file as one document.
    return path.read_bytes().removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[" or any(
        gold.is_task(record) for _, record in gold.records(path)
    )


def _gold(path: Path) -> Iterator[Document | Failure]:
    for file in gold.files(path):
        for place, record in gold.records(file):
            try:
                if isinstance(record, dict) and gold.is_task(record) and isinstance(record["data"], dict):
                    data = stripped(record["data"])
                    record = {"id": data.pop("doc_id", record.get("id", "")), **data}
                document = gold.read_record(record)
            except DocumentError as error:
                yield Failure(place, str(error))
                continue
            if document is not None:
                yield document


def _folder(model: str) -> Path:
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download

    # It is there: the extractor has just been loaded from it.
    return Path(snapshot_download(model, local_files_only=True))


def _order(documents: Any, name: str, extractor: "Extractor") -> list[Document]:
    from annotations.order import order

    return order(documents, name, extractor)


def _warn(folder: Path, documents: list[Document]) -> None:
    from annotations.order import caution

    try:
        told = caution(folder, documents)
    except ValueError as error:
        raise DocumentError(str(error)) from error
    if told:
        print(told, file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Tells on standard error how far it has come: a bar on a terminal, a line a batch elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: print(f"dealt with {done} of {total} articles", file=sys.stderr)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("articles"), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _positive(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is no whole number above 0")
    return int(value)
