"""Values of dates: the table made by hand before the code, scenarios, and properties over any text and any day."""

import csv
import os
import re
import time
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vipol.dates import date_value
from vipol.expressions import Value

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)
TABLE = Path(__file__).parent / "data" / "values-first.tsv"
DAY = date(2024, 6, 27)


def table() -> list[tuple[str, date | None, int | None, str, str]]:
    """The lines of the table about dates: expression, day of the article, year before it, value and reason."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return [
            (
                row["expression"],
                date.fromisoformat(row["published"]) if row["published"] else None,
                int(row["context_year"]) if row["context_year"] else None,
                row["value"],
                row["reason"],
            )
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["label"] == "DATE"
        ]


def said(expression: str, published: date | None = DAY, context: int | None = None) -> tuple[str, str]:
    """The value of an expression, and the reason."""
    value = date_value(expression, published, context)
    return value.value, value.reason


@pytest.mark.parametrize(("expression", "published", "context", "value", "reason"), table())
def test_table(expression: str, published: date | None, context: int | None, value: str, reason: str) -> None:
    """A line of the table that was made by hand before the code."""
    assert said(expression, published, context) == (value, reason)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (lambda text: unicodedata.normalize("NFD", text), "decomposed letters"),
        (lambda text: text.replace(" ", "\u00a0"), "no-break spaces"),
        (lambda text: f"  {text.replace(' ', '  ')} ", "blanks"),
        (lambda text: "\u200b".join(text), "zero-width spaces"),
        (str.upper, "capitals"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_table_in_other_forms(form, why) -> None:  # type: ignore[no-untyped-def]
    """Every line of the table has the same value however its letters and blanks are written."""
    wrong = [
        expression
        for expression, published, context, value, reason in table()
        if said(form(expression), published, context) != (value, reason)
    ]
    assert not wrong, why


def test_sources() -> None:
    """The year's source: the words, the day of the article, or the date before."""
    assert date_value("27/6/2024") == Value("2024-06-27", "words")
    assert date_value("27/6", DAY) == Value("2024-06-27", "published")
    assert date_value("27/6", None, 1954) == Value("1954-06-27", "context")
    assert date_value("27/6") == Value("", "", "no year")


def test_source_of_lists() -> None:
    """A year that one day of a list or range says comes from the words for all of them."""
    assert date_value("27/3 và 18/4/2021", DAY) == Value("{2021-03-27,2021-04-18}", "words")
    assert date_value("30/4-1/5 năm nay", DAY).source == "published"
    assert date_value("27/6/2023 - nay", DAY).source == "published"


def test_the_year_before_wins_over_the_day_of_the_article() -> None:
    """Both are given: a missing year is that of the date before, what the words count from the article's day isn't."""
    assert said("27/6", DAY, 1954) == ("1954-06-27", "")
    assert said("cuối năm", DAY, 1954) == ("1954~", "")
    assert said("hôm nay", DAY, 1954) == ("2024-06-27", "")
    assert said("tháng 5 năm ngoái", DAY, 1954) == ("2023-05", "")
    assert said("tháng 5 vừa qua", DAY, 1954) == ("2024-05", "")


def test_words_counted_from_an_unknown_day() -> None:
    """Without the day of the article there is no "năm nay" and no "vừa qua", whatever date stood before."""
    for expression in ("năm nay", "hôm qua", "tháng 5 vừa qua", "30/4 năm nay", "tuần trước", "3 ngày trước"):
        assert said(expression, None, 1954) == ("", "no year"), expression


@pytest.mark.parametrize(
    ("published", "value"),
    [("2024-06-30", "2024-12-30"), ("2024-06-29", "2023-12-30"), ("2024-12-31", "2024-12-30")],
)
def test_exactly_six_months_are_not_more(published: str, value: str) -> None:
    """30 December is six months after 30 June to the day, and more than six months after the 29th."""
    assert said("30/12", date.fromisoformat(published)) == (value, "")


