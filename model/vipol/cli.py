"""The command `vipol`: it marks texts (`extract`), tells who holds which post where (`facts`), makes a page of it
(`show`), and says which model does so (`info`) and what its JSON looks like (`schema`).

What only some calls need is imported inside functions: the command is started again and again by scripts, and
`vipol --version` or a wrong call has no use for NumPy.

Exit status: 0; 1 when an input, the model or the output failed; 2 for a wrong call; 130 after Ctrl-C; 141 when the
reader of a pipe went away, as the shell has it for programs that SIGPIPE ends.
"""

import argparse
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import vipol
from vipol.document import Document, DocumentError
from vipol.formats import FORMATS, check, visible, write
from vipol.inputs import STANDARD_INPUT, Failure, read

if TYPE_CHECKING:
    from vipol.extractor import Extractor

FAILED, INTERRUPTED, BROKEN_PIPE = 1, 130, 141


class _Stop(Exception):
    """Ends the command with status 1 and this line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status; a wrong call raises SystemExit, as argparse does."""
    _prepare_streams()
    try:
        options = _parser().parse_args(arguments)
        status: int = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _complain("interrupted")
        _abandon_stdout()
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return BROKEN_PIPE
    except _Stop as stop:
        _complain(str(stop))
        return FAILED
    except OSError as error:  # standard output on a full disk
        _complain(f"cannot write: {error.strerror or error}")
        _abandon_stdout()
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vipol", description="Marks people, posts, organisations, dates and money in Vietnamese political news."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--model", metavar="FOLDER|HUB-ID", help="default: the model that is part of vipol")
    model.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    model.add_argument("--threads", type=_positive, metavar="N", help="threads of one operator")

    inputs = argparse.ArgumentParser(add_help=False)
    inputs.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a text file (UTF-8), a folder of .txt files, a .jsonl file of documents, a .json file of one document, "
        "or - for standard input, which is also what is read without a PATH",
    )
    inputs.add_argument("--batch-size", type=_positive, default=4, metavar="N", help="windows run at once (4)")
    inputs.add_argument("--published", type=_iso_date, metavar="DATE", help="ISO date of documents that have none")
    inputs.add_argument("-q", "--quiet", action="store_true", help="no progress bar; failed inputs are still named")
    failing = (
        "Inputs that cannot be read are named on standard error, the others are written all the same, and the exit "
        "status is 1."
    )

    extract = commands.add_parser(
        "extract",
        parents=[inputs, model],
        help="mark spans and relations in texts",
        description=f"Marks spans and relations in texts, with the values of dates and amounts. {failing}",
    )
    extract.add_argument("-f", "--format", choices=FORMATS, help="default: table on a terminal, else jsonl")
    extract.set_defaults(on_terminal="table", elsewhere="jsonl")
    extract.add_argument("-o", "--output", type=Path, metavar="FILE", help="written whole at the end, or not at all")
    extract.set_defaults(run=_extract, wrong_call=extract.error)

    facts = commands.add_parser(
        "facts",
        parents=[inputs, model],
        help="who holds which post where, a row a fact",
        description="Tells who holds, held or is given which post where, a row a fact, with the sentence that says so. "
        f"Short names are told in full where the article itself does. {failing}",
    )
    facts.add_argument(
        "-f",
        "--format",
        choices=("facts-table", "facts-csv", "facts-jsonl"),
        help="default: facts-table on a terminal, else facts-csv",
    )
    facts.set_defaults(on_terminal="facts-table", elsewhere="facts-csv")
    facts.add_argument("-o", "--output", type=Path, metavar="FILE", help="written whole at the end, or not at all")
    facts.set_defaults(run=_extract, wrong_call=facts.error)

    show = commands.add_parser(
        "show",
        parents=[inputs, model],
        help="write a page with articles, spans, relations and facts",
        description="Writes one HTML file, complete in itself: the articles with their spans, relations and values, "
        "and a table of facts that leads to the words that say them. A document that has spans already keeps them. "
        f"{failing}",
    )
    show.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the page")
    show.add_argument("--title", default="vipol", metavar="TEXT", help="the page's title")
    show.set_defaults(run=_show, wrong_call=show.error)

    schema = commands.add_parser("schema", help="print the JSON Schema of documents or facts")
    schema.add_argument("of", nargs="?", choices=("document", "fact"), default="document", help="default: document")
    schema.set_defaults(run=_schema)

    info = commands.add_parser("info", parents=[model], help="say which model runs, and on what")
    info.add_argument("--json", action="store_true", help="print a JSON object")
    info.set_defaults(run=_info, batch_size=8)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"vipol {vipol.__version__}")
        parser.exit()


