"""Numbers of dates: what digits with marks between them say, such as `27/6`, `5-9-2022`, `27-28/4` or `2020 - 2025`."""

import re
from dataclasses import replace
from itertools import pairwise

from vipol.periods import QUARTER, ImpossibleError, Part, Unit, VagueError

_PIECE = re.compile(r"([0-9]+)(?:( ?)([/.-])( ?))?")
_MAX_PIECES = 6
_Pieces = list[str]


def year_of(digits: str) -> int:
    """The year that digits write: two are 20xx up to 30, and 19xx from 31 on.

    Raises:
        VagueError: one digit is no year.
        ImpossibleError: more than four digits.
    """
    if len(digits) == 2:
        return int(digits) + (2000 if int(digits) <= 30 else 1900)
    if len(digits) > 4 or not int(digits):
        raise ImpossibleError
    if len(digits) < 2:
        raise VagueError
    return int(digits)


def read_numbers(text: str, unit: str = "", in_month: bool = False) -> list[Part]:
    """The part that numbers name, or the first and the last part of a range.

    Args:
        text: digits with `/`, `.` or `-` between them, with or without blanks around.
        unit: what the word before the numbers counts, "" where there is none.
        in_month: a month follows, so that the numbers are days.

    Raises:
        VagueError: they name no date.
        ImpossibleError: they name one that no calendar has.
    """
    pieces = _PIECE.findall(text)
    if len(pieces) > _MAX_PIECES:
        raise VagueError
    numbers = [piece[0] for piece in pieces]
    if max(map(len, numbers)) > 4:
        raise ImpossibleError if len(numbers) == 3 else VagueError
    sides = _sides(numbers, [(mark, bool(before or behind)) for _, before, mark, behind in pieces[:-1]], unit, in_month)
    if len(sides) > 2:
        raise VagueError
    if len(sides) == 1 and len(sides[0]) == 2 and _is_years(sides[0], unit):
        sides = [[number] for number in sides[0]]
    if len(sides) == 2 and all(len(side) == 1 for side in sides) and len(sides[0][0]) == 4 and unit != "century":
        return _years(sides[0][0], sides[1][0], unit)
    parts = [_side(side, "day" if in_month else unit) for side in sides]
    for part in parts:
        part.check()
    return parts


def _sides(numbers: _Pieces, marks: list[tuple[str, bool]], unit: str, in_month: bool) -> list[_Pieces]:
    """The numbers of each end of a range, or of the one date."""
    if len(numbers) == 1:
        return [numbers]
    if in_month:
        return _cut(numbers, list(range(len(marks))))
    if any(mark != "-" for mark, _ in marks):
        return _joined(_cut(numbers, [n for n, (mark, _) in enumerate(marks) if mark == "-"]), unit)
    blanks = [n for n, (_, blank) in enumerate(marks) if blank]
    if len(blanks) == 1 < len(marks):
        return _joined(_cut(numbers, blanks), unit)
    return _dashed(numbers, unit)


def _cut(numbers: _Pieces, places: list[int]) -> list[_Pieces]:
    """The numbers cut behind each of some places."""
    edges = [0, *(place + 1 for place in places), len(numbers)]
    return [numbers[first:last] for first, last in pairwise(edges)]


def _joined(sides: list[_Pieces], unit: str) -> list[_Pieces]:
    """Sides that a dash parts, unless it stands between a day and its month (`2-9/2024`) or before a year.

    Raises:
        VagueError: nothing says whether the dash parts two months or a day from its month.
    """
    lengths = [len(side) for side in sides]
    if unit not in ("", "day"):
        return sides
    if lengths == [2, 1] and len(sides[1][0]) == 4 and len(sides[0][1]) <= 2:
        return [sides[0] + sides[1]]
    if lengths == [1, 2] and len(sides[0][0]) <= 2 and len(sides[1][1]) == 4:
        if not unit:
            raise VagueError
        return [sides[0] + sides[1]]
    return sides


