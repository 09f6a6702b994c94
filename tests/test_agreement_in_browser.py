"""The page of an agreement in Chromium: what it shows, filters and keeps to itself. Takes 15 seconds."""

import re
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from test_agreement import FIRST
from test_agreement_page import OTHER
from test_page import generated, hostile

from annotations.agreement_page import page
from annotations.annotators import Pair, compare
from vipol.document import Document, Entity


def annotations() -> dict[str, list[Document]]:
    """Three annotations of ten articles, of which the first two differ in all ways."""
    ours, theirs = generated(10)
    return {"A": ours, "B": theirs, "C": [replace(document, relations=()) for document in ours]}


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return compare(annotations())


@pytest.fixture
def shown(browser_page, pairs):
    return browser_page(page(pairs))


def left(shown) -> int:
    """The number of disagreements in sight, which the line above them says too."""
    count = shown.locator("#list > .item:not([hidden])").count()
    assert shown.inner_text("#left").split()[0] == str(count)
    return count


def test_filters_count_right(shown, pairs) -> None:
    """By pair, kind, label and article, alone and together; each button tells what its choice would leave."""
    found = [(n, item) for n, pair in enumerate(pairs) for item in pair.found.differences]
    assert left(shown) == len(found)

    def expect(pair: str = "", kind: str = "", label: str = "", article: str = "") -> None:
        chosen = {"pair": pair, "kind": kind, "label": label, "article": article}

        def passes(n: int, item, but: str) -> bool:
            has = {"pair": [str(n)], "kind": [item.kind], "label": item.labels, "article": [item.article]}
            return all(not value or what == but or value in has[what] for what, value in chosen.items())

        assert left(shown) == sum(passes(n, item, "") for n, item in found)
        for chip in shown.locator(".chip").all():
            what, name = chip.get_attribute("data-what"), chip.get_attribute("data-name")
            among = [(n, item) for n, item in found if passes(n, item, what)]
            wanted = sum(
                name in {"pair": [str(n)], "kind": [item.kind], "label": item.labels}[what] for n, item in among
            )
            assert int(chip.locator(".count").inner_text()) == wanted, name
            assert chip.get_attribute("aria-pressed") == str(name == chosen[what]).lower()

    expect()
    shown.click('[data-what="pair"][data-name="0"]')
    expect(pair="0")
    shown.click('[data-name="edges differ"]')
    expect(pair="0", kind="edges differ")
    shown.click('[data-name="ORG"]')
    expect(pair="0", kind="edges differ", label="ORG")
    article = found[-1][1].article
    shown.select_option("#article", label=article)
    expect(pair="0", kind="edges differ", label="ORG", article=article)
    shown.click('[data-name="edges differ"]')
    expect(pair="0", label="ORG", article=article)
    shown.click("#clear")
    expect()
    assert shown.input_value("#article") == ""


def test_state_is_in_the_address(browser_page, shown, pairs) -> None:
    """A link with filters opens just that; one with what is not there opens everything."""
    shown.click('[data-name="only one has it"]')
    shown.select_option("#article", index=2)
    fragment = shown.evaluate("location.hash.slice(1)")
    assert parse_qs(fragment) == {"kind": ["only one has it"], "article": ["1"]}
    assert left(browser_page(page(pairs), fragment)) == left(shown)
    shown.click("#clear")
    assert left(browser_page(page(pairs), "kind=x&label=constructor&article=99&pair=%E0%A4%A")) == left(shown)


def test_keyboard(shown) -> None:
    """Filters and frames are reached by Tab and pressed by keys; j and k go through what is left."""
    shown.focus("summary")
    for _ in range(40):
        if shown.evaluate("document.activeElement.dataset.name") == "relation":
            break
        shown.keyboard.press("Tab")
    shown.keyboard.press("Enter")
    count = left(shown)
    assert 1 < count < shown.locator(".item").count()
    kinds = []
    for key in "jjk":
        shown.keyboard.press(key)
        kinds.append(
            shown.evaluate("[...document.querySelectorAll('.item:not([hidden])')].indexOf(document.activeElement)")
        )
    assert kinds == [0, 1, 0]
    shown.keyboard.press("k")
    assert shown.evaluate("document.activeElement.dataset.kind") == "relation"


