"""The grammar of dates: which parts of a calendar the tokens of an expression name.

    expression  item ((and | comma | to) item)*
    item        [edge] core tail*
    core        a day, month, quarter, year …: a unit and its number, a number and its unit, or a word like "hôm qua"
    tail        what says the year: "năm 2024", "năm ngoái", "vừa qua", …

A list is items, a range is one item of two parts.
"""

from dataclasses import replace

from vipol import date_words as words
from vipol.date_numbers import read_numbers
from vipol.date_units import DATE_KINDS, NUMBER_KINDS, Units, at_edge, away, run_of_months
from vipol.date_words import Token
from vipol.periods import SEASON, Part, VagueError

Item = tuple[Part, ...]
"""One part, or the first and the last of a range."""

_MAX_TOKENS = 40
_AGO = "trước"


def read(tokens: list[Token]) -> list[Item]:
    """The items that tokens name.

    Raises:
        VagueError: they name none, or something else beside them.
        ImpossibleError: they name one that no calendar has.
    """
    # "sáng và chiều 27/6" has lost its parts of the day.
    while tokens and tokens[0].kind in (words.AND, words.COMMA, words.TO):
        tokens = tokens[1:]
    if not 0 < len(tokens) <= _MAX_TOKENS:
        raise VagueError
    return _Reader(tokens).items()


