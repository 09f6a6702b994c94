"""The page of errors as text: its data, what it refuses, and that nothing which documents say gets out of it."""

import json
import os
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scores import GOLD, PREDICTED, marked, related

from eval.errors import Error, Kind, count, errors
from eval.page import page
from eval.scores import PairingError, score, spans, triples
from eval.tables import Table
from vipol.document import Document, Entity, Relation
from vipol.markup import script_json
from vipol.schema import LABELS, RELATION_TYPES, relation_type

EXAMPLES = settings(max_examples=int(os.environ.get("VIPOL_EXAMPLES", "300")), deadline=None)

HOSTILE = (
    "</script><script>window.broken = 1</script>",
    "<!-- <script> a comment that would swallow the rest",
    "</style></title></textarea>]]>&amp;&lt;&#0;",
    "\"double\" 'single' `back` ${x} $data $$ {{x}} \\u003c \\",
    "Tổ 👩‍👩‍👧‍👦 gia đình 🇻🇳 và 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ở Hà Nội",
    "Ha\u0300 No\u0323\u0302i va\u0300 Uy\u0309 ban",
    "\u202eđảo ngược\u202c \u200fphải\u200e trái \u2067cô lập",
    "dòng\u2028một\u2029hai\x85ba\x0bbốn\x0cnăm\x1csáu",
    "\ufeffđầu\u200b\xa0\xadcuối\x00không\x7f\ufffe",
    "  hai khoảng   trắng \t và thẻ  \r",
    "một\rhai\r",
    "",
    "Dài " * 2_500,
    "x" * 10_000,
    "cuối không xuống dòng 🎉",
)
"""Lines that break pages which are put together carelessly."""


def hostile() -> tuple[list[Document], list[Document]]:
    """Gold and prediction over the hostile lines, with spans at every edge, ids to match, and nothing that is right."""
    names = ("</script><b>'\"&\u2028🎉", "#&=?%20+ ../\\\u202e", "\r\n", "")
    gold, predicted = [], []
    for number, name in enumerate(names):
        text = "\r\n".join(HOSTILE[number:] + HOSTILE[:number])
        cuts = [0, *(n.start() for n in re.finditer(r"\s+", text) if n.start() % 3 != 1), len(text)]
        edges = [(a, b) for a, b in pairwise(cuts) if a < b][::7]
        entities = [Entity(f"e{n}", a, b, LABELS[n % len(LABELS)]) for n, (a, b) in enumerate(edges)]
        scored = [replace(e, end=e.end - (e.end - e.start > 1), score=0.5) for e in entities[::2]]
        gold.append(Document(name, text, tuple(entities)))
        predicted.append(Document(name, text, tuple(scored)))
    return gold, predicted


def generated(articles: int, seed: int = 1) -> tuple[list[Document], list[Document]]:
    """Articles of 11 lines of 50 syllables and some 36 spans each, and a prediction that errs in all ways."""
    chance = random.Random(seed)
    syllables = "Lưu Vân Sơn Khải hội đồng tỉnh phó ban trưởng họp bàn 🎉 năm nay kế hoạch mới Đà Giang ủy viên"
    gold, predicted = [], []
    for number in range(articles):
        text, ours, theirs, links = "", [], [], []
        for _ in range(11):
            words = []
            for word in chance.choices(syllables.split(), k=50):
                words.append((len(text), len(text) + len(word)))
                text += f"{word} "
            text = text[:-1] + "\n"
            previous = None
            for first in sorted(chance.sample(range(0, 48, 4), chance.choice((3, 3, 4)))):
                last = first + chance.randrange(3)
                span = Entity(f"g{len(ours)}", words[first][0], words[last][1], chance.choice(LABELS))
                ours.append(span)
                if previous and (label := relation_type(previous.label, span.label)):
                    links.append(Relation(previous.id, span.id, label))
                previous = span
                what = chance.random()
                given = [span]
                if what < 0.05:
                    given = []
                elif what < 0.08:
                    given = [replace(span, label=chance.choice(LABELS))]
                elif what < 0.12:
                    given = [replace(span, end=words[last + 1][1])]
                elif what < 0.16 and last > first:
                    given = [replace(span, end=words[first][1]), replace(span, start=words[last][0], id=f"{span.id}b")]
                elif what < 0.20:
                    given = [span, Entity(f"{span.id}c", *words[first + 3], chance.choice(LABELS))]
                theirs += [replace(e, score=round(chance.uniform(0.3, 1), 3)) for e in given]
        known = {e.id: e.label for e in theirs}
        theirs_links = [
            replace(link, score=round(chance.uniform(0.3, 1), 3))
            for link in links
            if link.head in known and link.tail in known and chance.random() < 0.9
        ]
        name = f"bài-{number:04}"
        gold.append(Document(name, text[:-1], tuple(ours), tuple(links), f"2026-03-{number % 28 + 1:02}"))
        predicted.append(Document(name, text[:-1], tuple(theirs), tuple(theirs_links)))
    return gold, predicted


