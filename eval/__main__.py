"""`python -m eval`: scores of a model, or of a prediction made before, against gold documents."""

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from annotations.gold import read_gold
from eval import errors, report, tagging
from eval.scores import PairingError, score
from vipol.document import Document, DocumentError, read_jsonl


class Failure(Exception):
    """What ends a command; the message is the one line that says why."""


def main(argv: list[str] | None = None) -> int:
    """Runs a command.

    Returns:
        0, or 1 for a failure, which is told in one line on stderr. A wrong call exits with 2.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    try:
        print(_score(arguments), flush=True)
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough. Python would complain of it once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ModuleNotFoundError as error:
        return _fail(f"{error}; `pip install '.[train]'` brings what evaluation needs")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (Failure, DocumentError, PairingError, tagging.AgreementError) as error:
        return _fail(str(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description="Measures predictions against gold documents.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "score",
        help="precision, recall and F1 of spans and relations",
        description="Prints strict precision, recall and F1 of spans and relations, label by label. A span is right if "
        "both its edges and its label are, a relation if its label and both its spans are. seqeval counts the spans "
        "once more, and the command fails if its figures differ.",
    )
    command.add_argument(
        "--gold",
        required=True,
        type=Path,
        metavar="PATH",
        help="the gold: documents or Label Studio's export, a file or a folder",
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument(
        "--predicted", type=Path, metavar="FILE", help="JSONL of predicted documents, as `vipol extract` writes it"
    )
    what.add_argument(
        "--model", metavar="FOLDER|HUB-ID", help="the model that reads the gold texts (default: the embedded one)"
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here, with counts of errors")
    command.add_argument("--errors", action="store_true", help="also list the errors by kind, counts first")
    return parser


def _score(arguments: argparse.Namespace) -> str:
    if arguments.json and not arguments.json.parent.is_dir():
        # Told now, not after minutes of reading.
        raise Failure(f"{arguments.json}: there is no folder {arguments.json.parent}")
    gold = _gold(arguments.gold)
    if arguments.predicted:
        source = {"predicted": str(arguments.predicted)}
        predicted = _predicted(arguments.predicted)
    else:
        source = {"model": arguments.model or "embedded default"}
        predicted = _extracted(gold, arguments.model)
    scores = score(gold, predicted)
    seqeval_f1 = tagging.agree(gold, predicted, scores)
    found = errors.errors(gold, predicted)

    about = {**source, "gold": str(arguments.gold)}
    if arguments.json:
        head = {**about, "seqeval_micro_f1": seqeval_f1}
        arguments.json.write_text(report.to_json(head, scores, found, listed=arguments.errors), encoding="utf-8")
    parts = [
        "\n".join(f"{name:<9}  {value}" for name, value in {**about, "documents": scores.documents}.items()),
        report.score_table(scores),
        f"seqeval (strict, IOB2) agrees: micro F1 {report.percent(seqeval_f1)}",
    ]
    if arguments.errors:
        parts += [report.error_table(errors.count(found)), report.error_list(found)]
    return "\n\n".join(part for part in parts if part)


def _gold(path: Path) -> list[Document]:
    documents = read_gold(path)
    if not documents:
        raise Failure(f"{path}: no documents")
    return documents


def _predicted(path: Path) -> list[Document]:
    try:
        # -sig: a byte order mark, which some editors leave, is not part of the first document.
        with path.open(encoding="utf-8-sig") as stream:
            return list(read_jsonl(stream))
    except (DocumentError, UnicodeDecodeError) as error:
        raise Failure(f"{path}: {error}") from error


def _extracted(gold: Sequence[Document], model: str | None) -> list[Document]:
    # Here and not above: it brings a runtime, which scoring a file doesn't need.
    from vipol.extractor import Extractor, ModelError

    try:
        # Bare: what reads the texts must not see the answers.
        return list(Extractor.load(model).extract_many(document.bare() for document in gold))
    except ModelError as error:
        raise Failure(str(error)) from error


def _fail(message: str) -> int:
    print(f"eval: {' '.join(line.strip() for line in message.splitlines())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
