"""The page of articles and facts in Chromium: what it shows, counts and does, and that it keeps to itself."""

import json
import re
import time
import unicodedata
from urllib.parse import parse_qs, urlencode

import pytest
from test_scores import GOLD, marked
from test_show_page import HOSTILE, generated, hostile

from vipol.document import Document, Entity, Relation
from vipol.facts import Fact, facts
from vipol.page import page
from vipol.schema import LABELS

MANY = 131
OPEN_IN = 3.0
"""Seconds that a page of `MANY` articles may take until it is drawn, on a slow machine."""

NARROW = {"viewport": {"width": 390, "height": 844}}

NAMED = marked(
    "[Bí thư|ROLE] [Huyện ủy Vân Sơn|ORG] [Tô Thị Mẫn|PERSON] phát biểu ngày [14/3|DATE].\n"
    "Bà [Mẫn|PERSON], nguyên [Giám đốc|ROLE] [Sở Tài chính|ORG], chi [2,5 tỷ đồng|MONEY].\n"
    "Theo [Bí thư|ROLE] [Huyện ủy|ORG] [Tô Thị Mẫn|PERSON], không ai vắng mặt.",
    *((3, 1), (1, 2), (5, 6), (6, 7), (11, 9), (9, 10)),
    name="n",
)
"""Two facts: a post that is held, said twice, and one that was held, of a person whose full name stands elsewhere."""


@pytest.fixture(scope="module")
def many():
    return generated(MANY)


@pytest.fixture(scope="module")
def many_page(many, tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / "many.html"
    path.write_text(page(many), encoding="utf-8")
    return path


@pytest.fixture
def example(browser_page):
    """The worked example, one with names that the article resolves, and one without facts."""
    return browser_page(page([GOLD, NAMED, marked("[Hoa|PERSON] vắng mặt [hôm qua|DATE].", name="e")]))


def left(shown) -> tuple[int, ...]:
    """How many articles, spans and facts are left: the first number of each part of "5 of 9 articles · …"."""
    parts = shown.inner_text("#left").replace(",", "").split(" · ")
    return tuple(int(re.match(r"\d+", part)[0]) for part in parts)


def at(shown) -> str:
    return shown.inner_text("#current .place")


def column(shown, name: str) -> list[str]:
    return shown.locator(f"#rows td.{name}").all_text_contents()


def current(shown, selector: str) -> str:
    """The text of what is current in the article, or of its spans."""
    return "".join(shown.locator(f".text {selector}").all_text_contents())


def in_sight(shown, selector: str) -> bool:
    """Whether an element lies within the window."""
    return shown.locator(selector).first.evaluate(
        "e => { const {top, bottom} = e.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"
    )


def point_at(shown, words: str) -> None:
    """Moves the pointer to a marked span."""
    mark = shown.locator(".text .piece[data-label]", has_text=re.compile(f"^{re.escape(words)}$")).first
    mark.scroll_into_view_if_needed()
    x, y = mark.evaluate("e => { const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2] }")
    shown.mouse.move(x, y)


def tip(shown) -> list[str]:
    return [" ".join(line.split()) for line in shown.inner_text("#tip").splitlines() if line.strip()]


def all_facts(documents: list[Document]) -> list[Fact]:
    return [fact for document in documents for fact in facts(document)]


def bare(text: str) -> str:
    """Without marks, as the search has it where the query has none."""
    letters = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def told(fact: Fact) -> str:
    """What a row of the table tells."""
    names = [name for known in (fact.person, fact.organisation) if known for name in (known.text, known.mention)]
    return "\n".join([fact.document, fact.published or "", fact.role, fact.status, *names])


def test_many_articles_open_fast(browser_page, many, many_page) -> None:
    """131 articles of 535 words: painted within seconds, all of them in the list, one of them drawn."""
    assert sum(len(document.entities) for document in many) / MANY == 36
    assert sum(len(document.text.split()) for document in many) / MANY == pytest.approx(535, abs=20)
    started = time.perf_counter()
    shown = browser_page(many_page)
    drawn = shown.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
    )
    assert drawn / 1000 < OPEN_IN
    assert time.perf_counter() - started < 2 * OPEN_IN
    assert left(shown) == (MANY, 36 * MANY, len(all_facts(many)))
    assert shown.locator("#list .item").count() == MANY
    assert shown.locator(".text").count() == 1
    assert shown.locator(".text .opens").count() == 36
    items = shown.locator("#list .item").evaluate_all("all => all.map(e => e.querySelector('.id').textContent)")
    assert items == [document.id for document in many]
    figures = shown.locator("#list .item").nth(5).locator(".figure").all_text_contents()
    assert figures == ["36", str(len(facts(many[5])))]