class Reader(HTMLParser):
    """The tags of a page, the text outside of scripts, and the contents of its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        else:
            self.text += data


def data_of(html: str) -> Any:
    return json.loads(Reader(html).scripts[0])


def made(gold: list[Document], predicted: list[Document]) -> str:
    return page(gold, predicted, errors(gold, predicted), {"model": "m"})


def test_worked_example() -> None:
    """Every span of test_scores' five lines once, with its side; the F1 of its spans and of its relations."""
    (article,) = data_of(made([GOLD], [PREDICTED]))["articles"]
    assert (article["id"], article["text"], article["published"]) == ("d", GOLD.text, None)
    assert article["f1"] == ["66.7", "40.0"]
    sides = [span[3] for span in article["spans"]]
    assert [sides.count(side) for side in range(3)] == [11, 5, 6]
    assert [[relation[3] for relation in article["relations"]].count(side) for side in range(3)] == [3, 5, 4]


def test_errors_know_their_spans() -> None:
    """One article with a wrong label, a split, a missed and an invented span; the errors stand by offset."""
    gold = marked("[Trung ương|ORG] họp, [Ban Tổ chức Tỉnh|ORG] báo cáo [Lê Minh|PERSON] nghe")
    found = marked("[Trung ương|ROLE] họp, [Ban Tổ chức|ORG] [Tỉnh|ORG] báo cáo Lê Minh [nghe|ROLE]")
    data = data_of(made([gold], [found]))
    (article,) = data["articles"]
    told = [
        (data["kinds"][error["kind"]]["name"], *(_surfaces(article, error[side]) for side in ("gold", "predicted")))
        for error in article["errors"]
    ]
    assert told == [
        ("wrong label", ["ORG[Trung ương]"], ["ROLE[Trung ương]"]),
        ("split", ["ORG[Ban Tổ chức Tỉnh]"], ["ORG[Ban Tổ chức]", "ORG[Tỉnh]"]),
        ("missed", ["PERSON[Lê Minh]"], []),
        ("invented", [], ["ROLE[nghe]"]),
    ]


def _surfaces(article: dict[str, Any], numbers: list[int]) -> list[str]:
    return [
        f"{label}[{' '.join(article['text'][a:b].split())}]"
        for a, b, label, *_ in (article["spans"][n] for n in numbers)
    ]


def test_relation_errors_of_one_post() -> None:
    """A post with two organisations of the same name, one of them not found: each error has its own relation."""
    gold = marked("[Bí thư|ROLE] [Quận ủy|ORG] và [Quận ủy|ORG]", (1, 2), (1, 3))
    found = marked("[Bí thư|ROLE] Quận ủy và [Quận ủy|ORG]")
    data = data_of(made([gold], [found]))
    (article,) = data["articles"]
    told = {
        data["kinds"][e["kind"]]["name"]: article["spans"][article["relations"][e["relation"]][2]][0]
        for e in article["errors"]
        if "relation" in e
    }
    assert told == {Kind.MISSED_BY_END.value: 7, Kind.MISSED_PAIR.value: 18}


def test_scores_are_the_prediction_s() -> None:
    """A span that both sides have carries the prediction's score; what is there twice, the higher; NaN is no score."""
    gold = Document("d", "a b c", (Entity("1", 0, 1, "ORG"), Entity("2", 2, 3, "ROLE")))
    entities = (Entity("1", 0, 1, "ORG", 0.25), Entity("2", 0, 1, "ORG", 0.75), Entity("3", 4, 5, "ORG", float("nan")))
    (article,) = data_of(made([gold], [Document("d", "a b c", entities)]))["articles"]
    assert article["spans"] == [[0, 1, "ORG", 0, 0.75], [2, 3, "ROLE", 1, None], [4, 5, "ORG", 2, None]]


