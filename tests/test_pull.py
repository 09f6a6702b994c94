"""Pulling annotations: what is finished and sound becomes gold, everything else is told; exports stand for a server."""

import json
from pathlib import Path
from typing import Any

import pytest
from annotated import DOCUMENT, FEWER, MALFORMED, TEXT, annotation
from fake_studio import Clock, FakeStudio

from annotations import gold, store
from annotations.__main__ import main
from annotations.checks import check
from annotations.client import Project
from annotations.commands import server
from annotations.pull import Pulled, read
from annotations.tasks import as_task
from vipol.document import Document, DocumentError, Entity, Relation

USERS = {1: "a@example.com", 2: "b@example.com"}


def task(*annotations: dict[str, Any], number: int = 1, document: Document = DOCUMENT, **fields: Any) -> dict[str, Any]:
    data = as_task(document.bare())["data"]
    return {"id": number, "data": data, "annotations": [*annotations], "drafts": [], "predictions": [7]} | fields


def pulled(*tasks: dict[str, Any], annotators: int = 1, annotator: str | None = None) -> Pulled:
    return read(Project(1, "vipol", "", annotators=annotators), json.loads(json.dumps(tasks)), USERS, annotator)


def faults(*tasks: dict[str, Any], **fields: Any) -> str:
    return "\n".join(map(str, pulled(*tasks, **fields).faults))


def other(name: str, **fields: Any) -> Document:
    return Document(name, TEXT, DOCUMENT.entities, DOCUMENT.relations, **fields)


def test_one_annotator() -> None:
    """What one person handed in is gold, as it was pushed: without what push added and without the model's scores."""
    found = pulled(task(annotation()))
    assert (found.gold, found.faults, found.mended, found.notes) == ([DOCUMENT], [], [], [])


def test_skipped_by_one() -> None:
    """What one person skipped is no gold though another annotated it, unless that person's version is asked for."""
    both = task(annotation(), annotation(who=2, was_cancelled=True))
    found = pulled(both, annotators=2)
    assert (found.gold, found.waiting) == ([], [])
    who, other_one = USERS[1], USERS[2]
    assert next(found.lines()) == f"left out: {DOCUMENT.id}: skipped by {other_one}, annotated by {who}"
    assert pulled(both, annotators=2, annotator=who).gold == [DOCUMENT]


def test_skipped_and_annotated_after_all() -> None:
    """Who skipped an article and annotated it later has annotated it."""
    assert pulled(task(annotation(was_cancelled=True), annotation())).gold == [DOCUMENT]


def test_not_finished() -> None:
    """Tasks that nobody annotated, that were skipped, and drafts are counted, and are no gold."""
    draft = {"id": 1, "user": "b@example.com", "annotation": None, "result": []}
    found = pulled(
        task(),
        task(annotation(was_cancelled=True), number=2, document=other("a2")),
        task(number=3, document=other("a3"), drafts=[draft]),
        task(annotation(other("a4")), number=4, document=other("a4"), drafts=[{**draft, "annotation": 4}]),
    )
    assert [document.id for document in found.gold] == ["a4"]
    assert (found.tasks, found.untouched) == (4, 2)
    assert (found.skipped, found.drafts) == ({"a@example.com": 1}, {"b@example.com": 2})
    assert list(found.lines()) == [
        "left out: a2: skipped by a@example.com",
        "project 'vipol' (1), tasks: 4, finished: 1, skipped: 1, not annotated: 2",
        "a@example.com, annotated: 1, skipped: 1, drafts not handed in, so not read: 0",
        "b@example.com, annotated: 0, skipped: 0, drafts not handed in, so not read: 2",
        "mended: 0, faults: 0",
    ]


def test_nothing_to_mark() -> None:
    """An article in which somebody found nothing is gold without marks."""
    assert pulled(task(annotation(DOCUMENT.bare()))).gold == [DOCUMENT.bare()]


