"""The server as a child process, with a program that plays Label Studio: what it is given, and how it ends."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from annotations.__main__ import main
from annotations.studio import Server, ServerError, User, access, environment

ROOT = Path(__file__).parent.parent

PROGRAM = f"""#!{sys.executable}
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        token = self.headers.get("Authorization", "").removeprefix("Token ")
        known = self.path == "/health" or token in Path("known").read_text().split()
        self.send_response(200 if known else 401)
        self.end_headers()

    def log_message(self, *_):
        pass

with open("calls", "a") as calls:
    calls.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
with open("known", "a") as known:
    known.write(os.environ["LABEL_STUDIO_USER_TOKEN"] + "\\n")
if sys.argv[1] == "start":
    port = int(sys.argv[sys.argv.index("--port") + 1])
    HOW
    server = HTTPServer(("127.0.0.1", port), Answer)
    print(f"Starting development server at http://127.0.0.1:{{server.server_port}}/", flush=True)
    server.serve_forever()
"""


def program(folder: Path, how: str = "pass") -> Path:
    """A program that takes Label Studio's options and notes them; `how` is run before it listens."""
    path = folder / "label-studio"
    path.write_text(PROGRAM.replace("HOW", how), encoding="utf-8")
    path.chmod(0o755)
    return path


def calls(folder: Path) -> list[tuple[list[str], dict[str, str]]]:
    """The options and the environment of every call of the program."""
    return [tuple(json.loads(line)) for line in (folder / "calls").read_text(encoding="utf-8").splitlines()]


