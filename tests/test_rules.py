"""The baseline of rules: what it marks in text written for it, and that no text breaks it."""

import os
import random
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scores import marked

from annotations.gold import read_gold
from eval.rules import mark
from eval.scores import score, spans, triples
from vipol.decoding import trim
from vipol.document import Document
from vipol.schema import RELATIONS

GOLD = Path(__file__).parent.parent / "annotations" / "gold"
EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)


def surfaces(text: str, label: str) -> list[str]:
    found = mark(Document("d", text))
    return [found.surface(entity) for entity in found.entities if entity.label == label]


def agrees(gold: Document) -> None:
    """The rules find just what a marked text has, spans and relations."""
    found = mark(gold.bare())
    assert spans(found) == spans(gold)
    assert triples(found) == triples(gold)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Họp ngày 27/6.", ["ngày 27/6"]),
        ("Sáng ngày 23/6, đoàn đến thăm.", ["Sáng ngày 23/6"]),
        ("Chiều 5/1/2024, tỉnh họp.", ["Chiều 5/1/2024"]),
        ("Rạng sáng 20-10, ông từ trần.", ["Rạng sáng 20-10"]),
        ("Ngày 21-8 và 22-8, lớp học mở.", ["Ngày 21-8", "22-8"]),
        ("Ngày 5 tháng 4 năm 2021, luật được ký.", ["Ngày 5 tháng 4 năm 2021"]),
        ("Ngày đăng 23/06/2022 | 15:04", ["23/06/2022"]),
        ("Từ ngày 12/12 - 31/12/2020, cầu đóng.", ["ngày 12/12 - 31/12/2020"]),
        ("Đợt nghỉ 30/4 - 1/5 năm nay.", ["30/4 - 1/5 năm nay"]),
        ("Từ ngày 28 đến 30-12-2024.", ["ngày 28", "30-12-2024"]),
        ("Trong hai ngày 28 và 29-11 tới đây.", ["ngày 28", "29-11 tới đây"]),
        ("Từ tháng 8/2020 đến cuối tháng 5-2024.", ["tháng 8/2020", "cuối tháng 5-2024"]),
        ("Tháng 8 vừa qua và đầu tháng này.", ["Tháng 8 vừa qua", "đầu tháng này"]),
        ("Số thu quý I/2021, quý 2-2011.", ["quý I/2021", "quý 2-2011"]),
        ("6 tháng đầu năm 2024, rồi 6 tháng cuối năm.", ["6 tháng đầu năm 2024", "6 tháng cuối năm"]),
        ("Nhiệm kỳ 2020 - 2025, giai đoạn 2018-2020.", ["2020 - 2025", "2018-2020"]),
        ("Từ năm 2020 đến năm 2025.", ["năm 2020", "năm 2025"]),
        ("So với cùng kỳ 2023.", ["2023"]),
        ("Theo Hiến pháp năm 1992.", ["năm 1992"]),
        ("Hôm nay (22/9), xã họp.", ["Hôm nay", "22/9"]),
        ("Chiều nay 2-6, mưa lớn.", ["Chiều nay 2-6"]),
        ("Năm nay khác năm ngoái và tuần trước.", ["Năm nay", "năm ngoái", "tuần trước"]),
        ("Tối thứ Hai 21/10, hồ tràn.", ["Tối thứ Hai 21/10"]),
        ("Kế hoạch 5 năm 2021-2025.", ["2021-2025"]),
        ("Theo Nghị định số 06 năm 2021.", ["năm 2021"]),
    ],
)
def test_dates(text: str, expected: list[str]) -> None:
    """Days with their part of day, months, quarters, halves, years and words for them, without prepositions."""
    assert surfaces(text, "DATE") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Lúc 15h30, từ 8 giờ đến 11 giờ.",
        "Làm việc 5 năm, rồi 3 tháng.",
        "Trong 50 năm qua và nhiều năm tới.",
        "Kỷ niệm 70 năm ngày Giải phóng Thủ đô.",
        "Nghị định số 146/2025/TT-BCT và Thông tư 45/2024/TT-BTC.",
        "Ông 58 tuổi, cùng ngày, buổi chiều.",
        "Đạt 33/33 phiếu, tỷ lệ 3/4, thắng 3-1.",
        "Hoạt động 24/7, cả thảy 2024 người.",
        "Công bố vào ngày 29 hàng tháng.",
    ],
)
def test_no_dates(text: str) -> None:
    """Clock times, lengths of time, anniversaries, ages, scores and the numbers of documents."""
    assert surfaces(text, "DATE") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Khoảng 12.455,236 tỷ đồng.", ["12.455,236 tỷ đồng"]),
        ("Hơn 2,5 tỷ USD và 500.000 đồng/người.", ["2,5 tỷ USD", "500.000 đồng"]),
        ("Thu 12 tỷ đồng/19 tỷ đồng.", ["12 tỷ đồng", "19 tỷ đồng"]),
        ("Phạt 10-15 triệu đồng.", ["10-15 triệu đồng"]),
        ("Lãi một tỷ đồng, rồi hàng chục tỉ đồng.", ["một tỷ đồng", "hàng chục tỉ đồng"]),
        (
            "Vay 5 triệu bảng Anh, 3 triệu euro, 7 nghìn tỷ đồng.",
            ["5 triệu bảng Anh", "3 triệu euro", "7 nghìn tỷ đồng"],
        ),
        ("Giá vé 50.000đ, $20 mỗi đêm.", ["50.000đ", "$20"]),
        ("Lương gần 700 triệu, thưởng 8 - 10 triệu.", ["700 triệu", "8 - 10 triệu"]),
        ("Gửi500triệu đồng.", ["500triệu đồng"]),
        ("Tặng 5 đồng chí, cho 2 triệu hộ, tăng 3,5 %.", []),
        ("Dân số 98 triệu người.", []),
    ],
)
def test_money(text: str, expected: list[str]) -> None:
    """Amounts with multiplier and currency, in digits or words; the currency may be missing beside a word for money."""
    assert surfaces(text, "MONEY") == expected


