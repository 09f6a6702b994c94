"""Values of the second half of the table, which was made by someone who hadn't seen the code."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from vipol.dates import date_value
from vipol.money import money_value

TABLES = [Path(__file__).parent / "data" / f"values-{half}.tsv" for half in ("first", "second")]


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def right(line: Mapping[str, str]) -> bool:
    if line["label"] == "DATE":
        published = date.fromisoformat(line["published"]) if line["published"] else None
        context = int(line["context_year"]) if line["context_year"] else None
        return date_value(line["expression"], published, context).value == line["value"]
    found = money_value(line["expression"])
    wanted = f"{line['value']} {line['currency']}" if line["value"] else ""
    return found.value == wanted and found.reason.startswith(line["reason"])


def test_second_half() -> None:
    """At least 99 % of it is right; `T5/2022`, a month in short, is the one that was not when it was first tried."""
    second = lines(TABLES[1])
    wrong = [line["expression"] for line in second if not right(line)]
    assert len(wrong) <= len(second) // 100, wrong


def test_four_hundred_expressions() -> None:
    """The two halves have more than 400 distinct expressions together."""
    assert len({(line["label"], line["expression"]) for path in TABLES for line in lines(path)}) >= 400
