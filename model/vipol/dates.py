"""Dates: the day or period that an expression names, as EDTF."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from vipol import date_grammar
from vipol.date_grammar import Item
from vipol.date_words import tokens
from vipol.expressions import MAX_LENGTH, NO_VALUE, Value, plain
from vipol.periods import ImpossibleError, Part, Period, VagueError, YearlessError, months_of, settle

IMPOSSIBLE, YEARLESS, LUNAR = "impossible date", "no year", "lunar calendar"
"""Reasons for no value, beside `expressions.NO_VALUE`."""

_STEMS = "giáp|ất|bính|đinh|mậu|kỷ|kỉ|canh|tân|nhâm|quý|quí"
_BRANCHES = "tý|tí|sửu|dần|mão|thìn|tỵ|tị|ngọ|mùi|thân|dậu|tuất|hợi"
_LUNAR_YEAR = re.compile(rf"(?<!\w)(?:{_STEMS}) (?:{_BRANCHES})(?!\w)")
_LUNAR = re.compile(
    r"(?<!\w)(?:âm lịch|âl|tết(?! (?:dương lịch|tây|độc lập|thiếu nhi|trồng cây))"
    r"|nguyên đán|giêng|chạp|rằm|giao thừa|trung thu|vu lan|phật đản|đoan ngọ)(?!\w)"
)
_NEAR_MONTHS = 6
"""Days of a list lie no farther apart, where only one of them has a year."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an expression says before anything is known about its article: items, or the reason why there are none."""

    items: tuple[Item, ...] = ()
    reason: str = ""

    @property
    def same_year(self) -> bool:
        """Whether it says "cùng năm": the year of the date before."""
        return any(part.same for item in self.items for part in item)


def date_value(expression: str, published: date | None = None, context: int | None = None) -> Value:
    """The value of a DATE span.

    Args:
        expression: the span as it stands in the text.
        published: the day of the article, from which "hôm qua" counts and which gives a missing year.
        context: a year that goes before that of the day of the article, where words leave the year out.
    """
    reading = read(expression)
    if reading.reason:
        return Value.none(reading.reason)
    try:
        periods, sources = _settled(list(reading.items), published, context)
    except (ImpossibleError, OverflowError):
        return Value.none(IMPOSSIBLE)
    except YearlessError:
        return Value.none(YEARLESS)
    except VagueError:
        return Value.none(NO_VALUE)
    source = next((name for name in ("published", "context") if name in sources), "words")
    return Value(_edtf(periods), source)


@lru_cache(maxsize=4096)
def read(expression: str) -> Reading:
    """Reads an expression; what it leaves out is left out."""
    if len(expression) > MAX_LENGTH:
        return Reading(reason=NO_VALUE)
    text = plain(expression)
    lower = text.lower()
    if _LUNAR.search(lower):
        return Reading(reason=LUNAR)
    # "năm Giáp Thìn 2024" has a year of both calendars.
    solar = _LUNAR_YEAR.sub("", lower)
    try:
        items = date_grammar.read(tokens(text if solar == lower else solar))
        return Reading(tuple(_whole(items)))
    except ImpossibleError:
        return Reading(reason=IMPOSSIBLE)
    except VagueError:
        return Reading(reason=NO_VALUE if solar == lower else LUNAR)


def _whole(items: list[Item]) -> list[Item]:
    """The items, with a month, a week or a unit for those that leave it to their neighbours ("31/5 và 1, 2/6").

    Raises:
        VagueError: no neighbour has it.
        ImpossibleError: no calendar has the day that comes of it.
    """
    parts = [part for item in items for part in item]
    for at in range(len(parts) - 2, -1, -1):
        parts[at] = _filled(parts[at], parts[at + 1], before=True)
    for at in range(1, len(parts)):
        parts[at] = _filled(parts[at], parts[at - 1], before=False)
    for part in parts:
        part.check()
        if _bare(part):
            raise VagueError
    rest = iter(parts)
    return [tuple(_range([next(rest) for _ in item])) for item in items]


def _bare(part: Part) -> bool:
    """Whether a part is a day without a month, or a number that might count anything."""
    return part.unit == "number" or (part.unit == "day" and part.month is None and part.anchor is None)


