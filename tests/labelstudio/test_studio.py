"""The server: started without a click, found by its own users alone, and gone when it is stopped."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from conftest import EMAILS, PROGRAM, ROOT

from annotations.studio import ACCESS, Access, Server, ServerError, access, environment

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


def test_restarted_and_stopped(tmp_path: Path) -> None:
    """The command stops at SIGTERM with exit code 0 and leaves no process and no listener; a second start keeps
    passwords and tokens and takes another user in."""
    first = _run(tmp_path / "data", "first@example.com")
    second = _run(tmp_path / "data", "later@example.com")
    assert second.users[0] == first.users[0]
    assert [user.email for user in second.users] == ["first@example.com", "later@example.com"]


def _run(folder: Path, email: str) -> Access:
    port = _port()
    command = [sys.executable, "-m", "annotations", "studio", "--data", str(folder), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--program", str(PROGRAM), "--user", email],
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
    assert get(found, "/api/current-user/whoami", len(found.users) - 1)["email"] == email
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    return found


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_nothing_of_the_caller_gets_in(studio: Access, tmp_path: Path) -> None:
    """Variables that Label Studio would take without a prefix don't reach it; those of PostgreSQL do."""
    caller = {"USERNAME": "x", "HOST": "x", "DEBUG": "1", "PATH": "/bin", "POSTGRE_HOST": "db", "DJANGO_DB": "default"}
    given = environment(tmp_path, studio.users[0], caller)
    assert {"USERNAME", "HOST", "DEBUG"}.isdisjoint(given)
    assert (given["POSTGRE_HOST"], given["DJANGO_DB"], given["PATH"]) == ("db", "default", "/bin")
    assert given["LABEL_STUDIO_COLLECT_ANALYTICS"] == "false"


def test_a_server_that_dies(tmp_path: Path) -> None:
    """A program that ends while it starts is told with its last words, and nothing stays locked."""
    program = tmp_path / "label-studio"
    program.write_text("#!/bin/sh\necho no database here >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    for _ in range(2):
        with (
            pytest.raises(ServerError, match=r"ended while it started \(exit code 3\):\nno database here"),
            Server(tmp_path / "data", program),
        ):
            pass


def test_no_program(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no such program; make label-studio installs it"):
        Server(tmp_path, tmp_path / "none").start()


def test_no_access_file(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="not there; start a server with make label-studio"):
        access(tmp_path)
