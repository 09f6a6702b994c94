"""`python -m annotations agreement`: how far two or more annotations of the same articles agree."""

import argparse
from pathlib import Path


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "agreement",
        help="measure how far annotations of the same articles agree",
        description="Compares every pair of annotations: F1 of spans (offsets and label exact) by label, of relations "
        "(both ends exact too) by type, the same for edges alone (no label of a span counts), Cohen's kappa over "
        "words, and every disagreement with its kind. Articles that only one of the two has are named and don't count. "
        "Exit code: 0 done, 1 something can't be read or compared, 2 a wrong call.",
    )
    command.add_argument(
        "paths",
        nargs="+",
        type=_existing,
        metavar="PATH",
        help="gold, a file or folder for each annotation (Label Studio's JSON export, documents as JSON or JSONL), or "
        "one export with several annotators",
    )
    command.add_argument(
        "--annotators",
        nargs="+",
        metavar="WHO",
        help="of one export: whom to compare (default: all who annotated); of several paths: whose annotation to read "
        "of each, in the same order; e-mails or numbers as in the export",
    )
    command.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page to read and filter, complete in itself"
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write all figures and disagreements as JSON")
    command.set_defaults(run=_agree)


def _agree(arguments: argparse.Namespace) -> int:
    from annotations.agreement_report import report, to_json
    from annotations.annotators import compare, read_annotations
    from annotations.gold import write_text

    pairs = compare(read_annotations(arguments.paths, arguments.annotators))
    if arguments.json:
        write_text(arguments.json, to_json(pairs))
    if arguments.html:
        from annotations.agreement_page import page

        write_text(arguments.html, page(pairs))
    print(report(pairs))
    return 0


def _existing(value: str) -> Path:
    path = Path(value)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no file or folder {value!r}")
    return path
