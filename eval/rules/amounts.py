"""Dates and amounts of money in a line."""

from eval.rules.dates import STARTS as DATE_STARTS
from eval.rules.dates import date
from eval.rules.line import Line
from eval.rules.money import STARTS as MONEY_STARTS
from eval.rules.money import money

Found = tuple[int, int, str]
"""First word, word after the last, and label of a span."""


def amounts(line: Line) -> list[Found]:
    """The DATE and MONEY spans of a line, in order, none overlapping another."""
    found: list[Found] = []
    n = 0
    while n < len(line):
        word = line.low[n]
        number = word[0].isdecimal()
        whole = number and not _continues(line, n)
        last, gap = (found[-1][2], n - found[-1][1]) if found else ("", 0)
        end = 0
        # A slash between two amounts leaves two: "12 tỷ đồng/19 tỷ đồng".
        if whole or word in MONEY_STARTS or (number and last == "MONEY" and gap == 1):
            end = money(line, n)
        if end:
            found.append((n, end, "MONEY"))
        elif (whole or word in DATE_STARTS) and (end := date(line, n, last == "DATE" and gap <= 2)):
            found.append((n, end, "DATE"))
        n = max(end, n + 1)
    return found


def _continues(line: Line, n: int) -> bool:
    """Whether the number at word `n` is the rest of a longer one, or of a word such as `G20` or `A/2020`."""
    if n == 0 or not line.glued[n]:
        return False
    before = line.low[n - 1]
    if before in (".", ",", "/", "-", "_"):
        return n > 1 and line.glued[n - 1] and line.low[n - 2][-1].isalnum() and line.low[n - 2] not in DATE_STARTS
    return before[-1].isalnum() and before not in DATE_STARTS and len(before) < 3