def test_two_who_agree() -> None:
    """Where both annotators have the same marks, whatever their ids and order, the article is gold once."""
    entities = tuple(Entity(f"x{n}", *one.span) for n, one in enumerate(reversed(DOCUMENT.entities)))
    same = Document("a1", TEXT, entities, (Relation("x0", "x2", "HAS_ROLE"), Relation("x2", "x1", "ROLE_AT")))
    found = pulled(task(annotation(), annotation(same, 2)), annotators=2)
    assert (found.gold, found.disputes) == ([DOCUMENT], [])
    assert set(found.versions["a1"]) == {"a@example.com", "b@example.com"}


def test_two_who_differ() -> None:
    """Where they differ, each difference is told with its offset, and the article is left out."""
    found = pulled(task(annotation(), annotation(FEWER, 2)), annotators=2)
    assert (found.gold, found.disputed, found.faults) == ([], ["a1"], [])
    assert [str(dispute) for dispute in found.disputes] == [
        "a1, offset 15, 'Trần Thị Hoa' HAS_ROLE 'Bí thư': a@example.com has it, b@example.com has not",
        "a1, offset 15, 'Trần Thị Hoa' PERSON: a@example.com has it, b@example.com has not",
    ]


def test_one_who_decides() -> None:
    """One annotator's version may be asked for; the differences are told all the same."""
    found = pulled(task(annotation(), annotation(FEWER, 2)), annotators=2, annotator="b@example.com")
    assert (found.gold, found.disputed, len(found.disputes)) == ([FEWER], [], 2)


def test_annotator_whom_nobody_knows() -> None:
    """Asking for somebody who annotated nothing is a fault that names those who did."""
    found = faults(task(annotation()), annotator="c@example.com")
    assert found == "project 'vipol': 'c@example.com' annotated nothing there; a@example.com did"


def test_waiting_for_the_second() -> None:
    """An article that fewer people annotated than are to is not finished, unless its annotator is asked for."""
    tasks = task(annotation()), task(annotation(FEWER), annotation(FEWER, 2), number=2, document=other("a2"))
    found = pulled(*tasks, annotators=2)
    assert ([document.id for document in found.gold], found.waiting) == (["a2"], ["a1"])
    assert pulled(*tasks, annotators=2, annotator="a@example.com").waiting == []
    skipped = annotation(who=2, was_cancelled=True)
    assert pulled(task(annotation(), skipped), annotators=2).waiting == []


def test_newest_version() -> None:
    """Of two annotations by one person the newer counts, and that is said."""
    found = pulled(task(annotation(), annotation(FEWER, updated_at="2024-06-29T00:00:00Z")))
    assert found.gold == [FEWER]
    assert str(found.notes[0]) == "task 1, a1: a@example.com has annotated it more than once; the newest counts"


def test_changed_by_another() -> None:
    """That somebody changed another's annotation is said."""
    found = pulled(task(annotation(updated_by=2)))
    assert str(found.notes[0]) == "task 1, a1: b@example.com has changed what a@example.com annotated"
    assert found.gold == [DOCUMENT]


@pytest.mark.parametrize(("who", "name"), [(9, "deleted user 9"), (None, "deleted user")])
def test_deleted_user(who: int | None, name: str) -> None:
    """An annotation by somebody whom the server no longer knows is a fault until it is said whose versions count."""
    spoiled = task(annotation(who=who))
    assert "annotator " + name + ": the server doesn't know any more who annotated this" in faults(spoiled)
    assert pulled(spoiled, annotator=name).gold == [DOCUMENT]


def test_unlabelled_relation() -> None:
    """A relation without a label gets the one that its ends allow, and that is said."""
    spoiled = annotation()
    del spoiled["result"][3]["labels"]
    found = pulled(task(spoiled))
    assert found.gold == [DOCUMENT]
    (mended,) = map(str, found.mended)
    assert mended.startswith("task 1, a1, annotator a@example.com, offset 0, 'Bí thư - Quận ủy': ")
    assert mended.endswith("the relation had no label; its ends make it ROLE_AT")


