"""Values of a document's spans: where the day of the article comes from, and what a date before it tells."""

import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.gold import read_gold
from vipol.dates import date_value
from vipol.document import Document, Entity
from vipol.headers import header_day
from vipol.money import money_value
from vipol.values import with_values

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)
SEEDS = Path(__file__).parent.parent / "annotations" / "gold" / "seeds.json"


def marked(text: str, published: str | None = None) -> Document:
    """A document from text in which spans stand like "[Sáng 23/6|DATE]"."""
    plain, entities, last = "", [], 0
    for number, match in enumerate(re.finditer(r"\[([^|\]]+)\|(\w+)\]", text), 1):
        plain += text[last : match.start()]
        entities.append(Entity(f"e{number}", len(plain), len(plain) + len(match[1]), match[2]))
        plain, last = plain + match[1], match.end()
    return Document("d", plain + text[last:], tuple(entities), (), published)


def values(document: Document, published: str | None = None) -> list[object]:
    """The values of the document's spans."""
    return [entity.value for entity in with_values(document, published).entities]


def test_dates_and_money_alone_have_values() -> None:
    """A span of another label keeps what it has; values are JSON objects without empty fields."""
    document = marked("[Lò Thị Mận|PERSON], [Sáng 23/6|DATE]: [12,5 tỷ đồng|MONEY], [700 triệu|MONEY]", "2024-06-24")
    assert values(document) == [
        None,
        {"value": "2024-06-23", "source": "published"},
        {"value": "12500000000 VND", "source": "words"},
        {"value": "700000000 VND", "source": "words", "reason": "currency assumed"},
    ]
    assert with_values(document).to_dict()["entities"][1]["value"] == {"value": "2024-06-23", "source": "published"}


def test_a_document_without_such_spans_is_the_same() -> None:
    """Nothing to do, nothing done."""
    document = marked("[Lò Thị Mận|PERSON] phát biểu.")
    assert with_values(document) is document


def test_the_argument_goes_before_the_document() -> None:
    """The caller's day of the article, then the document's own."""
    document = marked("Ngày đăng [21/08/2020|DATE] | 17:24\n[Chiều 5/1|DATE]", "2022-01-06")
    assert values(document, "2023-02-01")[1] == {"value": "2023-01-05", "source": "published"}
    assert values(document)[1] == {"value": "2022-01-05", "source": "published"}


def test_the_argument_is_checked() -> None:
    """A caller hears of a day that is none; a time behind the day is no fault."""
    document = marked("[Chiều 5/1|DATE]")
    with pytest.raises(ValueError, match=r"^published: 'hôm qua' is no ISO date such as 2024-06-27$"):
        with_values(document, "hôm qua")
    assert values(document, "2022-01-06T15:04:00+07:00") == [{"value": "2022-01-05", "source": "published"}]


def test_a_document_whose_day_cannot_be_read() -> None:
    """What a document brings as its day may be anything: it is passed over, and the source says what told the year."""
    document = marked("Thứ tư, [21/08/2019|DATE]\n[Chiều 5/1|DATE]", "mới đây")
    assert values(document)[1] == {"value": "2019-01-05", "source": "header"}


def test_header() -> None:
    """A date line among the first lines is the day of the article."""
    document = marked(
        "Tin tức\n\nNgày đăng [23/06/2022|DATE] | 15:04 | Lượt xem: 184\n\nHôm nay ([22/6|DATE]), [năm nay|DATE]"
    )
    assert values(document) == [
        {"value": "2022-06-23", "source": "words"},
        {"value": "2022-06-22", "source": "header"},
        {"value": "2022", "source": "header"},
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Ngày đăng 23/06/2022 | 15:04 \u00a0|\u00a0Lượt xem: 184",
        "NGÀY ĐĂNG: 23-06-2022",
        "Thứ năm, 23/06/2022",
        "Thứ Năm, ngày 23 tháng 6 năm 2022 08:00",
        "Thứ 5, 23/06/2022, 15:04 (GMT+7)",
        "23/06/2022 15:04",
        "15:04 | 23/06/2022",
        "2022-06-23 15:04",
        "15h04 ngày 23.6.2022",
        "(Tin Sông Đà) - Thứ năm, 23/06/2022 - 20:39",
        "Cập nhật lúc 15:04, 23/06/2022",
        "Ngày đăng: 23/06/2022 | Cập nhật: 24/06/2022 08:00",
    ],
)
def test_date_lines(line: str) -> None:
    """A full date with a clock time, a day of the week or "Ngày đăng"."""
    day = header_day(f"Tiêu đề\n{line}\nThân bài")
    assert str(day) == "2022-06-23"


