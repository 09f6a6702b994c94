"""Words of dates: an expression cut into tokens, each of a kind that the grammar of dates knows."""

import re
from typing import NamedTuple

from vipol.numerals import DIGITS, ROMAN, TEN, TENS, TWENTY

NUMBERS, WORD_NUMBER, ROMAN_NUMBER = "numbers", "word", "roman"
"""Kinds of tokens: digits with the marks between them ("27/6", "2020 - 2025"); a word of a number; `n` in Roman."""
DAY, WEEK, MONTH, QUARTER, YEAR = "day", "week", "month", "quarter", "year"
DECADE, CENTURY = "decade", "century"
SEASON, WEEKDAY, HALF = "season", "weekday", "half"
"""Season and half of a year count from 1, days of the week from 0 for Monday."""
TODAY, AWAY = "today", "away"
"""`n` days from the day of the article; `n` units (`unit`) from the one that holds it."""
EDGE = "edge"
"""Beginning, middle or end; `n` is the month from which on that part of a year is thought to be."""
NEAR, THIS, SAME_YEAR = "near", "this", "same year"
"""The nearest before (-1) or after (1) the day of the article; this; the year of the date before."""
MANY = "many"
"""What makes a plural: no single day, month or year."""
AND, COMMA, TO, DASH, SLASH, DAWN = "and", "comma", "to", "dash", "slash", "dawn"
NOISE, UNKNOWN = "noise", "unknown"


class Token(NamedTuple):
    """A word or phrase of a date; what `n` and `unit` are, its kind says."""

    kind: str
    text: str
    n: int = 0
    unit: str = ""


# Parts of the day and the like, which an ISO date doesn't hold, and what may introduce a date.
_NOISE = (
    "vào|trong|của|dịp|kỳ|lúc|hồi|khoảng|buổi|sáng|trưa|chiều|tối|đêm|khuya|sớm|muộn|xế|tảng|mờ"
    "|nửa đêm|giữa trưa|giữa đêm|giữa buổi|đầu giờ|cuối giờ|đầu buổi|cuối buổi|cuối chiều"
    "|lễ|ngày lễ|nghỉ lễ|quốc khánh|quốc tế lao động|dương lịch|sau công nguyên"
    "|nhiệm kỳ|giai đoạn|thời kỳ|thời điểm|khóa|cả|hết|suốt|trọn|toàn|từ|cùng kỳ"
    "|(|)|[|]|.|:|\"|'|“|”"
)
_PARTS_OF_DAY = ("sáng", "trưa", "chiều", "tối", "đêm", "khuya", "sớm", "rạng sáng")
_WEEKDAYS = ("hai|2", "ba|3", "tư|4", "năm|5", "sáu|6", "bảy|bẩy|7")
_SEASONS = ("xuân", "hè|hạ", "thu", "đông")
_UNITS = {
    "week": "tuần",
    "month": "tháng",
    "quarter": "quý|quí",
    "year": "năm",
    "decade": "thập niên|thập kỷ|thập kỉ",
    "century": "thế kỷ|thế kỉ",
}
_LAST, _NEXT = "trước|qua|vừa qua|vừa rồi|rồi", "tới|sắp tới|tới đây"