@pytest.mark.parametrize(
    "text",
    [
        "[Phó Chủ tịch|ROLE] [UBND quận Cầu Giấy|ORG]",
        "[Ủy viên|ROLE] [Trung ương Đảng|ORG]",
        "[Phó Bí thư Thường trực|ROLE] [Thành ủy Hà Nội|ORG]",
        "[Trưởng|ROLE] [Ban Tuyên giáo Quận ủy Tây Hồ|ORG]",
        "[Phó Trưởng ban|ROLE] [Ban Tổ chức Trung ương|ORG]",
        "[Chánh|ROLE] [Văn phòng UBND tỉnh Đà Giang|ORG]",
        "[Bộ trưởng|ROLE] [Bộ Khoa học và Công nghệ|ORG]",
        "[Giám đốc|ROLE] [Sở Văn hóa, Thể thao và Du lịch|ORG]",
        "[đại biểu|ROLE] [Quốc hội|ORG] khóa XV",
        "[Chính ủy|ROLE] [Trung đoàn 916|ORG]",
    ],
)
def test_post_and_body(text: str) -> None:
    """Where the post ends its organisation begins, and it is the post's."""
    agrees(marked(text, (1, 2)))


@pytest.mark.parametrize(
    "text",
    [
        "[Chủ tịch nước|ROLE] dự lễ.",
        "[Bộ trưởng Quốc phòng|ROLE] Mỹ đến thăm.",
        "[Chủ tịch|ROLE] tỉnh Quảng Bình yêu cầu.",
        "Ông được bầu, [Phó Chủ tịch tỉnh|ROLE] phụ trách.",
        "Bổ nhiệm [trưởng ban|ROLE] mới.",
        "Các [Quận ủy viên|ROLE] có mặt.",
        "[Đại tướng|ROLE] có mặt.",
    ],
)
def test_post_alone(text: str) -> None:
    """Posts without an organisation, whole where none can be cut out."""
    agrees(marked(text))


@pytest.mark.parametrize("text", ["Lãnh đạo, cán bộ, đảng viên và cử tri.", "Các đại biểu dự họp.", "Biến tướng mới."])
def test_no_posts(text: str) -> None:
    """Words for people that are no posts, and members of nothing that is named."""
    assert surfaces(text, "ROLE") == []