def _filled(part: Part, neighbour: Part, before: bool) -> Part:
    """The part with what it leaves to a neighbour, behind it or `before` it; or the part itself."""
    if part.unit == neighbour.unit == "week" and not part.dated:
        return replace(part, anchor=neighbour.anchor, offset=neighbour.offset, near=neighbour.near)
    if not _bare(part) or part.day is None:
        return part
    if neighbour.unit == "month" and part.unit == "number" and (neighbour.month or 13) <= 12 and not neighbour.last:
        if not 1 <= part.day <= 12:
            raise ImpossibleError
        return replace(neighbour, month=part.day, rough=False)
    if neighbour.unit != "day" or neighbour.day is None or _bare(neighbour):
        return part
    same_month = part.day > neighbour.day if not before else part.day <= neighbour.day
    if same_month or neighbour.month is None:
        return replace(neighbour, day=part.day, last=None)
    if not before:
        return part
    # "28 - 3/1/2025" begins in December, of a year that is yet to be found.
    return Part("day", day=part.day, month=(neighbour.month - 2) % 12 + 1)


def _range(parts: list[Part]) -> list[Part]:
    """The two ends of a range in one unit: EDTF has no intervals of quarters, and "now" is as long as the beginning."""
    if len(parts) == 1:
        return parts
    first, last = parts
    if last == Part("day", anchor="day"):
        if first.unit == "year" and first.rough and first.begins == 1:
            first, last = replace(first, unit="month", month=1, rough=False), Part("month", anchor="month")
        elif first.unit == "month":
            last = Part("month", anchor="month")
        elif first.unit == "year":
            last = Part("year", anchor="year")
    if first.unit == "month" and first.month:
        first = replace(first, month=months_of(first.month)[0])
    if last.unit == "month" and last.month:
        last = replace(last, month=months_of(last.month)[1])
    return [first, last]


def _settled(items: Sequence[Item], published: date | None, context: int | None) -> tuple[list[list[Period]], set[str]]:
    """The periods of each item, and where their years came from; a year that is left out is a neighbour's.

    Raises:
        YearlessError: nothing tells a year.
        ImpossibleError: no calendar has one of the periods, or a range ends before it begins.
    """
    parts = [part for item in items for part in item]
    # Whether each part is the first of a range.
    firsts = [at == 0 and len(item) == 2 for item in items for at, _ in enumerate(item)]
    sources = set()
    periods: list[Period | None] = [None] * len(parts)
    for at, part in enumerate(parts):
        if part.dated or part.unit == "week" or (at == 0 and not any(part.dated for part in parts)):
            periods[at], source = settle(part, published, context)
            sources.add(source)
    for at in range(len(parts) - 2, -1, -1):
        periods[at] = periods[at] or _before(parts[at], periods[at + 1], firsts[at])
    for at in range(1, len(parts)):
        periods[at] = periods[at] or _after(parts[at], periods[at - 1], firsts[at - 1])
    rest = iter([period for period in periods if period is not None])
    result = [[next(rest) for _ in item] for item in items]
    if any(item[0].begins > item[-1].begins for item in result):
        raise ImpossibleError
    return result, sources


def _before(part: Part, period: Period | None, in_range: bool) -> Period | None:
    """The part in the year of the period behind it, or where that fits better in the year before."""
    if period is None:
        return None
    year = period.begins[0]
    start = year, *part.start
    late = start > period.begins if in_range else _months_after(start, period.begins) > _NEAR_MONTHS
    return replace(part, year=year - late).complete()


def _after(part: Part, period: Period | None, in_range: bool) -> Period | None:
    """The part in the year of the period before it, or where that fits better in the year after."""
    if period is None:
        return None
    year = period.begins[0]
    start = year, *part.start
    early = start < period.begins if in_range else _months_after(period.begins, start) > _NEAR_MONTHS
    return replace(part, year=year + early).complete()


def _months_after(later: tuple[int, int, int], earlier: tuple[int, int, int]) -> int:
    return (later[0] - earlier[0]) * 12 + later[1] - earlier[1]


def _edtf(items: list[list[Period]]) -> str:
    """A period, an interval, or a set."""
    ends = list(dict.fromkeys((item[0].first, item[-1].last) for item in items))
    if len(ends) > 1:
        return "{" + ",".join(first if first == last else f"{first}..{last}" for first, last in ends) + "}"
    first, last = ends[0]
    return first if first == last else f"{first}/{last}"
