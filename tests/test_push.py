"""Pushing articles: each comes once, whatever breaks on the way; a server in memory stands for the real one."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fake_studio import Clock, FakeStudio
from hypothesis import given
from hypothesis import strategies as st

from annotations import turn
from annotations.__main__ import main
from annotations.client import OutcomeUnknownError, Project, StudioError
from annotations.commands.push import _documents
from annotations.gold import text_sum
from annotations.push import Model, Plan, Pushed, push
from annotations.tasks import as_task, stripped
from vipol.document import Document, DocumentError, Entity, Relation
from vipol.labelstudio import from_prediction, to_task

CONFIG = """<View><Header value="$title"/><Relations><Relation value="HAS_ROLE"/><Relation value="ROLE_AT"/></Relations>
<Labels name="label" toName="text"><Label value="PERSON"/><Label value="ROLE"/><Label value="ORG"/><Label value="DATE"/>
<Label value="MONEY"/></Labels><Text name="text" value="$text"/></View>"""
TEXT = "Bí thư Quận ủy nói."


def articles(count: int) -> list[Document]:
    return [Document(f"a{number}", f"{TEXT}\r\nSố {number}.") for number in range(count)]


def mark(documents: Iterable[Document]) -> Iterator[Document]:
    entities = Entity("e1", 0, 6, "ROLE", 0.9), Entity("e2", 7, 14, "ORG", 0.6)
    for document in documents:
        yield Document(document.id, document.text, entities, (Relation("e1", "e2", "ROLE_AT", 0.75),))


MODEL = Model("m-1", mark)


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> FakeStudio:
    clock = Clock()
    monkeypatch.setattr(turn, "time", clock)
    return FakeStudio(clock)


def run(studio: FakeStudio, documents: Iterable[Document], model: Model = MODEL, **fields: Any) -> Pushed:
    plan = Plan("vipol", CONFIG, **{"batch_size": 2} | fields)
    return push(studio, documents, model, plan)  # type: ignore[arg-type]  # it has the same methods


def ids(studio: FakeStudio) -> list[str]:
    return [data["doc_id"] for data in studio.data.values()]


def versions(studio: FakeStudio) -> Counter[tuple[int, str]]:
    return Counter((item["task"], item["model_version"]) for item in studio.made.values())


def test_new_project(studio: FakeStudio) -> None:
    """Articles become tasks in batches, with the model's marks, their scores and its version; nothing stays behind."""
    report = run(studio, articles(5), annotators=2)
    assert (report.made, report.articles, report.known, report.added) == (True, 5, 0, 5)
    assert studio.imports == [["a0", "a1"], ["a2", "a3"], ["a4"]]
    assert studio.made[1]["model_version"] == "m-1"
    assert studio.made[1]["score"] == 0.75
    assert [item["score"] for item in studio.made[1]["result"]] == [0.9, 0.6, 0.75]
    project = studio.found[1]
    assert (project.annotators, project.model_version, project.description) == (2, "m-1", "")


def test_twice(studio: FakeStudio) -> None:
    """Pushing twice adds nothing; new articles beside old ones are added alone."""
    run(studio, articles(3))
    report = run(studio, articles(4))
    assert (report.made, report.known, report.added, report.predicted) == (False, 3, 1, 0)
    assert ids(studio) == ["a0", "a1", "a2", "a3"]


def test_new_model(studio: FakeStudio) -> None:
    """A new model's predictions join the same tasks, once, and are what annotators are shown from then on."""
    run(studio, articles(3))
    newer = Model("m-2", mark)
    assert run(studio, articles(3), newer).predicted == 3
    assert run(studio, articles(3), newer).predicted == 0
    assert set(versions(studio).values()) == {1}
    assert len(studio.made) == 6
    assert studio.found[1].model_version == "m-2"


def test_predictions_only(studio: FakeStudio) -> None:
    """With predictions only, articles without a task are left out and counted."""
    run(studio, articles(2))
    report = run(studio, articles(4), Model("m-2", mark), predictions_only=True)
    assert (report.added, report.predicted, report.absent) == (0, 2, 2)
    assert len(studio.data) == 2


def test_predictions_only_without_project(studio: FakeStudio) -> None:
    """Predictions alone make no project."""
    with pytest.raises(StudioError, match="no project 'vipol': push articles first"):
        run(studio, articles(1), predictions_only=True)
    assert not studio.found


def test_order(studio: FakeStudio) -> None:
    """New articles come in the order that is asked for, whatever the batches."""
    run(studio, articles(3), order=lambda found: list(reversed(found)))
    assert ids(studio) == ["a2", "a1", "a0"]


def test_progress(studio: FakeStudio) -> None:
    """Progress is told at the start and after every batch."""
    steps: list[tuple[int, int]] = []
    run(studio, articles(3), step=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 3), (2, 3), (3, 3)]