def test_article_on_selection(browser_page, many, many_page) -> None:
    """A click on an article draws it and no other; its text is the document's, mark for mark."""
    shown = browser_page(many_page)
    for n in (7, 130, 0):
        shown.locator("#list .item").nth(n).click()
        assert shown.inner_text("#article h2") == many[n].id
        assert shown.locator(".text").evaluate("e => e.textContent") == many[n].text
        pieces = shown.locator(".text .piece[data-label]").evaluate_all(
            "all => all.map(e => [e.dataset.label, e.textContent])"
        )
        assert pieces == [[entity.label, many[n].surface(entity)] for entity in many[n].entities]
        assert shown.locator("#list [aria-current]").count() == 1


@pytest.mark.parametrize(
    "query", ["bài-01", "Mẫn", "to thi man", "former", "2026-03", "hội nghị đã", "không đâu", "  "]
)
def test_search_counts_right(browser_page, many, many_page, query: str) -> None:
    """The search keeps articles by id, text and names, and facts by what their rows tell."""
    shown = browser_page(many_page)
    shown.fill("#query", query)

    def finds(text: str) -> bool:
        wanted = " ".join(query.lower().split())
        return wanted in (bare(text) if bare(query) == wanted else " ".join(text.lower().split()))

    found = [fact for fact in all_facts(many) if finds(told(fact))]
    of_facts = {fact.document for fact in found}
    articles = [d for d in many if d.id in of_facts or finds(f"{d.id}\n{d.published}\n{d.text}")]
    assert left(shown) == (len(articles), 36 * len(articles), len(found))
    assert shown.locator("#list .item").count() == len(articles)
    if not articles:
        assert "Nothing is left" in shown.inner_text("#list")
        assert shown.inner_text("#article") == ""
    shown.click("#view-facts")
    assert shown.locator("#rows tr").count() == min(200, len(found))


def test_filters_count_right(browser_page, many, many_page) -> None:
    """Labels choose spans and articles that have them, statuses choose facts; buttons say what each would leave."""
    extra = marked("[Hoa|PERSON] vắng mặt", name="z")
    documents = [*many, extra]
    shown = browser_page(page(documents))

    def expect(labels: set[str], statuses: set[str], ids: set[str]) -> None:
        all_spans = [(d.id, e.label) for d in documents for e in d.entities]
        found = all_facts(documents)
        of_label = {d.id for d in documents if not labels or labels & {e.label for e in d.entities}} & ids
        of_status = {d.id for d in documents if not statuses or statuses & {f.status for f in facts(d)}} & ids
        articles = of_label & of_status
        spans = [name for name, label in all_spans if name in articles and (not labels or label in labels)]
        facts_left = [f for f in found if f.document in of_label and (not statuses or f.status in statuses)]
        assert left(shown) == (len(articles), len(spans), len(facts_left))
        for chip in shown.locator(".chip").all():
            what, name = chip.get_attribute("data-what"), chip.get_attribute("data-name")
            count = (
                sum(label == name and d in of_status for d, label in all_spans)
                if what == "label"
                else sum(f.status == name and f.document in of_label for f in found)
            )
            assert int(chip.locator(".count").inner_text().replace(",", "")) == count, name
            assert chip.get_attribute("aria-pressed") == json.dumps(name in labels | statuses)

    everything = {document.id for document in documents}
    expect(set(), set(), everything)
    shown.click('[data-name="MONEY"]')
    expect({"MONEY"}, set(), everything)
    assert {*shown.locator(".text .piece[data-label]").evaluate_all("all => all.map(e => e.dataset.label)")} == {
        "MONEY"
    }
    shown.click('[data-name="DATE"]')
    shown.click('[data-name="former"]')
    expect({"MONEY", "DATE"}, {"former"}, everything)
    shown.click('[data-name="MONEY"]')
    shown.click('[data-name="DATE"]')
    expect(set(), {"former"}, everything)
    shown.click("#clear")
    expect(set(), set(), everything)
    assert shown.is_hidden("#clear")
    assert [chip.get_attribute("data-name") for chip in shown.locator("#statuses .chip").all()] == [
        "current",
        "former",
        "new",
    ]