def test_both_readings_are_marked(browser_page) -> None:
    """What the first has is underlined, what the second has is filled, what both have is both."""
    shown = browser_page(page(compare({"A": [FIRST], "B": [OTHER]})))
    item = shown.locator('.item[data-kind="edges differ"]')
    assert item.locator("mark.first").all_text_contents() == ["Quận ủy", " Tây Hồ"]
    assert item.locator("mark.second").all_text_contents() == ["Quận ủy"]
    style = "e => [getComputedStyle(e).borderBottomWidth, getComputedStyle(e).backgroundColor]"
    both, first = (item.locator("mark").nth(n).evaluate(style) for n in (0, 1))
    assert both[0] == first[0] == "3px"
    assert both[1] != first[1] == "rgba(0, 0, 0, 0)"
    assert item.locator("dd").all_inner_texts() == ["Quận ủy Tây Hồ ORG", "Quận ủy ORG"]


def test_hostile_text_is_shown_as_text(browser_page) -> None:
    """Texts, ids and names that are HTML, code or worse stand there as they are, and run nothing."""
    ours, theirs = hostile()
    shown = browser_page(page(compare({"</title><script>window.broken = 1</script>": ours, "<b>B": theirs})))
    assert shown.evaluate("window.broken") is None
    assert shown.locator("main script, main i, h1 script").count() == 0
    said = shown.locator(".item .line").evaluate_all("all => all.map(e => e.textContent)")
    assert any("</script><script>window.broken = 1</script>" in line for line in said)
    plain = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
    texts = [plain.sub("\ufffd", document.text) for document in ours]
    for line in said:
        assert any(line.removeprefix("… ").removesuffix(" …") in text for text in texts)
    assert "<b>B" in shown.inner_text("h1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screen(browser_page, pairs, scheme: str) -> None:
    """At 400 pixels nothing sticks out to the side, in light and in dark, which differ."""
    for content in (page(pairs), page(compare(dict(zip(["A" * 300, "B"], hostile(), strict=True))))):
        shown = browser_page(content, viewport={"width": 400, "height": 800}, color_scheme=scheme)
        shown.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert shown.evaluate("document.documentElement.scrollWidth") <= 400
        red = int(re.findall(r"\d+", shown.evaluate("getComputedStyle(document.documentElement).backgroundColor"))[0])
        assert (red > 128) == (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(browser_page, scheme: str) -> None:
    """In light and in dark, letters have a contrast of 4.5 to 1 or more to all that lies behind them (WCAG 1.4.3)."""
    shown = browser_page(page(compare({"A": [FIRST], "B": [OTHER]})), color_scheme=scheme)
    colours = shown.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
          const root = getComputedStyle(document.documentElement);
          const rgb = (...layers) => {
            for (const layer of layers) { canvas.fillStyle = layer; canvas.fillRect(0, 0, 1, 1); }
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const names = ["paper", "card", "wash", "ink", "soft"];
          const found = Object.fromEntries(names.map((name) => [name, rgb(root.getPropertyValue(`--${name}`))]));
          const mark = getComputedStyle(document.querySelector("mark.second"));
          for (const name of ["paper", "card"]) {
            found[`mark on ${name}`] = rgb(root.getPropertyValue(`--${name}`), mark.backgroundColor);
          }
          return found;
        }"""
    )

    def luminance(name: str) -> float:
        parts = [c / 255 for c in colours[name]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    behind = [(name, letters) for name in ("paper", "card", "wash") for letters in ("ink", "soft")]
    behind += [("mark on paper", "ink"), ("mark on card", "ink")]
    for name, letters in behind:
        low, high = sorted([luminance(name), luminance(letters)])
        assert (high + 0.05) / (low + 0.05) >= 4.5, (name, letters)


def test_many_are_filtered_fast(browser_page) -> None:
    """With 6,000 disagreements a filter takes effect within three seconds, on a slow machine too."""
    entities = [Entity(f"e{n}", 2 * n, 2 * n + 1, ("ORG", "DATE")[n % 2]) for n in range(6000)]
    document = Document("d", "a\n" * 6000, tuple(entities))
    shown = browser_page(page(compare({"A": [document], "B": [document.bare()]})))
    seconds = shown.evaluate(
        """() => {
          const start = performance.now();
          document.querySelector('[data-name="ORG"]').click();
          document.body.offsetHeight;
          return (performance.now() - start) / 1000;
        }"""
    )
    assert left(shown) == 3000
    assert seconds < 3


def test_without_javascript(browser_page, pairs) -> None:
    """Without JavaScript everything is there to read, and no filter that would do nothing."""
    shown = browser_page(page(pairs), java_script_enabled=False)
    assert shown.locator(".item").count() == sum(len(pair.found.differences) for pair in pairs)
    assert shown.is_hidden("#filters")