def _positive(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is no whole number above 0")
    return int(value)


def _iso_date(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is no ISO date, such as 2024-06-27") from None


def _extract(options: argparse.Namespace) -> int:
    _ask_for_paths(options)
    to_terminal = options.output is None and sys.stdout.isatty()
    format = options.format or (options.on_terminal if to_terminal else options.elsewhere)
    extractor = _load(options)
    failures: list[Failure] = []
    marked = _marked(extractor, _inputs(options, format, failures))
    if not options.quiet and not to_terminal and sys.stderr.isatty():
        marked = _with_progress(marked)
    with _output(options.output) as stream:
        write(marked, stream, format, str(extractor.info()["model"]))
    return FAILED if failures else 0


def _ask_for_paths(options: argparse.Namespace) -> None:
    if not options.paths and (sys.stdin is None or sys.stdin.isatty()):
        options.wrong_call("no PATH, and standard input is a terminal; say - to type a text")


def _inputs(options: argparse.Namespace, format: str, failures: list[Failure]) -> Iterator[Document]:
    """The documents of a call; what can't be read, or can't be written in that format, is told and noted."""
    for item in read(options.paths or [STANDARD_INPUT], options.published):
        failure = item if isinstance(item, Failure) else _misfit(item, format)
        if failure:
            failures.append(failure)
            _complain(f"{failure.source}: {failure.reason}")
        elif isinstance(item, Document):
            yield item


def _marked(extractor: "Extractor", documents: Iterable[Document]) -> Iterator[Document]:
    """The documents with the model's spans and relations, and with values."""
    from vipol.values import with_values

    return map(with_values, extractor.extract_many(documents))


def _with_values(document: Document) -> Document:
    """The document with values, unless it has some."""
    from vipol.values import with_values

    return document if any(entity.value is not None for entity in document.entities) else with_values(document)


def _show(options: argparse.Namespace) -> int:
    from vipol.page import page

    _ask_for_paths(options)
    failures: list[Failure] = []
    documents = list(_inputs(options, "jsonl", failures))
    bare = [document for document in documents if not document.entities]
    marked: Iterator[Document] = iter(())
    if bare:
        marked = _marked(_load(options), bare)
        if not options.quiet and sys.stderr.isatty():
            marked = _with_progress(marked)
    shown = [_with_values(document) if document.entities else next(marked) for document in documents]
    with _output(options.output) as stream:
        stream.write(page(shown, options.title))
    return FAILED if failures else 0


def _schema(options: argparse.Namespace) -> int:
    import json

    from vipol.schemas import document_schema, fact_schema

    schema = document_schema() if options.of == "document" else fact_schema()
    print(json.dumps(schema, ensure_ascii=False, indent=2))
    return 0


def _misfit(document: Document, format: str) -> Failure | None:
    try:
        check(document, format)
    except DocumentError as error:
        return Failure(f"document {document.id}", str(error))
    return None


def _info(options: argparse.Namespace) -> int:
    import platform

    facts: dict[str, Any] = {
        "vipol": vipol.__version__,
        "python": platform.python_version(),
        **_load(options).info(),
    }
    if options.json:
        import json

        print(json.dumps(facts, ensure_ascii=False))
    else:
        width = max(map(len, facts))
        for name, value in facts.items():
            print(f"{name:{width}}  {visible(_plain(value))}")
    return 0


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _load(options: argparse.Namespace) -> "Extractor":
    from vipol.extractor import Extractor, ModelError

    try:
        return Extractor.load(options.model, options.device, options.batch_size, options.threads)
    except (ModelError, OSError) as error:
        raise _Stop(str(error)) from error


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that takes its name only when all of it is written.

    A pipe or a device is written to directly, and a link keeps pointing where it points.
    """
    if path is None:
        yield sys.stdout
        return
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as stream:
                yield stream
            return
        path = path.resolve()
        temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
        try:
            with temporary.open("x", encoding="utf-8", newline="") as stream:
                yield stream
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _Stop(f"{path}: cannot be written ({error.strerror or error})") from error


def _with_progress(documents: Iterable[Document]) -> Iterator[Document]:
    """The same documents, counted on standard error as they pass; how many there will be, no stream can tell."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), MofNCompleteColumn(), TextColumn("documents"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield from progress.track(documents)


def _complain(message: str) -> None:
    print(f"vipol: {visible(message)}", file=sys.stderr)


def _prepare_streams() -> None:
    """Writes UTF-8 whatever the locale says, translates no line ends, and writes a closed stream into nothing."""
    for name, errors in (("stdout", "strict"), ("stderr", "backslashreplace")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")


def _abandon_stdout() -> None:
    """Writes what it takes of what is left, and keeps the interpreter from failing at the rest when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