def test_row_jumps_to_its_evidence(browser_page, many, many_page) -> None:
    """A row of the table opens its article at the words that say so, marked; Back is the table at that row."""
    found = all_facts(many)
    by_id = {document.id: document for document in many}
    shown = browser_page(many_page)
    shown.keyboard.press("t")
    assert shown.is_hidden("#reading")
    for n in (0, 100, 199):
        document, evidence = by_id[found[n].document], found[n].evidence[0]
        shown.locator("#rows tr").nth(n).click()
        assert shown.is_hidden("#table")
        assert shown.inner_text("#article h2") == document.id
        assert current(shown, ".current") == document.text[slice(*evidence.sentence)]
        spans = [span for span in (evidence.person, evidence.role, evidence.organisation) if span]
        assert current(shown, ".end") == "".join(document.text[slice(*span)] for span in sorted(spans))
        assert in_sight(shown, ".text .end")
        assert shown.locator(".arrows path.head").count() == len(spans) - 1
        assert at(shown) == f"{n + 1} of {len(found):,}"
        assert shown.locator(".cards [aria-current]").count() == 1
        shown.go_back()
        shown.wait_for_selector("#table:not([hidden])")
        assert shown.locator("#rows tr").nth(n).get_attribute("aria-current") == "true"
        assert in_sight(shown, "#rows [aria-current]")


def test_row_is_a_link(browser_page, many_page) -> None:
    """A row's name is the address of its fact, to open elsewhere or to send."""
    shown = browser_page(many_page)
    shown.click("#view-facts")
    row = shown.locator("#rows tr").nth(42)
    fragment = row.locator("a").get_attribute("href").removeprefix("#")
    row.click()
    marked_text = current(shown, ".end")
    again = browser_page(many_page, fragment)
    assert current(again, ".end") == marked_text
    assert in_sight(again, ".text .end")
    assert again.evaluate("location.hash") == f"#{fragment}" == shown.evaluate("location.hash")


def test_table_sorts(browser_page, many, many_page) -> None:
    """A column sorts up, down, and not; names by the Vietnamese alphabet, figures by size, nothing at the end."""
    found = all_facts(many)
    shown = browser_page(many_page)
    shown.click("#view-facts")
    as_found = column(shown, "article")
    assert as_found == [fact.document for fact in found[:200]]
    for name, key in (("score", lambda fact: fact.score), ("evidence", lambda fact: len(fact.evidence))):
        values = sorted(key(fact) for fact in found)
        for ordered in (values, values[::-1]):
            shown.click(f'[data-sort="{name}"]')
            assert column(shown, name) == [f"{v:.2f}" if name == "score" else str(v) for v in ordered[:200]]
        assert shown.locator(f"th.{name}").get_attribute("aria-sort") == "descending"
        shown.click(f'[data-sort="{name}"]')
        assert column(shown, "article") == as_found
    nameless = sum(fact.person is None for fact in found)
    shown.fill("#query", "bài-00")
    some = [fact for fact in found if "bài-00" in fact.document]
    assert 0 < sum(fact.person is None for fact in some) < len(some) < nameless
    order = ["Cao Bá Thước", "Đặng Văn Ứng", "Lưu Đình Khải", "Quách Thị Ỷ", "Tô Thị Mẫn", ""]
    shown.click('[data-sort="person"]')
    names = [fact.person.text if fact.person else "" for fact in some]
    assert column(shown, "person") == [name or "no name" for name in sorted(names, key=order.index)]
    shown.click('[data-sort="person"]')
    order = [*order[-2::-1], ""]
    assert column(shown, "person") == [name or "no name" for name in sorted(names, key=order.index)]
    assert shown.evaluate("document.activeElement.dataset.sort") == "person"


def test_table_of_one_article(browser_page, many, many_page) -> None:
    """From an article to the table of its facts, to that of all, in batches."""
    found = all_facts(many)
    shown = browser_page(many_page)
    shown.locator("#list .item").nth(9).click()
    shown.click("#as-table")
    assert shown.is_checked("#scope")
    assert shown.inner_text("#scope-name") == many[9].id
    assert column(shown, "role") == [fact.role for fact in facts(many[9])]
    assert column(shown, "article") == []
    assert shown.is_hidden("#more")
    shown.uncheck("#scope")
    assert len(column(shown, "role")) == 200
    shown.click("#more")
    assert column(shown, "role") == [fact.role for fact in found[:400]]
    assert shown.evaluate("document.activeElement === document.querySelectorAll('#rows .item')[200]")


