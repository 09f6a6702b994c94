"""Days and periods of a calendar: as words name them, with what they leave out, and with all their limits, as EDTF."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

Unit = Literal["number", "day", "week", "month", "year", "decade", "century"]
Anchor = Literal["day", "week", "month", "quarter", "year", "decade", "century"]

SEASON, QUARTER, HALF = 20, 32, 39
"""A season, quarter or half-year n is the month SEASON + n, QUARTER + n or HALF + n of EDTF, level 2."""
_LENGTHS = {HALF: 6, QUARTER: 3, SEASON: 3}
_LAST_YEAR = 9999


class ImpossibleError(ValueError):
    """A day or period that no calendar has."""


class VagueError(ValueError):
    """Words that name no one day or period."""


class YearlessError(ValueError):
    """Nothing tells the year, or the day that words count from."""


@dataclass(frozen=True, slots=True)
class Part:
    """A day or period as words name it; what they leave out is None.

    `month` may be a quarter, half-year or season where the unit is a month. `day` to `last` is a run of days, below
    zero counted from the end of the month; of a week they run from Monday, 0, to Sunday, 6. Of a month, `last` is the
    last of a run of months. `rough` is EDTF's `~`. `begins` is the month from which on "cuối năm" and the like are
    thought to be. A decade or a century is its first year, the decade with two digits where `anchor` tells the century.

    The year is `year`; or what lies `offset` units of `anchor` from the day of the article; or, with `near`, the last
    before (-1) or the first after (1) that day; or, with `same`, that of the date before in the article.
    """

    unit: Unit
    year: int | None = None
    month: int | None = None
    day: int | None = None
    last: int | None = None
    rough: bool = False
    begins: int = 1
    anchor: Anchor | None = None
    offset: int = 0
    near: int = 0
    same: bool = False

    @property
    def dated(self) -> bool:
        """Whether the words say anything about the year."""
        return self.year is not None or self.anchor is not None or self.near != 0 or self.same

    @property
    def start(self) -> tuple[int, int]:
        """Month and day on which the part begins in its year."""
        if self.unit == "day":
            return self.month or 1, self.day if self.day and self.day > 0 else 1
        return months_of(self.month)[0] if self.month else self.begins, 1

    @property
    def end(self) -> tuple[int, int]:
        """Month and day on which the part ends in its year; the day may be more than the month has."""
        if self.unit == "day":
            last = self.last or self.day or 31
            return self.month or 12, last if last > 0 else 31
        return self.last or (months_of(self.month)[1] if self.month else 12), 31

    def check(self) -> None:
        """Raises ImpossibleError if no calendar has the part, whatever the year that is missing."""
        if self.year is not None and not 0 <= self.year <= _LAST_YEAR:
            raise ImpossibleError
        if self.unit == "month" and self.month is not None and not 1 <= (self.last or months_of(self.month)[1]) <= 12:
            raise ImpossibleError
        if self.unit == "day" and self.day is not None:
            days = 31 if self.month is None else days_in(self.year, self.month)
            if not 0 < abs(self.day) <= days or not 0 < abs(self.last or self.day) <= days:
                raise ImpossibleError

    def complete(self) -> "Period":
        """The period, of a part that leaves nothing out but the week's.

        Raises:
            ImpossibleError: no calendar has it.
        """
        self.check()
        year = self.year or 0
        match self.unit:
            case "century":
                ends = [f"{year // 100:02}XX"]
            case "decade":
                ends = [f"{year // 10:03}X"]
            case "year":
                ends = [f"{year:04}"]
            case "month" if self.month is not None:
                ends = [f"{year:04}-{month:02}" for month in (self.month, self.last or self.month)]
            case "day" if self.month is not None and self.day is not None:
                days = days_in(year, self.month)
                run = (n if n > 0 else n + days + 1 for n in (self.day, self.last or self.day))
                ends = [f"{year:04}-{self.month:02}-{n:02}" for n in run]
            case _:
                raise VagueError
        mark = "~" if self.rough else ""
        return Period(ends[0] + mark, ends[-1] + mark, (year, *self.start))


@dataclass(frozen=True, slots=True)
class Period:
    """A period with its limits: its first and last day, month or year as EDTF, and the day on which it begins."""

    first: str
    last: str
    begins: tuple[int, int, int]


def days_in(year: int | None, month: int) -> int:
    """Days of a month; of February without a year 29.

    Raises:
        ImpossibleError: there is no such month, or no such year.
    """
    if not 1 <= month <= 12 or (year is not None and not 1 <= year <= _LAST_YEAR):
        raise ImpossibleError
    return monthrange(2000 if year is None else year, month)[1]


def settle(part: Part, published: date | None, context: int | None) -> tuple[Period, str]:
    """The period that a part is, and where its year came from: `words`, `published` or `context`.

    A year that words leave out is `context`; else that of the day of the article, or the one before where the part
    would otherwise begin more than six months after that day. What is counted from the day of the article ("năm nay",
    "tháng 6 vừa qua") is never taken from `context`.

    Raises:
        YearlessError: nothing tells the year.
        ImpossibleError: no calendar has it.
        VagueError: a day of the week in no week, or the like.
    """
    if part.same:
        if context is None:
            raise YearlessError
        return replace(part, year=context).complete(), "context"
    if part.anchor is None and part.year is not None:
        return part.complete(), "words"
    if part.anchor is None and part.unit == "week" and not part.near:
        raise VagueError
    if context is not None and part.anchor is None and not part.near:
        return replace(part, year=context).complete(), "context"
    if published is None:
        raise YearlessError
    try:
        return (_counted if part.anchor else _nearest)(part, published), "published"
    except OverflowError as error:
        raise ImpossibleError from error


def _counted(part: Part, published: date) -> Period:
    """The period that is counted from the day of the article."""
    offset = part.offset
    match part.anchor:
        case "day":
            return _days(published + timedelta(offset), 0, part.rough)
        case "week":
            monday = published + timedelta(7 * offset - published.weekday())
            first, last = part.day or 0, 6 if part.last is None else part.last
            return _days(monday + timedelta(first), last - first, part.rough)
        case "month":
            year, month = divmod(published.year * 12 + published.month - 1 + offset, 12)
            return replace(part, year=year, month=month + 1).complete()
        case "quarter":
            year, quarter = divmod(published.year * 4 + (published.month - 1) // 3 + offset, 4)
            return replace(part, year=year, month=QUARTER + 1 + quarter).complete()
        case "decade":
            return replace(part, year=(published.year // 10 + offset) * 10).complete()
        case "century":
            return replace(part, year=(published.year // 100 + offset) * 100 + (part.year or 0) % 100).complete()
    return replace(part, year=published.year + offset).complete()


def _nearest(part: Part, published: date) -> Period:
    """The period in the year that lies near the day of the article."""
    if part.unit == "week":
        days = ((part.day or 0) - published.weekday()) % 7
        return _days(published + timedelta(days or 7 if part.near > 0 else days - 7), 0, part.rough)
    today = published.month, published.day
    if part.near:
        return replace(
            part,
            year=published.year - (part.near < 0 and part.start > today) + (part.near > 0 and part.end < today),
        ).complete()
    # As a tuple, six months after 31 August are "31 February", which does: 28 February is before it, 1 March behind.
    late = published.year + (published.month > 6), (published.month + 5) % 12 + 1, published.day
    return replace(part, year=published.year - ((published.year, *part.start) > late)).complete()


def _days(first: date, more: int, rough: bool) -> Period:
    """A day and some more after it."""
    mark = "~" if rough else ""
    last = first + timedelta(more)
    return Period(first.isoformat() + mark, last.isoformat() + mark, (first.year, first.month, first.day))


def months_of(month: int) -> tuple[int, int]:
    """First and last month of a month, quarter, half-year or season."""
    for code, length in _LENGTHS.items():
        if month > code:
            return (month - code - 1) * length + 1, (month - code) * length
    return month, month