@pytest.mark.parametrize(
    ("published", "day", "value"),
    [("2023-08-31", "28/2", "2023-02-28"), ("2023-08-31", "1/3", "2023-03-01"), ("2024-02-29", "30/8", "2023-08-30")],
)
def test_six_months_at_the_end_of_a_month(published: str, day: str, value: str) -> None:
    """Six months after 29 February are 29 August; of a day before the article's the year is the article's own."""
    assert said(day, date.fromisoformat(published)) == (value, "")


@pytest.mark.parametrize(
    ("expression", "published", "value"),
    [
        ("tháng 7", "2024-01-31", "2024-07"),
        ("tháng 8", "2024-01-31", "2023-08"),
        ("quý III", "2024-01-01", "2024-35"),
        ("quý IV", "2024-02-10", "2023-36"),
        ("6 tháng cuối năm", "2024-01-02", "2024-07/2024-12"),
        ("3 tháng cuối năm", "2024-02-10", "2023-10/2023-12"),
        ("cuối năm", "2024-01-10", "2023~"),
        ("đầu năm", "2024-12-31", "2024~"),
    ],
)
def test_six_months_for_longer_periods(expression: str, published: str, value: str) -> None:
    """A month or a part of a year counts by the day on which it begins."""
    assert said(expression, date.fromisoformat(published)) == (value, "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("22/5 tới", "2025-05-22"),
        ("22/7 tới", "2024-07-22"),
        ("tháng Năm tới", "2025-05"),
        ("tháng 12 vừa qua", "2023-12"),
        ("27/6 vừa qua", "2024-06-27"),
        ("28/6 vừa qua", "2023-06-28"),
        ("tháng 5 sang năm", "2025-05"),
        ("quý I sang năm", "2025-33"),
        ("quý I sắp tới", "2025-33"),
        ("6 tháng đầu năm vừa qua", "2024-01/2024-06"),
        ("6 tháng năm ngoái", "2023-01/2023-06"),
        ("cuối năm kia", "2022~"),
    ],
)
def test_words_decide_over_the_rule(expression: str, value: str) -> None:
    """ "tới" is the next, "vừa qua" the last, "năm ngoái" the year before, however many months away."""
    assert said(expression) == (value, "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("tuần qua", "2024-06-17/2024-06-23"),
        ("tuần này", "2024-06-24/2024-06-30"),
        ("cuối tuần này", "2024-06-29/2024-06-30"),
        ("cuối tuần qua", "2024-06-22/2024-06-23"),
        ("đầu tuần này", "2024-06-24~/2024-06-30~"),
        ("thứ Năm vừa qua", "2024-06-20"),
        ("thứ Năm tới", "2024-07-04"),
        ("thứ Năm này", "2024-06-27"),
        ("Chủ nhật tuần trước", "2024-06-23"),
        ("thứ Bảy và Chủ nhật tuần này", "{2024-06-29,2024-06-30}"),
        ("thứ 5, 27/6", "2024-06-27"),
        ("27/6 (thứ Năm)", "2024-06-27"),
        ("3 ngày trước", "2024-06-24"),
        ("hai tuần trước", "2024-06-10/2024-06-16"),
        ("ngày kia", "2024-06-29"),
    ],
)
def test_weeks_and_their_days(expression: str, value: str) -> None:
    """DAY is a Thursday; weeks run from Monday to Sunday, and "vừa qua" and "tới" are never the day itself."""
    assert said(expression) == (value, "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("28 - 3/1/2025", "2024-12-28/2025-01-03"),
        ("30 và 31/12, 1/1/2025", "{2024-12-30,2024-12-31,2025-01-01}"),
        ("đêm 31/12 rạng sáng 1/1/2025", "2024-12-31/2025-01-01"),
        ("tháng 12 - tháng 2/2024", "2023-12/2024-02"),
        ("27/6/2024 - 3/7", "2024-06-27/2024-07-03"),
        ("1/1 và 31/12/2024", "{2024-01-01,2024-12-31}"),
        ("30/6 - 1/3/2025", "2024-06-30/2025-03-01"),
        ("30/6/2024 - 1/3", "2024-06-30/2025-03-01"),
        ("5/7 và 5/1/2025", "{2025-07-05,2025-01-05}"),
        ("5/8 và 5/1/2025", "{2024-08-05,2025-01-05}"),
        ("5/1/2025, 5/7", "{2025-01-05,2025-07-05}"),
        ("5/8/2024, 5/1", "{2024-08-05,2025-01-05}"),
        ("1 và 12/2024", "{2024-01,2024-12}"),
        ("thế kỷ XIX-XX", "18XX/19XX"),
        ("những năm 80-90", "198X/199X"),
        ("ngày 1 và ngày 5, 6 tháng 9", "{2024-09-01,2024-09-05,2024-09-06}"),
        ("ngày 27 và 28 tháng này", "{2024-06-27,2024-06-28}"),
        ("hai ngày 5 và 6/9", "{2024-09-05,2024-09-06}"),
        ("ngày 1 đến ngày 5 tháng 6", "2024-06-01/2024-06-05"),
        ("27/6 và 27-28/6", "{2024-06-27,2024-06-27..2024-06-28}"),
        ("sáng 27/6 và chiều 27/6", "2024-06-27"),
        ("quý I-III/2023", "2023-01/2023-09"),
        ("quý I, II và III năm 2023", "{2023-33,2023-34,2023-35}"),
        ("những năm 80, 90 của thế kỷ trước", "{198X,199X}"),
        ("cuối 2019 đầu 2020", "2019~/2020~"),
        ("đầu năm đến nay", "2024-01/2024-06"),
        ("tháng 9 năm ngoái đến nay", "2023-09/2024-06"),
    ],
)
def test_lists_and_ranges(expression: str, value: str) -> None:
    """What one member leaves out the others say; over New Year a list or a range goes on, or began the year before."""
    assert said(expression) == (value, "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("10 tháng năm 2024", "2024-01/2024-10"),
        ("10 tháng Năm 2024", "2024-05-10"),
        ("ngày 10 tháng năm 2024", "2024-05-10"),
        ("tháng năm năm ngoái", "2023-05"),
        ("mùng năm tháng năm", "2024-05-05"),
        ("năm tháng đầu năm", "2024-01/2024-05"),
        ("Ngày ba mươi tháng tư năm 1975", "1975-04-30"),
        ("ngày hai mươi mốt tháng mười một năm 2023", "2023-11-21"),
        ("ngày hai mươi tháng mười năm 2023", "2023-10-20"),
        ("ngày mười tháng mười", "2024-10-10"),
        ("mùng hai và mùng ba tháng chín", "{2024-09-02,2024-09-03}"),
    ],
)
def test_the_two_meanings_of_nam(expression: str, value: str) -> None:
    """ "năm" is five and year: "10 tháng năm 2024" are ten months, with a capital or a day's word it is May."""
    assert said(expression) == (value, "")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2024-06-27", "2024-06-27"),
        ("27-28-4", "2024-04-27/2024-04-28"),
        ("30-4 - 1-5-2024", "2024-04-30/2024-05-01"),
        ("ngày 2-9/2024", "2024-09-02"),
        ("5/6-2024", "2024-06-05"),
        ("tháng 5-6-2024", "2024-05/2024-06"),
        ("2020-05", "2020-05"),
        ("2012-12", "2012-12"),
        ("2012-13", "2012/2013"),
        ("12 tháng năm 2024", "2024-01/2024-12"),
        ("những năm 1965", "1965"),
        ("cuối những năm 1960", "196X~"),
        ("đầu thế kỷ XXI", "20XX~"),
        ("thập niên đầu thế kỷ 21", "200X"),
        ("hai quý đầu năm 2024", "2024-01/2024-06"),
        ("quý đầu tiên của năm 2024", "2024-33"),
        ("những tháng cuối năm 2024", "2024~"),
        ("tuần cuối tháng 5", "2024-05~"),
        ("ngày 2-9, năm 1945", "1945-09-02"),
        ("Sáng và chiều 27/6", "2024-06-27"),
        ("hôm nay, thứ Năm (27/6)", "2024-06-27"),
        ("ngày 31/12/9999", "9999-12-31"),
        ("1999-00", "1999/2000"),
        ("2019/20", "2019/2020"),
        ("năm 938", "0938"),
        ("năm 75", "1975"),
        ("tháng 5/24", "2024-05"),
        ("15h30 ngày 2/9/1945", "1945-09-02"),
        ("ngày 2 tháng 9, 1945", "1945-09-02"),
        ("10 ngày cuối tháng 2/2023", "2023-02-19/2023-02-28"),
        ("ngày cuối cùng của năm 2023", "2023-12-31"),
        ("nửa đầu tháng 5", "2024-05-01/2024-05-15"),
        ("nửa đầu quý I/2024", "2024-33~"),
        ("2 ngày đầu tháng 5", "2024-05-01/2024-05-02"),
        ("trung tuần tháng 6", "2024-06~"),
        ("mùa xuân năm 1975", "1975-21"),
        ("năm Giáp Thìn 2024", "2024"),
        ("mùng 2/9", "2024-09-02"),
    ],
)
def test_forms(expression: str, value: str) -> None:
    """Figures and words in the less frequent orders."""
    assert said(expression) == (value, "")