def test_changed_text(studio: FakeStudio) -> None:
    """Where a task's text is not the article's, nothing is sent, and the place is told."""
    run(studio, articles(3))
    studio.data[2]["text"] = studio.data[2]["text"].replace("nói", "nòi")
    with pytest.raises(
        StudioError, match=r"task 2, a1, offset 16: the text differs(.|\n)*texts that differ: 1; put the text back"
    ):
        run(studio, articles(5))
    assert len(studio.data) == 3


def test_two_articles_with_one_id(studio: FakeStudio) -> None:
    """An id stands for one text; the same article twice is one."""
    with pytest.raises(DocumentError, match="a0: two articles have this id"):
        run(studio, [*articles(2), Document("a0", "x")])
    assert not studio.found
    assert run(studio, [*articles(2), *articles(2)]).added == 2


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (Document("", TEXT), "without an id"),
        (Document("a", " \n"), "a: there is nothing in the text"),
        (Document("a", TEXT, extra={"added": 1}), "a: extra key 'added' is one that a task keeps"),
        (Document("a", TEXT, extra={"doc_id": 1}), "a: extra key 'doc_id' is one that a task keeps"),
        (Document("a", TEXT, extra={"sha256": "0"}), "a: 'sha256' is not the sum of the text"),
    ],
)
def test_no_task(studio: FakeStudio, document: Document, problem: str) -> None:
    """An article that can't be a task is told before anything is sent."""
    with pytest.raises(DocumentError, match=problem):
        run(studio, [*articles(1), document])
    assert not studio.found


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("<View", "no XML"),
        ('<View><Image name="text" value="$image"/></View>', r'no <Text name="text" value="\$text">'),
        ('<View><Text name="text" value="$text"/></View>', 'no <Labels name="label" toName="text">'),
        (CONFIG.replace('<Label value="MONEY"/>', ""), "lacks MONEY"),
    ],
)
def test_other_project(studio: FakeStudio, config: str, problem: str) -> None:
    """A project that is for something else is left alone."""
    studio.create("vipol", config, 1, "")
    with pytest.raises(StudioError, match=f"project 'vipol' is for something else: .*{problem}"):
        run(studio, articles(1))
    assert not studio.data


def test_other_number_of_annotators(studio: FakeStudio) -> None:
    """The number of annotators of a project that is there is not changed, and that is said."""
    run(studio, articles(1))
    with pytest.raises(StudioError, match="annotated by 1, not 2"):
        run(studio, articles(1), annotators=2)


def test_late_import(studio: FakeStudio) -> None:
    """An import that timed out here and is done there is not sent again."""
    delays = iter([None, 30.0, None])
    studio.late = lambda: next(delays)
    lines: list[str] = []
    assert run(studio, articles(5), say=lines.append).added == 5
    assert ids(studio) == ["a0", "a1", "a2", "a3", "a4"]
    assert lines == ["no answer in time; looking whether it has come"]


def test_lost_import(studio: FakeStudio) -> None:
    """An import that never comes ends the push; the next one sends it again, without another wait."""
    studio.late, studio.loses = lambda: 0.0, True
    with pytest.raises(StudioError, match=r"it has not come since\. Push again"):
        run(studio, articles(3))
    assert not studio.data
    studio.late, began = (lambda: None), studio.clock.now
    assert run(studio, articles(3)).added == 3
    assert studio.clock.now - began < 10


def test_import_that_failed_in_the_server(studio: FakeStudio) -> None:
    """An import at which the server failed is sent again if nothing of it is there, and only then."""
    left = [2]

    def fail(name: str) -> None:
        if name == "import_tasks" and left[0]:
            left[0] -= 1
            raise OutcomeUnknownError("status 500", over=True)

    studio.before = fail
    assert run(studio, articles(3)).added == 3
    assert ids(studio) == ["a0", "a1", "a2"]
    left[0] = 3
    with pytest.raises(StudioError, match="it failed 3 times"):
        run(studio, articles(4))
    assert studio.found[1].description == ""


def test_import_that_failed_after_all_was_there(studio: FakeStudio) -> None:
    """A failure of the server's after it added the tasks makes no copies."""
    usual = studio.import_tasks

    def late_failure(project: Project, tasks: Any) -> None:
        usual(project, tasks)
        raise OutcomeUnknownError("status 500", over=True)

    studio.import_tasks = late_failure  # type: ignore[method-assign]
    assert run(studio, articles(3)).added == 3
    assert ids(studio) == ["a0", "a1", "a2"]


