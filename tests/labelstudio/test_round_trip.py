"""From articles to tasks on a real server, and from annotations to gold, with nothing lost or twice."""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from project import Own, content, scored

from annotations import gold
from annotations.checks import check
from annotations.client import Project, Studio, StudioError
from annotations.studio import Access
from vipol.document import Document, Entity, Relation
from vipol.labelstudio import to_task

pytestmark = pytest.mark.labelstudio

ROOT = Path(__file__).parent.parent.parent
SEEDS = [scored(document) for document in gold.read_gold(ROOT / "annotations" / "gold")]
HOSTILE = {
    "crlf": "Đức Hoạt\r\n\r\n  Lê Thị\rông A\n",
    "emoji": "🇻🇳 👨\u200d👩\u200d👧 Lê Thị 𠀀 nói",
    "decomposed": "Nguye\u0302\u0303n Lê Thị",
    "invisible": "\ufeffLê\u00a0Thị\u200b Lê Thị\u2028\x85\x0b\x0c\t",
    "markup": "<b>Lê Thị</b> &amp; {{x}} $text",
}


@pytest.fixture
def own(studio: Access) -> Own:
    return Own(studio.url, list(studio.users))


def short(count: int) -> list[Document]:
    text = "Bí thư Quận ủy nói. "
    marks = (Entity("e1", 0, 6, "ROLE", 0.9), Entity("e2", 7, 14, "ORG", 0.8)), (Relation("e1", "e2", "ROLE_AT", 0.7),)
    return [Document(f"a{number}", f"{text * 50}{number}", *marks) for number in range(count)]


def test_seeds_there_and_back(own: Own, tmp_path: Path) -> None:
    """The gold of the seeds, pushed as predictions and handed in, comes back as the same gold, and passes the check."""
    assert own.push(SEEDS, annotators=2).added == 5
    for document in SEEDS:
        own.annotate(document, 0)
        own.annotate(document, 1)
    assert own.pull(tmp_path / "gold", "--keep", str(tmp_path / "keep")) == 0
    expected = gold.read_gold(ROOT / "annotations" / "gold")
    assert gold.read_gold(tmp_path / "gold" / f"{own.title}.json") == expected
    assert check([tmp_path / "gold"]).faults == []
    assert len(list((tmp_path / "keep").iterdir())) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text(own: Own, tmp_path: Path, name: str) -> None:
    """Texts and offsets come back as they were, whatever is in them."""
    text = HOSTILE[name]
    start = text.rindex("Lê Thị")
    document = Document(name, text, (Entity("e1", start, start + 6, "PERSON", 0.9),), extra={"title": "T"})
    own.push([document])
    own.annotate(document)
    assert own.pull(tmp_path / "gold.json") == 0
    (task,) = content(tmp_path / "gold.json")
    assert task["data"] == {"doc_id": name, "text": text, "title": "T"}
    assert task["annotations"][0]["result"][0]["value"] == {
        "start": start,
        "end": start + 6,
        "text": "Lê Thị",
        "labels": ["PERSON"],
    }


def test_scores_and_versions(own: Own) -> None:
    """Predictions have scores and the model's version; a new model's join them and are what annotators are shown."""
    own.push(SEEDS)
    assert own.push(SEEDS).predicted == 0
    assert own.push(SEEDS, "m-2").predicted == 5
    assert own.push(SEEDS, "m-2").predicted == 0
    project = own.project
    assert (project.tasks, project.predictions, project.model_version) == (5, 10, "m-2")
    (first, *_) = own.studio._sdk.predictions.list(task=own.numbers()[SEEDS[0].id])
    assert first.model_version == "m-1"
    assert first.score == pytest.approx(0.88, abs=0.02)
    assert {item.get("score") for item in first.result if item["type"] == "labels"} == {0.9}