def test_same_year() -> None:
    """ "cùng năm" is the year of the date before, never that of the article."""
    assert date_value("tháng 5 cùng năm", DAY, 1954) == Value("1954-05", "context")
    assert date_value("cùng năm", DAY, 1954) == Value("1954", "context")
    assert date_value("tháng 5 cùng năm", DAY) == Value("", "", "no year")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("hôm sau", "vague"),
        ("ngày hôm sau", "vague"),
        ("năm đó", "vague"),
        ("cuối năm đó", "vague"),
        ("năm này", "vague"),
        ("cùng ngày", "vague"),
        ("thứ Hai", "vague"),
        ("ngày 28", "vague"),
        ("5 năm", "vague"),
        ("2 tháng qua", "vague"),
        ("19/5 hằng năm", "vague"),
        ("trước 27/6", "vague"),
        ("năm 208 trước Công nguyên", "vague"),
        ("năm 208 TCN", "vague"),
        ("Tết Dương lịch", "vague"),
        ("tháng 5/6", "vague"),
        ("tháng 5 thế kỷ trước", "vague"),
        ("27-28/4 - 1/5", "vague"),
        ("1/5 - 27-28/4 - 3/5", "vague"),
        ("thập niên 80 thế kỷ 19-20", "vague"),
        ("thập niên 85", "vague"),
        ("ngày năm", "vague"),
        ("năm 27/6", "vague"),
        ("ngày 2 tháng 4-5", "vague"),
        ("10 ngày đầu quý I/2024", "vague"),
        ("10 ngày giữa tháng 5", "vague"),
        ("5-6/2024", "vague"),
        ("6 tháng đầu năm 2020 và 2021", "vague"),
        ("đầu nhiệm kỳ 2020-2025", "vague"),
        ("", "vague"),
        ("tháng Giêng", "lunar calendar"),
        ("mùng 3 Tết", "lunar calendar"),
        ("đêm Giao thừa", "lunar calendar"),
        ("29/2/2023", "impossible date"),
        ("ngày 32", "impossible date"),
        ("năm 2025-2020", "impossible date"),
        ("13 tháng đầu năm", "impossible date"),
        ("quý 8", "impossible date"),
        ("tháng 33/2020", "impossible date"),
        ("thế kỷ 0", "impossible date"),
        ("9999 năm trước", "impossible date"),
    ],
)
def test_no_value(expression: str, reason: str) -> None:
    """What names no day of this calendar, or more than one, has no value and a reason."""
    assert date_value(expression, DAY) == Value("", "", reason)


