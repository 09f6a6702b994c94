"""A Label Studio server on this machine: started without a click, told apart from others, stopped cleanly.

The server lives in an environment of its own and is only ever a child process. Everything of it is in one data folder:
its database, its log, and `access.json` with its address and the users' passwords and tokens, which `push` and `pull`
read. Settings are Label Studio's own; what an environment variable of the caller could change by accident
(`USERNAME`, `HOST`, `DEBUG`) does not reach it, since it takes many of them without a prefix.
"""

import fcntl
import json
import os
import re
import secrets
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

FOLDER = Path("label-studio")
ACCESS = "access.json"
LOG = "server.log"
LOCK = ".lock"
USERS = ("annotator@example.com",)
PORT = 8080
HOST = "127.0.0.1"

_HEALTHY_SECONDS = 300.0
"""A first start makes the database, which takes a minute or two on a busy machine."""
_STOP_SECONDS = 20.0
_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "DJANGO_DB")
_PASSED_PREFIXES = ("POSTGRE_", "PG")
"""PostgreSQL instead of SQLite, by Label Studio's own variables."""
_LISTENS = re.compile(r"Starting development server at http://\S+:(\d+)/")
_SETTINGS = {
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    # Nothing calls home: no analytics, no version check, no crash reports, no data for other formats; the last one is
    # what the login page's tips would ask of GitHub, for which there is no setting but a proxy that isn't there.
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_CONVERTER_DOWNLOAD_RESOURCES": "false",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
    # The prediction service is on this machine, and what is imported is checked.
    "LABEL_STUDIO_ML_BLOCK_LOCAL_IP": "false",
    "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "false",
    "fflag_feat_utc_210_prediction_validation_15082025": "true",
}
_BROWSE = build_opener(ProxyHandler({}))


class ServerError(RuntimeError):
    """A server that cannot be started or found; the message says what to do."""


@dataclass(frozen=True, slots=True)
class User:
    email: str
    password: str
    token: str
    """For the API, 40 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server is, and who may use it; the first user is the one that owns projects."""

    url: str
    users: tuple[User, ...]


def access(folder: Path) -> Access:
    """What a started server left in its data folder.

    Raises:
        ServerError: there is nothing, or it is damaged.
    """
    path = folder / ACCESS
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        users = tuple(User(str(u["email"]), str(u["password"]), str(u["token"])) for u in data["users"])
        return Access(str(data["url"]), users)
    except FileNotFoundError:
        raise ServerError(f"{path}: not there; start a server with make label-studio") from None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ServerError(f"{path}: damaged ({error!r}); it holds passwords and tokens, so restore it") from error