def test_predictions_that_the_server_lost(studio: FakeStudio) -> None:
    """Predictions that the server lost on the way are sent again, in the same push or in the next, and told."""
    studio.forgets = True
    report = run(studio, articles(3))
    assert (report.added, report.predicted) == (3, 3)
    assert report.notes == ["the server lost the predictions of 3 tasks; they were sent again"]
    assert sorted(versions(studio)) == [(1, "m-1"), (2, "m-1"), (3, "m-1")]


def test_refused_import(studio: FakeStudio) -> None:
    """An import that the server refuses leaves no trace of an import under way."""

    def refuse(name: str) -> None:
        if name == "import_tasks":
            raise StudioError("refused, status 400")

    studio.before = refuse
    with pytest.raises(StudioError, match="status 400"):
        run(studio, articles(1))
    assert studio.found[1].description == ""


def test_description_stays(studio: FakeStudio) -> None:
    """What people wrote into the project's description is there afterwards, as it was."""
    run(studio, articles(1))
    studio.update(studio.found[1], description="Ours:\n\n- two of them\n")
    run(studio, articles(4))
    assert studio.found[1].description == "Ours:\n\n- two of them\n"


def test_killed_while_an_import_is_under_way(studio: FakeStudio) -> None:
    """A push that comes after one that was killed waits for the import that goes on in the server."""
    interrupt(studio, "import_tasks", 2, late=20.0)
    with pytest.raises(KeyboardInterrupt):
        run(studio, articles(6))
    assert len(studio.data) == 2
    studio.before = lambda name: None
    lines: list[str] = []
    report = run(studio, articles(6), say=lines.append)
    assert (report.known, report.added, report.notes) == (4, 2, [])
    assert sorted(ids(studio)) == [f"a{number}" for number in range(6)]
    assert lines == ["an import that was begun before is still under way; waiting up to 60 s"]


def test_later_than_anybody_waits(studio: FakeStudio) -> None:
    """Copies from an import that came after all are removed by the next push; what people worked on stays."""
    interrupt(studio, "import_tasks", 1, late=500.0)
    with pytest.raises(KeyboardInterrupt):
        run(studio, articles(2))
    studio.before = lambda name: None
    run(studio, articles(2))
    studio.clock.sleep(600)
    studio.land()
    assert ids(studio) == ["a0", "a1", "a0", "a1"]
    studio.annotations[3] = [{"result": []}]
    report = run(studio, articles(2))
    assert sorted(studio.data) == [2, 3]
    assert report.notes == [
        "task 1, a0: a copy of task 3 that nobody worked on; removed",
        "task 4, a1: a copy of task 2 that nobody worked on; removed",
    ]


def test_copies_that_people_worked_on(studio: FakeStudio) -> None:
    """Two tasks of one article, both begun, are told and left alone."""
    run(studio, articles(1))
    studio.add([as_task(articles(1)[0])])
    studio.annotations[1] = [{"result": []}]
    studio.drafts[2] = [{"result": []}]
    report = run(studio, articles(1))
    assert sorted(studio.data) == [1, 2]
    assert report.notes == ["a0: task 1 and task 2 are one article, and people worked on each: keep one of them"]


def test_predictions_that_came_twice(studio: FakeStudio) -> None:
    """A prediction that came twice is there once afterwards."""
    run(studio, articles(2))
    newer = Model("m-2", mark)
    interrupt(studio, "import_predictions", 1, late=20.0)
    with pytest.raises(KeyboardInterrupt):
        run(studio, articles(2), newer)
    studio.before = lambda name: None
    run(studio, articles(2), newer)
    assert set(versions(studio).values()) == {1}
    assert len(studio.made) == 4


def test_two_pushes_at_once(studio: FakeStudio) -> None:
    """Another push that works on the same articles at the same time shares the work; no article comes twice."""
    calls = Counter[str]()
    other_done: list[Pushed] = []

    def interfere(name: str) -> None:
        calls[name] += 1
        if name == "import_tasks" and calls[name] == 1:
            studio.before = lambda name: None
            other_done.append(run(studio, articles(4), patience=1.0))

    studio.before = interfere
    run(studio, articles(6))
    assert sorted(ids(studio)) == [f"a{number}" for number in range(6)]
    assert other_done
    # What was on its way when the other began is sent by both, and nothing else is.
    assert sum(map(len, studio.imports)) == 8


def interrupt(studio: FakeStudio, method: str, time: int, late: float | None) -> None:
    """Kills the client in the time-th call of a method; an import then comes that many seconds later, or never."""
    calls = Counter[str]()

    def kill(name: str) -> None:
        calls[name] += 1
        if name == method and calls[name] == time:
            studio.late = lambda: None
            raise KeyboardInterrupt

    studio.before = kill
    studio.late = lambda: late if calls[method] == time - 1 and late is not None else None


KILLS = st.tuples(st.integers(1, 40), st.floats(0, 50), st.booleans(), st.booleans())


