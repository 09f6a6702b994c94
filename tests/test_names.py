"""What short names mean in their article."""

import pytest
from test_scores import marked

from vipol.document import Document
from vipol.names import ABBREVIATION, FULL_NAME, LONGER_NAME, PLACE, Name, Names, fold


def named(document: Document, label: str) -> list[Name]:
    names = Names(document)
    found = [entity for entity in document.entities if entity.label == label]
    return [names.person(entity) if label == "PERSON" else names.organisation(entity) for entity in found]


def test_last_word_of_a_name() -> None:
    """`ông Đông` is the man whose full name ends so; his full name is itself."""
    document = marked("Ông [Ngô Xuân Đông|PERSON] nói. Ông [Đông|PERSON] về.")
    assert named(document, "PERSON") == [
        Name("Ngô Xuân Đông", "Ngô Xuân Đông"),
        Name("Ngô Xuân Đông", "Đông", FULL_NAME),
    ]


def test_nearest_earlier_name() -> None:
    """Of two people of one last word the one named last before is meant."""
    document = marked(
        "[Lê Văn Hải|PERSON], [Bùi Thị Hải|PERSON] đến. Bà [Hải|PERSON] nói.\n[Lê Văn Hải|PERSON]; [Hải|PERSON]."
    )
    assert [name.text for name in named(document, "PERSON")] == [
        *("Lê Văn Hải", "Bùi Thị Hải", "Bùi Thị Hải", "Lê Văn Hải", "Lê Văn Hải")
    ]


def test_a_headline_comes_before_the_name() -> None:
    """Without an earlier name the one later name counts, two different ones don't."""
    assert named(marked("Ông [Hải|PERSON] làm gì?\n[Lê Văn Hải|PERSON] nói."), "PERSON")[0].text == "Lê Văn Hải"
    two = marked("Ông [Hải|PERSON]?\n[Lê Văn Hải|PERSON], [Bùi Thị Hải|PERSON].")
    assert named(two, "PERSON")[0] == Name("Hải", "Hải")


def test_a_name_in_capitals() -> None:
    """A headline's capitals are written as the article writes the name."""
    document = marked("[LÊ VĂN HẢI|PERSON] TỪ CHỨC\nÔng [Lê Văn Hải|PERSON] nói.")
    assert named(document, "PERSON")[0] == Name("Lê Văn Hải", "LÊ VĂN HẢI")


@pytest.mark.parametrize("short", ["Quận ủy", "quận uỷ", "UBND quận"])
def test_the_longer_name(short: str) -> None:
    """A body without its place is the one of the article that has it, wherever the tone mark stands."""
    long = "Quận uỷ Cầu Giấy" if "BND" not in short else "UBND quận Cầu Giấy"
    document = marked(f"[{short}|ORG] họp; [{long}|ORG] cũng vậy.")
    assert named(document, "ORG")[0] == Name(long, short, LONGER_NAME)


def test_two_longer_names() -> None:
    """Where two districts have such a body, nothing is told."""
    document = marked("[UBND quận|ORG]: [UBND quận Cầu Giấy|ORG], [UBND quận Tây Hồ|ORG].")
    assert named(document, "ORG")[0] == Name("UBND quận", "UBND quận")


def test_a_name_that_goes_on() -> None:
    """Of a name and the same name with more behind it, the shorter is meant."""
    document = marked("[Quận ủy|ORG]: [Quận ủy Tây Hồ|ORG], [Quận ủy Tây Hồ khóa mới|ORG].")
    assert named(document, "ORG")[0].text == "Quận ủy Tây Hồ"


@pytest.mark.parametrize(
    ("short", "place"),
    [("UBND quận", "quận"), ("Quận ủy", "quận"), ("HĐND TP", "TP"), ("Thành ủy", "TP"), ("UBND TP", "thành phố")],
)
def test_the_place_of_the_article(short: str, place: str) -> None:
    """An article that names one place of that level means its body."""
    document = marked(f"Tại {place} Cầu Giấy, [{short}|ORG] họp.")
    assert named(document, "ORG")[0] == Name(f"{short} Cầu Giấy", short, PLACE)


def test_two_places() -> None:
    """An article about two districts means neither."""
    document = marked("Quận Cầu Giấy và quận Tây Hồ: [UBND quận|ORG] họp.")
    assert named(document, "ORG")[0].resolved == ""


def test_abbreviation() -> None:
    """What stands in brackets behind a name stands for it from then on."""
    document = marked("[Văn phòng Chính phủ|ORG] ([VPCP|ORG]) báo. [VPCP|ORG] nói; [ABC|ORG] nghe.")
    assert [name.text for name in named(document, "ORG")][2:] == ["Văn phòng Chính phủ", "ABC"]
    assert named(document, "ORG")[2].resolved == ABBREVIATION


def test_fold() -> None:
    """Capitals, tone places, Unicode forms and spaces make no other name."""
    assert fold("QUẬN  UỶ") == fold("Quận ủy") == fold("Qua\u0302\u0323n u\u0309y")