@pytest.mark.parametrize(
    "line",
    [
        "(TTXVN) - Ngày 5-1-2012, đoàn công tác đã đến Đà Giang.",
        "(TTXVN) - Ngày 5-1-2012",
        "Vân Sơn, ngày 5/1/2012",
        "5/1/2012",
        "Khoảng 15h30 ngày 12/6/2019, Công an huyện lập biên bản.",
        "Lễ truy điệu lúc 5h30 ngày 23-2-2019.",
        "Thời gian: 16h00, Thứ 6 ngày 26/08/2005",
        "8:00 - 11:30, 25/04/2021",
        "Thứ năm, 23/06 - 30/06/2022",
        "Thứ năm, 23/06/2022 - 30/06/2022",
        "Ngày đăng: 31/02/2022",
        "Ngày đăng 23/06",
        "Thứ năm, 123/06/2022",
        "Thứ năm, 23/06/2022 | " + "dài " * 30,
    ],
)
def test_lines_that_are_no_date_lines(line: str) -> None:
    """The place and day of a report, sentences, announcements, and dates that are none."""
    assert header_day(f"Tiêu đề\n{line}\nThân bài") is None


def test_a_date_line_far_down() -> None:
    """Only the first ten lines with text can tell the day, and "Ngày đăng" goes before other date lines."""
    assert header_day("\n\n".join(["dòng"] * 10 + ["Ngày đăng 23/06/2022"])) is None
    assert str(header_day("\n\n".join(["dòng"] * 9 + ["Ngày đăng 23/06/2022"]))) == "2022-06-23"
    assert str(header_day("Thứ hai, 20/06/2022\nNgày đăng 23/06/2022")) == "2022-06-23"


def test_date_lines_that_disagree() -> None:
    """Two days, and nothing says which is the article's: none."""
    assert header_day("18h30, Chủ nhật, 23.10.2005\nThứ hai, 24.10.2005") is None


def test_context() -> None:
    """No day of the article: the year of the nearest full date before, not of a month, and not of one behind."""
    document = marked(
        "[Ngày 7/5|DATE]; [tháng 9/2019|DATE]; [ngày 10/10/1954|DATE]; [19/12|DATE], [cuối năm|DATE]; [28/4/2021|DATE];"
        " [quý II|DATE]; [năm 2030|DATE]; [2/9|DATE]"
    )
    assert values(document) == [
        {"reason": "no year"},
        {"value": "2019-09", "source": "words"},
        {"value": "1954-10-10", "source": "words"},
        {"value": "1954-12-19", "source": "context"},
        {"value": "1954~", "source": "context"},
        {"value": "2021-04-28", "source": "words"},
        {"value": "2021-34", "source": "context"},
        {"value": "2030", "source": "words"},
        {"value": "2021-09-02", "source": "context"},
    ]


def test_context_is_the_end_of_a_range() -> None:
    """A range or a list of days is a full date too; its last year counts."""
    assert values(marked("[28/12/2020 - 3/1/2021|DATE], [5/1|DATE]"))[1] == {"value": "2021-01-05", "source": "context"}
    assert values(marked("[28/12/2020 và 3/1/2021|DATE], [5/1|DATE]"))[1] == {
        "value": "2021-01-05",
        "source": "context",
    }


def test_context_in_the_order_of_the_text() -> None:
    """The order in which a document lists its spans doesn't matter."""
    document = marked("[ngày 10/10/1954|DATE], [19/12|DATE]")
    turned = Document("d", document.text, document.entities[::-1])
    assert values(turned) == values(document)[::-1]
    assert [entity.id for entity in with_values(turned).entities] == ["e2", "e1"]


def test_context_does_not_tell_what_is_counted_from_the_article() -> None:
    """No day of the article: a full date before says nothing of "hôm qua" and "năm nay"."""
    assert values(marked("[28/4/2021|DATE]: [hôm qua|DATE], [năm nay|DATE], [tháng 5 vừa qua|DATE]"))[1:] == [
        {"reason": "no year"},
        {"reason": "no year"},
        {"reason": "no year"},
    ]


