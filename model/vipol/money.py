"""Amounts of money: the exact amount and the currency that an expression names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from vipol.expressions import MAX_LENGTH, NO_VALUE, Value, plain
from vipol.numerals import DIGITS, HALF, HALF_MORE, LINKS, NUMBER, SCALES, TEN, TWENTY, Quantity, number, quantity

ASSUMED_CURRENCY = "currency assumed"
ASSUMED_THOUSANDS = "comma read as a mark of thousands"

_DOLLARS = {
    "USD": "mỹ hoa_kỳ",
    "AUD": "úc australia",
    "SGD": "singapore sing",
    "CAD": "canada",
    "HKD": "hồng_kông hong_kong hongkong",
    "NZD": "new_zealand",
    "TWD": "đài_loan",
    "BND": "brunei",
}
_NAMES = {
    "VND": "đồng đ vnd vnđ đồng_vn đồng_việt_nam đồng_việt đồng_vnd việt_nam_đồng",
    "USD": "usd us$ $ đô mỹ_kim dollar dollars",
    "AUD": "aud a$",
    "SGD": "sgd s$",
    "CAD": "cad c$",
    "HKD": "hkd hk$",
    "NZD": "nzd nz$",
    "TWD": "twd nt$ tân_đài_tệ đài_tệ",
    "EUR": "eur euro euros ơ_rô €",
    "GBP": "gbp bảng bảng_anh £",
    "JPY": "jpy yên yên_nhật yên_nhật_bản yen ¥",
    "KRW": "krw won won_hàn won_hàn_quốc ₩",
    "CNY": "cny rmb ndt nhân_dân_tệ tệ tệ_trung_quốc nhân_dân_tệ_trung_quốc",
    "THB": "thb baht bạt baht_thái baht_thái_lan bạt_thái_lan ฿",
    "LAK": "lak kíp kip kíp_lào ₭",
    "KHR": "khr riel riên riel_campuchia riên_campuchia ៛",
    "RUB": "rub rúp ruble rouble rúp_nga ruble_nga ₽",
    "INR": "inr rupee rupi rupee_ấn_độ ₹",
    "IDR": "idr rupiah rupiah_indonesia",
    "MYR": "myr ringgit ringgit_malaysia",
    "PHP": "php peso_philippines",
    "MMK": "mmk kyat kyat_myanmar",
    "CHF": "chf franc_thụy_sĩ phrăng_thụy_sĩ",
    "SEK": "sek krona_thụy_điển",
    "NOK": "nok krone_na_uy",
    "DKK": "dkk krone_đan_mạch",
    "CUP": "cup peso_cuba",
    "UAH": "uah hryvnia",
    "TRY": "try lira_thổ_nhĩ_kỳ",
    "ILS": "ils shekel",
    "AED": "aed dirham",
    "BRL": "brl real_brazil",
}
_CURRENCIES = {name.replace("_", " "): code for code, names in _NAMES.items() for name in names.split()} | {
    " ".join((dollar, country.replace("_", " "))).strip(): code
    for dollar in ("đô la", "đôla", "đô", "dollar")
    for code, countries in _DOLLARS.items()
    for country in (*countries.split(), *[""] * (code == "USD"))
}
_LONGEST = max(len(name.split()) for name in _CURRENCIES)
_HEARSAY = frozenset(("hàng", "vài", "mấy", "nhiều", "dăm", "đôi", "bạc", "cả"))
_NOISE = frozenset(
    ("khoảng", "hơn", "gần", "trên", "dưới", "chừng", "ước", "tính", "ngót", "cỡ", "từ", "lên", "số", "tiền", "mặt")
) | {"trị", "giá"}
_NUMBER_WORDS = {*DIGITS, *SCALES, *LINKS, TEN, TWENTY, HALF, HALF_MORE}
_ENGLISH_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")

_TOKEN = re.compile(rf"{NUMBER}|(?:us|hk|nz|nt|[asc])?\$|[^\W\d_]+|\S")


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount from `low` to `high`, mostly one, in an ISO 4217 `currency`.

    Hearsay ("hàng chục tỷ đồng") has no ends but a `magnitude`, the tens of milliards; what names no amount has
    neither, nor a currency. `assumed` says that no currency was named, `english` that a comma was read as a mark of
    thousands, since a currency has no thousandths.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    currency: str = ""
    assumed: bool = False
    magnitude: Decimal | None = None
    english: bool = False


class _Side:
    """One end of a range, or all of an amount: its words and numbers."""

    def __init__(self) -> None:
        self.items: list[str | Decimal] = []
        self.hearsay = False

    @property
    def bare(self) -> bool:
        """Whether a unit is said without a number of it: "nghìn tỷ đồng"."""
        return bool(self.items) and all(item in SCALES for item in self.items)


def money_value(expression: str) -> Value:
    """The value of a MONEY span: `12455236000000 VND`, or `10000000000/15000000000 VND` for a range.

    Hearsay has no value, and the reason names its magnitude: `magnitude 10000000000 VND`.
    """
    return _value(expression) if len(expression) <= MAX_LENGTH else Value.none(NO_VALUE)


@lru_cache(maxsize=4096)
def _value(expression: str) -> Value:
    found = amount(expression)
    if found.magnitude is not None:
        return Value.none(f"magnitude {_digits(found.magnitude)} {found.currency}")
    if found.low is None or found.high is None:
        return Value.none(NO_VALUE)
    ends = _digits(found.low), _digits(found.high)
    reasons = [ASSUMED_CURRENCY] * found.assumed + [ASSUMED_THOUSANDS] * found.english
    return Value(f"{'/'.join(dict.fromkeys(ends))} {found.currency}", reason="; ".join(reasons))


def amount(expression: str) -> Amount:
    """The amount that an expression names."""
    if len(expression) > MAX_LENGTH:
        return Amount()
    tokens = _TOKEN.findall(plain(expression).lower().replace("-la", " la").replace("-rô", " rô"))
    sides, currencies, listed = _sides(tokens)
    if not 1 <= len(sides) <= 2 or len(currencies) > 1:
        return Amount()
    currency, assumed = (next(iter(currencies)), False) if currencies else ("VND", True)
    if any(side.hearsay or side.bare for side in sides):
        magnitude = _magnitude(sides)
        return Amount() if magnitude is None else Amount(None, None, currency, assumed, magnitude)
    english = any(map(_ENGLISH_THOUSANDS.fullmatch, tokens)) and not any(token in SCALES for token in tokens)
    ends = [quantity([_thousands(item) for item in side.items] if english else side.items) for side in sides]
    low, high = ends[0], ends[-1]
    if low is None or high is None:
        return Amount()
    if low.scales == high.scales[: len(low.scales)]:
        low = low.times(high.scales[len(low.scales) :])
    # "2, 3 triệu" is a guess between two neighbours, "2 triệu, 5 triệu" two amounts.
    unit = Quantity(Decimal(1)).times(high.scales).value
    if len(sides) == 2 and (low.value >= high.value or (listed and high.value - low.value != unit)):
        return Amount()
    return Amount(low.value, high.value, currency, assumed, None, english)


def _sides(tokens: Sequence[str]) -> tuple[list[_Side], set[str], bool]:
    """The sides of a range, the currencies named, and whether a comma parts the sides; no sides for unknown words."""
    sides, currencies, listed = [_Side()], set[str](), False
    at = 0
    while at < len(tokens):
        token, side = tokens[at], sides[-1]
        length = _currency_length(tokens, at)
        if length:
            behind = at + length
            # "đồng euro": the second word says which.
            if not (token == "đồng" and _currency_length(tokens, behind)):
                currencies.add(_CURRENCIES[" ".join(tokens[at:behind])])
            at = behind
            if side.items and tokens[at : at + 1] == ["/"]:
                break
            continue
        at += 1
        if token[0].isdigit() and token.isascii():
            value = number(token)
            if value is None:
                return [], set(), False
            side.items.append(value)
        elif token in _HEARSAY:
            side.hearsay = True
        elif token in _NUMBER_WORDS:
            side.items.append(token)
        elif token in ("đến", "tới", "-", ",", "hay", "hoặc"):
            if side.items or side.hearsay:
                listed = listed or token in (",", "hay", "hoặc")
                sides.append(_Side())
            elif token not in ("đến", "tới"):
                return [], set(), False
        elif token not in _NOISE:
            return [], set(), False
    return sides, currencies, listed


def _currency_length(tokens: Sequence[str], start: int) -> int:
    """How many tokens from `start` on name a currency; 0 if none do."""
    for length in range(min(_LONGEST, len(tokens) - start), 0, -1):
        if " ".join(tokens[start : start + length]) in _CURRENCIES:
            return length
    return 0


def _magnitude(sides: Sequence[_Side]) -> Decimal | None:
    """The unit that hearsay counts in, the lower one of two; None if there is none, or a number with it."""
    scales = []
    for side in sides:
        # "một vài", "vài ba", "đôi ba": the digits are hearsay too.
        items = [item for item in side.items if not (side.hearsay and isinstance(item, str) and item in DIGITS)]
        if not items or not all(item in SCALES for item in items):
            return None
        scales.append([SCALES[item] for item in items if isinstance(item, str)])
    behind = scales[-1][1:] if len(scales) > 1 and len(scales[0]) == 1 else []
    result = Decimal(1)
    for scale in (*scales[0], *behind):
        result *= scale
    return result if result < 10**20 else None


def _thousands(item: str | Decimal) -> str | Decimal:
    """A number with three places behind its comma, read as English; anything else as it is."""
    if isinstance(item, Decimal) and item.as_tuple().exponent == -3:
        return (item * 1000).to_integral_value()
    return item


def _digits(value: Decimal) -> str:
    """A number as plain digits, without zeros behind the decimal point."""
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
