"""Days and periods with calendar limits: regular expressions over the text of a line."""

import re

from eval.rules.line import DASH as _DASH
from eval.rules.line import FREE as _FREE
from eval.rules.line import Line, vocabulary, whole

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_YEAR = r"(?:1[5-9]|20)\d\d"
_PART = (
    r"(?:rạng sáng|sáng sớm|tảng sáng|xế chiều|chiều tối|đêm khuya|giữa trưa|nửa đêm|sáng|trưa|chiều|tối|đêm|khuya"
    r"|buổi (?:sáng|trưa|chiều|tối))"
)
_HALF = r"(?:đầu|giữa|cuối|nửa đầu|nửa cuối|trung tuần|thượng tuần|hạ tuần)"
_NEAR = r"(?:vừa qua|vừa rồi|tới đây|sắp tới|năm nay|năm ngoái|năm trước|năm tới|năm sau|tới|qua|này)(?!\w)"

_DAY_MONTH = rf"(?:{_DAY}/{_MONTH}(?:/{_YEAR})?|{_DAY}-{_MONTH}(?:-{_YEAR})?|{_DAY}\.{_MONTH}\.{_YEAR})"
_IN_WORDS = rf"{_DAY} tháng {_MONTH}(?:(?: năm |[/-]){_YEAR})?"
_DAYS = (
    rf"(?:{_DAY_MONTH}{_DASH}{_DAY_MONTH}|{_DAY}{_DASH}{_DAY_MONTH}{_FREE}|{_DAY_MONTH}|{_IN_WORDS}"
    rf"|{_DAY}{_DASH}{_DAY}{_FREE})"
)
_YEARS = rf"{_YEAR}(?:{_DASH}{_YEAR})?"
_MONTHS = r"(?:1[0-2]|0?[1-9]|giêng|chạp|một|hai|ba|tư|năm|sáu|bảy|tám|chín|mười một|mười hai|mười)"
_QUARTER = r"(?:iii|ii|iv|i|[1-4])"
_COUNT = r"(?:\d{1,2}|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười một|mười)"
_OF_YEAR = rf"(?: (?:của )?năm {_YEAR}{_FREE}| {_YEAR}{_FREE}|[/-]{_YEAR}{_FREE}| năm (?:nay|ngoái|trước|tới|sau))?"
_TODAY = r"(?:hôm nay|hôm qua|hôm kia|hôm sau|ngày mai|ngày kia|ngày hôm nay|ngày hôm qua|ngày hôm sau)"
_WEEKDAY = r"(?:thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật)"

# One after the other at a word, the first that fits is taken. Every repetition is bounded: none takes long.
_DATES = [
    re.compile(pattern)
    for pattern in (
        rf"(?:{_PART} )?{_TODAY}(?!\w)(?: {_DAY_MONTH}{_FREE})?",
        rf"(?:{_PART} )(?:nay|qua|mai)(?!\w)(?: (?:ngày )?{_DAY_MONTH}{_FREE})?",
        rf"(?:{_PART} )?(?:ngày|hôm|mùng|mồng)(?: mùng| mồng)? ?{_DAYS}{_FREE}(?: {_NEAR})?",
        rf"{_PART}(?: và {_PART})? {_DAY_MONTH}{_FREE}(?: {_NEAR})?",
        rf"(?:{_PART} )?{_WEEKDAY}(?:,? (?:ngày )?{_DAY_MONTH}{_FREE}| (?:tuần )?(?:này|tới|trước|vừa qua)(?!\w))",
        rf"{_PART} {_WEEKDAY}(?!\w)",
        rf"(?:ngày|mùng|mồng) {_DAY}{_FREE}(?! hằng| hàng)",
        rf"(?:{_HALF} )?{_COUNT} tháng (?:đầu|cuối|giữa)(?: của)? năm{_OF_YEAR}",
        rf"{_COUNT} tháng năm {_YEAR}{_FREE}",
        rf"{_COUNT} quý (?:đầu|cuối)(?: của)? năm{_OF_YEAR}",
        rf"(?:{_HALF} )?tháng {_MONTH} ?[/-] ?{_YEAR}{_FREE}(?: {_NEAR})?",
        rf"(?:{_HALF} )?tháng {_MONTHS}(?!\w|[.,/-]\d)(?: năm {_YEAR}{_FREE}| {_NEAR})?",
        rf"(?:{_HALF} )?(?:tháng|quý) (?:này|trước|tới|sau|qua|vừa qua)(?!\w)",
        rf"(?:{_HALF} )?tuần (?:này|trước|tới|sau|qua|vừa qua|rồi)(?!\w)",
        rf"(?:{_HALF} )?quý {_QUARTER}(?!\w)(?: ?[/-] ?{_YEAR}{_FREE}| năm (?:{_YEAR}{_FREE}|nay|ngoái)| {_NEAR})?",
        rf"(?:{_HALF} )?quý{_QUARTER}(?: ?[/-] ?{_YEAR}{_FREE})?",
        rf"(?:{_HALF} )?năm học {_YEARS}{_FREE}",
        rf"(?:{_HALF} )?năm {_YEARS}{_FREE}",
        rf"(?:{_HALF} )?năm (?:nay|ngoái|trước|tới|sau|qua|vừa qua)(?!\w)",
        rf"{_HALF}(?: những)? năm {_YEAR}{_FREE}",
        rf"{_HALF} {_YEAR}{_FREE}",
        r"(?:những |các )?(?:năm|thập niên|thập kỷ) \d0(?: (?:của )?thế kỷ (?:trước|xx|xix|20|19))?(?!\w)",
        r"(?:nửa )?(?:đầu|cuối|giữa) năm(?! học| \d)(?!\w)",
        rf"{_DAY_MONTH}{_DASH}{_DAY_MONTH}{_FREE}(?: {_NEAR})?",
        rf"{_DAY}/{_MONTH}/{_YEAR}{_FREE}|{_DAY}-{_MONTH}-{_YEAR}{_FREE}|{_DAY}\.{_MONTH}\.{_YEAR}{_FREE}",
        rf"{_YEAR}{_DASH}{_YEAR}{_FREE}",
    )
]
# These need to be looked at more closely: a fraction, a score or a count looks the same.
_BARE_DAY = re.compile(rf"(?:{_DAY}{_DASH})?{_DAY}[/-]{_MONTH}{_FREE}(?: {_NEAR})?")
_BARE_MONTH = re.compile(rf"{_MONTH}[/-]{_YEAR}{_FREE}(?: {_NEAR})?")
_YEAR_NAMED = re.compile(rf"năm {_YEAR}({_DASH}{_YEAR})?{_FREE}")
_FROM_DAY = re.compile(rf"{_DAY}(?= (?:đến|tới) (?:ngày )?{_DAY_MONTH}{_FREE})")
_BARE_YEAR = re.compile(rf"{_YEAR}{_FREE}")

