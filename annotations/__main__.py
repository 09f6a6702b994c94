"""The command line: `python -m annotations check|convert|agreement|variety|studio|push|pull|serve`."""

import argparse
import io
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from annotations import checks, gold, standoff, variety
from annotations.commands import agreement, pull, push, serve, studio
from annotations.unlabelled import read_texts
from vipol.document import DocumentError


def main(argv: list[str] | None = None) -> int:
    """Runs a command.

    Returns:
        The exit code: 0 done and clean, 1 faults in the gold, 2 a wrong call (by SystemExit), 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt:
        print("annotations: interrupted", file=sys.stderr)
        return 130
    except (DocumentError, OSError, UnicodeError) as error:
        print(f"annotations: {error}", file=sys.stderr)
        return 1
    return code


def _check(arguments: argparse.Namespace) -> int:
    if arguments.write_sums:
        for folder in sorted({checks.renew_sums(path) for path in arguments.paths}):
            print(f"wrote {folder / gold.SUMS}")
    report = checks.check(arguments.paths, arguments.seeds)
    for fault in report.faults:
        print(fault)
    print(report)
    return 1 if report.faults else 0


def _convert(arguments: argparse.Namespace) -> int:
    target = arguments.target
    as_documents = arguments.to == "documents"
    suffix = ".json" if arguments.to == "labelstudio" else ".jsonl"
    folder = as_documents and target != "-" and (Path(target).is_dir() or not Path(target).suffix)
    if target != "-" and not folder and Path(target).suffix != suffix:
        also = ", a folder" if as_documents else ""
        arguments.usage(f"TARGET {target!r}: for --to {arguments.to} give a file that ends in {suffix}{also}, or -")
    if arguments.texts and arguments.annotator:
        arguments.usage("--annotator chooses between annotations of a task, and stand-off marks (--texts) have one")
    if arguments.texts:
        documents = standoff.attach(arguments.source, arguments.texts)
    else:
        documents = gold.read_gold(arguments.source, arguments.annotator)
    if folder:
        gold.write_folder(documents, Path(target))
        return 0
    content = _FORMS[arguments.to](documents)
    if target == "-":
        sys.stdout.write(content)
    else:
        gold.write_text(Path(target), content)
    return 0


_FORMS = {"documents": gold.to_jsonl, "labelstudio": gold.to_export, "standoff": standoff.detach}


def _vary(arguments: argparse.Namespace) -> int:
    documents = gold.read_gold(arguments.gold)
    sets = [variety.variety(documents)]
    names = [str(arguments.gold)]
    others: list[Iterator[str]] = []
    for path in arguments.beside:
        if path.name.endswith((".jsonl", ".jsonl.xz")):
            others.append(read_texts(path))
        else:
            known = gold.read_gold(path)
            names.append(str(path))
            sets.append(variety.variety(known))
            others.append(document.text for document in known)
    texts = [document.text for document in documents]
    shared = variety.shared_with(texts, chain.from_iterable(others)) if others else None
    print(variety.report(names, sets, variety.repeated_inside(texts), shared))
    return 0


def _existing(value: str) -> Path:
    path = Path(value)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no file or folder {value!r}")
    return path


_GOLD = "a file or folder of gold: Label Studio's JSON export, documents as JSON (one a file) or JSONL"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m annotations", description="Check, convert and compare gold.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    command = commands.add_parser(
        "check",
        help="find every fault in gold",
        description="Prints a line for every fault (file, offset, text, what is wrong and what to do) and a line with "
        "counts. Exit code: 0 no fault, 1 faults, 2 a wrong call.",
    )
    command.add_argument("paths", nargs="+", type=_existing, metavar="PATH", help=_GOLD)
    command.add_argument(
        "--seeds",
        type=_existing,
        default=checks.SEEDS,
        metavar="FOLDER",
        help="articles as supplied, ID.txt; the text of gold with such an id must be the same (default: %(default)s)",
    )
    command.add_argument(
        "--write-sums",
        action="store_true",
        help=f"first write {gold.SUMS} in the folder of the gold, by which later checks see that no text has changed",
    )
    command.set_defaults(run=_check)

    command = commands.add_parser(
        "convert",
        help="turn gold into documents, into Label Studio's JSON, or into marks without their texts",
        description="To documents and to Label Studio's JSON nothing of a document is lost; stand-off marks (standoff) "
        "keep ids, spans and relations alone, for texts that may not be passed on, and --texts joins them again. Tasks "
        "that nobody has annotated are left out.",
    )
    command.add_argument("source", type=_existing, metavar="SOURCE", help=f"{_GOLD}; with --texts, a file of marks")
    command.add_argument(
        "target",
        metavar="TARGET",
        help="documents: a .jsonl file or a folder, which gets a file for each; labelstudio: a .json file; standoff: a "
        ".jsonl file; - is stdout",
    )
    command.add_argument("--to", required=True, choices=tuple(_FORMS), help="the form to write")
    command.add_argument(
        "--texts",
        type=_existing,
        metavar="FILE",
        help='SOURCE holds stand-off marks, and this their texts: JSONL with a "text" each, plain or packed with xz',
    )
    command.add_argument(
        "--annotator", metavar="WHO", help="whose annotation, where a task has several: e-mail or number in the export"
    )
    command.set_defaults(run=_convert, usage=command.error)

    command = commands.add_parser(
        "variety",
        help="measure how varied a set of articles is",
        description="Counts vocabulary, labels and relations, and the phrases of eight syllables that a set repeats or "
        "shares with other texts, with the longest of them.",
    )
    command.add_argument("gold", type=_existing, metavar="PATH", help=_GOLD)
    command.add_argument(
        "--beside",
        type=_existing,
        action="append",
        default=[],
        metavar="PATH",
        help="other gold, whose figures stand beside, or JSONL of texts without gold (.jsonl, .jsonl.xz); both are "
        "searched for shared phrases; may be said more than once",
    )
    command.set_defaults(run=_vary)

    for module in (agreement, studio, push, pull, serve):
        module.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