def _phrases() -> dict[str, Token]:
    """Every word and phrase of dates, with its token."""
    table: dict[str, Token] = {}

    def add(kind: str, phrases: str, n: int = 0, unit: str = "") -> None:
        table.update((phrase, Token(kind, phrase, n, unit)) for phrase in phrases.split("|"))

    def joined(first: str, second: str) -> str:
        return "|".join(f"{one} {two}" for one in first.split("|") for two in second.split("|"))

    add(WORD_NUMBER, "|".join((*DIGITS, TEN, TWENTY, TENS[0])))
    for n, ends in ((0, "nay"), (-1, "qua"), (1, "mai")):
        add(TODAY, joined("|".join(_PARTS_OF_DAY), ends), n)
    for unit, names in _UNITS.items():
        for n, ends in ((0, "này"), (-1, _LAST), (1, f"{_NEXT}|sau")):
            add(AWAY, joined(names, ends), n, unit)
    del table["năm này"]  # the year of the story
    for n, phrases in ((0, "năm nay"), (-1, "năm ngoái"), (-2, "năm kia"), (1, "sang năm")):
        add(AWAY, phrases, n, "year")
    for n, phrases in (
        (0, "nay|hôm nay|ngày hôm nay|bữa nay"),
        (-1, "hôm qua|ngày hôm qua|bữa qua"),
        (-2, "hôm kia"),
        (-3, "hôm kìa"),
        (1, "mai|ngày mai"),
        (2, "ngày kia|ngày mốt"),
    ):
        add(TODAY, phrases, n)
    for n, names in enumerate(_WEEKDAYS):
        add(WEEKDAY, joined("thứ", names), n)
    add(WEEKDAY, "chủ nhật|chúa nhật|cn", 6)
    for n, names in enumerate(_SEASONS, 1):
        add(SEASON, f"{names}|{joined('mùa', names)}", n)
    for kind, phrases in (
        (NOISE, _NOISE),
        (DAY, "ngày|hôm|mùng|mồng"),
        (WEEK, "tuần"),
        (MONTH, "tháng"),
        (QUARTER, "quý|quí|q"),
        (YEAR, "năm|năm học|niên khóa|niên độ|năm tài chính|năm tài khóa|năm ngân sách"),
        (DECADE, _UNITS["decade"]),
        (CENTURY, f"{_UNITS['century']}|{joined(_UNITS['century'], 'thứ')}"),
        (MANY, "những|các|mấy"),
        (THIS, "này"),
        (SAME_YEAR, "cùng năm"),
        (AND, "và|&|+|với|hoặc|hay"),
        (COMMA, ",|;"),
        (TO, "đến|cho đến"),
        (DASH, "-"),
        (SLASH, "/"),
        (DAWN, "rạng|rạng sáng"),
    ):
        add(kind, phrases)
    add(NEAR, _LAST, -1)
    add(NEAR, _NEXT, 1)
    add(EDGE, "đầu|thượng tuần|đầu tiên", 1)
    add(EDGE, "giữa|trung tuần", 5)
    add(EDGE, "cuối|hạ tuần|cuối cùng", 9)
    add(HALF, "nửa đầu|nửa năm đầu", 1)
    add(HALF, "nửa cuối|nửa sau|nửa năm cuối|nửa năm sau", 2)
    return table


PHRASES = _phrases()
_LONGEST: dict[str, int] = {}
"""Words of the longest phrase that begins with a word."""
for _words in map(str.split, PHRASES):
    _LONGEST[_words[0]] = max(_LONGEST.get(_words[0], 0), len(_words))
_TOKEN = re.compile(
    # Clock times; days of the week with a digit, which is no part of the date behind it.
    r"[0-9]{1,2} ?(?:h ?[0-9]{0,2}|:[0-9]{2}|giờ(?: [0-9]{1,2}(?: phút)?)?)(?![^\W_]|[/.-][0-9])"
    r"|(?<![kK][ỷỉỶỈ] )[tT][hH][ứỨ] [2-7](?![0-9])"
    r"|[0-9]+(?: ?[/.-] ?[0-9]+)*|[^\W\d_]+|\S"
)
_FIGURES = frozenset("0123456789/.- ")


def tokens(text: str) -> list[Token]:
    """The tokens of a plain expression, the longest phrase first, without those that say nothing about a date."""
    words = _TOKEN.findall(text)
    lower = [word.lower() for word in words]
    found = []
    at = 0
    while at < len(words):
        token, length = _longest(lower, at)
        if token is None:
            word = lower[at]
            if word[0] in _FIGURES:
                token = Token(NUMBERS if _FIGURES.issuperset(word) else NOISE, word)
            else:
                token = Token(ROMAN_NUMBER if word in ROMAN else UNKNOWN, word, ROMAN.get(word, 0))
        elif length == 1 and token.kind == YEAR:
            token = token._replace(text=words[at])
        if token.kind != NOISE:
            found.append(token)
        at += length
    return found


def _longest(words: list[str], start: int) -> tuple[Token | None, int]:
    """The longest phrase that begins at a word, and its length; None and 1 if there is none."""
    for length in range(min(_LONGEST.get(words[start], 1), len(words) - start), 0, -1):
        token = PHRASES.get(" ".join(words[start : start + length]))
        if token is not None:
            return token, length
    return None, 1