@contextmanager
def command(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m annotations studio` on `folder / "data"`, once it has said where the server is; ended at the end."""
    given = ["--data", str(folder / "data"), "--program", str(folder / "label-studio"), "--port", "0", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "annotations", "studio", *given],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "model"),
            "USERNAME": "stray",
            "HOST": "http://stray",
            "DEBUG": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Label Studio is at http://127.0.0.1:")
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def server_process(folder: Path) -> int:
    return int((folder / "data" / ".lock").read_text())


def gone(process: int) -> bool:
    """Whether a process ends within five seconds."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_every_way_to_stop(tmp_path: Path, number: int) -> None:
    """Ctrl-C, kill and the closing of the terminal end the server; the exit code is 0."""
    program(tmp_path)
    with command(tmp_path) as process:
        server = server_process(tmp_path)
        process.send_signal(number)
        assert process.wait(30) == 0
        assert gone(server)


def test_impatience(tmp_path: Path) -> None:
    """Ctrl-C again, while the server takes its time to end, leaves no server behind."""
    slow = "signal.signal(signal.SIGTERM, lambda *_: (__import__('time').sleep(1), os._exit(0)))"
    program(tmp_path, slow)
    with command(tmp_path) as process:
        server = server_process(tmp_path)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        assert process.wait(30) == 0
        with pytest.raises(ProcessLookupError):
            os.kill(server, 0)


def test_stopped_while_it_starts(tmp_path: Path) -> None:
    """Ctrl-C before the server listens ends it as well."""
    ready = tmp_path / "ready"
    path = program(tmp_path, f"Path({str(ready)!r}).touch(); __import__('time').sleep(60)")
    given = ["--data", str(tmp_path / "data"), "--program", str(path), "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "annotations", "studio", *given],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "model")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            if ready.exists():
                break
            time.sleep(0.05)
        server = server_process(tmp_path)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert gone(server)
    finally:
        process.kill()
        process.wait()


def test_killed_without_a_word(tmp_path: Path) -> None:
    """A server whose parent was killed still holds the folder, and the next start names its process."""
    path = program(tmp_path)
    with command(tmp_path) as process:
        server = server_process(tmp_path)
        process.kill()
        process.wait()
        try:
            with pytest.raises(ServerError, match=f"a server runs on this folder, at http.*, process {server};"):
                Server(tmp_path / "data", path).start()
        finally:
            os.kill(server, signal.SIGKILL)
    assert gone(server)
    with Server(tmp_path / "data", path):
        pass


def test_stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not heed SIGTERM is killed."""
    monkeypatch.setattr("annotations.studio._STOP_SECONDS", 0.2)
    with Server(tmp_path / "data", program(tmp_path, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")):
        pass
    assert gone(server_process(tmp_path))


def test_port_taken_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody takes the port after it was looked at, Label Studio takes another without an error. That ends it,
    and who has the port is not taken for the server, whatever it answers, and is sent no token."""
    asked = []

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers)
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        port = stranger.server_port
        monkeypatch.setattr("annotations.studio._free_port", lambda *_: port)
        with pytest.raises(ServerError, match=f"port {port} was taken by another program meanwhile; start again"):
            Server(tmp_path / "data", program(tmp_path, "port = 0")).start()
        stranger.shutdown()
    assert gone(server_process(tmp_path))
    assert not any("Authorization" in headers for headers in asked)


def test_never_healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not come up in time is ended, and its last words are told."""
    monkeypatch.setattr("annotations.studio._HEALTHY_SECONDS", 1.0)
    with pytest.raises(ServerError, match="did not answer in 1 seconds:\nwaiting for a database"):
        Server(
            tmp_path / "data",
            program(tmp_path, "print('waiting for a database', flush=True); __import__('time').sleep(60)"),
        ).start()
    assert gone(server_process(tmp_path))


def test_ends_by_itself(tmp_path: Path) -> None:
    """A server that ends later ends the command, with exit code 1 and its last words."""
    program(tmp_path)
    with command(tmp_path) as process:
        os.kill(server_process(tmp_path), signal.SIGKILL)
        assert process.wait(30) == 1
        assert process.stderr is not None
        assert "ended by itself (exit code -9)" in process.stderr.read()


def test_users(tmp_path: Path) -> None:
    """Users are added start by start and keep what they have; a start without users adds none."""
    path = program(tmp_path)
    seen = []
    for users in (("a@example.com", "b@example.com"), (), ("c@example.com", "a@example.com")):
        with Server(tmp_path / "data", path, users=users) as server:
            seen.append(server.access.users)
    first, second, third = seen
    assert second == first
    assert third[:2] == first
    assert [user.email for user in third] == ["a@example.com", "b@example.com", "c@example.com"]
    assert access(tmp_path / "data").users == third
    made = [given["LABEL_STUDIO_USERNAME"] for options, given in calls(tmp_path / "data") if options[0] == "init"]
    assert made == ["b@example.com", "c@example.com"]


def test_addresses_in_small_letters(tmp_path: Path) -> None:
    """The login page knows no others; one address written in two ways is one user."""
    with Server(tmp_path / "data", program(tmp_path), users=("Anna@Example.com", "anna@example.com")) as server:
        assert [user.email for user in server.access.users] == ["anna@example.com"]


def test_a_folder_that_was_open(tmp_path: Path) -> None:
    """A data folder that is there already is closed to others: the database holds every token as it is."""
    (tmp_path / "data").mkdir(mode=0o755)
    with Server(tmp_path / "data", program(tmp_path)):
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C in any command is a line and exit code 130."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("annotations.checks.check", interrupt)
    assert main(["check", str(ROOT / "annotations" / "gold")]) == 130
    assert capsys.readouterr().err == "annotations: interrupted\n"


def test_no_secret_in_the_process_list(tmp_path: Path) -> None:
    """No password and no token is an option of a program, which everybody on the machine can read."""
    with Server(tmp_path / "data", program(tmp_path), users=("a@example.com", "b@example.com")) as server:
        secrets = {secret for user in server.access.users for secret in (user.password, user.token)}
    for options, _ in calls(tmp_path / "data"):
        assert secrets.isdisjoint(options)


def test_environment_of_the_server(tmp_path: Path) -> None:
    """Nothing of the caller's reaches it that it would take for a setting of its own."""
    program(tmp_path)
    with command(tmp_path):
        pass
    options, given = calls(tmp_path / "data")[0]
    assert {"USERNAME", "HOST", "DEBUG"}.isdisjoint(given)
    assert given["LABEL_STUDIO_BASE_DATA_DIR"] == str(tmp_path / "data")
    assert options[options.index("--internal-host") + 1] == "127.0.0.1"


def test_private(tmp_path: Path) -> None:
    """What the server writes is its owner's alone, also in a folder that everybody can read."""
    (tmp_path / "data").mkdir(mode=0o755)
    with Server(tmp_path / "data", program(tmp_path)):
        pass
    for name in ("calls", "access.json", ".lock"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600, name


def test_no_address(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="'anna' is no e-mail address"):
        Server(tmp_path / "data", program(tmp_path), users=("anna",)).start()
    assert not (tmp_path / "data").exists()


def test_no_port(capsys: pytest.CaptureFixture[str]) -> None:
    from annotations.__main__ import main

    with pytest.raises(SystemExit, match="2"):
        main(["studio", "--port", "99999"])
    assert "'99999' is no port" in capsys.readouterr().err


def test_nothing_of_the_caller_gets_in(tmp_path: Path) -> None:
    """Variables that Label Studio would take without a prefix don't reach it; those of PostgreSQL do."""
    caller = {"USERNAME": "x", "HOST": "x", "DEBUG": "1", "PATH": "/bin", "POSTGRE_HOST": "db", "DJANGO_DB": "default"}
    given = environment(tmp_path, User("a@example.com", "", ""), caller)
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
