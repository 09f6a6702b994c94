"""How documents are written: JSONL, CSV, CoNLL, Label Studio tasks, facts, tables and running text for a terminal.

Every writer takes documents as they come and writes each before it asks for the next. Offsets are those of the
documents; what is written is exact in every format but `table`, `text` and `facts-table`, which are for reading. What
was written as JSONL is read again by `vipol.document.read_jsonl`, CSV by `vipol.spreadsheet.read_csv`, CoNLL by
`vipol.conll.read_conll`, a task by `vipol.labelstudio.from_prediction`; facts don't lead back to their documents.
"""

import json
from collections.abc import Iterable
from typing import TextIO

from vipol.chains import chains
from vipol.document import Document, write_jsonl
from vipol.terminal import visible

__all__ = ["FORMATS", "chains", "check", "visible", "write"]

FORMATS = ("table", "text", "jsonl", "csv", "conll", "labelstudio", "facts-table", "facts-jsonl", "facts-csv")


def write(documents: Iterable[Document], stream: TextIO, format: str, model_version: str = "vipol") -> None:
    """Writes documents in one of `FORMATS`.

    Args:
        stream: text without newline translation, in UTF-8.
        model_version: the model's name, which Label Studio shows beside its predictions.
    """
    # A format's module is imported when it is asked for: the command line starts again and again.
    match format:
        case "jsonl":
            write_jsonl(documents, stream)
        case "csv":
            from vipol.spreadsheet import write_csv

            write_csv(documents, stream)
        case "conll":
            from vipol.conll import write_conll

            write_conll(documents, stream)
        case "labelstudio":
            write_labelstudio(documents, stream, model_version)
        case "facts-jsonl":
            write_facts_jsonl(documents, stream)
        case "facts-csv":
            write_facts_csv(documents, stream)
        case "facts-table":
            from vipol.terminal import write_facts

            write_facts(documents, stream)
        case "table":
            from vipol.terminal import write_table

            write_table(documents, stream)
        case "text":
            from vipol.terminal import write_text

            write_text(documents, stream)
        case _:
            raise ValueError(f"{format!r} is no format; there are {', '.join(FORMATS)}")


def check(document: Document, format: str) -> None:
    """Finds out, before the model has worked for it, whether a format can hold a document.

    Raises:
        DocumentError: it cannot; the message says why.
    """
    if format == "labelstudio":
        from vipol.labelstudio import to_task

        to_task(document.bare())


def write_labelstudio(documents: Iterable[Document], stream: TextIO, model_version: str) -> None:
    """A JSON list of Label Studio tasks, the spans and relations as predictions."""
    from vipol.labelstudio import to_task

    separator = "[\n"
    for document in documents:
        stream.write(separator + json.dumps(to_task(document, model_version=model_version), ensure_ascii=False))
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


def write_facts_jsonl(documents: Iterable[Document], stream: TextIO) -> None:
    """A JSON object on a line for every fact, with the words of its evidence; see `vipol.schemas.fact_schema`."""
    from vipol.facts import facts

    for document in documents:
        for fact in facts(document):
            stream.write(json.dumps(fact.to_dict(document), ensure_ascii=False) + "\n")


def write_facts_csv(documents: Iterable[Document], stream: TextIO) -> None:
    """A header and a row for every fact, as RFC 4180 has it; the first evidence stands for all."""
    import csv

    from vipol.facts import HEADER, facts, rows

    table = csv.writer(stream)
    table.writerow(HEADER)
    for document in documents:
        table.writerows(rows(document, facts(document)))
