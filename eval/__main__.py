"""The command line of evaluation: `python -m eval COMMAND`; without a command it lists them."""

import argparse
import os
import sys
from io import TextIOWrapper
from pathlib import Path

from eval import commands
from eval.conll import PUBLISHED, ConllError
from eval.facts import FactError
from eval.reading import ReadingError
from eval.scores import PairingError
from eval.tagging import AgreementError
from eval.toolkit import ToolkitError
from vipol.document import DocumentError
from vipol.segmentation import NAMES


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
        for name in ("json", "html", "output"):
            path = getattr(arguments, name, None)
            if path and path.is_dir():
                raise ReadingError(f"{path}: a folder; name a file in it")
            if path and not path.parent.is_dir():
                # Told now, not after minutes of reading.
                raise ReadingError(f"{path}: there is no folder {path.parent}")
        print(arguments.command(arguments), flush=True)
    except KeyboardInterrupt:
        print("eval: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough. Python would complain of it once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ModuleNotFoundError as error:
        return _fail(f"{error}; `pip install '.[train]'` brings what evaluation needs")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (ReadingError, ConllError, FactError, DocumentError, PairingError, AgreementError, ToolkitError) as error:
        return _fail(str(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description="Measures predictions against gold documents.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    score = subparsers.add_parser(
        "score",
        help="precision, recall and F1 of spans and relations",
        description="Prints precision, recall and F1 of spans and relations, label by label, with 95 % intervals from "
        "a bootstrap over articles, and the F1 of baselines beside them. seqeval counts the spans once more, and the "
        "command fails if its figures differ.",
    )
    _reading_arguments(score)
    score.add_argument("--errors", action="store_true", help="also list the errors by kind, counts first")
    score.set_defaults(command=commands.score)

    errors = subparsers.add_parser(
        "errors",
        help="where a model errs, and an HTML page with every error in its article",
        description="Prints errors by kind, confused labels, figures by length and by whether the words were seen in "
        "training, calibration, and a sweep of the relations' threshold.",
    )
    _reading_arguments(errors)
    errors.add_argument(
        "--train",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="gold that the model learnt from, to tell seen words from unseen ones; may be said more than once",
    )
    errors.set_defaults(command=commands.errors)

    compare = subparsers.add_parser(
        "compare",
        help="whether one prediction is better than another",
        description="Compares two predictions of the same gold: the difference of every F1 with its 95 % interval "
        "(paired bootstrap over articles), the chance that a difference as large comes about by chance (randomisation "
        "test), and the articles and errors that changed. Each is a model (folder or hub id, or `embedded`), a JSONL "
        "file of predictions, `rules`, or a folder with a file for each seed, as `python -m train crossval --output` "
        "writes it.",
    )
    compare.add_argument("first", metavar="FIRST")
    compare.add_argument("second", metavar="SECOND")
    _gold_arguments(compare)
    compare.set_defaults(command=commands.compare)

    conll = subparsers.add_parser(
        "conll",
        help="a tagger on data in CoNLL columns, as papers score it",
        description="Scores tags of a file in CoNLL columns (PhoNER_COVID19, VLSP) with seqeval, strict and default, "
        "and prints the published figures beside them.",
    )
    conll.add_argument(
        "gold", type=Path, metavar="GOLD", help="a word and its tag in each line, blank between sentences"
    )
    found = conll.add_mutually_exclusive_group(required=True)
    found.add_argument("--model", metavar="FOLDER|HUB-ID", help="a model that `python -m train conll` made")
    found.add_argument("--predicted", type=Path, metavar="FILE", help="the same words with the tags that were found")
    conll.add_argument("--column", type=int, default=0, metavar="N", help="of the tags, from 1 (default: the last)")
    conll.add_argument("--published", choices=sorted(PUBLISHED), help="the data set whose published figures to print")
    conll.add_argument("--output", "-o", type=Path, metavar="FILE", help="also write the words with the tags found")
    conll.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    conll.set_defaults(command=commands.conll)

    facts = subparsers.add_parser(
        "facts",
        help="facts (who, which post, where) against facts written down by hand",
        description="Scores facts, with short names told in full, against a file of them: from the gold spans and "
        "relations, and from those that a model finds.",
    )
    facts.add_argument("facts", type=Path, metavar="FACTS", help="JSON: a list of facts for each document's id")
    _gold_arguments(facts)
    facts.add_argument(
        "--model", metavar="FOLDER|HUB-ID", help="the model that reads the texts (default: the embedded one)"
    )
    facts.set_defaults(command=commands.facts)

    ceilings = subparsers.add_parser(
        "ceilings",
        help="the best figures that a way to cut text into words allows",
        description="Prints, label by label, how many gold spans and relations no model can predict that tags the "
        "words of a segmenter, since an edge falls inside a word, and the recall and F1 that are left at most.",
    )
    _gold_arguments(ceilings)
    ceilings.add_argument(
        "--words",
        nargs="+",
        choices=NAMES,
        default=["syllables", "underthesea"],
        metavar="NAME",
        help=f"of {', '.join(NAMES)} (default: the first two)",
    )
    ceilings.set_defaults(command=commands.ceilings)

    index = subparsers.add_parser(
        "index",
        help="one page over the measurements in a folder",
        description="Writes index.html over the JSON files, texts and plots that other commands left in a folder.",
    )
    index.add_argument("folder", type=Path, metavar="FOLDER")
    index.set_defaults(command=commands.index)
    return parser


def _gold_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gold",
        required=True,
        type=Path,
        metavar="PATH",
        help="the gold: documents or Label Studio's export, a file or a folder",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")


def _reading_arguments(parser: argparse.ArgumentParser) -> None:
    _gold_arguments(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--predicted", type=Path, metavar="FILE", help="JSONL of predicted documents, as `vipol extract` writes it"
    )
    what.add_argument(
        "--model", metavar="FOLDER|HUB-ID", help="the model that reads the gold texts (default: the embedded one)"
    )
    parser.add_argument(
        "--toolkit",
        type=Path,
        metavar="PYTHON",
        help="the interpreter of an environment with underthesea, whose PERSON and ORG then stand beside ours",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page with every error in its article")


def _fail(message: str) -> int:
    print(f"eval: {' '.join(line.strip() for line in message.splitlines())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
