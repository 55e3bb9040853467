"""A running site with drawn data, shared by the tests of one file, and visitors who are signed in to it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Visitor:
    """A person's browser: one page that remembers what it asked for and what its console complained about."""

    def __init__(self, context: Any, site: dict[str, Any]) -> None:
        self.context = context
        self.site = site
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        self.page.on("request", lambda request: self.asked.append(request.url))

    def go(self, path: str) -> Any:
        """The page at this path; `{name}` stands for the id of a record of the site."""
        for name, value in self.site["records"].items():
            path = path.replace("{" + name + "}", value)
        return self.page.goto(self.site["address"] + path)

    def until(self, expression: str, seconds: float = 20) -> None:
        """Wait for a condition of the page; the strict policy forbids the driver's own way of waiting."""
        end = time.monotonic() + seconds
        while not self._holds(expression):
            assert time.monotonic() < end, f"never became true: {expression}"
            self.page.wait_for_timeout(50)

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.page.evaluate(expression))
        except Error as error:
            if "context was destroyed" not in str(error):
                raise
            return False  # the page is just being left for the next one


@pytest.fixture(scope="module")
def site() -> Iterator[dict[str, Any]]:
    """The site, in a process of its own with a database of its own server."""
    # the server of the tests around it is another process's: this one starts its own
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    server = subprocess.Popen(
        [sys.executable, ROOT / "tests/browser/site_server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=inherited,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        line = server.stdout.readline()
        assert line, f"the site did not start: exit code {server.wait(10)}"
        yield json.loads(line) | {"asks": server.stdin, "answers": server.stdout}
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


def _signed_in_now(site: dict[str, Any], person: str) -> str:
    """A cookie of this moment: those made with the site are older than five minutes in a long run."""
    site["asks"].write(f"{person}\n")
    site["asks"].flush()
    cookie: str = site["answers"].readline().strip()
    assert cookie, f"the site signed nobody in as {person}"
    return cookie


@pytest.fixture
def visit(chromium: Any, site: dict[str, Any]) -> Iterator[Callable[..., Visitor]]:
    """Visitors by name; `width` in pixels, `language` and the driver's own options as wanted."""
    made: list[Any] = []

    def make(person: str, *, width: int = 1440, language: str = "", **options: Any) -> Visitor:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        cookies = [{"name": site["cookie"], "value": _signed_in_now(site, person), "url": site["address"]}]
        if language:
            cookies.append({"name": site["language_cookie"], "value": language, "url": site["address"]})
        context.add_cookies(cookies)
        made.append(context)
        return Visitor(context, site)

    yield make
    for context in made:
        context.close()
