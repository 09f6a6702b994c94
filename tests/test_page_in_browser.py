"""The page of errors in Chromium: what it shows, counts and does, and that it keeps to itself."""

import json
import re
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
from browser import Watched
from test_page import HOSTILE, generated, hostile
from test_scores import GOLD, PREDICTED, marked

from eval.errors import Kind, errors
from eval.page import page
from eval.scores import spans, triples
from vipol.document import Document

MANY = 500
OPEN_IN = 3.0
"""Seconds that a page of `MANY` articles may take until it is drawn, on a slow machine."""

NARROW = {"viewport": {"width": 390, "height": 844}}


def made(gold: list[Document], predicted: list[Document]) -> str:
    return page(gold, predicted, errors(gold, predicted), {"model": "m"})


@pytest.fixture(scope="module")
def many():
    return generated(MANY)


@pytest.fixture(scope="module")
def many_page(many, tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / "many.html"
    path.write_text(made(*many), encoding="utf-8")
    return path


@pytest.fixture
def example(browser_page):
    """The worked example, and a second article without errors."""
    gold = [GOLD, marked("[Hoa|PERSON] vắng mặt", name="e")]
    return browser_page(made(gold, [PREDICTED, gold[1]]))


def left(shown) -> tuple[int, int, int, int]:
    """The numbers of "5 of 9 errors in 2 of 3 articles"."""
    return tuple(int(number) for number in re.findall(r"\d+", shown.inner_text("#left")))


def at(shown) -> str:
    return shown.inner_text("#current .count")


def in_sight(shown, selector: str) -> bool:
    """Whether an element lies within the window."""
    return shown.locator(selector).first.evaluate(
        "e => { const {top, bottom} = e.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }"
    )


def test_many_articles_open_fast(browser_page, many, many_page) -> None:
    """500 articles of 550 words: drawn within seconds, with every article in the list and every error counted."""
    assert sum(len(document.entities) for document in many[0]) / MANY == pytest.approx(36, abs=2)
    started = time.perf_counter()
    shown = browser_page(many_page)
    drawn = shown.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"
    )
    assert drawn / 1000 < OPEN_IN
    assert time.perf_counter() - started < 2 * OPEN_IN
    total = len(errors(*many))
    assert left(shown) == (total, total, MANY, MANY)
    assert shown.locator("#list .item").count() == MANY
    assert shown.locator(".text .piece").count() > 30


def test_filters_count_right(browser_page, many, many_page) -> None:
    """By kind, by label, by both and by text: what is left, and what each button says it would leave."""
    found = errors(*many)
    shown = browser_page(many_page)

    def expect(kinds: set[str], labels: set[str], ids: set[str]) -> None:
        of_kind = [e for e in found if e.document in ids and (not kinds or e.kind.value in kinds)]
        rest = [e for e in of_kind if not labels or e.label in labels]
        articles = {e.document for e in rest} if kinds or labels else ids
        assert left(shown) == (len(rest), len(found), len(articles), MANY)
        of_label = [e for e in found if e.document in ids and (not labels or e.label in labels)]
        for chip in shown.locator(".chip").all():
            what, name = chip.get_attribute("data-what"), chip.get_attribute("data-name")
            count = (
                sum(e.kind.value == name for e in of_label) if what == "kind" else sum(e.label == name for e in of_kind)
            )
            assert int(chip.locator(".count").inner_text()) == count, name
            assert chip.get_attribute("aria-pressed") == json.dumps(name in kinds | labels)

    everything = {document.id for document in many[0]}
    expect(set(), set(), everything)
    shown.click('[data-name="too long"]')
    expect({"too long"}, set(), everything)
    shown.click('[data-name="split"]')
    shown.click('[data-name="ORG"]')
    expect({"too long", "split"}, {"ORG"}, everything)
    shown.fill("#query", "BÀI-00")
    expect({"too long", "split"}, {"ORG"}, {name for name in everything if "bài-00" in name})
    shown.click('[data-name="split"]')
    expect({"too long"}, {"ORG"}, {name for name in everything if "bài-00" in name})
    words = many[0][7].text[100:140]
    shown.fill("#query", words)
    expect({"too long"}, {"ORG"}, {document.id for document in many[0] if words.lower() in document.text.lower()})
    shown.click("#clear")
    expect(set(), set(), everything)
    assert shown.input_value("#query") == ""