def test_rows_tell_all(example) -> None:
    """Person, post, organisation and status; by what a name was resolved; no column without content."""
    example.click("#view-facts")
    heads = [button.inner_text() for button in example.locator("#columns button").all()]
    assert heads == ["Person", "Role", "Organisation", "Status", "Evidence", "Article"]
    rows = [
        [" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()]
        for row in example.locator("#rows tr").all()
    ]
    assert rows[len(facts(GOLD)) :] == [
        ["Tô Thị Mẫn", "Bí thư", "Huyện ủy Vân Sơn", "current", "2", "n"],
        ["Tô Thị Mẫn “Mẫn” · full name in the article", "Giám đốc", "Sở Tài chính", "former", "1", "n"],
    ]


def test_places_of_a_fact(example) -> None:
    """A fact that is said twice goes from place to place, by its card, by its button and by e."""
    example.locator("#list .item").nth(1).click()
    card = example.locator(".cards .item").first
    first, _, second = NAMED.text.split("\n")
    card.click()
    assert current(example, ".current") == first
    assert current(example, ".other") == second
    assert example.inner_text("#evidence").startswith("place 1 of 2")
    card.click()
    assert current(example, ".current") == second
    assert current(example, ".end") == "Bí thưHuyện ủyTô Thị Mẫn"
    example.keyboard.press("e")
    assert current(example, ".current") == first
    example.click("#evidence")
    assert current(example, ".current") == second
    assert parse_qs(example.evaluate("location.hash.slice(1)")) == {"article": ["n"], "fact": ["1"], "evidence": ["2"]}
    example.locator(".text .piece", has_text="Giám đốc").click()
    assert current(example, ".current") == "Bà Mẫn, nguyên Giám đốc Sở Tài chính, chi 2,5 tỷ đồng."
    assert example.locator("#evidence").count() == 0


def test_keys(browser_page, many, many_page) -> None:
    """j and k walk through facts and around the ends, n and p through articles, t is the table; not in a search."""
    total = len(all_facts(many))
    own = len(facts(many[0]))
    shown = browser_page(many_page)
    assert at(shown) == f"{total:,} facts"
    for _ in range(own):
        shown.keyboard.press("j")
    assert (at(shown), shown.inner_text("#article h2")) == (f"{own} of {total:,}", many[0].id)
    shown.keyboard.press("j")
    assert (at(shown), shown.inner_text("#article h2")) == (f"{own + 1} of {total:,}", many[1].id)
    for _ in range(own + 1):
        shown.keyboard.press("k")
    assert at(shown) == f"{total:,} of {total:,}"
    assert in_sight(shown, ".text .end")
    shown.keyboard.press("j")
    assert at(shown) == f"1 of {total:,}"
    shown.keyboard.press("n")
    shown.keyboard.press("n")
    shown.keyboard.press("p")
    assert (at(shown), shown.inner_text("#article h2")) == (f"{total:,} facts", many[1].id)
    shown.keyboard.press("k")
    assert at(shown) == f"{own} of {total:,}"
    shown.keyboard.press("t")
    assert in_sight(shown, "#rows [aria-current]")
    shown.keyboard.press("t")
    assert shown.is_visible("#reading")
    shown.keyboard.press("/")
    shown.keyboard.type("tjk")
    assert shown.input_value("#query") == "tjk"
    assert left(shown) == (0, 0, 0)


def test_keys_follow_the_order_of_the_table(browser_page, many, many_page) -> None:
    """Sorted by score, j goes from the least sure fact to the next, over articles."""
    found = sorted(all_facts(many), key=lambda fact: fact.score)
    shown = browser_page(many_page)
    shown.click("#view-facts")
    shown.click('[data-sort="score"]')
    shown.locator("#rows tr").first.click()
    for fact in found[:4]:
        assert shown.inner_text(".cards [aria-current] .score") == f"{fact.score:.2f}"
        assert shown.inner_text("#article h2") == fact.document
        shown.keyboard.press("j")


def test_everything_by_keyboard(example) -> None:
    """One tab stop each for list, text, cards and rows; arrows move within; Enter chooses; the focus can be seen."""
    example.focus("#order")
    example.keyboard.press("Tab")
    assert example.evaluate("document.activeElement.className") == "item article"
    assert example.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    example.keyboard.press("ArrowDown")
    example.keyboard.press("Enter")
    assert example.inner_text("#article h2") == "n"
    example.focus("#next")
    example.keyboard.press("Tab")
    assert example.evaluate("document.activeElement.textContent") == "Bí thư"
    assert tip(example)[0] == "ROLE Bí thư"
    for _ in range(4):
        example.keyboard.press("ArrowRight")
    assert example.evaluate("document.activeElement.textContent") == "Mẫn"
    assert "= Tô Thị Mẫn · full name in the article" in tip(example)
    example.keyboard.press("Enter")
    assert example.inner_text("#current .words") == "Tô Thị Mẫn → Giám đốc → Sở Tài chính"
    example.keyboard.press("Escape")
    assert example.is_hidden("#tip")
    example.keyboard.press("Tab")
    example.keyboard.press("Tab")
    assert example.evaluate("document.activeElement.matches('.cards .item[aria-current]')")
    example.keyboard.press("ArrowUp")
    example.keyboard.press("Space")
    assert example.inner_text("#current .words") == "Tô Thị Mẫn → Bí thư → Huyện ủy Vân Sơn"
    example.focus('[data-name="former"]')
    example.keyboard.press("Space")
    assert left(example)[0::2] == (1, 1)
    example.keyboard.press("t")
    example.focus('[data-sort="article"]')
    example.keyboard.press("Tab")
    example.keyboard.press("Enter")
    assert example.inner_text("#current .words") == "Tô Thị Mẫn → Giám đốc → Sở Tài chính"


def test_hover_tells(browser_page) -> None:
    """On a span: its label, score and offsets, its value and where it comes from, its chains in words and as arrows."""
    text = "🎉 Bí thư Huyện ủy Tô Mẫn ngày 14/3 chi 2,5 tỷ đồng"
    value = {"value": "2026-03-14", "source": "published"}
    spans = (
        Entity("r", 2, 8, "ROLE", 0.875),
        Entity("o", 9, 17, "ORG", 0.75),
        Entity("p", 18, 24, "PERSON", 1),
        Entity("d", 25, 34, "DATE", 0.5, value),
        Entity(
            "m", 39, 50, "MONEY", None, {"value": "2500000000.55 VND", "source": "words", "reason": "tỷ is assumed"}
        ),
    )
    document = Document("d", text, spans, (Relation("p", "r", "HAS_ROLE", 0.625), Relation("r", "o", "ROLE_AT", 0.5)))
    shown = browser_page(page([document]))
    assert shown.locator(".arrows").count() == 0
    point_at(shown, "Tô Mẫn")
    assert tip(shown) == [
        "PERSON Tô Mẫn 1.00",
        "characters 18–24",
        "Tô Mẫn → Bí thư → Huyện ủy HAS_ROLE 0.63 · ROLE_AT 0.50",
    ]
    assert shown.locator(".arrows path.head").count() == 2
    assert shown.locator(".text .hot").all_text_contents() == ["Bí thư", "Huyện ủy", "Tô Mẫn"]
    point_at(shown, "ngày 14/3")
    assert tip(shown) == [
        "DATE ngày 14/3 0.50",
        "2026-03-14 · year from the date of the article",
        "characters 25–34",
    ]
    assert shown.locator(".arrows").count() == 0
    point_at(shown, "2,5 tỷ đồng")
    assert tip(shown)[:2] == [
        "MONEY 2,5 tỷ đồng",
        "2 500 000 000.55 VND · from these words · tỷ is assumed",
    ]
    shown.mouse.move(1, 1)
    assert shown.is_hidden("#tip")


def test_no_value_says_why(browser_page) -> None:
    """Of a date without a value the reason is told."""
    document = Document("d", "mới đây", (Entity("1", 0, 7, "DATE", value={"reason": "vague"}),))
    shown = browser_page(page([document]))
    point_at(shown, "mới đây")
    assert tip(shown) == ["DATE mới đây", "no value: vague", "characters 0–7"]


def test_not_by_colour_alone(example) -> None:
    """Labels differ in their lines, and stand above their spans in letters, unless these are switched off."""
    lines, names = {}, {}
    for label in LABELS:
        mark = example.locator(f'.text .piece[data-label="{label}"]').first
        lines[label] = mark.evaluate(
            "e => { const s = getComputedStyle(e); return s.borderBottomStyle + s.borderBottomWidth }"
        )
        names[label] = mark.evaluate("e => getComputedStyle(e, '::before').content")
    assert len({*lines.values()}) == len(LABELS)
    assert names == {label: f'"{label}"' for label in LABELS}
    example.uncheck("#tags")
    mark = example.locator(".text .piece[data-label]").first
    assert mark.evaluate("e => getComputedStyle(e, '::before').content") == "none"
    assert example.locator(".text").evaluate("e => e.textContent") == GOLD.text


def test_overlapping_spans(browser_page) -> None:
    """Of spans within each other every letter knows all that cover it, and every span has its name once."""
    spans = (
        Entity("a", 0, 15, "ORG"),
        Entity("b", 4, 10, "PERSON"),
        Entity("c", 8, 15, "ROLE"),
        Entity("d", 4, 10, "DATE"),
    )
    shown = browser_page(page([Document("d", "abc def ghi jkl mno", spans)]))
    pieces = shown.locator(".text .piece").evaluate_all(
        "all => all.map(e => [e.textContent, e.dataset.tag ?? '', e.dataset.spans])"
    )
    assert pieces == [
        ["abc ", "ORG", "0"],
        ["def ", "DATE PERSON", "0 1 2"],
        ["gh", "ROLE", "0 1 2 3"],
        ["i jkl", "", "0 3"],
    ]
    assert shown.locator(".text").evaluate("e => e.textContent") == "abc def ghi jkl mno"


def test_search_marks_what_it_finds(browser_page) -> None:
    """Found words are marked where they stand, whatever their marks, tones, forms, spaces; Enter goes to the next."""
    text = "🎉 Quận uỷ họp.\nQua\u0323\u0302n  ủy bàn. quan ủy 🎉 Thuỷ.\n" + "x\n" * 200 + "QUẬN ỦY"
    shown = browser_page(page([Document("d", text)]))

    def found(query: str) -> list[str]:
        shown.fill("#query", query)
        return shown.evaluate("[...CSS.highlights.get('found')].map(String)")

    assert found("quận ủy") == ["Quận uỷ", "Qua\u0323\u0302n  ủy", "QUẬN ỦY"]
    assert found("quan uy") == ["Quận uỷ", "Qua\u0323\u0302n  ủy", "quan ủy", "QUẬN ỦY"]
    assert found("🎉") == ["🎉", "🎉"]
    assert found("thủy") == ["Thuỷ"]
    assert found("uỷ họp. qu") == ["uỷ họp.\nQu"]
    assert found("Quậ") == ["Quậ", "Qua\u0323\u0302", "QUẬ"]
    assert left(shown)[0] == 1
    assert found("") == []
    shown.fill("#query", "quận ủy")
    sight = """n => {
      const {top, bottom} = [...CSS.highlights.get("found")][n].getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }"""
    assert not shown.evaluate(sight, 2)
    for _ in range(3):
        shown.press("#query", "Enter")
    assert shown.evaluate(sight, 2)
    shown.press("#query", "Enter")
    assert shown.evaluate(sight, 0)


def test_orders_of_the_list(browser_page, many, many_page) -> None:
    """Articles as given, by date, by facts or spans that the filters leave, and the least sure first."""
    shown = browser_page(many_page)

    def ids() -> list[str]:
        return shown.locator("#list .id").all_text_contents()

    shown.select_option("#order", "date")
    assert ids() == [d.id for d in sorted(many, key=lambda d: d.published, reverse=True)]
    shown.select_option("#order", "score")

    def least(document: Document) -> float:
        return min(item.score for item in (*document.entities, *document.relations))

    assert ids() == [d.id for d in sorted(many, key=least)]
    shown.select_option("#order", "facts")
    shown.click('[data-name="former"]')
    numbers = [int(n) for n in shown.locator("#list .figure:nth-of-type(3)").all_text_contents()]
    assert numbers == sorted(numbers, reverse=True)
    assert sum(numbers) == sum(fact.status == "former" for fact in all_facts(many))


def test_state_is_in_the_address(browser_page, many, many_page) -> None:
    """A link with search, filters, order and fact opens just that; what one does shows in the address."""
    shown = browser_page(many_page)
    shown.click('[data-name="ORG"]')
    shown.click('[data-name="former"]')
    shown.uncheck("#tags")
    shown.fill("#query", "bài-01")
    shown.select_option("#order", "score")
    shown.click("#view-facts")
    shown.click('[data-sort="score"]')
    shown.locator("#rows tr").nth(3).click()
    fragment = shown.evaluate("location.hash.slice(1)")
    said = parse_qs(fragment)
    assert {name: said[name] for name in ("q", "label", "status", "tags", "order", "sort")} == {
        "q": ["bài-01"],
        "label": ["ORG"],
        "status": ["former"],
        "tags": ["0"],
        "order": ["score"],
        "sort": ["score"],
    }
    again = browser_page(many_page, fragment)
    for selector in ("#left", "#article h2", "#current .words", "#current .place", "#list"):
        assert again.inner_text(selector) == shown.inner_text(selector)
    assert current(again, ".end") == current(shown, ".end")
    assert not again.is_checked("#tags")
    assert in_sight(again, ".text .end")
    again.click("#view-facts")
    table = browser_page(many_page, again.evaluate("location.hash.slice(1)"))
    assert column(table, "score") == column(again, "score")
    assert table.locator("#rows tr").nth(3).get_attribute("aria-current") == "true"


@pytest.mark.parametrize(
    "fragment",
    [
        "article=none&fact=7",
        "fact=1",
        "article=n&fact=99&evidence=5",
        "view=x&order=y&sort=constructor&label=Z&status=former%20",
        "%E0%A4%A",
    ],
)
def test_address_of_nothing(browser_page, fragment: str) -> None:
    """An address that names what is not there opens what there is."""
    shown = browser_page(page([GOLD, NAMED]), fragment)
    assert left(shown) == (2, len(GOLD.entities) + len(NAMED.entities), 6)
    assert shown.inner_text("#article h2") == ("n" if "article=n&" in fragment else "d")
    assert shown.locator(".text .current").count() == 0


def test_two_articles_of_one_id(browser_page) -> None:
    """Articles of the same id have addresses of their own."""
    documents = [Document("a", "một"), Document("a", "hai"), Document("a", "ba")]
    shown = browser_page(page(documents))
    shown.locator("#list .item").nth(1).click()
    again = browser_page(page(documents), shown.evaluate("location.hash.slice(1)"))
    assert again.inner_text(".text") == "hai"
    assert again.locator("#list .item").nth(1).get_attribute("aria-current") == "true"


def test_hostile_text_is_shown_as_text(browser_page) -> None:
    """Texts, ids, dates, values and names that are HTML, CSS, code or worse stand there as they are, offsets exact."""
    documents = hostile()
    shown = browser_page(page(documents, "</title><script>window.broken = 1</script>"))
    for n, document in enumerate(documents):
        shown.locator("#list .item").nth(n).click()
        assert shown.locator(".text").evaluate("e => e.textContent") == document.text
        expected = document.id.replace("\ud83d", "\ufffd")
        assert shown.locator("#article h2").evaluate("e => e.textContent.toWellFormed()") == expected
        notes = shown.locator("#article header p").evaluate("e => e.textContent")
        assert notes.startswith(document.published)
        pieces = shown.locator(".text .piece").evaluate_all("all => all.map(e => [e.dataset.spans, e.textContent])")
        spans = sorted(document.entities, key=lambda e: e.start)
        for number, entity in enumerate(spans):
            covered = "".join(text for numbers, text in pieces if str(number) in numbers.split())
            assert covered == document.surface(entity)
        for number, fact in enumerate(facts(document)):
            shown.locator(".cards .item").nth(number).click()
            said = fact.evidence[0]
            assert current(shown, ".current") == document.text[slice(*said.sentence)]
            assert current(shown, ".end") == "".join(
                document.text[slice(*span)]
                for span in sorted(filter(None, (said.person, said.role, said.organisation)))
            )
            names = [
                fact.person.text if fact.person else "",
                fact.role,
                fact.organisation.text if fact.organisation else "",
            ]
            words = shown.locator("#current .words bdi").evaluate_all("all => all.map(e => e.textContent)")
            assert words == [*filter(None, names)]
    assert shown.evaluate("window.broken") is None
    assert shown.locator("article b, article script, article i, nav b, nav script, .top script").count() == 0


def test_hostile_values_are_shown_as_text(browser_page) -> None:
    """Every hostile value stands in its tip, letter for letter as far as there is room."""
    values = [line for line in HOSTILE if 0 < len(line) < 200]
    text = " ".join(f"d{n}" for n in range(len(values)))
    spans = [
        Entity(str(n), m.start(), m.end(), "DATE", value={"value": values[n], "reason": values[n]})
        for n, m in enumerate(re.finditer(r"\S+", text))
    ]
    shown = browser_page(page([Document("d", text, tuple(spans))]))
    for n, value in enumerate(values):
        point_at(shown, f"d{n}")
        assert shown.locator("#tip .value bdi").evaluate_all("all => all.map(e => e.textContent)") == [value, value]
    assert shown.evaluate("window.broken") is None
    assert shown.locator("#tip script, #tip b").count() == 0


def test_hostile_rows(browser_page) -> None:
    """The table too shows hostile names and ids as text, and its rows open what they say."""
    documents = hostile()
    found = all_facts(documents)
    shown = browser_page(page(documents), "view=facts")
    assert shown.locator("#rows tr").count() == len(found)
    for name, told_by in (("role", lambda f: f.role), ("date", lambda f: f.published)):
        cells = shown.locator(f"#rows td.{name}").evaluate_all("all => all.map(e => e.textContent)")
        assert cells == [told_by(fact) for fact in found]
    last = len(found) - 1
    shown.locator("#rows tr").nth(last).locator("td.status").click()
    assert shown.locator(".text").evaluate("e => e.textContent") == documents[-1].text
    fragment = shown.evaluate("location.hash.slice(1)")
    again = browser_page(page(documents), fragment)
    assert current(again, ".end") == current(shown, ".end")
    assert again.evaluate("window.broken") is None


def test_emoji_do_not_shift_spans(browser_page) -> None:
    """Behind characters of two UTF-16 units every span still covers its words, and tells the document's offsets."""
    document = marked("🎉👩‍👩‍👧 𝔘 [Bí thư|ROLE] 🇻🇳 [Hoa|PERSON] đến", (2, 1))
    shown = browser_page(page([document]))
    start = document.entities[0].start
    assert len(document.text[:start].encode("utf-16-le")) // 2 > start
    assert shown.locator(".text .piece").all_text_contents() == ["Bí thư", "Hoa"]
    point_at(shown, "Bí thư")
    assert f"characters {start}–{start + 6}" in tip(shown)
    shown.locator(".cards .item").click()
    assert current(shown, ".current") == document.text


def test_no_articles(browser_page) -> None:
    """A page of nothing says so, and no key breaks it."""
    shown = browser_page(page([]))
    for key in "jkenpt":
        shown.keyboard.press(key)
    assert shown.inner_text("#no-rows") == "There are no facts."
    shown.keyboard.press("t")
    assert shown.inner_text("#list") == "There are no articles."
    assert shown.inner_text("#left") == "0 articles · 0 spans · 0 facts"


def test_article_without_facts(example) -> None:
    """An article without a fact says so, and j goes on to the next that has one."""
    example.locator("#list .item").nth(2).click()
    assert "no post" in example.inner_text("aside")
    example.keyboard.press("j")
    assert example.inner_text("#article h2") == "d"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(browser_page, scheme: str) -> None:
    """In light and in dark, every colour of letters has a contrast of 4.5 to 1 or more (WCAG 1.4.3)."""
    shown = browser_page(page([GOLD]), color_scheme=scheme)
    colours = shown.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
          const rgb = (colour) => {
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const root = getComputedStyle(document.documentElement);
          const names = ["paper", "card", "wash", "ink", "soft", "found", "person", "role", "org", "date", "money"];
          const found = Object.fromEntries(names.map((name) => [name, rgb(root.getPropertyValue(`--${name}`))]));
          for (const label of ["PERSON", "ROLE", "ORG", "DATE", "MONEY"]) {
            canvas.fillStyle = root.getPropertyValue("--paper");
            canvas.fillRect(0, 0, 1, 1);
            found[label] = rgb(getComputedStyle(document.querySelector(`.piece[data-label=${label}]`)).backgroundColor);
          }
          return found;
        }"""
    )

    def luminance(name: str) -> float:
        parts = [c / 255 for c in colours[name]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert (luminance("paper") > 0.5) == (scheme == "light")
    pairs = [(behind, name) for behind in ("paper", "card", "wash") for name in ("ink", "soft")]
    pairs += [(behind, label.lower()) for behind in ("paper", "card") for label in LABELS]
    pairs += [(behind, "ink") for behind in (*LABELS, "found")]
    for behind, letters in pairs:
        low, high = sorted([luminance(behind), luminance(letters)])
        assert (high + 0.05) / (low + 0.05) >= 4.5, (behind, letters)


def test_narrow_screen(browser_page, many_page) -> None:
    """At 390 pixels no view sticks out to the side, filters are folded, and a jump brings its words into sight."""
    for content in (many_page, page(hostile())):
        shown = browser_page(content, **NARROW)
        assert shown.evaluate("document.querySelector('#filters').open") is False
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        shown.click("#filters summary")
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        shown.click("#view-facts")
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        shown.locator("#rows tr").nth(3).click()
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    shown = browser_page(many_page, urlencode({"article": "bài-077", "fact": 2}), **NARROW)
    assert in_sight(shown, ".text .end")
    shown.click("#next")
    assert in_sight(shown, ".text .end")
    place = "([list, item]) => item.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom + 1"
    both = [shown.query_selector(selector) for selector in ("#list", "#list [aria-current]")]
    assert shown.evaluate(place, both)
    shown.click("#to-facts")
    assert in_sight(shown, "aside h3")


@pytest.mark.parametrize("width", [700, 1024, 1280, 1920])
def test_wider_screens(browser_page, width: int) -> None:
    """Hostile texts, ids and dates stick out to the side of no window."""
    shown = browser_page(page(hostile()), viewport={"width": width, "height": 700})
    for n in range(len(hostile())):
        shown.locator("#list .item").nth(n).click()
        shown.keyboard.press("j")
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.click("#view-facts")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width


def test_touch(browser_page, many_page) -> None:
    """A tap on a span tells what a hover does, and a tap beside it closes that."""
    shown = browser_page(page([NAMED]), has_touch=True, **NARROW)
    shown.locator(".text .piece[data-label]", has_text="Giám đốc").tap()
    assert tip(shown)[0] == "ROLE Giám đốc"
    shown.locator("#article h2").tap()
    assert shown.is_hidden("#tip")
