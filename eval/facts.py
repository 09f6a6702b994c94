"""Facts against facts that somebody wrote down by hand: who, which post, where, and held since when or no more."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.report import percent
from eval.scores import Counts
from eval.tables import Table
from vipol.document import Document
from vipol.facts import STATUSES, facts
from vipol.names import fold

Row = tuple[str, str, str, str]
"""Person, role, organisation, status, each folded; empty for what the article does not say."""


class FactError(ValueError):
    """A file of facts that is not what it should be."""


def read_facts(path: Path) -> dict[str, set[Row]]:
    """The facts of a file, by document: `{"ID": [{"person": …, "role": …, "organisation": …, "status": …}, …], …}`.

    Raises:
        FactError: it is something else; the message names the file and the entry.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FactError(f"{path}: not JSON ({error})") from error
    if not isinstance(data, dict):
        raise FactError(f"{path}: not an object with a list of facts for each document")
    found: dict[str, set[Row]] = {}
    for name, entries in data.items():
        found[name] = set()
        for number, entry in enumerate(entries, 1):
            try:
                person, organisation = entry["person"] or "", entry["organisation"] or ""
                row = (fold(person), fold(entry["role"]), fold(organisation), str(entry["status"]))
            except (TypeError, KeyError, AttributeError) as error:
                raise FactError(f"{path}, {name}, fact {number}: person, role, organisation or status lacks") from error
            if row[3] not in STATUSES:
                raise FactError(f"{path}, {name}, fact {number}: status {row[3]!r} is none of {', '.join(STATUSES)}")
            found[name].add(row)
    return found


def rows(document: Document) -> set[Row]:
    """The facts that the code finds in a document's spans and relations."""
    return {
        (
            fold(fact.person.text) if fact.person else "",
            fold(fact.role),
            fold(fact.organisation.text) if fact.organisation else "",
            fact.status,
        )
        for fact in facts(document)
    }


def fact_table(gold: Mapping[str, set[Row]], found: Mapping[str, Sequence[Document]]) -> Table:
    """Precision, recall and F1 of facts, with and without their status.

    Args:
        found: documents by where their spans are from.

    Raises:
        FactError: a document has no gold facts.
    """
    table = []
    for source, documents in found.items():
        if missing := [document.id for document in documents if document.id not in gold]:
            raise FactError(f"no gold facts for {', '.join(missing)}")
        whole, bare = Counts(), Counts()
        for document in documents:
            wanted, got = gold[document.id], rows(document)
            whole += Counts.of(wanted, got)
            bare += Counts.of({row[:3] for row in wanted}, {row[:3] for row in got})
        for name, counts in (("person, role, organisation", bare), ("and status", whole)):
            figures = (counts.precision, counts.recall, counts.f1)
            table.append([f"{source}: {name}", *map(percent, figures), str(counts.support)])
    return Table("Facts, against those written down by hand", ["spans from", "P", "R", "F1", "gold"], table)
