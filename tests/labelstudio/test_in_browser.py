"""An annotator's way through the real page in Chromium: log in, check the model's marks, add a span and a relation."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from conftest import ROOT

from annotations.gold import read_gold
from annotations.studio import Access
from vipol.document import Document, Entity, Relation
from vipol.labelstudio import from_task, to_task

pytestmark = pytest.mark.labelstudio

TEXT = (
    "Hội nghị quận Hồ Sen 👍🏽\r\n"
    "Sáng 3/4, ông Trần Văn Tửu, Phó Chủ tịch UBND quận Hồ Sen, phát biểu.\r\n"
    "Dự án tốn 12,5 tỷ đồng."
)
"""Invented. An emoji of two code points, CRLF and a decomposed name stand before what is marked."""
NAME = "Trần Văn Tửu"
SETTLED = 2500
"""Milliseconds until the page has drawn its regions; it shows no sign of being done."""


def call(studio: Access, method: str, path: str, body: object = None) -> Any:
    headers = {"Authorization": f"Token {studio.users[0].token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(studio.url + path, data, headers, method=method), timeout=60) as answer:
        return json.load(answer)


def marked() -> Document:
    """What the model proposes: a post and its body, and the money; the person is left to the annotator."""
    found = []
    for n, (text, label) in enumerate(
        [("Phó Chủ tịch", "ROLE"), ("UBND quận Hồ Sen", "ORG"), ("12,5 tỷ đồng", "MONEY")], 1
    ):
        start = TEXT.index(text)
        found.append(Entity(f"e{n}", start, start + len(text), label, 0.9))
    return Document("browser", TEXT, entities=tuple(found), relations=(Relation("e1", "e2", "ROLE_AT", 0.8),))


def pushed(studio: Access, document: Document) -> tuple[int, int]:
    """Numbers of a new project with the project's own labelling page, and of its one task, with what the document has
    marked as the model's prediction."""
    config = (ROOT / "annotations" / "label_config.xml").read_text(encoding="utf-8")
    fields = {"title": document.id, "label_config": config, "show_collab_predictions": True, "model_version": "model-1"}
    project = call(studio, "POST", "/api/projects/", fields)["id"]
    task = to_task(document, model_version="model-1")
    task["data"]["title"] = document.text.split("\n", 1)[0].strip()
    done = call(studio, "POST", f"/api/projects/{project}/import?return_task_ids=true", [task])
    return project, done["task_ids"][0]


def pulled(studio: Access, project: int) -> Document:
    exported = call(studio, "GET", f"/api/projects/{project}/export?exportType=JSON")
    document = from_task(exported[0])
    assert document is not None
    return document


@pytest.fixture(scope="module")
def task(studio: Access) -> tuple[int, int]:
    return pushed(studio, marked())