def test_orders_of_the_list(browser_page, many, many_page) -> None:
    """Articles by the errors that are left, by F1 or by id; each with its figures."""
    shown = browser_page(many_page)

    def column(selector: str) -> list[str]:
        return shown.locator(f"#list {selector}").all_text_contents()

    by_errors = [int(number) for number in column(".figure:nth-of-type(2)")]
    assert by_errors == sorted(by_errors, reverse=True)
    shown.select_option("#sort", "spans")
    by_f1 = [float(number) for number in column(".figure:nth-of-type(3)")]
    assert by_f1 == sorted(by_f1)
    shown.select_option("#sort", "id")
    assert column("bdi") == sorted(document.id for document in many[0])
    found = errors(*many)
    wanted, given = many[0][3], many[1][3]
    right = len(spans(wanted) & spans(given))
    f1 = 200 * right / (len(spans(wanted)) + len(spans(given)))
    related = 200 * len(triples(wanted) & triples(given)) / (len(triples(wanted)) + len(triples(given)))
    figures = shown.locator("#list .item").nth(3).locator(".figure").all_text_contents()
    assert figures == [str(sum(e.document == wanted.id for e in found)), f"{f1:.1f}", f"{related:.1f}"]


def test_errors_as_a_list(browser_page, many, many_page) -> None:
    """All errors in batches; a click on one opens its article and brings it into sight."""
    shown = browser_page(many_page)
    shown.click("#view-errors")
    assert shown.locator("#list .item.error").count() == 200
    shown.click("#list .more")
    assert shown.locator("#list .item.error").count() == 400
    assert shown.evaluate("document.activeElement === document.querySelectorAll('#list .item')[200]")
    item = shown.locator("#list .item.error").nth(300)
    name = item.locator(".where bdi").text_content()
    item.click()
    assert shown.inner_text("#article h2") == name
    assert at(shown).startswith("301 of ")
    assert in_sight(shown, ".text .current")
    assert item.get_attribute("aria-current") == "true"


def test_jump_within_an_article(browser_page, many_page) -> None:
    """Each error in an article's list leads to its own words in the text."""
    shown = browser_page(many_page)
    items = shown.locator("aside .errors .item")
    assert items.count() > 5
    for item in items.all():
        item.click()
        assert in_sight(shown, ".text .current")
        told = item.locator("bdi").all_text_contents()
        marked_text = "".join(shown.locator(".text .current").all_text_contents())
        assert all(words in marked_text for words in told)


def test_keys_walk_through_errors(browser_page, many, many_page) -> None:
    """j and k go from error to error over articles and around the ends; not while one types."""
    total = len(errors(*many))
    shown = browser_page(many_page)
    assert at(shown) == f"{total} errors"
    shown.keyboard.press("j")
    assert at(shown) == f"1 of {total}"
    first = shown.inner_text("#article h2")
    own = shown.locator("aside .errors .item").count()
    for _ in range(own):
        shown.keyboard.press("j")
    assert at(shown) == f"{own + 1} of {total}"
    assert shown.inner_text("#article h2") != first
    shown.keyboard.press("k")
    assert (at(shown), shown.inner_text("#article h2")) == (f"{own} of {total}", first)
    for _ in range(own):
        shown.keyboard.press("k")
    assert at(shown) == f"{total} of {total}"
    shown.keyboard.press("j")
    assert at(shown) == f"1 of {total}"
    shown.keyboard.press("/")
    shown.keyboard.type("k")
    assert at(shown) == f"1 of {total}"
    shown.keyboard.type("j")
    assert shown.input_value("#query") == "kj"
    assert left(shown)[2] == 0
    assert "Nothing is left" in shown.inner_text("#list")
    assert shown.inner_text("#article") == ""


def test_keys_start_at_the_article_shown(browser_page, many_page) -> None:
    """With no error chosen yet, j goes to the shown article's first and k to the last one before it."""
    shown = browser_page(many_page)
    item = shown.locator("#list .item").nth(20)
    item.click()
    name = shown.inner_text("#article h2")
    assert name == item.locator("bdi").inner_text()
    shown.keyboard.press("j")
    assert shown.inner_text("#article h2") == name
    assert shown.locator("aside .errors .item").first.get_attribute("aria-current") == "true"
    item.click()
    shown.keyboard.press("k")
    assert shown.inner_text("#article h2") == shown.locator("#list .item").nth(19).locator("bdi").inner_text()
    assert shown.locator("aside .errors .item").last.get_attribute("aria-current") == "true"


