"""A real Label Studio server, started once for all tests of this folder."""

import os
from pathlib import Path

import pytest
from browser import chromium  # noqa: F401

from annotations.studio import Access, Server

ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(os.environ.get("VIPOL_LABEL_STUDIO", ROOT / ".venv-labelstudio" / "bin" / "label-studio"))
EMAILS = ("owner@example.com", "second@example.com")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory):
    """A server with two users on a fresh data folder and a free port."""
    with Server(tmp_path_factory.mktemp("label-studio"), PROGRAM, users=EMAILS) as running:
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