@pytest.mark.parametrize(
    "text",
    [
        "[Ban Chấp hành Đảng bộ quận Ba Đình|ORG] họp lần thứ 6.",
        "[BCH Đảng bộ quận|ORG] khóa III",
        "Do [UB MTTQ TP Hà Nội|ORG] tổ chức",
        "[Đảng|ORG], [Nhà nước|ORG] và [Quốc hội|ORG] khóa XV",
        "[HĐND|ORG] các cấp, [UBND|ORG] các phường",
        "[Ủy ban Kiểm tra (UBKT) Trung ương|ORG] kết luận",
        "[Văn phòng Chính phủ|ORG] ([VPCP|ORG]) thông báo",
        "[Bộ Tài chính|ORG], [Công Thương|ORG] và [Nội vụ|ORG] phối hợp",
        "Theo [Công ty Sao Khuê|ORG], thuyền của [Sao Khuê|ORG] đã về",
        "Bác sĩ [Bệnh viện Bạch Mai|ORG]",
        "[Trường THPT Nguyễn Hiền|ORG] khai giảng",
        "[TAND tỉnh Quảng Ngãi|ORG] xét xử",
    ],
)
def test_organisations(text: str) -> None:
    """The longest name, without the term; abbreviations; firms without the word for a firm."""
    agrees(marked(text))


@pytest.mark.parametrize(
    "text",
    [
        "Các cấp ủy, các phòng, ban, ngành.",
        "Quận Tây Hồ và Mỹ tuyên bố.",
        "Hội nghị diễn ra tại cơ sở, dịch vụ tốt.",
        "Bắc Bộ và Nam Bộ có mưa.",
        "Chi bộ thôn và các công ty Nga.",
    ],
)
def test_no_organisations(text: str) -> None:
    """Plurals without a name, places that act, and words that only begin like a name."""
    assert surfaces(text, "ORG") == []


@pytest.mark.parametrize(
    "text",
    [
        "Ông [Huệ|PERSON] gặp bà [Tô Thị Mẫn|PERSON].",
        "Đồng chí [Lưu Đình Khải|PERSON] phát biểu.",
        "PGS.TS. [Cao Bá Thước|PERSON] giảng bài.",
        "Theo [Lý Văn Mộc|PERSON], mưa lớn ở Hà Nội.",
        "Phong cách [Hồ Chí Minh|PERSON] ở TP Hồ Chí Minh.",
        "Đường Xuân Diệu, phố Trần Hưng Đạo.",
        "Anh [Kpă H'Lan|PERSON] và ông [Diaz-Canel|PERSON].",
        "Cháu [N.V.K|PERSON] đã về.",
        "Mưa đã tạnh. [Hoa Thành|PERSON]",
        "Ông [Olaf Quist|PERSON] đến. Sau đó [Quist|PERSON] đi.",
    ],
)
def test_people(text: str) -> None:
    """Names behind a title, by the family name, in a byline, and again where they were found before."""
    agrees(marked(text))


def test_no_name_of_a_street_after_a_number() -> None:
    """A name that is the name of a street is no person's, though it begins with a family name."""
    assert surfaces("Tại số 7 Nguyễn Tri Phương, quận Ba Đình.", "PERSON") == []


def test_person_behind_an_organisation() -> None:
    """The name of an organisation ends where a person's begins."""
    agrees(
        marked(
            "[Bí thư|ROLE] [Huyện ủy Vân Sơn|ORG] [Cao Bá Thước|PERSON] đến [UBND TP|ORG].",
            (3, 1),
            (1, 2),
        )
    )


def test_list_of_posts() -> None:
    """Two posts of one person, each with its body."""
    agrees(
        marked(
            "[Phó Bí thư|ROLE] [Quận uỷ|ORG], [Chủ tịch|ROLE] [UBND quận Tây Hồ|ORG] [Nguyễn Đình Mộc|PERSON] dự.",
            *((5, 1), (1, 2), (5, 3), (3, 4)),
        )
    )


def test_posts_that_share_a_body() -> None:
    """Two posts before one organisation are both in it."""
    agrees(marked("[Bí thư|ROLE], [Phó Bí thư|ROLE] [Quận uỷ|ORG] họp.", (1, 3), (2, 3)))