def _dashed(numbers: _Pieces, unit: str) -> list[_Pieces]:
    """Sides of numbers that have only dashes between them: some part the two ends, some a day from its month."""
    long = [len(number) > 2 for number in numbers]
    match len(numbers):
        case 2:
            if unit in ("month", "quarter"):
                return [numbers] if long[1] else _cut(numbers, [0])
            if unit in ("year", "decade", "century") or long[0] or (int(numbers[1]) > 12 and not long[1]):
                return [numbers] if _is_iso_month(numbers) else _cut(numbers, [0])
            return [numbers]
        case 3:
            # `5-6-2024` are two months behind "tháng"; `27-28-4` are two days, since there is no month 28.
            days = not long[0] and not long[2] and int(numbers[1]) > 12 >= int(numbers[2])
            return _cut(numbers, [0]) if unit in ("month", "quarter") or days else [numbers]
        case 4:
            return _cut(numbers, [0] if long[3] and not long[1] else [1])
        case 5:
            return _cut(numbers, [2] if long[2] else [1])
    return _cut(numbers, [2])


def _is_iso_month(numbers: _Pieces) -> bool:
    """Whether two numbers are a year and a month (`2020-05`), not two years (`2020-25`)."""
    first, second = numbers
    return len(first) == 4 and len(second) == 2 and 1 <= int(second) <= 12 and int(second) <= int(first[2:])


def _is_years(side: _Pieces, unit: str) -> bool:
    """Whether numbers with a slash are two years, as of a school year."""
    first, second = side
    short = len(second) == 2 and (unit == "year" or not _is_iso_month(side))
    return len(first) == 4 and (len(second) == 4 or short)


def _years(first: str, last: str, unit: str) -> list[Part]:
    """A range of years; the last may be written with two digits."""
    if unit not in ("", "year", "decade") or len(last) not in (2, 4):
        raise VagueError
    start = int(first)
    end = int(last) if len(last) == 4 else start // 100 * 100 + int(last)
    kind: Unit = "decade" if unit == "decade" else "year"
    if end < start and len(last) == 2:
        end += 100
    return [Part(kind, year=start), Part(kind, year=end)]


def _side(side: _Pieces, unit: str) -> Part:
    """A date from its one, two or three numbers."""
    if len(side) == 1:
        return _single(side[0], unit)
    if len(side) == 2:
        return _pair(side, unit)
    if len(side) != 3:
        raise VagueError
    if len(side[0]) > 2:
        side = side[::-1]
    if len(side[0]) > 2 or len(side[1]) > 2:
        raise ImpossibleError
    return Part("day", day=int(side[0]), month=int(side[1]), year=year_of(side[2]))


def _single(digits: str, unit: str) -> Part:
    n = int(digits)
    match unit:
        case "":
            return Part("year", year=n) if len(digits) == 4 else Part("number", day=n)
        case "year":
            return Part("year", year=year_of(digits))
        case "day" if len(digits) <= 2:
            return Part("day", day=n)
        case "month" if len(digits) <= 2:
            return Part("month", month=_up_to(n, 12))
        case "quarter" if len(digits) <= 2:
            return Part("month", month=QUARTER + _up_to(n, 4))
        case "decade" if n % 10 == 0 and len(digits) in (2, 4):
            return Part("decade", year=n if len(digits) == 4 else n + (1900 if n > 20 else 2000))
        case "century" if len(digits) <= 2:
            return Part("century", year=(_up_to(n, 99) - 1) * 100)
    raise VagueError


def _pair(side: _Pieces, unit: str) -> Part:
    first, second = side
    if unit in ("month", "quarter"):
        # "tháng 5/24" has a year, "tháng 5/6" might be anything.
        if len(second) == 4 or (len(second) == 2 and int(second) > 12):
            return replace(_single(first, unit), year=year_of(second))
        raise VagueError
    if len(first) == 4 and len(second) <= 2:
        first, second = second, first
    if len(second) == 4:
        return Part("month", month=_up_to(int(first), 12), year=int(second))
    if len(first) > 2 or len(second) > 2 or unit not in ("", "day"):
        raise VagueError
    return Part("day", day=int(first), month=int(second))


def _up_to(n: int, most: int) -> int:
    """The number itself.

    Raises:
        ImpossibleError: it doesn't count from 1 to `most`.
    """
    if not 1 <= n <= most:
        raise ImpossibleError
    return n
