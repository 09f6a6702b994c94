"""Numbers as Vietnamese news writes them: in words, in Roman numerals, in digits with marks between them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from functools import reduce

DIGITS = {
    **{word: n for n, word in enumerate(["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"])},
    "mốt": 1,
    "tư": 4,
    "lăm": 5,
    "nhăm": 5,
    "bẩy": 7,
}
TEN, TENS, TWENTY = "mười", ("mươi", "chục"), "hăm"
LINKS = ("linh", "lẻ")
"""Words for an empty place: "một trăm linh năm" is 105."""
SCALES = {
    **dict.fromkeys(TENS, 10),
    "trăm": 100,
    **dict.fromkeys(("nghìn", "ngàn", "k"), 1000),
    "vạn": 10_000,
    **dict.fromkeys(("triệu", "tr"), 10**6),
    **dict.fromkeys(("tỷ", "tỉ"), 10**9),
}
HALF_MORE, HALF = "rưỡi", "nửa"
ROMAN = {
    tens + ones: 10 * i + j
    for i, tens in enumerate(("", "x", "xx"))
    for j, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if tens + ones
}
"""Roman numerals up to 29, in small letters."""

NUMBER = r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?(?![0-9])|[0-9]+(?:[.,][0-9]+)*"
"""Pattern of a number in digits, with whatever marks stand between them."""

_AFTER_TENS = {word: n for word, n in DIGITS.items() if word not in ("không", "năm")}
_SPACED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
_ENGLISH = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,}")
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_MAX_DIGITS = 24
_MAX_ITEMS = 60
_LARGEST = Decimal(10) ** 30
_EXACT = Context(prec=100, traps=[Inexact])


def count(words: Sequence[str], start: int) -> tuple[int, int]:
    """The number below 100 that words say from `start` on, and the index behind it; that is `start` if they say none.

    "năm" is a year behind another number, never the five of 15: that is "lăm".
    """
    if start >= len(words):
        return 0, start
    word, behind = words[start], words[start + 1] if start + 1 < len(words) else ""
    if word in (TEN, TWENTY):
        tens = 10 if word == TEN else 20
        return (tens + _AFTER_TENS[behind], start + 2) if behind in _AFTER_TENS else (tens, start + 1)
    if word not in DIGITS or word == "không":
        return 0, start
    if behind == TENS[0]:
        last = words[start + 2] if start + 2 < len(words) else ""
        tens = 10 * DIGITS[word]
        return (tens + _AFTER_TENS[last], start + 3) if last in _AFTER_TENS else (tens, start + 2)
    return (30 + 1, start + 2) if (word, behind) == ("ba", "mốt") else (DIGITS[word], start + 1)


def number(digits: str) -> Decimal | None:
    """The number that digits write; None if they write none.

    A point groups thousands and a comma is the decimal mark, as in Vietnam: `12.455,236`. A point that can't group is
    a decimal point: `1.5`, `0.125`. Only what can't be Vietnamese is read as English: `1,234.50`, `1,234,567`.
    """
    if len(digits) > _MAX_DIGITS:
        return None
    if _SPACED.fullmatch(digits):
        digits = digits.replace(" ", "")
    elif _GROUPED.fullmatch(digits):
        digits = digits.replace(".", "")
    elif _ENGLISH.fullmatch(digits):
        digits = digits.replace(",", "")
    return Decimal(digits.replace(",", ".")) if _PLAIN.fullmatch(digits) else None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, and the rising thousands, millions and milliards that end its first words.

    "5 nghìn tỷ" has the scales 1,000 and 1,000,000,000; the lower end of a range may leave them to the upper one.
    """

    value: Decimal
    scales: tuple[int, ...] = ()

    def times(self, scales: Sequence[int]) -> "Quantity":
        """The quantity with more scales behind it."""
        return Quantity(_product(self.value, *scales), (*self.scales, *scales))


