"""The server: started without a click, found by its own users alone, and gone when it is stopped."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from conftest import EMAILS, PROGRAM, ROOT

from annotations.studio import ACCESS, Access, Server, ServerError, access

pytestmark = pytest.mark.labelstudio


def get(studio: Access, path: str, user: int = 0) -> object:
    token = studio.users[user].token
    with urlopen(Request(studio.url + path, headers={"Authorization": f"Token {token}"}), timeout=30) as answer:
        return json.load(answer)


def test_users_without_a_click(studio: Access) -> None:
    """Every user's token works at once, and is that user's."""
    assert [user.email for user in studio.users] == list(EMAILS)
    for n, email in enumerate(EMAILS):
        assert get(studio, "/api/current-user/whoami", n)["email"] == email


def test_access_is_kept_private(server: Server) -> None:
    """Address, passwords and tokens stand in the data folder, readable by its owner alone."""
    path = server.folder / ACCESS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert access(server.folder) == server.access


def test_only_this_machine(studio: Access) -> None:
    """It listens on the loopback address and on no other."""
    port = int(studio.url.rpartition(":")[2])
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    addresses = {line.split()[1] for line in listening if line.split()[3] == "0A"}
    assert {address.split(":")[0] for address in addresses if int(address.split(":")[1], 16) == port} == {"0100007F"}


def test_one_server_a_folder(server: Server) -> None:
    """A second server on the same folder is refused, with the address of the first, which goes on."""
    with pytest.raises(ServerError, match=f"a server runs on this folder, at {server.access.url}"):
        Server(server.folder, PROGRAM).start()
    assert get(server.access, "/api/current-user/whoami")


def test_busy_port(studio: Access, tmp_path: Path) -> None:
    """A port that somebody has is found out before anything is started."""
    port = int(studio.url.rpartition(":")[2])
    with pytest.raises(ServerError, match=f"port {port} of 127.0.0.1 is not to be had"):
        Server(tmp_path / "data", PROGRAM, port).start()
    assert not (tmp_path / "data" / "server.log").exists()


def test_restarted_and_stopped(data: Callable[[], Path]) -> None:
    """The command stops at Ctrl-C and SIGTERM with exit code 0 and leaves no process and no listener; a second start
    keeps passwords and tokens and takes another user in."""
    folder = data()
    known = access(folder).users
    assert _run(folder, signal.SIGINT).users == known
    later = _run(folder, signal.SIGTERM, "--user", "later@example.com").users
    assert later[:-1] == known
    assert later[-1].email == "later@example.com"


def _run(folder: Path, end: int, *options: str) -> Access:
    port = _port()
    command = [sys.executable, "-m", "annotations", "studio", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--program", str(PROGRAM), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'model'}", "USERNAME": "stray", "HOST": "stray", "DEBUG": "true"},
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said == f"Label Studio is at http://127.0.0.1:{port}\n"
    found = access(folder)
    for n, user in enumerate(found.users):
        assert get(found, "/api/current-user/whoami", n)["email"] == user.email
    process.send_signal(end)
    assert process.wait(30) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    return found


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_predictions_are_checked(studio: Access) -> None:
    """The server refuses predictions that would break the page: an unknown label, a relation to nowhere."""
    config = (ROOT / "annotations" / "label_config.xml").read_text(encoding="utf-8")
    number = send(studio, "/api/projects/", {"title": "checked", "label_config": config})["id"]
    good, unknown, loose = (json.loads(json.dumps(TASK)) for _ in range(3))
    unknown["predictions"][0]["result"][0]["value"]["labels"] = ["PLACE"]
    loose["predictions"][0]["result"][1]["to_id"] = "nowhere"
    for wrong in (unknown, loose):
        with pytest.raises(HTTPError, match="400"):
            send(studio, f"/api/projects/{number}/import", [good, wrong])
    assert send(studio, f"/api/projects/{number}/import", [good])["task_count"] == 1


TASK = {
    "data": {"doc_id": "a", "title": "a", "text": "Bí thư Quận ủy"},
    "predictions": [
        {
            "model_version": "m",
            "result": [
                {
                    "id": "e1",
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                    "value": {"start": 0, "end": 6, "text": "Bí thư", "labels": ["ROLE"]},
                },
                {"type": "relation", "from_id": "e1", "to_id": "e1", "direction": "right", "labels": ["ROLE_AT"]},
            ],
        }
    ],
}


def send(studio: Access, path: str, body: object) -> Any:
    headers = {"Authorization": f"Token {studio.users[0].token}", "Content-Type": "application/json"}
    with urlopen(Request(studio.url + path, json.dumps(body).encode(), headers), timeout=60) as answer:
        return json.load(answer)
