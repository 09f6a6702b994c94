"""Values of money: the table made by hand before the code, scenarios, and properties over amounts and over any text."""

import csv
import os
import re
import time
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vipol.expressions import Value
from vipol.money import Amount, amount, money_value
from vipol.numerals import number, quantity

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)
TABLE = Path(__file__).parent / "data" / "values-first.tsv"


def table() -> list[tuple[str, str, str]]:
    """The lines of the table about money: expression, value with its currency, and reason."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = [
            row for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE) if row["label"] == "MONEY"
        ]
    found = []
    for row in rows:
        value = f"{row['value']} {row['currency']}" if row["value"] else ""
        magnitude = row["reason"].startswith("magnitude")
        found.append((row["expression"], value, f"{row['reason']} {row['currency']}" if magnitude else row["reason"]))
    return found


def said(expression: str) -> tuple[str, str]:
    """The value of an expression, and the reason."""
    value = money_value(expression)
    return value.value, value.reason


@pytest.mark.parametrize(("expression", "value", "reason"), table())
def test_table(expression: str, value: str, reason: str) -> None:
    """A line of the table that was made by hand before the code."""
    assert said(expression) == (value, reason)


def test_table_in_other_forms() -> None:
    """Every line of the table has the same value decomposed, in capitals, and with no-break spaces."""
    for form in (lambda text: unicodedata.normalize("NFD", text), str.upper, lambda text: text.replace(" ", "\u00a0")):
        assert [expression for expression, *wanted in table() if said(form(expression)) != tuple(wanted)] == []


def test_amount() -> None:
    """The same as numbers: both ends, the currency, whether it was assumed, and hearsay's magnitude."""
    assert amount("12.455,236 tỷ đồng") == Amount(Decimal(12455236000000), Decimal(12455236000000), "VND")
    assert amount("20-30 triệu") == Amount(Decimal(20_000_000), Decimal(30_000_000), "VND", assumed=True)
    assert amount("hàng chục triệu USD") == Amount(None, None, "USD", magnitude=Decimal(10_000_000))
    assert amount("rất nhiều tiền") == Amount()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1.234,56 USD", "1234.56 USD"),
        ("1,234.56 USD", "1234.56 USD"),
        ("1,234,567 đồng", "1234567 VND"),
        ("1 234 567 đồng", "1234567 VND"),
        ("0.125 tỷ đồng", "125000000 VND"),
        ("12,455 tỷ đồng", "12455000000 VND"),
        ("1.115 tỉ đồng", "1115000000000 VND"),
        ("2,50 triệu đồng", "2500000 VND"),
        ("123456789,123456789 tỷ đồng", "123456789123456789 VND"),
    ],
)
def test_marks_in_numbers(expression: str, value: str) -> None:
    """A point groups three digits, else it is a decimal point; a comma is decimal unless it can only be English."""
    assert said(expression) == (value, "")


def test_a_comma_before_three_digits() -> None:
    """No currency has thousandths: read as English, and the reason says so; before a multiplier it is decimal."""
    assert said("500,000 đồng") == ("500000 VND", "comma read as a mark of thousands")
    assert said("100,000 - 150,000") == ("100000/150000 VND", "currency assumed; comma read as a mark of thousands")
    assert said("1,250 triệu USD") == ("1250000 USD", "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("một nghìn rưỡi tỷ đồng", "1500000000000 VND"),
        ("2 nghìn tỷ rưỡi đồng", "2500000000000 VND"),
        ("một tỷ hai đồng", "1200000000 VND"),
        ("2 đô rưỡi", "2.5 USD"),
        ("hăm lăm triệu đồng", "25000000 VND"),
        ("3 chục triệu đồng", "30000000 VND"),
        ("hai triệu không trăm linh năm nghìn đồng", "2005000 VND"),
        ("chín trăm chín mươi chín nghìn chín trăm chín mươi chín đồng", "999999 VND"),
        ("12 nghìn 5 trăm đồng", "12500 VND"),
        ("5 vạn đồng", "50000 VND"),
    ],
)
def test_words(expression: str, value: str) -> None:
    """Numbers in words, and what words add to figures."""
    assert said(expression) == (value, "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("US$5 tỷ", "5000000000 USD"),
        ("USD 5 triệu", "5000000 USD"),
        ("HK$20", "20 HKD"),
        ("3 triệu đồng euro", "3000000 EUR"),
        ("5 tỷ đô la Hồng Kông", "5000000000 HKD"),
        ("20 triệu đô-la Mỹ", "20000000 USD"),
        ("5 triệu won Hàn Quốc", "5000000 KRW"),
        ("200.000 đồng/người/tháng", "200000 VND"),
        ("10 triệu đồng Việt Nam", "10000000 VND"),
    ],
)
def test_currencies(expression: str, value: str) -> None:
    """The longest name of a currency counts, before the number or behind it."""
    assert said(expression) == (value, "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("từ 10 đến 15 tỷ đồng", "10000000000/15000000000 VND"),
        ("hai trăm đến ba trăm triệu đồng", "200000000/300000000 VND"),
        ("5 nghìn đến 10 nghìn tỷ đồng", "5000000000000/10000000000000 VND"),
        ("1 - 1 tỷ 500 triệu đồng", "1000000000/1500000000 VND"),
        ("từ 500 triệu đến dưới 1 tỷ đồng", "500000000/1000000000 VND"),
        ("2, 3 triệu đồng", "2000000/3000000 VND"),
        ("10 USD - 15 USD", "10/15 USD"),
    ],
)
def test_ranges(expression: str, value: str) -> None:
    """The lower end has the multiplier of the upper one, as far as it says none itself."""
    assert said(expression) == (value, "")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("nghìn tỷ đồng", "magnitude 1000000000000 VND"),
        ("một vài triệu đồng", "magnitude 1000000 VND"),
        ("vài ba tỷ", "magnitude 1000000000 VND"),
        ("mươi triệu đồng", "magnitude 10000000 VND"),
        ("bạc tỷ", "magnitude 1000000000 VND"),
        ("hàng chục đến hàng trăm tỷ đồng", "magnitude 10000000000 VND"),
        ("hàng trăm, hàng nghìn tỷ đồng", "magnitude 100000000000 VND"),
    ],
)
def test_hearsay(expression: str, reason: str) -> None:
    """A unit without a number of it is a magnitude, the lower one of two."""
    assert money_value(expression) == Value("", "", reason)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "đồng",
        "500 - 1 tỷ",
        "15-10 tỷ đồng",
        "10-10 tỷ đồng",
        "2 triệu, 5 triệu đồng",
        "10/15 tỷ đồng",
        "1-2-3 tỷ đồng",
        "5%",
        "-5 tỷ đồng",
        "5 lượng vàng",
        "2 triệu USD (50 tỷ đồng)",
        "10 USD - 15 EUR",
        "một trăm hai triệu đồng",
        "một triệu hai trăm đồng",
        "1 tỷ 2 tỷ đồng",
        "1.23.456 đồng",
        "9" * 25 + " đồng",
    ],
)
def test_no_value(expression: str) -> None:
    """What names no amount, or might name two, has no value: "một trăm hai triệu" is 102 or 120 millions."""
    assert money_value(expression) == Value("", "", "vague")


DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def in_words(n: int) -> str:
    """A whole number from 1 on in words, as schools teach it."""
    parts = []
    for unit, name in ((10**9, "tỷ"), (10**6, "triệu"), (1000, "nghìn"), (1, "")):
        group, n = divmod(n, unit)
        if group >= 1000:
            parts += [in_words(group), name]
        elif group:
            parts += [_below_1000(group, bool(parts)), name]
    return " ".join(filter(None, parts))


def _below_1000(n: int, full: bool) -> str:
    hundreds, tens, ones = n // 100, n // 10 % 10, n % 10
    words = [DIGITS[hundreds], "trăm"] if hundreds or full else []
    if tens == 0:
        return " ".join([*words, *(["linh"] if words and ones else []), *([DIGITS[ones]] if ones else [])])
    words += ["mười"] if tens == 1 else [DIGITS[tens], "mươi"]
    last = {1: "mốt" if tens > 1 else "một", 5: "lăm"}.get(ones, DIGITS[ones])
    return " ".join([*words, *([last] if ones else [])])


@EXAMPLES
@given(st.one_of(st.integers(1, 2000), st.integers(1, 10**13), st.integers(1, 9999).map(lambda n: n * 10**9)))
def test_whole_numbers_in_words(n: int) -> None:
    """Any whole number in words, as schools teach it, is that number; one that is left unsaid is never guessed."""
    words = in_words(n)
    found = quantity(words.split())
    assert (found and found.value) == n or (found is None and n >= 10**6 and 0 < n % 10**6 < 1000)


@EXAMPLES
@given(
    st.decimals(0, 10**12, places=3, allow_nan=False, allow_infinity=False),
    st.sampled_from([("", 1), (" nghìn", 10**3), (" triệu", 10**6), (" tỷ", 10**9), (" nghìn tỷ", 10**12)]),
)
def test_figures_are_exact(value: Decimal, unit: tuple[str, int]) -> None:
    """An amount in Vietnamese figures with three decimals is exact to the last digit, whatever its multiplier."""
    name, factor = unit
    written = f"{value:,.3f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    found = amount(f"{written}{name} đồng")
    # Without a multiplier three decimals are read as English thousands, unless a point groups thousands already.
    english = not name and "." not in written and not written.startswith("0")
    assert found.low == found.high == value * (1000 if english else factor)
    assert number(written) == value
    text = money_value(f"{written}{name} đồng").value
    assert re.fullmatch(r"\d+(?:\.\d*[1-9])? VND", text)
    assert Decimal(text.split()[0]) == found.low


SPOKEN = (
    "1|2,5|1.000|1.5|0|000|12.34.5|một|hai|năm|mười|mươi|mốt|lăm|linh|trăm|chục|nghìn|vạn|triệu|tỷ|tỉ|rưỡi|nửa|đồng|đô"
    "|la|đ|$|US$|USD|euro|-|–|đến|,|/|hàng|vài|mấy|khoảng|k|tr|nhân dân tệ|(|%|٣|²|½"
)
PIECES = st.sampled_from(SPOKEN.split("|"))
NASTY = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES).map("".join))


@settings(EXAMPLES, max_examples=4 * EXAMPLES.max_examples)
@given(NASTY)
def test_any_text_has_a_value_or_a_reason(text: str) -> None:
    """Hostile text never raises; a value is a plain number or two rising ones, and a currency."""
    value = money_value(text)
    if value.value:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/(\d+(?:\.\d+)?))? [A-Z]{3}", value.value)
        assert found
        assert found[2] is None or Decimal(found[1]) < Decimal(found[2])
        assert value.source == "words"
    else:
        assert value.source == ""
        assert re.fullmatch(r"vague|magnitude 10* [A-Z]{3}", value.reason)


@pytest.mark.parametrize(
    "piece", ["1", "1.000.", "1 000 ", "tỷ ", "một ", "1 tỷ ", "10-", "đồng ", "hàng chục ", "nghìn rưỡi "]
)
def test_long_strings_take_no_time(piece: str) -> None:
    """As long as an expression may be, and a thousand times longer: both within 50 ms of this thread."""
    for length in (200, 200_000):
        text = (piece * length)[:length]
        start = time.thread_time()
        money_value(text)
        amount(text)
        assert time.thread_time() - start < 0.05