@pytest.mark.parametrize("labels", [["ROLE_AT"], [], None])
@pytest.mark.parametrize(
    ("direction", "ends"), [("right", ("e2", "e1")), ("left", ("e1", "e2")), ("bi", ("e1", "e2")), ("bi", ("e2", "e1"))]
)
def test_reversed_relation(direction: str, ends: tuple[str, str], labels: object) -> None:
    """A relation that runs the wrong way, or both ways, is turned where its ends allow one way alone."""
    spoiled = annotation()
    spoiled["result"][3].update(from_id=ends[0], to_id=ends[1], direction=direction, labels=labels)
    found = pulled(task(spoiled))
    assert (found.gold, found.faults) == ([DOCUMENT], [])
    assert len(found.mended) == (1 if labels else 2)


def test_relation_that_is_right() -> None:
    """An arrow that points left from tail to head is right as it is."""
    fine = annotation()
    fine["result"][3].update(from_id="e2", to_id="e1", direction="left")
    found = pulled(task(fine))
    assert (found.gold, found.mended) == ([DOCUMENT], [])


def test_marked_twice() -> None:
    """A span that was marked twice and a relation that was drawn twice count once, and that is said."""
    spoiled = annotation()
    copy = {**spoiled["result"][0], "id": "e9"}
    spoiled["result"] += [copy, {**spoiled["result"][3], "from_id": "e9"}]
    found = pulled(task(spoiled))
    assert (found.gold, found.faults) == ([DOCUMENT], [])
    assert [one.problem for one in found.mended] == [
        "the same span was marked twice; one was left out",
        "the same relation stood twice; one was left out",
    ]


def test_tasks_of_one_article() -> None:
    """Two tasks of one article are told; equal annotations are one, others of one person are a fault."""
    again = task(annotation(), number=2)
    found = pulled(task(annotation()), again)
    assert found.gold == [DOCUMENT]
    assert "a1: tasks 1, 2 are the same article" in str(found.notes[0])
    assert "task 2, a1: a@example.com annotated this article in another task too" in faults(
        task(annotation(FEWER)), again
    )
    both = pulled(task(annotation()), task(annotation(who=2), number=2), annotators=2)
    assert (both.gold, both.faults) == ([DOCUMENT], [])


def test_changed_text() -> None:
    """A text that was changed on the server is a fault, whether it is annotated or not."""
    for spoiled in (task(), task(annotation(DOCUMENT.bare()))):
        spoiled["data"]["text"] += " "
        assert "task 1, a1: the text is not the one that was pushed: put that back" in faults(spoiled)


