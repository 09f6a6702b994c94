"""The page of articles and facts as text: its data, and that nothing which documents say gets out of it."""

import base64
import hashlib
import json
import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_page import HOSTILE, Reader, data_of
from test_scores import GOLD, marked, related

from annotations.gold import read_gold
from vipol.chains import chains
from vipol.document import Document, Entity, Relation
from vipol.facts import STATUSES, facts
from vipol.names import FULL_NAME, LONGER_NAME
from vipol.page import page
from vipol.schema import LABELS, relation_type
from vipol.values import with_values

ROOT = Path(__file__).parent.parent
EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)

PEOPLE = ("Lưu Đình Khải", "Tô Thị Mẫn", "Cao Bá Thước", "Đặng Văn Ứng", "Quách Thị Ỷ")
POSTS = ("Bí thư", "Phó Chủ tịch", "Giám đốc", "Trưởng ban")
BODIES = ("Huyện ủy Vân Sơn", "UBND huyện Vân Sơn", "Sở Tài chính tỉnh Đà Giang", "HĐND tỉnh")
FILLER = "cho biết kế hoạch năm nay 🎉 sẽ bàn thêm về các việc chung mà hội nghị đã nêu ra hôm trước"


def generated(articles: int, seed: int = 1) -> list[Document]:
    """Articles of some 535 words and 36 spans each, about the same five people, scored and with values."""
    chance = random.Random(seed)
    found = []
    for number in range(articles):
        text, spans, relations = "", [], []

        def add(words: str, label: str = "") -> Entity | None:
            nonlocal text, spans
            start, text = len(text), text + words
            if not label:
                return None
            score = round(chance.uniform(0.5, 1), 3)
            spans = [*spans, Entity(f"e{len(spans)}", start, start + len(words), label, score)]
            return spans[-1]

        for _ in range(9):
            add(chance.choice(("Tân ", "Nguyên ", "Hôm qua ", "Theo đó, ")))
            role = add(chance.choice(POSTS), "ROLE")
            add(" ")
            body = add(chance.choice(BODIES), "ORG")
            add(" ")
            person = add(chance.choice(PEOPLE), "PERSON")
            links = [(person, role), (role, body)][chance.randrange(2) :]
            for head, tail in links:
                label = relation_type(head.label, tail.label)
                relations.append(Relation(head.id, tail.id, label, round(chance.uniform(0.5, 1), 3)))
            add(f" {' '.join(chance.choices(FILLER.split(), k=25))} ")
            add(*chance.choice((("ngày 14/3", "DATE"), ("2,5 tỷ đồng", "MONEY"), ("năm 2024", "DATE"))))
            add(f" {' '.join(chance.choices(FILLER.split(), k=21))}.\n")
        published = f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}"
        document = Document(f"bài-{number:03}", text[:-1], tuple(spans), tuple(relations), published)
        found.append(with_values(document))
    return found


def hostile() -> list[Document]:
    """Documents over hostile lines: spans at every edge, and ids, dates and values to match."""
    names = ("</script><b>'\"&\u2028🎉", "#&=?%20+ ../\\\u202e", "\r\n", "", "</style><!--\ud83d")
    found = []
    for number, name in enumerate(names):
        text = "\r\n".join(HOSTILE[number:] + HOSTILE[:number])
        cuts = [0, *(n.start() for n in re.finditer(r"\s+", text) if n.start() % 3 != 1), len(text)]
        edges = [(a, b) for a, b in pairwise(cuts) if a < b][::7]
        values = [
            *({"value": line, "source": line, "reason": line} for line in HOSTILE),
            {"reason": "<b>"},
            "<i>",
            None,
        ]
        spans = [
            Entity(f"<{n}>", a, b, LABELS[n % 5], n % 7 / 7, values[n % len(values)]) for n, (a, b) in enumerate(edges)
        ]
        roles = [n for n in range(1, len(spans) - 1) if n % 5 == 1]
        links = [Relation(spans[n - 1].id, spans[n].id, "HAS_ROLE", 0.5) for n in roles]
        links += [Relation(spans[n].id, spans[n + 1].id, "ROLE_AT") for n in roles]
        found.append(Document(name, text, tuple(spans), tuple(links), HOSTILE[number]))
    return found