def test_impossible_whatever_the_year() -> None:
    """30 February needs no year to be impossible, 29 February does."""
    assert said("30/2", None) == ("", "impossible date")
    assert said("29/2", None) == ("", "no year")
    assert said("29/2", date(2023, 3, 1)) == ("", "impossible date")


DAYS = st.dates(date(1931, 1, 1), date(2030, 12, 31))
WRITTEN = (
    "{d}/{m}/{y}",
    "ngày {d:02}-{m:02}-{y}",
    "Sáng {d}.{m}.{y}",
    "ngày {d} tháng {m} năm {y}",
    "{d} tháng {m}, {y}",
    "{y}-{m:02}-{d:02}",
    "hôm {d}/{m}/{s:02}",
)


@EXAMPLES
@given(DAYS, st.sampled_from(WRITTEN), st.none() | DAYS)
def test_full_dates_are_their_iso_form(day: date, form: str, published: date | None) -> None:
    """A full date is the day it says, whatever the day of the article."""
    expression = form.format(d=day.day, m=day.month, y=day.year, s=day.year % 100)
    assert date_value(expression, published, 1900) == Value(day.isoformat(), "words")


@EXAMPLES
@given(DAYS, DAYS)
def test_a_day_without_year_is_near_the_article(day: date, published: date) -> None:
    """The year is the article's, or the one before; the day lies within six months after it and a year before."""
    value, reason = said(f"{day.day}/{day.month}", published)
    if reason:
        assert (day.day, day.month, reason) == (29, 2, "impossible date")
        return
    found = date.fromisoformat(value)
    assert (found.day, found.month) == (day.day, day.month)
    assert found.year in (published.year, published.year - 1)
    assert found - published < timedelta(185)
    if found.year < published.year:
        assert found + timedelta(367) - published > timedelta(181)