def test_task_from_elsewhere() -> None:
    """A task without a document id was not pushed."""
    spoiled = task(annotation())
    del spoiled["data"]["doc_id"]
    assert 'task 1: it has no "doc_id": put one into its data' in faults(spoiled)


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """One malformed result of any kind is told with its place and text; the exit code is 1, no gold is touched."""
    spoiled, problem = MALFORMED[kind]
    assert f"task 2, a2, annotator a@example.com{',' if problem.startswith('offset') else ':'} {problem}" in faults(
        task(annotation()), task(spoiled, number=2, document=other("a2"))
    )
    before = gold.to_export([FEWER])
    gold.write_text(tmp_path / "vipol.json", before)
    studio = served([task(annotation()), task(spoiled, number=2, document=other("a2"))], monkeypatch)
    assert main(["pull", str(tmp_path), "--keep", str(tmp_path / "keep")]) == 1
    assert problem in capsys.readouterr().out
    assert {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == {"vipol.json": before}
    assert studio.found


def test_all_faults_at_once() -> None:
    """One run shows every fault."""
    spoiled = [
        task(item, number=number, document=other(f"a{number}"))
        for number, (item, _) in enumerate(MALFORMED.values(), 1)
    ]
    found = pulled(*spoiled).faults
    assert {fault.place.split(",")[0] for fault in found} == {f"task {number + 1}" for number in range(len(MALFORMED))}


def test_pull_writes_gold(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Gold is written with its sums and passes the check; articles that were there stay; versions are kept apart."""
    gold.write_text(tmp_path / "vipol.json", gold.to_export([other("a0"), FEWER]))
    gold.write_text(tmp_path / "seeds.jsonl", gold.to_jsonl([other("s1")]))
    tasks = [
        task(annotation(), annotation(DOCUMENT, 2)),
        task(annotation(), annotation(FEWER, 2), number=2, document=other("a2")),
    ]
    served(tasks, monkeypatch, annotators=2)
    assert main(["pull", str(tmp_path), "--keep", str(tmp_path / "keep")]) == 0
    assert gold.read_gold(tmp_path / "vipol.json") == [other("a0"), DOCUMENT]
    assert check([tmp_path]).faults == []
    kept = gold.read_gold(tmp_path / "keep" / "b@example.com.jsonl")
    assert [document.id for document in kept] == ["a1", "a2"]
    told = capsys.readouterr().out
    assert "articles: 2, new: 0, changed: 1, as before: 0, kept though the server doesn't give them: a0" in told
    assert "articles left out for that: 1" in told
    served(tasks, monkeypatch, annotators=2)
    assert main(["pull", str(tmp_path / "vipol.json")]) == 0
    assert "changed: 0, as before: 1" in capsys.readouterr().out
    assert check([tmp_path]).faults == []


def test_sums_of_other_gold(tmp_path: Path, monkeypatch: Any) -> None:
    """Sums of what was not pulled stay as they are, so that a text that was changed still shows."""
    gold.write_text(tmp_path / "seeds.jsonl", gold.to_jsonl([other("s1")]))
    gold.write_sums(tmp_path, [("s1", "the text as it was")])
    served([task(annotation())], monkeypatch)
    assert main(["pull", str(tmp_path)]) == 0
    (fault,) = check([tmp_path]).faults
    assert "s1: the text is not the one of which SHA256SUMS has the sum" in str(fault)


def test_nothing_finished(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Where nothing is finished no file is made."""
    served([task()], monkeypatch)
    assert main(["pull", str(tmp_path / "gold")]) == 0
    assert "nothing is finished yet" in capsys.readouterr().out
    assert not (tmp_path / "gold").exists()


def test_text_that_differs_from_the_gold(tmp_path: Path) -> None:
    """Gold of an article whose text was another before, here or in the sums, is not overwritten."""
    file = tmp_path / "vipol.json"
    gold.write_text(file, gold.to_export([Document("a1", TEXT.replace("Hoa", "Hòa"))]))
    gold.write_sums(tmp_path, [("a2", "other")])
    planned = store.plan([DOCUMENT, other("a2")], file)
    assert [str(fault) for fault in planned.faults] == [
        f"{file}, a1, offset 25: the server's text differs from the one there",
        f"{file}, a2: the text is not the one of which SHA256SUMS has the sum",
    ]


def test_article_in_another_file(tmp_path: Path) -> None:
    """An article has its gold in one file of a folder."""
    gold.write_text(tmp_path / "other.json", gold.to_export([DOCUMENT]))
    (fault,) = store.plan([DOCUMENT], tmp_path / "vipol.json").faults
    assert f"the article stands in {tmp_path / 'other.json'} already" in str(fault)


@pytest.mark.parametrize(("path", "title"), [("x.jsonl", "vipol"), ("gold", "a/b"), ("gold", "..")])
def test_no_place_for_gold(tmp_path: Path, path: str, title: str) -> None:
    """Gold goes into a .json file, or into a folder under the project's name."""
    with pytest.raises(DocumentError):
        store.target(tmp_path / path, title)


def served(tasks: list[dict[str, Any]], monkeypatch: Any, annotators: int = 1) -> FakeStudio:
    """A server in memory with these tasks, which commands find instead of a real one."""
    studio = FakeStudio(Clock())
    studio.create("vipol", "", annotators, "")
    for item in tasks:
        studio.data[item["id"]] = item["data"]
        studio.annotations[item["id"]] = item["annotations"]
    monkeypatch.setattr(server, "connect", lambda arguments: studio)
    return studio