def test_everything_by_keyboard(example) -> None:
    """One tab stop for the list, one for the text; arrows move within; Enter chooses; the focus can be seen."""
    example.focus("#sort")
    example.keyboard.press("Tab")
    assert example.evaluate("document.activeElement.className") == "item article"
    assert example.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    example.keyboard.press("ArrowDown")
    example.keyboard.press("Enter")
    assert example.inner_text("#article h2") == "e"
    example.keyboard.press("ArrowUp")
    example.keyboard.press("Enter")
    assert example.inner_text("#article h2") == "d"
    example.focus("#next")
    example.keyboard.press("Tab")
    assert example.evaluate("document.activeElement.textContent") == "Bí thư"
    assert "PERSON" not in example.inner_text("#tip")
    for _ in range(3):
        example.keyboard.press("ArrowRight")
    assert example.evaluate("document.activeElement.textContent") == "Sáng "
    assert example.inner_text("#tip").splitlines()[0] == "too short"
    example.keyboard.press("Enter")
    assert example.inner_text("#current .kind") == "too short"
    example.keyboard.press("Escape")
    assert example.is_hidden("#tip")
    example.focus('[data-name="split"]')
    example.keyboard.press("Space")
    assert left(example) == (1, 15, 1, 2)


def test_marks_of_all_kinds(example) -> None:
    """Labels are visible; gold alone is underlined and not filled, the prediction alone filled and not underlined."""
    tags = example.locator(".text .tag").evaluate_all(
        "tags => tags.map(tag => getComputedStyle(tag, '::before').content)"
    )
    assert {'"too short DATE"', '"ORG → PERSON"', '"missed PERSON"', '"split ORG"', '"invented ROLE"'} <= {*tags}
    assert tags.count('"ROLE"') == 3

    def style(words: str) -> tuple[str, bool]:
        mark = example.locator(".text .piece", has_text=re.compile(f"^{words}$"))
        found = mark.first.evaluate(
            "e => [getComputedStyle(e).borderBottomStyle, getComputedStyle(e).backgroundColor != 'rgba(0, 0, 0, 0)']"
        )
        return tuple(found)

    assert style("Lê Minh") == ("dashed", False)
    assert style("nói") == ("none", True)
    assert style("Chính phủ") == ("double", True)
    assert style("Sáng ") == ("dashed", False)
    assert style("23/6") == ("dashed", True)
    assert style("Huệ") == ("none", True)


def test_hover_tells_scores_and_relations(browser_page) -> None:
    """On a mark: its spans with offsets and scores, its relations with what became of them, drawn as arcs."""
    text = "[Bí thư|ROLE] [Quận ủy|ORG] [Hoa|PERSON] và [Huệ|PERSON]"
    gold, predicted = marked(text, (1, 2), (3, 1)), marked(text, (1, 2), (4, 1))
    predicted = replace(predicted, entities=tuple(replace(e, score=0.875) for e in predicted.entities))
    shown = browser_page(made([gold], [predicted]))
    assert shown.locator(".arcs").count() == 0
    shown.hover(".text .piece >> text=Bí thư")
    assert [" ".join(line.split()) for line in shown.locator("#tip .quote").all_inner_texts()] == [
        "right Bí thư ROLE 0.88 0–6",
        "✓ Bí thư ROLE_AT Quận ủy",
        "− Hoa HAS_ROLE Bí thư",
        "+ Huệ HAS_ROLE Bí thư",
    ]
    assert [shown.locator(f".arcs path.{side}").count() for side in ("right", "missed", "invented")] == [2, 2, 2]
    dashes = shown.locator(".arcs path:not(.head)").evaluate_all(
        "ps => ps.map(p => getComputedStyle(p).strokeDasharray)"
    )
    assert len({*dashes}) == 3
    shown.hover("#article h2")
    assert shown.is_hidden("#tip")
    assert shown.locator(".arcs").count() == 0
    shown.click("aside .relations .item.missed")
    assert shown.inner_text("#current .kind") == "missed pair"
    shown.click("aside .relations .item.right")
    shown.hover("#article h2")
    assert [shown.locator(f".arcs path.{side}").count() for side in ("right", "missed", "invented")] == [2, 0, 0]
    assert shown.locator(".text .hot").all_text_contents() == ["Bí thư", "Quận ủy"]


