"""A table that can be text, JSON or part of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """Every row has a cell for each of the header's.

    `svg` is a plot that belongs to it, as an `<svg>` element. It goes into a page as it is: draw it from figures, never
    from what a document says.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    svg: str | None = None

    def text(self) -> str:
        """The title, and below it the columns, names to the left and numbers to the right."""
        return f"{self.title}\n{aligned([self.header, *self.rows])}"

    def to_dict(self) -> dict[str, Any]:
        return {"title": self.title, "header": list(self.header), "rows": [list(row) for row in self.rows]}


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need to be: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
