"""A real Label Studio server, started once for all tests of this folder."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import chromium  # noqa: F401

from annotations.studio import Access, Server

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(os.environ.get("VIPOL_LABEL_STUDIO", ROOT / ".venv-labelstudio" / "bin" / "label-studio"))
EMAILS = ("owner@example.com", "second@example.com")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes data folders of a server that was started before and has the users `EMAILS`.

    The first start takes a minute of computing, so its folder is kept for the other tests, and for further runs with
    the same versions.
    """
    versions = hashlib.sha256((ROOT / "constraints-labelstudio.txt").read_bytes()).hexdigest()[:12]
    kept = ROOT / "build" / "labelstudio" / f"data-{versions}"
    if not kept.exists():
        draft = kept.with_name(f"{kept.name}.{os.getpid()}")
        with Server(draft, PROGRAM, users=EMAILS):
            pass
        draft.rename(kept)

    def copy() -> Path:
        folder = tmp_path_factory.mktemp("label-studio") / "data"
        shutil.copytree(kept, folder)
        return folder

    return copy


@pytest.fixture(scope="session")
def server(data: Callable[[], Path]):
    """A server with two users and a free port."""
    with Server(data(), PROGRAM) as running:
        yield running


@pytest.fixture(scope="session")
def studio(server: Server) -> Access:
    """Where it is, and its users' tokens."""
    return server.access


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept as outputs of the build."""
    folder = ROOT / "build" / "labelstudio"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