def test_only_lines_with_errors(example) -> None:
    """Lines without an error that the filters leave are hidden, their number told; the text stays whole."""
    lines = example.locator(".text .line")
    assert [line.is_visible() for line in lines.all()] == [True] * 5
    example.check("#lines")
    assert [line.is_visible() for line in lines.all()] == [True, True, True, True, True]
    example.click('[data-name="wrong label"]')
    assert [line.is_visible() for line in lines.all()] == [False, False, False, True, False]
    assert lines.nth(3).get_attribute("data-skipped") == "3 lines"
    assert example.locator(".text").evaluate("e => e.textContent") == GOLD.text


def test_other_errors_step_back(example) -> None:
    """An error that the filters leave out stays in the text, but grey."""
    assert example.locator(".text .piece.off").count() == 0
    example.click('[data-name="wrong label"]')
    assert "Chính phủ" not in example.locator(".text .piece.off").all_text_contents()
    assert "Lê Minh" in example.locator(".text .piece.off").all_text_contents()


def test_state_is_in_the_address(browser_page, many, many_page) -> None:
    """A link with filters, article and error opens just that; what one does shows in the address."""
    shown = browser_page(many_page)
    shown.click('[data-name="missed, an end is wrong"]')
    shown.click('[data-name="HAS_ROLE"]')
    shown.check("#lines")
    shown.fill("#query", "bài-01")
    shown.click("#view-errors")
    shown.select_option("#sort", "id")
    for _ in range(3):
        shown.press("body", "j")
    fragment = shown.evaluate("location.hash").removeprefix("#")
    said = parse_qs(fragment)
    assert said["kind"] == ["missed, an end is wrong"]
    assert (said["label"], said["q"], said["lines"]) == (["HAS_ROLE"], ["bài-01"], ["1"])
    assert (said["view"], said["sort"]) == (["errors"], ["id"])
    again = browser_page(many_page, fragment)
    assert left(again) == left(shown)
    assert at(again) == at(shown)
    assert again.inner_text("#current") == shown.inner_text("#current")
    assert again.inner_text("#article h2") == said["article"][0]
    assert again.is_checked("#lines")
    assert again.evaluate("location.hash").removeprefix("#") == fragment
    again.evaluate("location.hash = '#kind=split'")
    again.wait_for_function("document.querySelector('[data-name=split]').getAttribute('aria-pressed') === 'true'")
    split = sum(error.kind is Kind.SPLIT for error in errors(*many))
    assert left(again)[0] == split


def test_an_old_link(browser_page) -> None:
    """A link that names what this page doesn't have shows the rest of what it says."""
    said = urlencode({"kind": "of yore", "article": "gone", "error": "9", "view": "upside down", "label": "ROLE"})
    shown = browser_page(made([GOLD], [PREDICTED]), said)
    assert left(shown) == (2, 15, 1, 1)


def test_hostile_text_is_shown_verbatim(browser_page) -> None:
    """Every character of every hostile article arrives, every span covers its own, and no markup comes of any."""
    gold, predicted = hostile()
    shown = browser_page(made(gold, predicted))
    shown.select_option("#sort", "id")
    items = shown.locator("#list .item")
    assert items.count() == len(gold)
    for n, document in enumerate(sorted(gold, key=lambda d: d.id)):
        items.nth(n).click()
        assert shown.locator(".text").evaluate("e => e.textContent") == document.text
        assert shown.locator("#article h2").evaluate("e => e.textContent") == document.id
        pieces = shown.locator(".text .piece").evaluate_all("all => all.map(e => [e.dataset.spans, e.textContent])")
        other = next(d for d in predicted if d.id == document.id)
        for number, (start, end, _) in enumerate(sorted(spans(document) | spans(other))):
            covered = "".join(text for numbers, text in pieces if str(number) in numbers.split())
            assert covered == document.text[start:end]
        assert len(document.entities) > 10
    assert shown.evaluate("window.broken") is None
    assert shown.locator("article b, article script, nav b").count() == 0


def test_emoji_do_not_shift_what_is_said(browser_page) -> None:
    """Behind characters of two UTF-16 units the error still quotes its words and gives the document's offset."""
    text = "🎉👩‍👩‍👧 𝔘 [Bí thư|ROLE] 🇻🇳 [Hoa|PERSON] đến"
    gold = marked(text, (2, 1))
    shown = browser_page(made([gold], [gold.bare()]))
    start = gold.entities[0].start
    assert len(gold.text[:start].encode("utf-16-le")) // 2 > start
    assert [" ".join(item.split()) for item in shown.locator("aside .errors .item").all_inner_texts()] == [
        f"missed at {start} gold Bí thư ROLE",
        f"missed, an end is wrong at {start} gold Hoa HAS_ROLE Bí thư",
        f"missed at {gold.entities[1].start} gold Hoa PERSON",
    ]
    assert shown.locator(".text .piece").all_text_contents() == ["Bí thư", "Hoa"]