def article_of(document: Document) -> dict[str, Any]:
    (article,) = data_of(page([document]))["articles"]
    return article


def words(article: dict[str, Any], numbers: list[int]) -> list[str]:
    return [article["text"][slice(*article["spans"][n][:2])] for n in numbers]


def test_worked_example() -> None:
    """test_scores' five lines: spans, relations and chains by their numbers, and the five facts in them."""
    article = article_of(GOLD)
    assert (article["id"], article["published"], article["text"]) == ("d", None, GOLD.text)
    assert [tuple(span[:3]) for span in article["spans"]] == [entity.span for entity in GOLD.entities]
    assert article["relations"][0] == [2, "HAS_ROLE", 0, None]
    assert words(article, article["chains"][0]) == ["Trần Thị Phương Hoa", "Bí thư", "Quận ủy Cầu Giấy"]
    told = [(fact["person"][0], fact["role"], fact["organisation"][0]) for fact in article["facts"]]
    assert told == [
        ("Trần Thị Phương Hoa", "Bí thư", "Quận ủy Cầu Giấy"),
        ("Nguyễn Đình Khuyến", "Chủ tịch", "UBND quận"),
        ("Huệ", "Phó Chủ tịch", "HĐND thành phố"),
        ("Lê Minh", "Phó Trưởng ban", "Ban Tổ chức Trung ương"),
    ]


def test_facts_are_those_of_the_documents() -> None:
    """Every fact of the seeds and of made articles stands in the page with its evidence, word for word."""
    documents = [*read_gold(ROOT / "annotations/gold"), *generated(20)]
    for document, article in zip(documents, data_of(page(documents))["articles"], strict=True):
        found = [fact.to_dict(document) for fact in facts(document)]
        assert len(found) == len(article["facts"]) > 0
        for fact, told in zip(found, article["facts"], strict=True):
            for name in ("person", "organisation"):
                named = fact[name] and [fact[name]["text"], fact[name]["mention"], fact[name].get("resolved", "")]
                assert told[name] == named
            for key in ("role", "status", "score"):
                assert told[key] == fact[key]
            for evidence, (start, end, numbers) in zip(fact["evidence"], told["evidence"], strict=True):
                assert document.text[start:end] == evidence["sentence"]
                spans = [article["spans"][n][:2] for n in numbers]
                assert spans == [evidence[key] for key in ("person", "role", "organisation") if key in evidence]
        assert article["chains"] == [
            [[e.id for e in document.entities].index(e.id) for e in chain] for chain, _ in chains(document)
        ]
    assert {fact["status"] for article in data_of(page(documents))["articles"] for fact in article["facts"]} >= {
        "current",
        "former",
        "new",
    }


def test_names_of_mentions() -> None:
    """A mention that the article itself tells more fully says as what and by what, one that says all says nothing."""
    document = marked(
        "[Bí thư|ROLE] [Huyện ủy Vân Sơn|ORG] [Tô Thị Mẫn|PERSON]. Bà [Mẫn|PERSON] thay mặt [Huyện ủy|ORG]."
    )
    assert [span[5] for span in article_of(document)["spans"]] == [
        None,
        None,
        None,
        ["Tô Thị Mẫn", "Mẫn", FULL_NAME],
        ["Huyện ủy Vân Sơn", "Huyện ủy", LONGER_NAME],
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        ({"value": "2024-06-27", "source": "words"}, ["2024-06-27", "words", ""]),
        ({"reason": "vague"}, ["", "", "vague"]),
        ({"value": None, "reason": "vague"}, ["", "", "vague"]),
        ({"value": 12.5, "source": ["a"]}, ["12.5", '["a"]', ""]),
        ("2024", ["2024", "", ""]),
        (float("nan"), ["NaN", "", ""]),
        ({"amount": 5, "currency": "đ"}, ['{"amount": 5, "currency": "đ"}', "", ""]),
        ([1, {2}], ['[1, "{2}"]', "", ""]),
    ],
)
def test_values_of_any_form(value: object, told: list[str] | None) -> None:
    """Values are told as they are; what another program wrote as a value stands there as JSON."""
    document = Document("d", "abc", (Entity("1", 0, 3, "DATE", value=value),))
    assert article_of(document)["spans"][0][4] == told


