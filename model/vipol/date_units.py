"""Units of dates: what tokens say behind "tháng", "quý", "năm", "thập niên" and "thế kỷ", and what tells a year."""

from abc import ABC, abstractmethod
from dataclasses import replace

from vipol import date_words as words
from vipol.date_numbers import read_numbers, year_of
from vipol.date_words import Token
from vipol.numerals import count
from vipol.periods import HALF, QUARTER, ImpossibleError, Part, VagueError

NUMBER_KINDS = (words.NUMBERS, words.WORD_NUMBER, words.ROMAN_NUMBER)
DATE_KINDS = (*NUMBER_KINDS, words.DAY, words.MONTH, words.QUARTER, words.YEAR, words.WEEKDAY, words.EDGE)
"""Kinds of tokens that can begin a part."""

_END = Token("end", "")
_MAY = 5


class Units(ABC):
    """Reads tokens from left to right; `unit` is what numbers without a unit word count, after the last one."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, _END, _END, _END]
        self._at = 0
        self._unit = ""

    def _kind(self, ahead: int = 0) -> str:
        return self._tokens[self._at + ahead].kind

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, *kinds: str) -> Token | None:
        return self._next() if self._kind() in kinds else None

    @abstractmethod
    def _core(self, decades: bool = False, edged: bool = False, many: bool = False) -> list[Part]:
        """The part at hand, or the two of a range that has one unit word.

        Args:
            decades: "những" stands before it, so that the years 1960 are a decade.
            edged: "đầu", "cuối" or the like stands before it, so that it may be a unit without a number.
            many: a plural stands before it.
        """

    def _count(self) -> int:
        """The number at hand, in digits, words or Roman."""
        token = self._tokens[self._at]
        if token.kind == words.WORD_NUMBER:
            n, behind = count([token.text for token in self._tokens], self._at)
            if behind == self._at:
                raise VagueError
            self._at = behind
            return n
        self._at += 1
        if token.kind == words.NUMBERS and token.text.isdecimal():
            return int(token.text[:5])
        if token.kind == words.YEAR:
            return 5
        if token.kind == words.ROMAN_NUMBER:
            return token.n
        raise VagueError

    def _edged(self, edge: Token) -> list[Part]:
        """The beginning, middle or end of what follows: "những ngày đầu", "tuần cuối"."""
        return [at_edge(part, edge) for part in self._core(edged=True)]

    def _month(self, edged: bool, many: bool) -> list[Part]:
        """What follows "tháng"."""
        self._unit = "month"
        token = self._tokens[self._at]
        match token.kind:
            case words.NUMBERS:
                self._at += 1
                return read_numbers(token.text, "month")
            case words.WORD_NUMBER:
                return read_numbers(str(self._count()), "month")
            case words.YEAR:
                self._at += 1
                return [Part("month", month=_MAY)]
            case words.AWAY if token.unit == "year" and token.text.startswith("năm ") and token.n:
                # "tháng năm tới" is next May, and so is "tháng năm vừa qua" the last.
                self._at += 1
                return [Part("month", month=_MAY, near=token.n)]
            case words.EDGE:
                self._at += 1
                if many:
                    return self._edged(token)
                return [self._of_year(run_of_months(1, token))]
        if edged:
            return [Part("month", anchor="month")]
        raise VagueError

    def _quarter(self) -> list[Part]:
        edge = self._accept(words.EDGE)
        if edge is None:
            return self._units("quarter")
        if edge.n == 5:
            raise VagueError
        return [self._of_year(Part("month", month=QUARTER + (1 if edge.n == 1 else 4)))]

    def _year(self, decades: bool, edged: bool, many: bool) -> list[Part]:
        """What follows "năm"; `decades` says that "những" stands before it."""
        token = self._tokens[self._at]
        if token.kind == words.NUMBERS:
            self._at += 1
            numbers = token.text.replace(" ", "").split("-")
            round_numbers = all(number.isdecimal() and int(number[-1]) == 0 for number in numbers)
            decade = decades and round_numbers and (len(numbers) == 1 or len(numbers[0]) == 2)
            self._unit = "decade" if decade else "year"
            return read_numbers(token.text, self._unit)
        if token.kind == words.EDGE and many:
            self._at += 1
            return self._edged(token)
        if edged:
            return [Part("year")]
        raise VagueError

    def _decade(self) -> list[Part]:
        edge = self._accept(words.EDGE)
        if edge is None:
            return self._units("decade")
        if edge.n == 5 or not self._accept(words.CENTURY):
            raise VagueError
        return [Part("decade", year=self._century() + (0 if edge.n == 1 else 90))]

    def _century(self) -> int:
        """The first year of the one century that follows."""
        centuries = self._units("century")
        if len(centuries) > 1 or centuries[0].year is None:
            raise VagueError
        return centuries[0].year

    def _units(self, unit: str) -> list[Part]:
        """What follows a unit that is counted, the number of a quarter, decade or century."""
        self._unit = unit
        token = self._tokens[self._at]
        if token.kind == words.NUMBERS:
            self._at += 1
            return read_numbers(token.text, unit)
        if token.kind == words.WORD_NUMBER or (token.kind == words.ROMAN_NUMBER and unit != "decade"):
            return read_numbers(str(self._count()), unit)
        raise VagueError

    def _of_year(self, part: Part) -> Part:
        """The part, behind "năm" or without it, with the year in figures if there is one."""
        self._accept(words.YEAR)
        token = self._tokens[self._at]
        if _is_year(token, short=len(token.text) == 2):
            self._at += 1
            return replace(part, year=year_of(token.text))
        return part

    def _tail(self, part: Part) -> Part:
        """The part with what the words behind it say about its year."""
        while True:
            at = self._at
            dated, dayless = part.dated, part.unit == "day" and part.month is None
            token = self._next()
            match token.kind:
                case words.NEAR if self._kind() in DATE_KINDS and token.text == "tới":
                    break
                case words.NEAR:
                    part = part if dated else replace(part, near=token.n)
                    continue
                case words.THIS:
                    continue
                case words.SAME_YEAR if not dated:
                    part = replace(part, same=True)
                    continue
                case words.AWAY if part.unit == "decade" and token.unit == "century":
                    part = replace(part, year=(part.year or 0) % 100, anchor="century", offset=token.n)
                    continue
                case words.AWAY if token.unit == "year" and not dated and not dayless:
                    # "6 tháng đầu năm vừa qua" are those of this year, if they are over.
                    near = token.text.startswith("năm vừa ")
                    part = replace(part, near=-1) if near else replace(part, anchor="year", offset=token.n)
                    continue
                case words.CENTURY if part.unit == "decade":
                    part = replace(part, year=self._century() + (part.year or 0) % 100)
                    continue
                case words.WEEKDAY if part.unit == "day" and self._kind() == "end":
                    continue
                case words.COMMA if part.unit == "day" and self._kind() == words.WEEKDAY and self._kind(1) == "end":
                    continue
                case words.COMMA if not dated and not dayless and self._kind() == words.YEAR and self._kind(2) == "end":
                    continue
                case words.YEAR | words.SLASH | words.DASH | words.COMMA | words.NUMBERS if not dated and not dayless:
                    figures = token if token.kind == words.NUMBERS else self._next()
                    alone = token.kind != words.COMMA or self._kind() == "end"
                    if alone and _is_year(figures, short=token.kind == words.YEAR) and part.unit != "number":
                        part = replace(part, year=year_of(figures.text))
                        continue
            break
        self._at = at
        part.check()
        return part


def _is_year(token: Token, short: bool) -> bool:
    """Whether a token is a year; `short` lets it have two digits."""
    return token.kind == words.NUMBERS and token.text.isdecimal() and (len(token.text) == 4 or short)


def away(token: Token) -> Part:
    """The part that lies some units from the one that the day of the article is in."""
    match token.unit:
        case "week":
            return Part("week", anchor="week", offset=token.n)
        case "month":
            return Part("month", anchor="month", offset=token.n)
        case "quarter":
            return Part("month", anchor="quarter", offset=token.n)
        case "decade":
            return Part("decade", anchor="decade", offset=token.n)
        case "century":
            return Part("century", anchor="century", offset=token.n)
    return Part("year", anchor="year", offset=token.n)


def run_of_months(n: int, edge: Token | None) -> Part:
    """The first months of a year, or its last, or (rough) some in its middle."""
    if not 1 <= n <= 12:
        raise ImpossibleError
    if edge is None or edge.n == 1:
        return Part("month", month=1, last=n)
    if edge.n == 5:
        return Part("year", rough=True, begins=edge.n)
    return Part("month", month=13 - n, last=12)


def at_edge(part: Part, edge: Token) -> Part:
    """The beginning, middle or end of a part, or a half of it."""
    if edge.kind == words.HALF and part.unit == "year":
        return replace(part, unit="month", month=HALF + edge.n)
    if edge.kind == words.HALF and part.unit == "month" and (part.month or 1) <= 12:
        return replace(part, unit="day", day=1 if edge.n == 1 else 16, last=15 if edge.n == 1 else -1)
    if part.unit == "day":
        return part
    if part.unit == "week" and edge.kind == words.EDGE and edge.n == 9:
        return replace(part, day=5, last=6)
    return replace(part, rough=True, begins=edge.n if part.unit == "year" and edge.kind == words.EDGE else 1)
