"""The guided tour in a real browser, with the keyboard alone, from a cold start to a match two countries confirmed."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, sync_playwright

from demo.demonstration import Demonstration, copied_home, demonstration

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src/vigie/interfaces/web/static/build/vigie.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not BUILT.is_file(), reason="the pages are not built: run frontend/build.py"),
]
SLOW = 90.0
"""Seconds: handing in and matching take a few on an idle machine."""
TAB_STOPS = 120


@pytest.fixture
def running() -> Iterator[Demonstration]:
    with copied_home() as home, demonstration(home) as found:
        yield found


@pytest.fixture
def page(running: Demonstration) -> Iterator[Any]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        found = browser.new_page(base_url=running.address, viewport={"width": 1280, "height": 860})
        found.complaints = []
        found.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.on(
            "console",
            lambda said: found.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        yield found
        assert found.complaints == []
        browser.close()


def ask(page: Any, expression: str) -> Any:
    """The value of an expression in the page; None while the page is being left for the next one."""
    try:
        return page.evaluate(expression)
    except Error as error:
        if "context was destroyed" not in str(error):
            raise
        return None


def until(page: Any, expression: str, seconds: float = SLOW) -> Any:
    end = time.monotonic() + seconds
    while not (found := ask(page, expression)):
        assert time.monotonic() < end, f"never became true: {expression}"
        page.wait_for_timeout(100)
    return found


def press_on(page: Any, test_id: str) -> None:
    """Tab from the start of the page to this control, look whether it can be seen, and press Enter."""
    until(
        page, f"document.readyState === 'complete' && !!document.querySelector('[data-testid=\"{test_id}\"]')"
    )
    for _ in range(TAB_STOPS):
        page.keyboard.press("Tab")
        if ask(page, "document.activeElement?.dataset.testid") == test_id:
            seen = page.evaluate(
                "() => { const e = document.activeElement, b = e.getBoundingClientRect();"
                " const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);"
                " return e === top || e.contains(top); }"
            )
            assert seen, f"{test_id} has the focus and is hidden"
            page.keyboard.press("Enter")
            return
    pytest.fail(f"{test_id} cannot be reached with the keyboard")


def step(page: Any) -> int:
    return int(ask(page, "document.querySelector('#tour')?.dataset.step") or 0)


def until_step(page: Any, number: int) -> None:
    until(page, f"document.querySelector('#tour')?.dataset.step === '{number}'")


def test_the_tour_ends_in_a_match_that_two_countries_confirmed(page: Any) -> None:
    steps = []
    page.goto("/")
    press_on(page, "demo-people")
    press_on(page, "tour-start")
    until_step(page, 1)
    steps.append(step(page))
    press_on(page, "tour-act")  # hands the prepared exhibit in
    until(page, "location.pathname.startsWith('/exhibits/')")
    until_step(page, 3)  # by itself, when everything is matched
    press_on(page, "tour-act")
    until(page, "location.pathname.startsWith('/matches/')")
    until_step(page, 4)
    page.keyboard.press("s")
    until_step(page, 5)
    press_on(page, "tour-act")  # becomes the owner's investigator
    until(page, "location.pathname === '/notices/'")
    until(page, "!!document.querySelector('#tour-act[href^=\"/notices/\"].primary')")
    assert step(page) == 6
    press_on(page, "tour-act")
    until(page, "/^\\/notices\\/.+/.test(location.pathname)")
    until(page, "document.readyState === 'complete' && !!document.querySelector('#verdict-same_item')")
    page.keyboard.press("s")
    until(page, "!!document.querySelector('[data-testid=\"tour-done\"]')")
    assert (step(page), steps[0]) == (7, 1)
    page.reload()
    assert page.locator("[data-testid=tour-done]").count() == 1  # it is how things stand, not what was shown


def test_the_tour_is_told_by_name_goes_on_where_it_stopped_and_can_be_ended(page: Any) -> None:
    page.goto("/demo/")
    press_on(page, "tour-start")
    until_step(page, 1)
    tree = page.locator("#tour").aria_snapshot()
    assert 'region "Tour"' in tree
    assert "Step 1 of 7" in tree
    page.goto("/demo/")
    press_on(page, "enter-odile")
    until(page, "document.querySelector('#tour-act')?.textContent.includes('Ines Dorval')")
    press_on(page, "tour-act")
    until(page, "document.documentElement.lang === 'en'")
    assert step(page) == 1
    page.locator("#tour-end").focus()
    page.keyboard.press("Enter")
    until(page, "document.readyState === 'complete' && !document.querySelector('#tour')")
    page.goto("/cases/")
    assert page.locator("#tour").count() == 0
