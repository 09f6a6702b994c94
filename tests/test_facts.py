"""Facts: chains with names, status, sentences, and what is merged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_scores import marked

from vipol.document import Document, Relation
from vipol.facts import ACTING, CURRENT, FORMER, HEADER, NEW, PROPOSED, STATUSES, facts, rows, sentence


def told(document: Document) -> list[tuple[str, str, str, str]]:
    return [
        (f.person.text if f.person else "", f.role, f.organisation.text if f.organisation else "", f.status)
        for f in facts(document)
    ]


def test_a_chain() -> None:
    """Person, post and organisation, with where each stands and the sentence that says it."""
    text = "Trời mưa. [Bí thư|ROLE] [Quận ủy|ORG] [Lê Thị Hoa|PERSON] phát biểu. Hết."
    document = marked(text, (3, 1), (1, 2))
    (fact,) = facts(document)
    assert told(document) == [("Lê Thị Hoa", "Bí thư", "Quận ủy", CURRENT)]
    (evidence,) = fact.evidence
    assert document.text[slice(*evidence.sentence)] == "Bí thư Quận ủy Lê Thị Hoa phát biểu."
    assert evidence.person
    assert document.text[slice(*evidence.person)] == "Lê Thị Hoa"
    assert document.text[slice(*evidence.role)] == "Bí thư"


def test_what_is_not_said() -> None:
    """A post without a person, and one without an organisation, are facts with a gap."""
    document = marked("[Bí thư|ROLE] [Quận ủy|ORG] đề nghị; [Hoa|PERSON], [TUV|ROLE].", (1, 2), (3, 4))
    assert told(document) == [("", "Bí thư", "Quận ủy", CURRENT), ("Hoa", "TUV", "", CURRENT)]


def test_duplicates_are_one_fact() -> None:
    """Said twice, once by the short name: one fact with both pieces of evidence, told by the full name."""
    document = marked(
        "[Chủ tịch|ROLE] [UBND quận|ORG] [Hải|PERSON] nói.\n[Chủ tịch|ROLE] [UBND quận|ORG] [Lê Văn Hải|PERSON] đến.",
        *((3, 1), (1, 2), (6, 4), (4, 5)),
    )
    (fact,) = facts(document)
    assert fact.person
    assert (fact.person.text, fact.person.mention, fact.person.resolved) == ("Lê Văn Hải", "Lê Văn Hải", "")
    assert len(fact.evidence) == 2


def test_a_list_of_posts() -> None:
    """Two posts of one person in two bodies are two facts."""
    document = marked(
        "[Phó Bí thư|ROLE] [Quận ủy|ORG], [Chủ tịch|ROLE] [UBND quận|ORG] [Lê Hải|PERSON]",
        *((5, 1), (1, 2), (5, 3), (3, 4)),
    )
    assert [fact[1:3] for fact in told(document)] == [("Phó Bí thư", "Quận ủy"), ("Chủ tịch", "UBND quận")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ông [An|PERSON], [Bí thư|ROLE] [Quận ủy|ORG]", CURRENT),
        ("Ông [An|PERSON], nguyên [Bí thư|ROLE] [Quận ủy|ORG]", FORMER),
        ("Ông [An|PERSON], cựu [Bí thư|ROLE] [Quận ủy|ORG]", FORMER),
        ("Ông [An|PERSON] từng giữ chức [Bí thư|ROLE] [Quận ủy|ORG]", FORMER),
        ("Ông [An|PERSON] thôi giữ chức vụ [Bí thư|ROLE] [Quận ủy|ORG]", FORMER),
        ("cho ông [An|PERSON] thôi giữ các chức vụ [Bí thư|ROLE] [Quận ủy|ORG]", FORMER),
        ("miễn nhiệm chức danh [Bí thư|ROLE] [Quận ủy|ORG] đối với [An|PERSON]", FORMER),
        ("Ông [An|PERSON], quyền [Bí thư|ROLE] [Quận ủy|ORG]", ACTING),
        ("Tân [Bí thư|ROLE] [Quận ủy|ORG] [An|PERSON]", NEW),
        ("bổ nhiệm ông [An|PERSON] giữ chức [Bí thư|ROLE] [Quận ủy|ORG]", NEW),
        ("bầu ông [An|PERSON] làm [Bí thư|ROLE] [Quận ủy|ORG]", NEW),
        ("Ông [An|PERSON] được bầu giữ chức [Bí thư|ROLE] [Quận ủy|ORG]", NEW),
        ("Ông [An|PERSON] được đề nghị bầu làm [Bí thư|ROLE] [Quận ủy|ORG]", PROPOSED),
        ("bầu cử; ông [An|PERSON] là [Bí thư|ROLE] [Quận ủy|ORG]", CURRENT),
        ("Phường nguyên trạng, [Bí thư|ROLE] [Quận ủy|ORG] [An|PERSON]", CURRENT),
    ],
)
def test_status(text: str, expected: str) -> None:
    """The words before the post, or before its person, tell."""
    labels = [part.split("|")[1].split("]")[0] for part in text.split("[")[1:]]
    place = {label: n for n, label in enumerate(labels, 1)}
    document = marked(text, (place["PERSON"], place["ROLE"]), (place["ROLE"], place["ORG"]))
    assert told(document)[0][3] == expected


def test_a_post_for_nobody_is_not_new() -> None:
    """An election that names nobody gives the post to nobody."""
    document = marked("bầu [đại biểu|ROLE] [Quốc hội|ORG]", (1, 2))
    assert told(document)[0][3] == CURRENT


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("Một. Hai ba. Bốn.", "ba", "Hai ba."),
        ("Ở TP. Hồ Chí Minh. Ông A.", "Chí", "Ở TP. Hồ Chí Minh."),
        ("Ông N. V. An nói: “Được.” Bà B.", "An", "Ông N. V. An nói: “Được.”"),
        ("Chi 2.500 đồng. Xong.", "500", "Chi 2.500 đồng."),
        ("Trên\nGiữa hai. Ba\nDưới", "hai", "Giữa hai."),
        ("Hỏi gì? Không! Thôi", "Không", "Không!"),
    ],
)
def test_sentence(text: str, part: str, expected: str) -> None:
    """A sentence ends at a full stop before a capital, not in an abbreviation or a number, and with its line."""
    start = text.index(part)
    left, right = sentence(text, start, start + len(part))
    assert text[left:right] == expected


@given(st.text("aB. \n?“”1,Đ", min_size=1, max_size=40), st.data())
def test_a_sentence_holds_what_it_is_of(text: str, data: st.DataObject) -> None:
    """Whatever the text, the sentence of a word is within a line and holds it."""
    places = [n for n, character in enumerate(text) if not character.isspace()]
    if not places:
        return
    start = data.draw(st.sampled_from(places))
    left, right = sentence(text, start, start + 1)
    assert left <= start < right
    assert "\n" not in text[left:right]


def test_as_rows_and_json() -> None:
    """A row has a cell for each column; JSON has offsets and words of every piece of evidence."""
    document = marked(
        "Ông [Lê Hải|PERSON], [Bí thư|ROLE] [Quận ủy|ORG]. Ông [Hải|PERSON], [TUV|ROLE].", (1, 2), (2, 3), (4, 5)
    )
    found = facts(document)
    table = list(rows(document, found))
    assert {len(row) for row in table} == {len(HEADER)}
    assert dict(zip(HEADER, table[1], strict=True))["person_resolved"] == "full name in the article"
    data = found[0].to_dict(document)
    assert data["person"] == {"text": "Lê Hải", "mention": "Lê Hải"}
    assert data["evidence"][0]["sentence"] == "Ông Lê Hải, Bí thư Quận ủy."
    assert data["evidence"][0]["person"] == [4, 10]
    assert {fact.status for fact in found} <= set(STATUSES)


def test_a_relation_that_the_scheme_has_not() -> None:
    """A person who HAS_ROLE an organisation holds no post, and an organisation that HAS_ROLE a post is nobody."""
    other = marked("[Quận ủy|ORG] [Bí thư|ROLE]")
    assert facts(Document("d", other.text, other.entities, (Relation("e1", "e2", "HAS_ROLE"),))) == []
    document = marked("[An|PERSON] [Quận ủy|ORG]")
    assert facts(Document("d", document.text, document.entities, (Relation("e1", "e2", "HAS_ROLE"),))) == []
