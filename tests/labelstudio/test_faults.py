"""Everything that can go wrong between here and a real server: a clear message, exit code 1, no gold touched."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from annotated import DOCUMENT, MALFORMED
from project import Own, scored

from annotations import gold
from annotations.__main__ import main
from annotations.client import Studio, StudioError
from annotations.studio import Access
from vipol.document import Document

pytestmark = pytest.mark.labelstudio

GOLD = gold.to_export([Document("kept", "Một bài cũ.")])


@pytest.fixture
def own(studio: Access) -> Own:
    return Own(studio.url, list(studio.users))


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """A gold file, which no fault may change."""
    folder = tmp_path / "gold"
    folder.mkdir()
    file = folder / "gold.json"
    gold.write_text(file, GOLD)
    yield file
    assert file.read_text(encoding="utf-8") == GOLD
    assert [entry.name for entry in folder.iterdir()] == ["gold.json"]


def pull(target: Path, url: str, token: str, project: str = "vipol") -> int:
    file = target.parent.parent / "token"
    file.write_text(token, encoding="utf-8")
    return main(["pull", str(target), "--project", project, "--url", url, "--token-file", str(file)])


def test_server_is_down(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody answers."""
    assert pull(target, "http://127.0.0.1:9", "f" * 40) == 1
    assert "http://127.0.0.1:9: no server answers there" in capsys.readouterr().err


def test_wrong_token(own: Own, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The token is nobody's."""
    assert pull(target, own.url, "f" * 40) == 1
    assert "the token is wrong or has expired (Invalid token.)" in capsys.readouterr().err


@pytest.mark.parametrize("expires", [1, 2**33])
def test_access_token(own: Own, target: Path, capsys: pytest.CaptureFixture[str], expires: int) -> None:
    """A personal access token that has expired, or that this server didn't give."""
    import jwt

    token = jwt.encode({"exp": expires, "token_type": "refresh"}, "x" * 40)
    assert pull(target, own.url, token) == 1
    assert "the token is wrong or has expired" in capsys.readouterr().err


def test_wrong_project(own: Own, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no such project, or it is for something else."""
    assert pull(target, own.url, own.users[0].token, own.title) == 1
    assert f"has no project '{own.title}'" in capsys.readouterr().err
    own.studio.create(own.title, '<View><Image name="image" value="$image"/></View>', 1, "")
    with pytest.raises(StudioError, match="is for something else"):
        own.push([DOCUMENT])


class Gateway(BaseHTTPRequestHandler):
    """Answers everything with a page, with the status that its path begins with."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(int(self.path.split("/")[1]))
        self.end_headers()
        self.wfile.write(b"<html><title>Bad Gateway</title></html>")

    do_POST = do_PATCH = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize("status", [200, 302, 404, 502])
def test_page_for_an_answer(target: Path, capsys: pytest.CaptureFixture[str], status: int) -> None:
    """What answers is no Label Studio, or stands before it: a page instead of JSON."""
    with HTTPServer(("127.0.0.1", 0), Gateway) as gateway:
        thread = threading.Thread(target=gateway.serve_forever)
        thread.start()
        try:
            assert pull(target, f"http://127.0.0.1:{gateway.server_port}/{status}", "f" * 40) == 1
        finally:
            gateway.shutdown()
            thread.join()
    told = capsys.readouterr().err
    assert "could not list the projects" in told
    assert len(told.splitlines()) == 1


def test_changed_text(own: Own, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody changed a task's text: pull and push both refuse."""
    own.push([scored(DOCUMENT)])
    number = own.numbers()["a1"]
    (task,) = own.studio.export(own.project)
    own.studio._sdk.tasks.update(str(number), data=task["data"] | {"text": "Phó " + task["data"]["text"]})
    assert pull(target, own.url, own.users[0].token, own.title) == 1
    assert f"task {number}, a1: the text is not the one that was pushed" in capsys.readouterr().out
    with pytest.raises(StudioError, match=f"task {number}, a1, offset 0: the text differs"):
        own.push([scored(DOCUMENT)])


def test_deleted_user(own: Own, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The server doesn't know any more who annotated."""
    own.push([scored(DOCUMENT)])
    user = own.studio._sdk.users.create(email=f"{own.title.replace(' ', '-')}@example.com", username=own.title[-8:])
    made = own.annotate(DOCUMENT)
    wrapper = own.studio._sdk._client_wrapper.httpx_client
    wrapper.request(f"api/annotations/{made}/", method="PATCH", json={"completed_by": user.id})
    own.studio._sdk.users.delete(user.id)
    assert pull(target, own.url, own.users[0].token, own.title) == 1
    assert "annotator deleted user: the server doesn't know any more who annotated this" in capsys.readouterr().out


def test_malformed(own: Own, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One malformed result of each kind, as the server takes them: every one is told, first alone and then with all."""
    documents = [Document(f"a{number}", DOCUMENT.text) for number in range(len(MALFORMED))]
    own.push(documents)
    numbers = own.numbers()
    problems, refused = {}, set()
    for document, (kind, (spoiled, problem)) in zip(documents, MALFORMED.items(), strict=True):
        number = numbers[document.id]
        try:
            made = own.hand_in(number, spoiled["result"])
        except Exception as error:
            if getattr(error, "status_code", 0) < 400:
                raise
            refused.add(kind)
            continue
        assert pull(target, own.url, own.users[0].token, own.title) == 1, kind
        told = capsys.readouterr().out
        assert f"task {number}, {document.id}, annotator {own.users[0].email}" in told, kind
        assert problem in told, kind
        problems[number] = spoiled["result"], problem
        own.studio._sdk.annotations.delete(made)
    # These are no JSON of the form that the server looks into; they come by files that people imported.
    assert refused <= {"no value", "no list", "no object"}
    for number, (result, _) in problems.items():
        own.hand_in(number, result)
    assert pull(target, own.url, own.users[0].token, own.title) == 1
    told = capsys.readouterr().out
    assert all(problem in told for _, problem in problems.values())


def test_personal_access_token(own: Own) -> None:
    """A personal access token does as well as a legacy one, until it is revoked."""
    import httpx

    user = own.users[0]
    with httpx.Client(base_url=own.url, follow_redirects=True) as client:
        client.get("/user/login/")
        form = {"email": user.email, "password": user.password, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        client.post("/user/login/", data=form, headers={"Referer": f"{own.url}/user/login/"})
        headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": own.url}
        token = client.post("/api/token/", headers=headers).json()["token"]
        studio = Studio(own.url, token)
        try:
            assert own.push([scored(DOCUMENT)], studio=studio).added == 1
            assert len(studio.export(own.project)) == 1
        finally:
            client.post("/api/token/blacklist", headers=headers, json={"refresh": token})
    with pytest.raises(StudioError, match="the token is wrong or has expired"):
        Studio(own.url, token).projects(own.title)