def test_hostile_ids_in_the_address(browser_page) -> None:
    """A link to an article with an id full of signs that addresses use opens that article."""
    gold, predicted = hostile()
    shown = browser_page(made(gold, predicted))
    shown.select_option("#sort", "id")
    for n, document in enumerate(sorted(gold, key=lambda d: d.id)):
        shown.locator("#list .item").nth(n).click()
        fragment = shown.evaluate("location.hash").removeprefix("#")
        again = browser_page(made(gold, predicted), fragment)
        assert again.locator("#article h2").evaluate("e => e.textContent") == document.id


def test_right_prediction(browser_page) -> None:
    """Without errors the articles can be read all the same, and no key leads anywhere."""
    shown = browser_page(made([GOLD], [GOLD]))
    assert left(shown) == (0, 0, 1, 1)
    shown.keyboard.press("j")
    assert shown.is_disabled("#next")
    shown.click("#view-errors")
    assert shown.inner_text("#list") == "There are no errors."
    assert shown.locator(".text .piece.right").count() == 16


def test_no_articles(browser_page) -> None:
    """A page of nothing says so."""
    shown = browser_page(made([], []))
    assert shown.inner_text("#list") == "There are no articles."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(browser_page, scheme: str) -> None:
    """In light and in dark, every colour of letters has a contrast of 4.5 to 1 or more with the page (WCAG 1.4.3)."""
    shown = browser_page(made([GOLD], [PREDICTED]), color_scheme=scheme)
    assert shown.evaluate("getComputedStyle(document.body).color") != ""
    colours = shown.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
          const rgb = (name) => {
            canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const names = ["paper", "card", "wash", "right", "ink", "soft", "missed", "invented", "label", "edge"];
          return Object.fromEntries(names.map((name) => [name, rgb(name)]));
        }"""
    )

    def luminance(name: str) -> float:
        parts = [c / 255 for c in colours[name]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert (luminance("paper") > 0.5) == (scheme == "light")
    for behind in ("paper", "card", "wash"):
        for letters in ("ink", "soft", "missed", "invented", "label", "edge"):
            low, high = sorted([luminance(behind), luminance(letters)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, (behind, letters)


def test_narrow_screen(browser_page, many_page) -> None:
    """At 390 pixels nothing sticks out to the side, filters are folded, and a jump brings the error into sight."""
    gold, predicted = hostile()
    for content in (many_page, made(gold, predicted)):
        shown = browser_page(content, **NARROW)
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        assert shown.evaluate("document.querySelector('#filters').open") is False
        shown.click("#next")
        shown.click("#next")
        assert in_sight(shown, ".text .current")
    shown = browser_page(many_page, urlencode({"article": "bài-0321", "error": 1, "sort": "id"}), **NARROW)
    assert in_sight(shown, ".text .current")
    shown.click("#next")
    assert in_sight(shown, ".text .current")
    place = "([list, item]) => item.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom + 1"
    both = [shown.query_selector(selector) for selector in ("#list", "#list [aria-current]")]
    assert shown.evaluate(place, both)


def test_hostile_lines_are_many() -> None:
    """The hostile articles hold what they are named for."""
    text = hostile()[0][0].text
    assert all(line in text for line in HOSTILE)
    assert "\r\n" in text
    assert any(ord(letter) > 0xFFFF for letter in text)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("<script>console.error('ouch')</script>", "console: ouch"),
        ("<script>throw new Error('ouch')</script>", "uncaught: ouch"),
        ("<img src='http://example.org/a.png'>", "request: http://example.org/a.png"),
        ("<script>fetch('https://example.org/b')</script>", "request: https://example.org/b"),
        ("<link rel='stylesheet' href='file:///etc/style.css'>", "request: file:///etc/style.css"),
    ],
)
def test_the_watch_would_notice(chromium, tmp_path, content: str, complaint: str) -> None:
    """A page that complains or reaches for something is found out, so that silence above means something."""
    watched = Watched(chromium, tmp_path)
    shown = watched.open(f"<!doctype html><title>x</title><link rel='icon' href='data:,'>{content}")
    shown.wait_for_timeout(100)
    assert complaint in watched.close()