@pytest.fixture(scope="module")
def page(chromium: Any, studio: Access) -> Iterator[Any]:
    """A page whose annotator has logged in; a request to anywhere but the server is refused and noted."""
    context = chromium.new_context(viewport={"width": 1500, "height": 900}, service_workers="block")
    outside: list[str] = []

    def answer(route: Any) -> None:
        if route.request.url.startswith((studio.url, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    shown = context.new_page()
    shown.set_default_timeout(20_000)
    shown.goto(f"{studio.url}/user/login/")
    shown.fill("input[name=email]", studio.users[0].email)
    shown.fill("input[name=password]", studio.users[0].password)
    shown.keyboard.press("Enter")
    shown.wait_for_url(lambda url: "login" not in url)
    yield shown
    context.close()
    assert outside == []


def test_annotate(page: Any, studio: Access, task: tuple[int, int], pictures: Path) -> None:
    """The model's spans and relation are drawn; a person marked with the mouse and a relation made with the keys come
    back in the export with exact offsets, beside what was confirmed."""
    project, number = task
    show(page, f"{studio.url}/projects/{project}/data?task={number}")
    assert page.locator(".htx-highlight").all_inner_texts() == ["Phó Chủ tịch", "UBND quận Hồ Sen", "12,5 tỷ đồng"]
    page.screenshot(path=pictures / "prediction.png")

    page.keyboard.press("1")
    drag(page, NAME)
    page.wait_for_function("document.querySelectorAll('.htx-highlight').length === 4")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    click(page, NAME)
    page.wait_for_timeout(500)
    page.keyboard.press("Alt+r")
    page.wait_for_timeout(300)
    click(page, "Phó Chủ tịch")
    page.wait_for_timeout(1000)
    page.screenshot(path=pictures / "annotated.png")
    submit(page)
    document = pulled(studio, project)
    assert document.text == TEXT
    assert {(document.surface(entity), entity.label) for entity in document.entities} == {
        (NAME, "PERSON"),
        ("Phó Chủ tịch", "ROLE"),
        ("UBND quận Hồ Sen", "ORG"),
        ("12,5 tỷ đồng", "MONEY"),
    }
    assert {(document.surface(head), label, document.surface(tail)) for head, label, tail in document.triples()} == {
        (NAME, "HAS_ROLE", "Phó Chủ tịch"),
        ("Phó Chủ tịch", "ROLE_AT", "UBND quận Hồ Sen"),
    }


def test_relation_tags_can_be_read(page: Any) -> None:
    """The tag of a relation stands between the lines and covers no text."""
    tags = page.locator("svg text", has_text="ROLE_AT")
    assert tags.count() >= 1
    box = tags.first.bounding_box()
    words = page.evaluate(_BOXES)
    covered = [w for w in words if w["bottom"] > box["y"] + 2 and w["top"] < box["y"] + box["height"] - 2]
    across = [w for w in covered if w["right"] > box["x"] + 2 and w["left"] < box["x"] + box["width"] - 2]
    assert across == []


def test_annotate_a_seed(page: Any, studio: Access, pictures: Path) -> None:
    """A whole article: of the gold as prediction a day and a relation are missing, the annotator adds the one with the
    mouse and the other with the keys, names the relation, and the export is the gold."""
    gold = next(document for document in read_gold(ROOT / "annotations" / "gold") if document.id.startswith("000_"))
    once = {entity.id for entity in gold.entities if gold.text.count(gold.surface(entity)) == 1}
    relation = next(one for one in gold.relations if one.label == "HAS_ROLE" and {one.head, one.tail} <= once)
    day = next(entity for entity in gold.entities if entity.label == "DATE" and entity.id in once)
    texts = {entity.id: gold.surface(entity) for entity in gold.entities}
    left = replace(
        gold,
        entities=tuple(entity for entity in gold.entities if entity != day),
        relations=tuple(one for one in gold.relations if one != relation),
    )
    project, number = pushed(studio, left)
    show(page, f"{studio.url}/projects/{project}/data?task={number}")
    drawn = page.locator(".htx-highlight").all_inner_texts()
    assert sorted(drawn) == sorted(left.surface(entity) for entity in left.entities)
    page.screenshot(path=pictures / "seed-prediction.png")

    page.keyboard.press("4")
    drag(page, texts[day.id])
    page.wait_for_function("n => document.querySelectorAll('.htx-highlight').length === n", arg=len(gold.entities))
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    click(page, texts[relation.head])
    page.wait_for_timeout(500)
    page.keyboard.press("Alt+r")
    page.wait_for_timeout(300)
    click(page, texts[relation.tail])
    page.wait_for_timeout(1000)
    name_relation(page, "HAS_ROLE")
    tags = page.locator("svg text").all_text_contents()
    assert sorted(tags) == sorted(one.label for one in gold.relations)
    page.screenshot(path=pictures / "seed-annotated.png")
    submit(page)
    document = pulled(studio, project)
    assert document.text == gold.text
    assert _spans(document) == _spans(gold)
    assert _links(document) == _links(gold)


def _spans(document: Document) -> list[tuple[int, int, str]]:
    return sorted((entity.start, entity.end, entity.label) for entity in document.entities)


def _links(document: Document) -> list[tuple[int, str, int]]:
    return sorted((head.start, label, tail.start) for head, label, tail in document.triples())


def submit(page: Any) -> None:
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST") as sent:
        page.keyboard.press("Control+Enter")
    assert sent.value.status == 201
    page.wait_for_timeout(SETTLED)


def name_relation(page: Any, label: str) -> None:
    """Gives the relation that was drawn last its label, in the list beside the text."""
    page.locator(".lsf-panel-tabs__tab:visible", has_text="Relations").click()
    page.locator(".lsf-relations__item").last.hover()
    page.locator('button[aria-label="Show Relation Labels"]').last.click()
    page.locator("[data-testid^=select-trigger]").last.click()
    page.locator("[role=option]", has_text=label).first.click()
    page.wait_for_timeout(500)


def show(page: Any, address: str) -> None:
    """Opens a task and waits until its regions are drawn; of many first looks one comes without predictions."""
    page.goto(address)
    for _ in range(5):
        page.wait_for_selector(".lsf-htx-richtext")
        page.wait_for_timeout(SETTLED)
        if page.locator(".htx-highlight").count():
            return
        page.wait_for_timeout(SETTLED)
        page.reload()
    raise AssertionError(f"{address}: no prediction is drawn")


def _ends(page: Any, text: str) -> dict[str, float]:
    """Where a stretch of the text is drawn: the left edge of its first letter and the right edge of its last."""
    found: dict[str, float] = page.evaluate(_FIND, text)
    assert found, text
    return found


def drag(page: Any, text: str) -> None:
    at = _ends(page, text)
    page.mouse.move(at["left"] + 1, at["y"])
    page.mouse.down()
    page.mouse.move((at["left"] + at["right"]) / 2, at["y"], steps=4)
    page.mouse.move(at["right"] - 1, at["y"], steps=4)
    page.mouse.up()


def click(page: Any, text: str) -> None:
    at = _ends(page, text)
    page.mouse.click((at["left"] + at["right"]) / 2, at["y"])


_FIND = """text => {
  const root = document.querySelector('.lsf-htx-richtext');
  const nodes = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let whole = '';
  while (walker.nextNode()) { nodes.push([walker.currentNode, whole.length]); whole += walker.currentNode.data; }
  const at = whole.indexOf(text);
  if (at < 0) return null;
  const place = offset => {
    const [node, start] = nodes.filter(([node, start]) => start <= offset && offset <= start + node.data.length).pop();
    return [node, offset - start];
  };
  const range = document.createRange();
  range.setStart(...place(at));
  range.setEnd(...place(at + text.length));
  const seen = range.getBoundingClientRect();
  if (seen.top < 200 || seen.bottom > innerHeight - 100)
    range.startContainer.parentElement.scrollIntoView({block: 'center'});
  const box = range.getBoundingClientRect();
  return {left: box.left, right: box.right, y: (box.top + box.bottom) / 2};
}"""

_BOXES = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('.lsf-htx-richtext'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects())
      found.push({left: box.left, right: box.right, top: box.top, bottom: box.bottom, text: walker.currentNode.data});
  }
  return found;
}"""