def test_two_annotators_who_differ(own: Own, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where two annotators differ the article is left out and the place told; one of them may decide."""
    document = short(1)[0]
    own.push([document], annotators=2)
    own.annotate(document, 0)
    own.annotate(Document("a0", document.text, document.entities), 1)
    assert own.pull(tmp_path / "gold.json") == 0
    assert "disagreement: a0, offset 0, 'Bí thư' ROLE_AT 'Quận ủy'" in capsys.readouterr().out
    assert not (tmp_path / "gold.json").exists()
    assert own.pull(tmp_path / "gold.json", "--annotator", own.users[1].email) == 0
    assert gold.read_gold(tmp_path / "gold.json")[0].relations == ()


def test_mended_and_told(own: Own, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Relations without a label or the wrong way round are mended; skipped tasks and drafts are counted."""
    documents = short(3)
    own.push(documents)
    numbers = own.numbers()
    result = to_task(documents[0])["annotations"][0]["result"][:2]
    result.append({"type": "relation", "from_id": "e2", "to_id": "e1", "direction": "right"})
    own.hand_in(numbers["a0"], result)
    own.hand_in(numbers["a1"], [], was_cancelled=True)
    own.studio._sdk._client_wrapper.httpx_client.request(
        f"api/tasks/{numbers['a2']}/drafts", method="POST", json={"result": result, "lead_time": 1.0}
    )
    assert own.pull(tmp_path / "gold.json") == 0
    told = capsys.readouterr().out
    assert "ROLE_AT ran the wrong way; turned" in told
    assert "the relation had no label; its ends make it ROLE_AT" in told
    assert "annotated: 1, skipped: 1, drafts not handed in, so not read: 1" in told
    assert gold.read_gold(tmp_path / "gold.json")[0].relations == (Relation("e1", "e2", "ROLE_AT"),)


def test_import_that_timed_out(own: Own) -> None:
    """An import that timed out here, and that the server goes on with, is not sent again."""
    lines: list[str] = []
    hasty = Impatient(own.url, own.users[0].token)
    own.push(short(200), studio=hasty, say=lines.append)
    assert sorted(own.numbers()) == sorted(document.id for document in short(200))
    assert any("no answer in time" in line for line in lines)
    assert own.project.predictions == 200


class Impatient(Studio):
    """Waits a moment for imports, and long for everything else."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self._hasty = Studio(url, token, timeout=0.05)

    def import_tasks(self, project: Project, tasks: Any) -> None:
        self._hasty.import_tasks(project, tasks)


SCRIPT = """
import sys
sys.path[:0] = {paths!r}
from test_round_trip import short
from project import Own
from annotations.studio import User
own = Own({url!r}, [User(*fields) for fields in {users!r}])
own.title = {title!r}
own.push(short({count}), batch_size=20, patience=20, step=lambda done, total: print(done, flush=True))
"""


def test_killed_pushes(own: Own) -> None:
    """A push that is killed three times at random moments and run again leaves every article once."""
    count = 300
    paths = [str(Path(__file__).parent), str(ROOT / "tests"), str(ROOT), str(ROOT / "model")]
    users = [(user.email, user.password, user.token) for user in own.users]
    script = SCRIPT.format(paths=paths, url=own.url, users=users, title=own.title, count=count)
    rng = random.Random(7)
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0, 2))
        process.kill()
        process.wait()
    own.push(short(count), patience=20)
    assert sorted(own.numbers()) == sorted(document.id for document in short(count))
    assert own.project.predictions == count


def test_two_pushes_at_once(own: Own) -> None:
    """Two pushes at the same time, of the same articles, leave each once, once both have ended or one ran again."""
    own.push(short(1))
    problems: list[Exception] = []

    def other() -> None:
        try:
            own.push(short(120), studio=Studio(own.url, own.users[1].token), batch_size=20)
        except StudioError as error:
            problems.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    own.push(short(120), batch_size=20)
    thread.join()
    own.push(short(120), batch_size=20)
    assert sorted(own.numbers()) == sorted(document.id for document in short(120))
    assert own.project.predictions == 120
    assert not problems