def test_f1_of_nothing() -> None:
    """An article without a span on either side has no F1; one where nothing was found has 0."""
    gold = [Document("a", "x"), marked("[Hoa|PERSON]", name="b")]
    first, second = data_of(made(gold, [document.bare() for document in gold]))["articles"]
    assert (first["f1"], second["f1"]) == ([None, None], ["0.0", None])


def test_same_input_same_page() -> None:
    """The page doesn't depend on the order of the documents nor on when it is made."""
    gold, predicted = generated(4)
    assert made(gold, predicted) == made(gold[::-1], [predicted[n] for n in (2, 0, 3, 1)])


def test_part_of_the_errors() -> None:
    """Of errors that were picked out, each still finds its own spans."""
    gold, predicted = generated(3)
    found = errors(gold, predicted)
    for kind in count(found):
        picked = [error for error in found if error.kind is kind]
        for article in data_of(page(gold, predicted, picked, {}))["articles"]:
            own = sorted((e for e in picked if e.document == article["id"]), key=lambda e: e.offset)
            assert [_told(article, error) for error in article["errors"]] == [(e.gold, e.predicted) for e in own]


def _told(article: dict[str, Any], error: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """An error of the page as `Error` has it in words."""
    if "relation" in error:
        head, label, tail, side, _ = article["relations"][error["relation"]]
        ends = _surfaces(article, [head, tail])
        text = (f"{ends[0]} {label} {ends[1]}",)
        return (text, ()) if side == 1 else ((), text)
    return tuple(_surfaces(article, error["gold"])), tuple(_surfaces(article, error["predicted"]))


def test_an_error_that_is_not_there() -> None:
    """An error that the documents don't have is no slip to pass over."""
    error = Error(Kind.MISSED, "ORG", "d", 3, ("ORG[x]",), (), "x")
    with pytest.raises(ValueError, match=r"document 'd', offset 3: there is no error 'missed' of ORG there"):
        page([Document("d", "a b c")], [Document("d", "a b c")], [error], {})


def test_an_error_twice() -> None:
    """The same error twice has no second span to stand for."""
    gold = [marked("[Hoa|PERSON]")]
    found = errors(gold, [gold[0].bare()])
    with pytest.raises(ValueError, match=r"there is no error 'missed' of PERSON there"):
        page(gold, [gold[0].bare()], found * 2, {})


def test_an_error_of_another_document() -> None:
    """An error of a document that the gold lacks is named."""
    error = Error(Kind.MISSED, "ORG", "elsewhere", 0, ("ORG[x]",), (), "x")
    with pytest.raises(ValueError, match="no document 'elsewhere'"):
        page([], [], [error], {})


def test_documents_must_pair() -> None:
    """Gold without its prediction makes no page."""
    with pytest.raises(PairingError, match="no prediction for document 'd'"):
        page([GOLD], [], [], {})


def test_about_is_text() -> None:
    """Facts stand in the order given, escaped; the model also in the title. Half a surrogate can't stop the page."""
    html = page([], [], [], {"model": "a<b>&\"'", "seed": 7, "gold": "th\udcc3ư"})
    reader = Reader(html)
    assert [tag for tag, _ in reader.tags].count("b") == 0
    facts = re.findall(r"model\s*a<b>&\"'\s*seed\s*7\s*gold\s*th\ufffdư", reader.text)
    assert len(facts) == 1
    assert "<title>Errors of a&lt;b&gt;&amp;&quot;&#x27;</title>" in html
    assert html.encode()


def test_no_facts() -> None:
    """Without a model, and without anything, there is a page all the same."""
    html = page([], [], [], {})
    assert "<title>Errors</title>" in html
    assert data_of(html)["articles"] == []
    assert 'class="summary"' not in html


def test_summary() -> None:
    """Tables above the articles: cells are text, columns of figures are marked as such, a plot stands as it is."""
    plot = '<svg viewBox="0 0 2 1"><path d="M0,0L2,1"/></svg>'
    tables = [
        Table("Spans", ("label", "F1", "note"), [("<i>ROLE</i>", "93.3", "a"), ("ORG", "–", "7")]),
        Table("Curve", ("n",), [], plot),
    ]
    html = page([], [], [], {}, tables)
    assert '<td>&lt;i&gt;ROLE&lt;/i&gt;</td><td class="figure">93.3</td><td>a</td>' in html
    assert '<tr><th>label</th><th class="figure">F1</th><th>note</th></tr>' in html
    assert plot in html
    assert "<summary>Summary <span>Spans, Curve</span></summary>" in html


def test_ragged_table() -> None:
    """A row that lacks a cell is named, not shown askew."""
    with pytest.raises(ValueError, match=r"table 'T', row 2: 1 cells, but the header has 2"):
        page([], [], [], {}, [Table("T", ("a", "b"), [("1", "2"), ("1",)])])


def test_nothing_is_loaded() -> None:
    """No address stands in the page but the empty icon; the policy allows its one script by hash and nothing else."""
    reader = Reader(made(*generated(2)))
    named = [(tag, key, value) for tag, attrs in reader.tags for key, value in attrs.items() if key in ("src", "href")]
    assert named == [("link", "href", "data:,")]
    (policy,) = [attrs["content"] for tag, attrs in reader.tags if attrs.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-")
    assert len(reader.scripts) == 2


def test_hostile_text_stays_in_its_block() -> None:
    """Whatever texts and ids hold, the page has two scripts, its data is whole, and its offsets are the documents'."""
    gold, predicted = hostile()
    html = made(gold, predicted)
    reader = Reader(html)
    assert [attrs.get("id") for tag, attrs in reader.tags if tag == "script"] == ["data", None]
    articles = {article["id"]: article for article in data_of(html)["articles"]}
    assert {name: article["text"] for name, article in articles.items()} == {d.id: d.text for d in gold}
    for document in gold:
        marks = {tuple(span[:3]) for span in articles[document.id]["spans"] if span[3] < 2}
        assert marks == spans(document)
    assert "broken" not in reader.text


def test_kinds_and_labels_of_the_filters() -> None:
    """All kinds in their order with what they are of; the scheme's labels, then others that the errors have."""
    gold, predicted = Document("d", "Hà Nội"), Document("d", "Hà Nội", (Entity("1", 0, 6, "PLACE"),))
    data = data_of(made([gold], [predicted]))
    assert [(kind["name"], kind["of"] == "relation") for kind in data["kinds"]] == [
        (k.value, k.of_relation) for k in Kind
    ]
    assert {kind["family"] for kind in data["kinds"]} == {"missed", "invented", "label", "edge"}
    assert data["labels"] == [*LABELS, *RELATION_TYPES, "PLACE"]


@EXAMPLES
@given(st.lists(st.text() | st.sampled_from(HOSTILE), max_size=5))
def test_script_json_is_safe_and_whole(texts: list[str]) -> None:
    """Any strings come back as they were, and nothing in between could end a script block or a line of JavaScript."""
    written = script_json(texts)
    assert json.loads(written) == texts
    assert not re.search("[<>&\u2028\u2029\r\n]", written)
    assert written.encode()


@EXAMPLES
@given(
    st.tuples(related("a"), related("</script>")),
    st.tuples(related("a"), related("</script>")),
)
def test_every_wrong_thing_has_its_error(gold: tuple[Document, ...], predicted: tuple[Document, ...]) -> None:
    """Errors of random documents, with overlaps and doubles: each wrong span and relation in one, in the same words."""
    found = errors(gold, predicted)
    articles = data_of(page(gold, predicted, found, {}))["articles"]
    for article, wanted, given_ in zip(
        articles, *(sorted(s, key=lambda d: d.id) for s in (gold, predicted)), strict=True
    ):
        assert {tuple(span[:3]) for span in article["spans"]} == spans(wanted) | spans(given_)
        assert len(article["relations"]) == len(triples(wanted) | triples(given_))
        own = [error for error in found if error.document == article["id"]]
        assert sorted(_told(article, error) for error in article["errors"]) == sorted(
            (e.gold, e.predicted) for e in own
        )
        for side, number in (("gold", 1), ("predicted", 2)):
            taken = sorted(n for error in article["errors"] for n in error.get(side, []))
            assert taken == [n for n, span in enumerate(article["spans"]) if span[3] == number]
        taken = sorted(error["relation"] for error in article["errors"] if "relation" in error)
        assert taken == [n for n, relation in enumerate(article["relations"]) if relation[3]]
    total = score(gold, predicted)
    wrong = sum(1 for article in articles for error in article["errors"] if "relation" in error)
    assert wrong == total.relations.micro.false_positive + total.relations.micro.false_negative
