"""Pages in Debian's Chromium: watched for what they complain of, and kept from every network."""

import os
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
REQUIRED = "VIPOL_BROWSER"
"""The environment variable that makes a browser's absence a failure, where its value is "required"."""

ARGUMENTS = (
    "--no-sandbox",  # which a browser of root's, as in most containers, does without
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Watched:
    """Opens pages one by one and notes down what goes wrong in them.

    Nothing but the opened file itself is read: every other request is refused, and is a complaint.
    """

    def __init__(self, browser: Any, folder: Path) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._folder = folder
        self._opened: list[Any] = []

    def open(self, page: Path | str, fragment: str = "", **context: Any) -> Any:
        """A Playwright page that shows a file, or HTML given as text.

        Args:
            fragment: what stands behind `#` in its address.
            context: settings of Playwright's `new_context`: `viewport`, `color_scheme` and the like.
        """
        if isinstance(page, str):
            content, page = page, self._folder / f"page{len(self._opened)}.html"
            page.write_text(content, encoding="utf-8")
        address = page.resolve().as_uri()
        opened = self._browser.new_context(offline=True, service_workers="block", **context)
        self._opened.append(opened)
        opened.route("**/*", lambda route: self._answer(route, address))
        shown = opened.new_page()
        shown.on("console", lambda message: self._note(message.type == "error", f"console: {message.text}"))
        shown.on("pageerror", lambda error: self._note(True, f"uncaught: {error}"))
        shown.on("websocket", lambda socket: self._note(True, f"request: {socket.url}"))
        shown.goto(f"{address}#{fragment}" if fragment else address)
        return shown

    def close(self) -> list[str]:
        """Closes what was opened.

        Returns:
            The complaints.
        """
        for opened in self._opened:
            opened.close()
        return self.complaints

    def _answer(self, route: Any, address: str) -> None:
        if route.request.url.partition("#")[0] == address:
            route.continue_()
        else:
            self._note(True, f"request: {route.request.url}")
            route.abort()

    def _note(self, wrong: bool, complaint: str) -> None:
        if wrong:
            self.complaints.append(complaint)


@pytest.fixture(scope="module")
def chromium():
    """Chromium, started once a module; a test without one is skipped, or fails where `REQUIRED` says so."""
    api = _playwright()
    with api() as playwright:
        # Ten times what it takes on an idle machine.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS], timeout=60_000)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium, tmp_path):
    """`Watched.open`. At the end, a console error or a request to anywhere fails the test."""
    watched = Watched(chromium, tmp_path)
    yield watched.open
    assert watched.close() == []


def _playwright() -> Any:
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        absent = "the package playwright is missing: pip install -e '.[dev]'"
    else:
        if CHROMIUM.exists():
            return sync_playwright
        absent = f"{CHROMIUM} is missing: apt-get install chromium"
    if os.environ.get(REQUIRED) == "required":
        pytest.fail(absent)
    return pytest.skip(absent)
