"""The day of an article, as a line of its own page says it: `Ngày đăng 23/06/2022 | 15:04 | Lượt xem: 184`."""

import re
from datetime import date
from itertools import islice

from vipol.dates import date_value
from vipol.expressions import plain
from vipol.text import lines

_FIRST_LINES = 10
_MAX_LINE = 120
"""Characters; a longer line is a sentence."""
_MAX_BESIDE = 60
"""Characters of what may stand on the line beside the date, behind a mark that parts the two."""

_DAY = re.compile(
    r"(?<![\w/.-])(?:[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{4}"
    r"|[0-9]{1,2} tháng [0-9]{1,2}(?: năm|,)? [0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})(?![\w/.-]*[0-9])"
)
_CLOCK = (
    r"(?:lúc |hồi )?(?<![0-9])[0-9]{1,2}"
    r"(?::[0-9]{2}(?::[0-9]{2})?|h[0-9]{2}|h| giờ(?: [0-9]{1,2}(?: phút)?)?)(?!\w)"
)
_POSTED = (
    r"(?:ngày|thời gian) (?:đăng|cập nhật|xuất bản)(?: tin)?|đăng (?:ngày|lúc|tải)|xuất bản"
    r"|cập nhật(?: lần cuối)?(?: lúc| ngày)?"
)
_WEEKDAY = r"thứ (?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|(?:chủ|chúa) nhật"
_SHORT_DAY = re.compile(r"(?<![0-9])[0-9]{1,2}[/.-][0-9]{1,2}(?![0-9])")
_HOUR = re.compile(_CLOCK)
_LABEL = re.compile(rf"(?<!\w)(?:{_POSTED})(?!\w)")
_SIGN = re.compile(rf"(?<!\w)(?:{_CLOCK}|(?:{_POSTED}|{_WEEKDAY})(?!\w))")
_TRIFLES = re.compile(
    r"(?<!\w)(?:\(?(?:gmt|utc) ?\+ ?[0-9]{1,2}(?::?00)?\)?|am|pm|sa|ch|sáng|trưa|chiều|tối|ngày|lúc)(?!\w)"
)
_POINTS, _MARKS = " ,.:;()[]", "|-•·"


def header_day(text: str) -> date | None:
    """The day that a date line among the first lines of an article says; None if there is none, or several disagree.

    A date line holds a full date and, beside it, a clock time, a day of the week or "Ngày đăng", and no sentence: the
    place and day at the beginning of a report ("(TTXVN) - Ngày 5-1-2012, đoàn ...") are none. "Ngày đăng" goes first.
    """
    days = set()
    for start, end in islice(lines(text), _FIRST_LINES):
        if end - start > _MAX_LINE:
            continue
        line = plain(text[start:end]).lower()
        day = _line_day(line)
        if day is not None:
            if _LABEL.search(line):
                return day
            days.add(day)
    return days.pop() if len(days) == 1 else None


def _line_day(line: str) -> date | None:
    """The day of a line that is a date line."""
    day = _DAY.search(line)
    if day is None:
        return None
    before, behind = line[: day.start()], line[day.end() :]
    beside = f"{before}|{behind}"
    # A line with two days, or from one hour to another, announces something.
    announced = _SHORT_DAY.search(beside) or len(_HOUR.findall(beside)) > 1
    if not _SIGN.search(beside) or (announced and not _LABEL.search(before)):
        return None
    # What else stands there is the name of a page or a count of its readers, and a mark parts it from the date.
    if not _beside(_trimmed(before)[::-1]) or not _beside(_trimmed(behind)):
        return None
    value = date_value(day[0]).value
    return date.fromisoformat(value) if len(value) == len("2022-06-23") else None


def _trimmed(side: str) -> str:
    """What stands beside a date, without what may belong to it."""
    return _TRIFLES.sub(" ", _SIGN.sub(" ", side)).strip(_POINTS)


def _beside(words: str) -> bool:
    """Whether words begin with a mark that parts them from the date, and are few; or are no words at all."""
    return not words.strip(_POINTS + _MARKS) or (len(words) <= _MAX_BESIDE and words[0] in _MARKS)