def test_posts_that_share_none() -> None:
    """A post of another kind takes nothing from the next one's organisation."""
    agrees(marked("[Thủ tướng|ROLE], [Chủ tịch|ROLE] [Hội Cựu chiến binh|ORG] họp.", (2, 3)))


@pytest.mark.parametrize(
    "sign", [", ", " - ", " – ", " (", ", nguyên ", " giữ chức ", " làm ", " được bầu làm ", " là "]
)
def test_post_behind_the_person(sign: str) -> None:
    """The post in apposition, or said outright."""
    agrees(marked(f"Ông [Lý Văn Mộc|PERSON]{sign}[Giám đốc|ROLE] [Sở Y tế|ORG]", (1, 2), (2, 3)))


def test_people_in_a_row() -> None:
    """Each post belongs to the person before it, though the next person stands behind it."""
    agrees(
        marked(
            "Có ông [Lý Văn Mộc|PERSON] - [Bí thư|ROLE] [Tỉnh ủy|ORG], bà [Tô Thị Mẫn|PERSON] - [Chủ tịch|ROLE] "
            "[UBND tỉnh|ORG], bà [Vũ Thị Na|PERSON] ([Giám đốc|ROLE] [Sở Y tế|ORG]).",
            *((1, 2), (2, 3), (4, 5), (5, 6), (7, 8), (8, 9)),
        )
    )


def test_post_with_a_country() -> None:
    """A country between post and name is no organisation, and parts nothing."""
    agrees(marked("[Thủ tướng|ROLE] Nhật Bản [Kenji Wada|PERSON] đến.", (2, 1)))


def test_new_post_of_the_same_person() -> None:
    """The post that is given to a person whose present post stands between."""
    agrees(
        marked(
            "Bổ nhiệm ông [Lý Văn Mộc|PERSON], [Phó Giám đốc|ROLE] [Sở Y tế|ORG], giữ chức vụ [Giám đốc|ROLE] "
            "[Sở Nội vụ|ORG]",
            *((1, 2), (2, 3), (1, 4), (4, 5)),
        )
    )


def test_pronoun_of_the_person_before() -> None:
    """A post said of "ông" belongs to the last name on the line."""
    agrees(
        marked(
            "[Lý Văn Mộc|PERSON] đã nghỉ hưu. Ông từng là [Giám đốc|ROLE] [Sở Y tế|ORG].",
            *((1, 2), (2, 3)),
        )
    )


def test_later_post_is_not_the_person_s() -> None:
    """A post that only means the same person takes no HAS_ROLE, and nothing crosses a line."""
    agrees(
        marked("Ông [Lý Văn Mộc|PERSON] nói. [Bí thư|ROLE] [Tỉnh ủy|ORG] đề nghị.\n[Cao Văn Tý|PERSON] nghe.", (2, 3))
    )


def test_headline_in_capitals() -> None:
    """In a line of capitals a name doesn't run on, since a capital tells nothing there."""
    agrees(marked("TIN TỨC CỦA [QUẬN ỦY|ORG] TIN MỚI CỦA [QUẬN ỦY|ORG]"))


def test_what_a_document_has_is_replaced() -> None:
    """Spans, relations and scores of the document are not looked at; the rest of it stays."""
    given_document = Document("d", "Bí thư.", marked("[Bí|ORG] thư").entities, published="2024-06-27", extra={"a": 1})
    found = mark(given_document)
    assert spans(found) == {(0, 6, "ROLE")}
    assert (found.id, found.text, found.published, found.extra) == ("d", "Bí thư.", "2024-06-27", {"a": 1})
    assert all(entity.score is None for entity in found.entities)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("blank", [" ", "\u00a0", "  ", "\t"])
def test_spelling_and_blanks(form: str, blank: str) -> None:
    """Decomposed letters, the old placement of tone marks and other blanks make no difference to what is found."""
    text = "Chiều 5/1, Bí thư Quận uỷ Tây Hồ Lê Thị Mẫn chi 12 tỷ đồng.".replace(" ", blank)
    found = mark(Document("d", unicodedata.normalize(form, text)))
    plain = [" ".join(unicodedata.normalize("NFC", found.surface(entity)).split()) for entity in found.entities]
    assert plain == ["Chiều 5/1", "Bí thư", "Quận uỷ Tây Hồ", "Lê Thị Mẫn", "12 tỷ đồng"]
    assert len(found.relations) == 2


