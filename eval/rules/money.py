"""Amounts of money: regular expressions over the text of a line."""

import re

from eval.rules.line import DASH as _DASH
from eval.rules.line import FREE as _FREE
from eval.rules.line import Line, vocabulary, whole

_NUMBER = r"(?:\d{1,3}(?:\.\d{3}){1,5}(?:,\d{1,6})?|\d{1,12}(?:[.,]\d{1,6})?)"
_TIMES = r"(?:(?: ?(?:trăm|nghìn|ngàn|vạn|triệu|tỷ|tỉ)){1,3})(?!\w)"
_COINS = (
    r"(?:đồng(?! (?:chí|bào|thời|đội|nghiệp|hương|loạt|phạm|hồ|bộ|tâm|lòng|minh|ý|thuận|tình|hành|khởi|đều|tiền))"
    r"|vnđ|vnd|đô la(?: mỹ)?|đô-la(?: mỹ)?|dollar(?: mỹ)?|usd|euro|eur|bảng(?: anh)?|yên(?: nhật)?|nhân dân tệ|ndt|tệ"
    r"|won|rúp|rub|rupee|baht|bạt|franc|kíp|riel|đ|\$|€|£)(?!\w)"
)
_WORDS = (
    r"(?:hàng (?:chục|trăm|nghìn|ngàn)|(?:một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|vài|mấy|nửa)"
    r"(?: (?:mươi|mười|chục|trăm|một|hai|ba|bốn|lăm|năm|sáu|bảy|tám|chín|rưỡi)){0,3}|chục|trăm|nghìn|ngàn)"
)
_SUM = rf"{_NUMBER}(?:{_DASH}{_NUMBER})?"
_MONEY = [
    re.compile(pattern)
    for pattern in (
        rf"{_SUM}{_TIMES} {_SUM}{_TIMES} ?{_COINS}",
        rf"{_SUM}{_TIMES} ?{_COINS}",
        rf"{_SUM} ?{_COINS}",
        rf"{_WORDS}{_TIMES}(?: rưỡi)? {_COINS}",
        rf"[$€£] ?{_SUM}(?:{_TIMES})?{_FREE}",
        rf"usd ?{_SUM}(?:{_TIMES})?{_FREE}",
    )
]
_BARE_MONEY = re.compile(rf"{_SUM} ?(?:trăm |nghìn |ngàn )?(?:triệu|tỷ|tỉ)(?!\w)")
STARTS = vocabulary("""
hàng một hai ba bốn năm sáu bảy tám chín mười vài mấy nửa chục trăm nghìn ngàn $ € £ usd
""")
_ABOUT_MONEY = re.compile(
    r"(?<!\w)(?:tiền|giá|phí|lương|thu nhập|phạt|vốn|thưởng|ngân sách|lãi|vay|nợ|chi|nộp|thuế|doanh thu|đầu tư|đồng|usd"
    r"|lừa|hối lộ|chiếm đoạt|thiệt hại|hỗ trợ|trị giá|kinh phí)(?!\w)"
)
_AFTER_BARE = re.compile(
    r"(?: ?[,.;:)/?!\"”]| (?:mỗi|một|để|cho|và|của|từ|trong|là|thì|mà|vẫn|tại|ở|về|với|so|do|bị|được|đến)(?!\w)|$)"
)
_NEARBY = 60
"""Characters on either side in which a word about money says what an amount without a currency is of."""


def money(line: Line, n: int) -> int:
    """The word after the amount that begins at word `n`; 0 if none does."""
    at = line.at[n]
    for pattern in _MONEY:
        if end := whole(line, pattern.match(line.text, at), n):
            return end
    match = _BARE_MONEY.match(line.text, at)
    if not match or not _AFTER_BARE.match(line.text, match.end()):
        return 0
    around = line.text[max(0, at - _NEARBY) : at] + " " + line.text[match.end() : match.end() + _NEARBY]
    return whole(line, match, n) if _ABOUT_MONEY.search(around) else 0
