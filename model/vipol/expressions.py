"""Expressions of time and money: the text of a span made plain, and the value that is read from it."""

import re
import unicodedata
from dataclasses import dataclass

from vipol.text import invisible, normalize

MAX_LENGTH = 200
"""Characters of an expression; what is longer is no expression, and has no value."""

NO_VALUE = "vague"
"""The reason where words name no day, period or amount that can be told."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－~～", "-") | {"ð": "đ", "Ð": "Đ"})
_LETTERS = re.compile(r"[^\W\d_]+")
_NEW_TONE = re.compile("[oO][àáảãạèéẻẽẹ]|[uU][ỳýỷỹỵ]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression means.

    `value` is EDTF (https://www.loc.gov/standards/datetime/) for a date, an amount (or `low/high`) and an ISO 4217
    code for money, and "" where there is none. `source` says where the year came from: `words`, `published`, `header`
    or `context`; "" where there is no value. `reason` says why there is none, or what was assumed.
    """

    value: str
    source: str = "words"
    reason: str = ""

    def to_dict(self) -> dict[str, str]:
        """The fields that are not empty."""
        fields = {"value": self.value, "source": self.source, "reason": self.reason}
        return {name: content for name, content in fields.items() if content}

    @classmethod
    def none(cls, reason: str) -> "Value":
        """No value, and why."""
        return cls("", "", reason)


def plain(expression: str) -> str:
    """An expression composed (NFC), with one kind of dash, of white space and of tone placement, and none invisible.

    Capitals stay: they tell the month `Năm` from the word for year.
    """
    text = unicodedata.normalize("NFC", expression).translate(_DASHES)
    if not text.isprintable():
        text = "".join(character for character in text if not invisible(character))
    text = " ".join(text.split())
    return _LETTERS.sub(lambda match: normalize(match[0]), text) if _NEW_TONE.search(text) else text