def test_seeds() -> None:
    """On the seeds, which the rules were made with, they reach what rules can reach."""
    gold = read_gold(GOLD)
    found = score(gold, [mark(document.bare()) for document in gold])
    assert found.spans.micro.f1 > 0.95
    assert found.relations.micro.f1 > 0.95


def test_time_of_an_article() -> None:
    """A seed of a thousand words takes far less than a tenth of a second."""
    gold = read_gold(GOLD)
    started = time.process_time()
    for document in gold:
        mark(document)
    assert (time.process_time() - started) / len(gold) < 0.1


def valid(text: str) -> None:
    """The spans of a text obey the scheme, and the relations join spans of one line with the right labels."""
    found = mark(Document("d", text))
    last = 0
    for entity in found.entities:
        assert last <= entity.start < entity.end <= len(text)
        last = entity.end
        assert trim(text, entity.start, entity.end) == (entity.start, entity.end)
        assert len(found.surface(entity).splitlines()) == 1
    for head, label, tail in found.triples():
        assert RELATIONS[label] == (head.label, tail.label)
        start, end = min(head.start, tail.start), max(head.end, tail.end)
        assert len(text[start:end].splitlines()) == 1
    assert len(set(found.relations)) == len(found.relations)
    Document.from_dict(found.to_dict())


PIECES = [
    *'()[]/.,-–:;"“”%$…',
    *(" ", "\n", "\r\n", "\u00a0", "\u200b", "\u2028", "\x0b", "\ufeff", "\u0301", "İ", "ẞ"),
    *("Ban", "Bộ", "Đảng", "Sở Y tế", "UBND", "tỉnh", "TP.", "Hà Nội", "huyện", "xã", "Trường", "và", "Công ty"),
    *("Bí thư", "Trưởng", "Phó", "Ủy viên", "Bộ trưởng", "Văn phòng", "Thường trực", "đại biểu", "nguyên", "kiêm"),
    *("ông", "bà", "Nguyễn", "Văn", "An", "Lê", "Hồ Chí Minh", "là", "làm", "giữ chức", "A", "ABC", "U21"),
    *("ngày", "tháng", "năm", "quý", "1", "2/9", "2024", "12.5", "tỷ", "đồng", "một", "hôm nay", "từ", "đến"),
]


@EXAMPLES
@given(st.text())
def test_any_text_gives_valid_spans(text: str) -> None:
    """Whatever the characters are."""
    valid(text)


@EXAMPLES
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", " "])), max_size=40))
def test_any_mixture_of_the_words_gives_valid_spans(pieces: list[tuple[str, str]]) -> None:
    """Whatever the order of the words is that the rules know."""
    valid("".join(piece + blank for piece, blank in pieces))


@EXAMPLES
@given(st.integers())
def test_shuffled_seed_gives_valid_spans(seed: int) -> None:
    """A seed's words in any order."""
    words = read_gold(GOLD)[seed % 5].text.split(" ")
    random.Random(seed).shuffle(words)
    valid(" ".join(words[:200]))


@pytest.mark.parametrize(
    "piece",
    [
        *("1", "1.000.", "1/1-", "/", "(", "A", "A-", "\n", "\u200b", "a\u0301", "năm ", "một trăm ", "TP. "),
        *("Ban ", "Sở Y tế ", "Sở Y tế và ", "Ban (A) ", "Bộ Y tế, Công Thương, Tài chính, ", "Nguyễn Văn "),
        *("Văn phòng Ban Hội đồng Viện Trung tâm Phòng ", "Công ty cổ phần đầu tư xây dựng ", "tỉnh Ban Hội đồng xã "),
        *("Bí thư, ", "Trưởng Ban Phó Trưởng Phòng ", "Ông là ", "ông Nguyễn An, Bí thư Tỉnh ủy, "),
    ],
)
def test_long_repetitions_take_no_longer_than_their_length(piece: str) -> None:
    """A hundred thousand characters on one line take seconds at worst, where backtracking would take hours."""
    text = (piece * (100_000 // len(piece)))[:100_000]
    started = time.process_time()
    mark(Document("d", text))
    assert time.process_time() - started < 10