class _Reader(Units):
    """Reads whole expressions."""

    def items(self) -> list[Item]:
        items = [self._item()]
        while self._kind() != "end":
            kind = self._kind()
            if kind in (words.AND, words.COMMA):
                self._at += 1
                self._accept(words.AND)
                items.append(self._item())
                # "6 tháng đầu năm 2020 và 2021": what of 2021 is meant?
                if items[-1][0].unit == "year" != self._unit and items[-2][-1].unit in ("day", "month"):
                    raise VagueError
                continue
            if kind in (words.TO, words.DASH, words.DAWN) or (kind == words.NEAR and self._kind(1) in DATE_KINDS):
                self._at += 1
            elif kind not in (words.EDGE, words.HALF):
                raise VagueError
            # "cuối năm 2019 đầu năm 2020" and "đêm 27 rạng sáng 28/4" reach from the one to the other.
            first, last = items.pop(), self._item()
            if len(first) != 1 or len(last) != 1:
                raise VagueError
            items.append(first + last)
        return items

    def _item(self) -> Item:
        self._accept(words.DAWN)
        many = self._accept(words.MANY)
        edge = self._accept(words.EDGE, words.HALF)
        many = self._accept(words.MANY) or many
        parts = self._core(many is not None and many.text == "những", edge is not None, many is not None)
        parts[-1] = self._tail(parts[-1])
        if edge is None:
            return tuple(parts)
        if len(parts) > 1 and parts[0].unit != "day":
            raise VagueError
        return tuple(at_edge(part, edge) for part in parts)

    def _core(self, decades: bool = False, edged: bool = False, many: bool = False) -> list[Part]:
        """The part at hand, or the two of a range that has one unit word; years that words tell may yet follow."""
        kind = self._kind()
        # "năm tháng" are five months.
        five = kind == words.YEAR and self._kind(1) in (words.DAY, words.MONTH, words.QUARTER)
        if five or kind in NUMBER_KINDS:
            return self._number()
        token = self._next()
        match kind:
            case words.TODAY:
                return self._exact(weekday=True) or [Part("day", anchor="day", offset=token.n)]
            case words.WEEKDAY:
                self._accept(words.DASH)
                return self._exact() or [self._weekday(token.n)]
            case words.DAY:
                return self._day(many)
            case words.WEEK:
                if edged:
                    return [Part("week", anchor="week")]
                edge = self._accept(words.EDGE)
                if edge:
                    return self._edged(edge)
            case words.MONTH:
                return self._month(edged, many)
            case words.QUARTER:
                return self._quarter()
            case words.YEAR:
                return self._year(decades, edged, many)
            case words.DECADE:
                return self._decade()
            case words.CENTURY:
                return self._units("century")
            case words.SEASON:
                return [self._of_year(Part("month", month=SEASON + token.n))]
            case words.AWAY:
                return [away(token)]
            case words.SAME_YEAR:
                return [Part("year", same=True)]
        raise VagueError

    def _exact(self, weekday: bool = False) -> list[Part]:
        """The day in figures behind "hôm nay" or a day of the week, which says more than they do; none without one."""
        at = self._at
        self._accept(words.COMMA)
        if weekday and self._accept(words.WEEKDAY):
            self._accept(words.COMMA)
        if self._kind() in (words.NUMBERS, words.DAY):
            return self._core()
        self._at = at
        return []

    def _weekday(self, n: int) -> Part:
        part = Part("week", day=n, last=n)
        if self._kind() == words.AWAY and self._tokens[self._at].unit == "week":
            return replace(part, anchor="week", offset=self._next().n)
        if self._accept(words.THIS):
            return replace(part, anchor="week")
        return part

    def _day(self, many: bool) -> list[Part]:
        while self._accept(words.DAY):
            pass
        self._unit = "day"
        if self._kind() in (words.WEEKDAY, words.TODAY):
            return self._core()
        edge = self._accept(words.EDGE)
        if edge is None:
            return self._number(day=True)
        exact = edge.text in ("đầu tiên", "cuối cùng") and not many
        return self._edge_days(1, edge) if exact else self._edged(edge)

    def _number(self, day: bool = False) -> list[Part]:
        """A number with its unit behind it, if it has one; `day` says that the word for day stands before it."""
        token = self._tokens[self._at]
        if token.kind == words.NUMBERS and not token.text.isdecimal():
            self._at += 1
            if self._kind() != words.MONTH:
                return read_numbers(token.text, self._unit)
            return self._in_month(read_numbers(token.text, "day", in_month=True))
        n = self._count()
        match self._kind():
            case words.MONTH:
                return self._number_months(n, day)
            case words.AWAY if day or self._unit in ("", "day"):
                return [self._number_away(n, day)]
            case words.DAY | words.QUARTER | words.YEAR | words.DECADE if self._unit in ("", "year"):
                return self._number_units(n)
        if token.kind == words.NUMBERS:
            return read_numbers(token.text, self._unit)
        if token.kind == words.WORD_NUMBER or self._unit in ("quarter", "century"):
            return read_numbers(str(n), self._unit)
        raise VagueError

    def _number_months(self, n: int, day: bool) -> list[Part]:
        """A number before "tháng": of a day, or of months."""
        edge = self._tokens[self._at + 1]
        if edge.kind == words.EDGE:
            self._at += 2
            return [self._of_year(run_of_months(n, edge))]
        if not day and self._are_months():
            self._at += 1
            return [self._of_year(run_of_months(n, None))]
        return self._in_month([Part("day", day=n)])

    def _are_months(self) -> bool:
        """Whether "tháng" and what is behind it are "tháng năm 2024" or "tháng 2024", not a month."""
        behind = self._tokens[self._at + 1]
        if behind.kind == words.AWAY:
            return behind.unit == "year"
        if behind.kind == words.YEAR:
            year = self._tokens[self._at + 2]
            return behind.text != "Năm" and year.kind == words.NUMBERS and len(year.text) == 4
        if behind.kind == words.SLASH:
            behind = self._tokens[self._at + 2]
        return behind.kind == words.NUMBERS and behind.text.isdecimal() and len(behind.text) == 4

    def _in_month(self, days: list[Part]) -> list[Part]:
        self._at += 1
        months = self._month(edged=False, many=False)
        self._unit = "day"
        month = months[0]
        if len(months) > 1 or month.month is None or month.rough:
            raise VagueError
        return [replace(month, unit="day", day=day.day) for day in days]

    def _number_away(self, n: int, day: bool) -> Part:
        """A number before "tháng này" and the like: of a day in it, or "2 tháng trước"."""
        token = self._next()
        if token.unit == "month" and (day or token.n == 0):
            return Part("day", day=n, anchor="month", offset=token.n)
        if day or not token.text.endswith(f" {_AGO}"):
            raise VagueError
        return away(token._replace(n=-n))

    def _number_units(self, n: int) -> list[Part]:
        """A number before a unit: of what is listed ("2 ngày 5 và 6/9"), of the first or last ones, or of days ago."""
        unit = self._next()
        behind = self._tokens[self._at]
        if behind.kind in NUMBER_KINDS:
            self._at -= 1
            return self._core()
        if unit.kind == words.DAY and behind.kind == words.NEAR and behind.text == _AGO:
            self._at += 1
            return [Part("day", anchor="day", offset=-n)]
        edge = self._accept(words.EDGE)
        if edge and unit.kind == words.QUARTER:
            return [self._of_year(run_of_months(3 * n, edge))]
        if edge and unit.kind == words.DAY:
            return self._edge_days(n, edge)
        raise VagueError

    def _edge_days(self, n: int, edge: Token) -> list[Part]:
        """The first or the last days of the month or year that follows."""
        parts = self._core(edged=True)
        part = self._tail(parts[0])
        if len(parts) > 1 or edge.n == 5 or not 1 <= n <= 31:
            raise VagueError
        first = edge.n == 1
        if part.unit == "year":
            part = replace(part, unit="month", month=1 if first else 12)
        if part.unit != "month" or (part.month or 1) > 12 or part.last:
            raise VagueError
        return [replace(part, unit="day", day=1 if first else -n, last=n if first else -1)]