@given(st.lists(KILLS, max_size=6), st.integers(1, 9))
def test_killed_anywhere(kills: list[tuple[int, float, bool, bool]], count: int) -> None:
    """However often and wherever a push is killed, the last one leaves every article once, with one prediction."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn, "time", clock)
        studio = FakeStudio(clock)
        for at, late, loses, forgets in kills:
            left = [at]

            def kill(name: str, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt

            def delay(left: list[int] = left, late: float = late) -> float | None:
                return late if left[0] == 1 else None

            studio.before, studio.late, studio.loses, studio.forgets = kill, delay, loses, forgets
            with suppress(KeyboardInterrupt):
                run(studio, articles(count))
        studio.before, studio.late = (lambda name: None), (lambda: None)
        run(studio, articles(count))
        studio.land()
    assert sorted(ids(studio)) == sorted(document.id for document in articles(count))
    assert sorted(versions(studio)) == sorted((number, "m-1") for number in studio.data)
    assert set(versions(studio).values()) == {1}
    assert studio.found[1].description == ""


TAKEN = {"added", "sha256", "doc_id", "id", "text", "published", "entities", "relations"}
KEYS = st.text(max_size=9) | st.just("title")
TEXTS = st.text(max_size=9).filter(str.strip)


@given(TEXTS, st.dictionaries(KEYS.filter(lambda key: key not in TAKEN), st.text(max_size=9), max_size=3))
def test_task_round_trip(text: str, extra: dict[str, str]) -> None:
    """A document comes back from its task as it was, with the title that it had or had not."""
    (document,) = mark([Document("a1", text * 14)])
    document = Document("a1", document.text, document.entities, document.relations, "2024-06-27", extra)
    task = json.loads(json.dumps(as_task(document, "m-1")))
    assert task["data"]["sha256"] == text_sum(document.text)
    assert "title" in task["data"]
    assert from_prediction({**task, "data": stripped(task["data"])}) == document


def test_title() -> None:
    """The title is the first line with something in it, cut where it is long; an article's own is kept."""
    assert as_task(Document("a", "\r\n  Tin mới \r\nx"))["data"]["title"] == "Tin mới"
    assert as_task(Document("a", "x" * 200))["data"]["title"] == "x" * 119 + "…"
    assert as_task(Document("a", "x", extra={"title": "T"}))["data"]["added"] == ["sha256"]


def test_articles_in_every_form(tmp_path: Path) -> None:
    """Texts, documents and exports of tasks, annotated or not, are read; the marks are not the point."""
    (tmp_path / "one.txt").write_bytes(b"T\r\n")
    (tmp_path / "two.jsonl").write_text('{"id": "j", "text": "T"}\n', encoding="utf-8")
    (tmp_path / "three.json").write_text('{"id": "d", "text": "T"}', encoding="utf-8")
    task = as_task(Document("t", "T", extra={"publisher": "P"}))
    (tmp_path / "four.json").write_text("\ufeff" + json.dumps([task, to_task(Document("g", "T"))]), encoding="utf-8")
    found = list(
        _documents([str(tmp_path / f"{name}") for name in ("one.txt", "two.jsonl", "three.json", "four.json")])
    )
    assert [(item.id, item.text, dict(item.extra)) for item in found] == [
        ("one", "T\r\n", {}),
        ("j", "T", {}),
        ("d", "T", {}),
        ("t", "T", {"publisher": "P"}),
        ("g", "T", {}),
    ]
    folder = tmp_path / "gold"
    folder.mkdir()
    (tmp_path / "four.json").rename(folder / "four.json")
    assert [item.id for item in _documents([str(folder)])] == ["t", "g"]


def test_articles_that_can_not_be_read(tmp_path: Path) -> None:
    """All inputs that can't be read are told together."""
    (tmp_path / "bad.json").write_text('[{"id": "x"}, 3]', encoding="utf-8")
    with pytest.raises(DocumentError, match=r"bad\.json, item 1: (.|\n)*item 2: (.|\n)*no\.txt: (.|\n)*read: 3"):
        list(_documents([str(tmp_path / "bad.json"), str(tmp_path / "no.txt")]))


def test_command_without_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Without a server that was started or named, the command says what to do, and its exit code is 1."""
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    assert main(["push", str(tmp_path / "a.txt"), "--studio", str(tmp_path)]) == 1
    assert "access.json: not there; start a server" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--batch-size", "0"], ["--order", "x"], ["--url", "u", "--studio", "s"]])
def test_wrong_call(wrong: list[str]) -> None:
    """A wrong call ends with exit code 2."""
    with pytest.raises(SystemExit) as end:
        main(["push", "x.txt", *wrong])
    assert end.value.code == 2