class Server:
    """A Label Studio server while it runs: `with Server(folder, program) as server: server.access.url`.

    Args:
        folder: its data; made if it is not there.
        program: `label-studio` of the environment that it is installed in.
        port: None takes a free one.
        users: e-mail addresses to add to those that the folder has, which keep their passwords and tokens. A new
            folder without any gets `USERS`.
        host: the address that it listens on.
    """

    access: Access

    def __init__(
        self, folder: Path, program: Path, port: int | None = None, users: Sequence[str] = (), host: str = HOST
    ) -> None:
        self.folder, self.program, self.host = folder.resolve(), program, host
        self._port = port
        # The login page knows addresses in small letters alone.
        self._emails = list(dict.fromkeys(email.lower() for email in users))
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server and waits until it is healthy.

        Raises:
            ServerError: the program or the port is not to be had, another server has the folder, a user is no e-mail
                address, or it ended or did not become healthy.
        """
        for email in self._emails:
            if not all(email.partition("@")):
                raise ServerError(f"{email!r} is no e-mail address such as {USERS[0]}, by which a user could log in")
        if not os.access(self.program, os.X_OK):
            raise ServerError(f"{self.program}: no such program; make label-studio installs it")
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._lock = lock = _taken(self.folder)
        port = _free_port(self.host, self._port)
        known = {user.email: user for user in access(self.folder).users} if (self.folder / ACCESS).exists() else {}
        emails = dict.fromkeys([*known, *self._emails]) or USERS
        users = tuple(known.get(email) or _new_user(email) for email in emails)
        self.access = Access(f"http://{self.host}:{port}", users)
        # Written first: the server takes the tokens when it makes the users, and never again.
        self._write_access(self.access)
        command = [str(self.program), "start", "--no-browser", "--internal-host", self.host, "--port", str(port)]
        with (self.folder / LOG).open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--log-level", "WARNING"],
                cwd=self.folder,
                env=environment(self.folder, users[0]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C comes to us alone, who end it; were we killed, it would hold the folder as long as it lives.
                start_new_session=True,
                pass_fds=[lock],
                umask=0o077,
            )
        os.pwrite(lock, f"{self._process.pid}\n".encode(), 0)
        self._wait_until_healthy(port)
        if not self._knows(users[0]):
            raise ServerError(
                f"the server does not know {users[0].email} as {self.folder / ACCESS} has it: the folder's database is "
                "older than that file; delete the file and start with a user of another address"
            )
        for user in users[1:]:
            if user.email not in known or not self._knows(user):
                self._add(user)

    def stop(self) -> None:
        """Ends the server, by force if it does not go."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def wait(self) -> None:
        """Waits while the server runs.

        Raises:
            ServerError: it ended by itself.
        """
        assert self._process is not None
        raise ServerError(f"Label Studio ended by itself (exit code {self._process.wait()}):\n{self._last_words()}")

    def _write_access(self, given: Access) -> None:
        draft = self.folder / f".{ACCESS}.part"
        draft.unlink(missing_ok=True)
        with open(draft, "x", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
            stream.write(json.dumps(asdict(given), indent=1) + "\n")
        draft.replace(self.folder / ACCESS)

    def _wait_until_healthy(self, port: int) -> None:
        assert self._process is not None
        limit = time.monotonic() + _HEALTHY_SECONDS
        while time.monotonic() < limit:
            if self._process.poll() is not None:
                code = self._process.returncode
                raise ServerError(f"Label Studio ended while it started (exit code {code}):\n{self._last_words()}")
            # Where somebody took the port meanwhile, Label Studio takes the next one without an error, and whoever has
            # the port may answer: so it has to say first where it listens, and nobody else is sent a token.
            if listens := _LISTENS.search(self._log()):
                if int(listens[1]) != port:
                    raise ServerError(f"port {port} was taken by another program meanwhile; start again")
                if _answers(f"{self.access.url}/health"):
                    return
            time.sleep(0.2)
        raise ServerError(f"Label Studio did not answer in {_HEALTHY_SECONDS:.0f} seconds:\n{self._last_words()}")

    def _knows(self, user: User) -> bool:
        return _answers(f"{self.access.url}/api/current-user/whoami", user.token)

    def _add(self, user: User) -> None:
        done = subprocess.run(
            [str(self.program), "init", "-q"],
            cwd=self.folder,
            # Not as options, which everybody on the machine can read.
            env=environment(self.folder, user),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode or not self._knows(user):
            said = done.stdout.decode("utf-8", "replace")[-2000:]
            raise ServerError(f"{user.email}: the user could not be made:\n{said}")

    def _log(self) -> str:
        return (self.folder / LOG).read_text(encoding="utf-8", errors="replace")

    def _last_words(self) -> str:
        return "\n".join(self._log().splitlines()[-15:])


def environment(folder: Path, user: User, caller: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The server's environment: its settings, a user to make, and of the caller's what it can't do without."""
    passed = {name: value for name, value in caller.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}
    own = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "LABEL_STUDIO_USERNAME": user.email,
        "LABEL_STUDIO_PASSWORD": user.password,
        "LABEL_STUDIO_USER_TOKEN": user.token,
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return passed | _SETTINGS | own


def _taken(folder: Path) -> int:
    """A descriptor that locks the folder until it and the server's copy of it are closed."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # the database holds every token as it is
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = f"at {access(folder).url}, process {os.read(lock, 20).decode().strip()}"
        os.close(lock)
        raise ServerError(f"{folder}: a server runs on this folder, {holder}; one is enough") from None
    os.truncate(lock, 0)
    return lock


def _new_user(email: str) -> User:
    return User(email, secrets.token_urlsafe(12), secrets.token_hex(20))


def _free_port(host: str, port: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port or 0))
        except OSError as error:
            reason = f"({error.strerror}); choose another with --port"
            raise ServerError(f"port {port} of {host} is not to be had {reason}") from error
        return int(probe.getsockname()[1])


def _answers(url: str, token: str | None = None) -> bool:
    request = Request(url, headers={"Authorization": f"Token {token}"} if token else {})
    try:
        with _BROWSE.open(request, timeout=10) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError, ValueError):
        return False