STARTS = vocabulary("""
rạng sáng tảng xế chiều đêm giữa nửa trưa tối khuya buổi hôm ngày mùng mồng thứ chủ đầu cuối trung thượng hạ
tháng quý tuần năm những các thập một hai ba bốn sáu bảy tám chín mười
""")
_BEFORE_DAY = vocabulary("""
từ đến tới hết vào trước sau dịp lễ hôm ( - và trong ngày kỳ là của , ; : / | " “ nghỉ tại ở qua
""")
_BEFORE_YEAR = vocabulary("""
từ đến tới hết vào trước sau dịp lễ ( - trong kỳ đoạn khóa nhiệm tầm nhìn của so với / cup games
""")
_COUNTED = vocabulary("""
người hộ đại cán đảng tỷ tỉ triệu nghìn ngàn đồng ha km m kg tấn m2 m3 % học thí sinh lượt vụ ca trường xã dự
doanh tổ chi cơ con căn nhà lao bệnh giáo giường chiếc suất phần tập trẻ em thửa lô đơn hồ sơ văn trận cây phiếu
cái cuộc đội
""")

_SPANS_OF_TIME = vocabulary("năm tháng tuần quý")
_HOW_MANY = vocabulary("""
nhiều những mấy vài một hai ba bốn sáu bảy tám chín mười mỗi hàng hằng các trăm chục bao nửa suốt
""")


def date(line: Line, n: int, listed_on: bool) -> int:
    """The word after the date that begins at word `n`; 0 if none does.

    `listed_on` says that another date stands just before it, so that a bare number is the next of a list.
    """
    at = line.at[n]
    if _is_length(line, n):
        return 0
    for pattern in _DATES:
        if end := whole(line, pattern.match(line.text, at), n):
            return end
    if not line.low[n][0].isdecimal():
        return _named_day(line, n)
    before = line.low[n - 1] if n else "("
    if before == "từ" and (end := whole(line, _FROM_DAY.match(line.text, at), n)):
        return end
    if end := whole(line, _BARE_DAY.match(line.text, at), n):
        sure = before in _BEFORE_DAY or listed_on
        return end if sure and not line.is_at(end, *_COUNTED) else 0
    if end := whole(line, _BARE_MONTH.match(line.text, at), n):
        return end
    if end := whole(line, _BARE_YEAR.match(line.text, at), n):
        name = line.capital(n - 1) and not line.glued[n]
        sure = before in _BEFORE_YEAR or listed_on or name
        return end if sure and not line.is_at(end, *_COUNTED) else 0
    return 0


def _is_length(line: Line, n: int) -> bool:
    """Whether word `n` is the unit of a length of time: "trong 5 năm qua", "kế hoạch 5 năm 2021-2025"."""
    if not n or line.low[n] not in _SPANS_OF_TIME:
        return False
    number = line.low[n - 1].isdigit()
    if not number and line.low[n - 1] not in _HOW_MANY:
        return False
    match = _YEAR_NAMED.match(line.text, line.at[n])
    return not match or (number and bool(match[1]))


def _named_day(line: Line, n: int) -> int:
    """A day of the week; in small letters `thứ hai` counts something."""
    if line.is_at(n, "thứ") and line.is_at(n + 1, "hai", "ba", "tư", "năm", "sáu", "bảy") and line.capital(n + 1):
        return n + 2
    return n + 2 if line.is_at(n, "chủ") and line.is_at(n + 1, "nhật") and not line.capital(n - 1) else 0