def test_scores_that_are_no_numbers() -> None:
    """NaN and infinity, which JSON cannot hold, are no scores."""
    spans = (Entity("1", 0, 1, "PERSON", float("nan")), Entity("2", 2, 3, "ROLE", float("inf")))
    document = Document("d", "a b", spans, (Relation("1", "2", "HAS_ROLE", float("nan")),))
    article = article_of(document)
    assert [span[3] for span in article["spans"]] == [None, None]
    assert article["relations"] == [[0, "HAS_ROLE", 1, None]]
    assert article["facts"][0]["score"] is None


def test_spans_out_of_order_and_twice() -> None:
    """Spans stand by their offsets, the longer first, whatever their order; relations find them, a double too."""
    spans = (
        Entity("c", 7, 9, "ROLE"),
        Entity("b", 0, 3, "ORG"),
        Entity("a", 0, 6, "PERSON"),
        Entity("again", 7, 9, "ROLE", 0.5),
    )
    document = Document("d", "abcdef hi", spans, (Relation("a", "c", "HAS_ROLE"), Relation("again", "b", "ROLE_AT")))
    article = article_of(document)
    assert [span[:3] for span in article["spans"]] == [[0, 6, "PERSON"], [0, 3, "ORG"], [7, 9, "ROLE"], [7, 9, "ROLE"]]
    assert [words(article, [head, tail]) for head, _, tail, _ in article["relations"]] == [
        ["abcdef", "hi"],
        ["hi", "abc"],
    ]


def test_labels_and_statuses_of_the_filters() -> None:
    """The scheme's labels in its order, then others that documents have."""
    data = data_of(page([Document("d", "ab", (Entity("1", 0, 1, "PLACE"), Entity("2", 1, 2, "<b>")))]))
    assert data["labels"] == [*LABELS, "<b>", "PLACE"]
    assert data["statuses"] == list(STATUSES)


def test_no_documents() -> None:
    """A page of nothing is a page."""
    assert data_of(page([]))["articles"] == []


def test_order_is_kept() -> None:
    """Articles stand as they were given, two of one id too."""
    documents = [Document(name, "x") for name in ("b", "a", "b")]
    assert [article["id"] for article in data_of(page(documents))["articles"]] == ["b", "a", "b"]


def test_same_input_same_bytes() -> None:
    """Another process with another order of sets makes the same page, byte for byte."""
    code = (
        "import hashlib; from test_show_page import generated, hostile; from vipol.page import page;"
        "print(hashlib.sha256(page([*generated(5), *hostile()]).encode()).hexdigest())"
    )
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("tests", "model", "."))
    sums = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert sums == {hashlib.sha256(page([*generated(5), *hostile()]).encode()).hexdigest()}


def test_nothing_else_is_needed() -> None:
    """Making a page imports neither the model nor a package of others, nor what only a checkout has."""
    code = (
        "import sys; before = set(sys.modules); from vipol.document import Document; from vipol.page import page;"
        "page([Document('d', 'x')]);"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "model")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["vipol"]


def test_files_belong_to_the_package() -> None:
    """What the page is made of is data of `vipol`, and each file says something in the page."""
    html = page(generated(1))
    for file in (files("vipol") / "show").iterdir():
        lines = [
            line for line in file.read_text(encoding="utf-8").splitlines() if "$" not in line or file.suffix == ".js"
        ]
        assert lines
        assert all(line in html for line in lines), file.name