def test_the_day_of_the_article_goes_before_context() -> None:
    """Where the article has a day, a full date before a span tells nothing."""
    document = marked("[ngày 10/10/1954|DATE], [19/5|DATE]", "2021-04-28")
    assert values(document)[1] == {"value": "2021-05-19", "source": "published"}


def test_same_year() -> None:
    """ "cùng năm" is the year of the nearest date before, of whatever length and source, the article's day or not."""
    text = "[ngày 10/10/1954|DATE]; [tháng 3/1960|DATE], [tháng 5 cùng năm|DATE]; [27/6|DATE], [cuối cùng năm|DATE]"
    assert values(marked(text, "2024-06-28"))[2] == {"value": "1960-05", "source": "context"}
    assert values(marked("[27/6|DATE], [tháng 5 cùng năm|DATE]", "2024-06-28"))[1] == {
        "value": "2024-05",
        "source": "context",
    }
    assert values(marked("[tháng 5 cùng năm|DATE]", "2024-06-28")) == [{"reason": "no year"}]


def test_seeds() -> None:
    """Every date and amount of the seeds' gold has a value, or the article says no year; the text stays as it is."""
    documents = read_gold(SEEDS)
    without = []
    for document in documents:
        filled = with_values(document)
        assert [entity.span for entity in filled.entities] == [entity.span for entity in document.entities]
        assert (filled.text, filled.relations) == (document.text, document.relations)
        for entity in filled.entities:
            assert (entity.value is not None) == (entity.label in ("DATE", "MONEY"))
            if entity.value is not None and "value" not in entity.value:
                without.append((filled.surface(entity), entity.value))
    assert without == [
        ("ngày 27/6", {"reason": "no year"}),
        ("6 tháng đầu năm", {"reason": "no year"}),
        ("Chiều 5/1", {"reason": "no year"}),
        ("ngày 12/4", {"reason": "no year"}),
    ]


def test_seeds_by_their_header() -> None:
    """A seed with "Ngày đăng" has the same values without the day that its gold brings, with another source."""
    found = 0
    for document in read_gold(SEEDS):
        if document.published is not None:
            bare = Document(document.id, document.text, document.entities)
            for given_, read in zip(values(document), values(bare), strict=True):
                if isinstance(given_, dict) and given_.get("source") == "published":
                    given_, found = given_ | {"source": "header"}, found + 1
                assert given_ == read
    assert found == 13


@EXAMPLES
@given(st.text(max_size=80), st.data(), st.none() | st.text(max_size=12))
def test_any_document(text: str, data: st.DataObject, published: str | None) -> None:
    """Any spans of any text get a value or a reason, and nothing else of the document changes."""
    ends = (
        st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
        .map(sorted)
        .filter(lambda ends: ends[0] < ends[1])
    )
    spans = data.draw(st.lists(ends, max_size=5)) if text else []
    labels = st.sampled_from(["DATE", "MONEY", "ORG"])
    entities = tuple(Entity(str(n), start, end, data.draw(labels)) for n, (start, end) in enumerate(spans))
    document = Document("d", text, entities, (), published)
    filled = with_values(document)
    assert Document.from_dict(filled.to_dict()) == filled
    for before, after in zip(entities, filled.entities, strict=True):
        assert before.span == after.span
        assert after.value is None if after.label == "ORG" else "value" in after.value or "reason" in after.value


def test_header_of_hostile_lines_takes_no_time() -> None:
    """Lines as long as a date line may be, of what those are made of, and a text of a megabyte: within 50 ms."""
    for piece in ("1/", "23/06/2022 ", "15:04 ", "- ", "thứ ", "ngày đăng ", "(gmt+7"):
        for text in ((piece * 120)[:120] + "\n") * 20, piece * 100_000:
            start = time.thread_time()
            header_day(text)
            assert time.thread_time() - start < 0.05


def test_an_article_takes_a_millisecond() -> None:
    """Values of a seed of usual length, once its expressions were met: far below the model's time, here under 5 ms."""
    document = read_gold(SEEDS)[1]
    with_values(document)
    start = time.thread_time()
    with_values(document)
    assert time.thread_time() - start < 0.005


def test_the_functions_agree() -> None:
    """A document's values are those of the functions for one expression."""
    document = marked("[quý I/2021|DATE]: [2,5 tỷ USD|MONEY]")
    assert values(document) == [date_value("quý I/2021").to_dict(), money_value("2,5 tỷ USD").to_dict()]