def quantity(items: Sequence[str | Decimal]) -> Quantity | None:
    """The number that words and numbers say together; None if they say none, or might say two.

    "một nghìn hai trăm tỷ", "1 tỷ 250 triệu", "hai triệu rưỡi", "nửa tỷ"; "một tỷ hai" is 1.2 milliards.
    """
    total = _Sum()
    if len(items) > _MAX_ITEMS or not all(map(total.take, items)):
        return None
    value = total.value()
    return None if value is None or value >= _LARGEST else Quantity(value, rising(items))


def rising(items: Sequence[str | Decimal]) -> tuple[int, ...]:
    """The scales from a thousand on, as far as each is larger than the one before."""
    scales: list[int] = []
    for item in items:
        scale = SCALES.get(item, 0) if isinstance(item, str) else 0
        if scale >= 1000:
            if scales and scale <= scales[-1]:
                break
            scales.append(scale)
    return tuple(scales)


@dataclass(frozen=True, slots=True)
class _Term:
    """A term of a sum: "2 nghìn tỷ" has the scale 1,000,000,000 and the chain 1,000,000,000,000."""

    value: Decimal
    scale: int
    chain: int


class _Sum:
    """The terms said so far, each of a smaller scale than the one before, and the digit or number said last."""

    def __init__(self) -> None:
        self._terms: list[_Term] = []
        self._last: Decimal | None = None
        self._linked = False
        self._after_scale = False

    def take(self, item: str | Decimal) -> bool:
        """Takes a word or a number; False if it can't follow."""
        scale = SCALES.get(item, 0) if isinstance(item, str) else 0
        after_scale, self._after_scale = self._after_scale, bool(scale)
        if scale:
            return self._multiply(scale, after_scale)
        if item == HALF_MORE:
            return self._half()
        if self._last is not None:
            return False
        if item in (TEN, TWENTY):
            return self._add(Decimal(10 if item == TEN else 20), 10, 10)
        if item in LINKS:
            self._linked = bool(self._terms)
            return self._linked
        if isinstance(item, Decimal):
            self._last = item
        elif item in DIGITS or item == HALF:
            self._last = Decimal("0.5") if item == HALF else Decimal(DIGITS[item])
        return self._last is not None

    def value(self) -> Decimal | None:
        """The sum; None where what stands last might be counted in more than one unit."""
        if not self._terms:
            return self._last
        last = self._last or Decimal()
        if self._digit() and not self._linked and self._terms[-1].chain >= 100:
            last = _EXACT.divide(_product(last, self._terms[-1].chain), Decimal(10))
        units = min((term.scale for term in self._terms if term.scale >= 1000), default=0)
        # In "một triệu hai trăm" the thousands may have been left out.
        small = 0 < last < 1000 or self._terms[-1].scale < 1000
        if small and units >= 10**6 and not self._linked:
            return None
        return reduce(_EXACT.add, (term.value for term in self._terms), last)

    def _digit(self) -> bool:
        return self._last is not None and self._last < 10 and self._last == self._last.to_integral_value()

    def _multiply(self, scale: int, after_scale: bool) -> bool:
        # "một trăm hai triệu" may be 102 or 120 millions.
        if self._digit() and self._terms and self._terms[-1].scale == 100 < scale and not self._linked:
            return False
        chain = scale * (self._terms[-1].chain if after_scale else 1)
        said = self._last is not None
        value, self._last, self._linked = self._last or Decimal(), None, False
        while self._terms and self._terms[-1].scale < scale:
            value, said = _EXACT.add(value, self._terms.pop().value), True
        return said and self._add(_product(value, scale), scale, chain)

    def _half(self) -> bool:
        if self._last is not None:
            if self._terms:
                return False
            self._last = _EXACT.add(self._last, Decimal("0.5"))
            return True
        if not self._terms:
            return False
        term = self._terms[-1]
        return self._add(_EXACT.divide(Decimal(term.chain), Decimal(2)), max(term.scale // 10, 1), 1)

    def _add(self, value: Decimal, scale: int, chain: int) -> bool:
        fits = not self._terms or self._terms[-1].scale > scale
        self._terms.append(_Term(value, scale, chain))
        return fits


def _product(value: Decimal, *scales: int) -> Decimal:
    for scale in scales:
        value = _EXACT.multiply(value, Decimal(scale))
    return value