def test_title_is_text() -> None:
    """A title is escaped; what no HTML file can hold is replaced in it."""
    html = page([], "a<b>&\"' $data \x00\udcc3ư")
    reader = Reader(html)
    assert [tag for tag, _ in reader.tags].count("b") == 0
    assert html.count("a&lt;b&gt;&amp;&quot;&#x27; $data \ufffd\ufffdư") == 2
    assert html.encode()


def test_nothing_is_loaded() -> None:
    """No address stands in the page but the empty icon; its policy allows its script and its style, by hash, alone."""
    html = page(generated(2))
    reader = Reader(html)
    named = [(tag, key, value) for tag, attrs in reader.tags for key, value in attrs.items() if key in ("src", "href")]
    assert named == [("link", "href", "data:,")]
    (policy,) = [attrs["content"] for tag, attrs in reader.tags if attrs.get("http-equiv")]
    (style,) = re.findall("<style>(.*?)</style>", html, re.DOTALL)
    data, script = reader.scripts
    assert json.loads(data)
    hashes = [base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() for content in (style, script)]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not [attrs for _, attrs in reader.tags if any(key.startswith("on") or key == "style" for key in attrs)]


def test_hostile_text_stays_in_its_block() -> None:
    """Whatever texts, ids, dates and values hold, the page has two scripts, and its data is whole."""
    documents = hostile()
    html = page(documents)
    reader = Reader(html)
    assert [attrs.get("id") for tag, attrs in reader.tags if tag == "script"] == ["data", None]
    assert html.count("<style>") == html.count("</style>") == 1
    for document, article in zip(documents, data_of(html)["articles"], strict=True):
        assert (article["id"], article["text"]) == (document.id, document.text)
        assert article["published"] == document.published
        assert [tuple(span[:3]) for span in article["spans"]] == [entity.span for entity in document.entities]
        assert len(article["facts"]) > 1
    assert "broken" not in reader.text
    assert html.encode()


@EXAMPLES
@given(
    st.text(st.characters()),
    st.text() | st.sampled_from(HOSTILE),
    st.none() | st.text(st.characters()),
    st.none() | st.text(st.characters()) | st.dictionaries(st.sampled_from(["value", "source", "reason"]), st.text()),
)
def test_any_strings(name: str, text: str, published: str | None, value: object) -> None:
    """Any strings come back as they were, and nothing between could end a script block."""
    document = Document(name, f"{text}.", (Entity("1", len(text), len(text) + 1, "DATE", value=value),), (), published)
    html = page([document])
    article = article_of(document)
    assert (article["id"], article["text"], article["published"]) == (name, f"{text}.", published)
    if isinstance(value, str):
        assert article["spans"][0][4][0] == value
    elif value and {"value", "reason"} & value.keys():
        assert article["spans"][0][4] == [value.get(key, "") for key in ("value", "source", "reason")]
    data = Reader(html).scripts[0]
    assert not re.search("[<>&\u2028\u2029\r\n]", data)
    assert html.encode()


@EXAMPLES
@given(st.tuples(related("a"), related("</script>")))
def test_any_spans_and_relations(documents: tuple[Document, ...]) -> None:
    """Random documents with overlapping spans: nothing is lost, and every number names what it should."""
    for document, article in zip(documents, data_of(page(documents))["articles"], strict=True):
        assert sorted(tuple(span[:3]) for span in article["spans"]) == sorted(e.span for e in document.entities)
        told = [
            (tuple(article["spans"][head][:3]), label, tuple(article["spans"][tail][:3]))
            for head, label, tail, _ in article["relations"]
        ]
        assert told == [(head.span, label, tail.span) for head, label, tail in document.triples()]
        bare = replace(document, relations=())
        assert article_of(bare)["facts"] == article_of(bare)["chains"] == []