@EXAMPLES
@given(DAYS, st.integers(1, 60))
def test_ranges_keep_their_order(first: date, days: int) -> None:
    """A range whose end alone has a year begins before it, be it in the year before."""
    last = first + timedelta(days)
    value, _ = said(f"{first.day}/{first.month} - {last.day}/{last.month}/{last.year}", DAY)
    assert value == f"{first}/{last}"


SPOKEN = (
    "ngày|tháng|năm|quý|tuần|thế kỷ|thập niên|đầu|cuối|nửa đầu|những|các|này|trước|tới|vừa qua|nay|qua|cùng năm|hôm nay"
    "|thứ hai|và|đến|-|/|,|.|(|một|hai|mười|mươi|mốt|tư|I|IV|XX|1|5|12|31|75|2024|27/6|5-9-2022|30/4-1/5|2020-2025"
    "|99999999|0|0/0|1-2-3-4-5-6-7|٣|²|𝟚|Tết|mùa hè|sáng|rạng sáng|giờ|8h30"
)
PIECES = st.sampled_from(SPOKEN.split("|"))
NASTY = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join), st.lists(PIECES).map("".join))


@settings(EXAMPLES, max_examples=4 * EXAMPLES.max_examples)
@given(NASTY, st.none() | st.dates(), st.none() | st.integers(-5, 20_000))
def test_any_text_has_a_value_or_a_reason(text: str, published: date | None, context: int | None) -> None:
    """Hostile text never raises; a value is EDTF in its letters, and there is a reason just where there is none."""
    value = date_value(text, published, context)
    if value.value:
        one = r"(?:\d{4}(?:-\d\d){0,2}|\d{3}X|\d\dXX)~?"
        assert re.fullmatch(rf"{one}(?:/{one})?|\{{{one}(?:\.\.{one})?(?:,{one}(?:\.\.{one})?)+\}}", value.value)
        assert (value.source in ("words", "published", "context"), value.reason) == (True, "")
    else:
        assert value.source == ""
        assert value.reason in ("vague", "no year", "impossible date", "lunar calendar")
    if published is None and context is None:
        assert value.source in ("", "words")


@pytest.mark.parametrize(
    "piece", ["1", "1-", "1/1 - ", "27/6, ", "năm ", "năm 5 ", "những năm ", "ngày 1 tháng ", "8 giờ "]
)
def test_long_strings_take_no_time(piece: str) -> None:
    """As long as an expression may be, and a thousand times longer: both within 50 ms of this thread."""
    for length in (200, 200_000):
        text = (piece * length)[:length]
        start = time.thread_time()
        date_value(text, DAY)
        assert time.thread_time() - start < 0.05
