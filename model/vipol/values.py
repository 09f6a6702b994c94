"""Values of a document's DATE and MONEY spans."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from vipol.dates import date_value, read
from vipol.document import Document, Entity
from vipol.expressions import Value
from vipol.headers import header_day
from vipol.money import money_value

__all__ = ["Value", "with_values"]


def with_values(document: Document, published: str | None = None) -> Document:
    """The document with `value` filled in for its DATE and MONEY spans.

    A value is an object of `value`, `source` and `reason`, without those that are empty (`vipol.expressions.Value`).
    The day of the article, which tells a year that a span leaves out and what "hôm qua" is, is the first of

    1. `published`,
    2. the document's own `published`,
    3. a date line among its first lines, and then `source` is `header`.

    Without one the year of a day or month is that of the nearest full date before it in the article, and `source` is
    `context`; where there is none either, there is no value, and `reason` says so. "cùng năm" always is the year of
    the nearest date before it.

    Args:
        document: with spans of any labels; those of other labels stay as they are.
        published: the day of the article in ISO 8601, with a time or without.

    Raises:
        ValueError: `published` is no ISO date. A document's own that is none is passed over.
    """
    if not any(entity.label in ("DATE", "MONEY") for entity in document.entities):
        return document
    day, source = _day(document, published)
    found = dict(_values(document, day, source))
    entities = (
        replace(entity, value=found[at].to_dict()) if at in found else entity
        for at, entity in enumerate(document.entities)
    )
    return replace(document, entities=tuple(entities))


def _day(document: Document, published: str | None) -> tuple[date | None, str]:
    """The day of the article, and the name of the source that it comes from."""
    if published is not None:
        day = _iso(published)
        if day is None:
            raise ValueError(f"published: {published!r} is no ISO date such as 2024-06-27")
        return day, "published"
    day = None if document.published is None else _iso(document.published)
    return (day, "published") if day else (header_day(document.text), "header")


def _iso(text: str) -> date | None:
    """The day of an ISO date, of a time on that day too; None for anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _values(document: Document, day: date | None, source: str) -> Iterator[tuple[int, Value]]:
    """Each value with the index of its entity, in the order of the text."""
    full_date: int | None = None
    latest: int | None = None
    for at, entity in sorted(enumerate(document.entities), key=_place):
        expression = document.surface(entity)
        if entity.label == "MONEY":
            yield at, money_value(expression)
        elif entity.label == "DATE":
            context = latest if read(expression).same_year else full_date if day is None else None
            value = date_value(expression, day, context)
            last = value.value.rstrip("}").replace(",", "/").rpartition("/")[2]
            if last[:4].isdecimal():
                latest = int(last[:4])
                if value.source == "words" and len(last) == len("2024-06-27"):
                    full_date = latest
            yield at, Value(value.value, source, value.reason) if value.source == "published" != source else value


def _place(numbered: tuple[int, Entity]) -> int:
    return numbered[1].start
