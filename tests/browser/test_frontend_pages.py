"""Every kind of page in a real browser under the strict policy: no violation, no sideways scroll, readable, reachable."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src/vigie/interfaces/web/static/build/vigie.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not BUILT.is_file(), reason="the pages are not built: run frontend/build.py"),
]

PAGES = [
    "/", "/empty", "/exhibits/1/", "/matches/1/", "/sign-in", "/sign-in-bad", "/second-factor", "/totp", "/totp-off", "/codes", "/codes/new",
    "/second-factors", "/again", "/again-code", "/sign-out", "/other-allauth",
    *(f"/error/{code}" for code in ("400", "403", "403_csrf", "404", "409", "500", "503")),
]  # fmt: skip

# Contrast of every visible text against the nearest painted ground (WCAG 2.2, 1.4.3), measured in the page.
CONTRAST = """() => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  const paint = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * x + .7152 * y + .0722 * z; };
  const ground = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > .7) return c; } return [255, 255, 255, 1]; };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(); const element = walker.currentNode.parentElement;
    if (!text || !element || element.closest('script, template, [hidden], .sr, svg, dialog:not([open])') || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(style.color)), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    const large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) poor.push([text.slice(0, 40), Math.round(ratio * 100) / 100]);
  }
  return poor;
}"""

# Targets of at least 24 by 24 pixels (2.5.8); links inside a sentence are excepted by the criterion itself.
SMALL_TARGETS = """() => [...document.querySelectorAll('button, summary, .btn, .rail a, .tabs a, select, input:not([type=hidden]):not(.sr)')]
  .filter((e) => e.checkVisibility() && !e.closest('.find')).map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 18 || box.height < 18 || Math.min(box.width, box.height) < 18)).map(([html]) => html)"""

NAMELESS = """() => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, summary')]
  .filter((e) => e.checkVisibility()).filter((e) => !(e.textContent.trim() || e.querySelector('img[alt]:not([alt=""])') || e.getAttribute('aria-label') || e.labels?.length || e.getAttribute('aria-labelledby')))
  .map((e) => e.outerHTML.slice(0, 100))"""


def until(page: Any, expression: str, seconds: float = 15) -> None:
    """Wait for a condition of the page. (The driver's own waiting evaluates strings inside the page; the policy forbids that.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never became true: {expression}"
        page.wait_for_timeout(50)


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, ROOT / "tests/frontend/gallery_server.py"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Watched:
    """A page that remembers everything a visitor's console would have complained about."""

    def __init__(self, browser: Any, width: int = 1440, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        self.page.on(
            "request",
            lambda asked: self.hosts.add(asked.url.split("/")[2]) if asked.url.startswith("http") else None,
        )


@pytest.fixture
def watched(browser: Any) -> Iterator[Any]:
    made: list[Watched] = []

    def make(width: int = 1440, **options: Any) -> Watched:
        made.append(Watched(browser, width, **options))
        return made[-1]

    yield make
    for one in made:
        one.context.close()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_keeps_the_policy_and_calls_nobody(address: str, gallery: str, watched: Any) -> None:
    seen = watched()
    seen.page.goto(gallery + address, wait_until="networkidle")
    assert seen.complaints == []
    assert seen.hosts == {gallery.split("/")[2]}


def test_the_policy_would_be_noticed_if_it_were_broken(gallery: str, watched: Any) -> None:
    seen = watched()
    seen.page.goto(gallery + "/")
    seen.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    seen.page.wait_for_timeout(100)
    assert any("style-src" in said for said in seen.complaints)


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("look", ["theme=light", "theme=dark", "theme=light&lang=ar"])
def test_a_page_fits_320_pixels_and_can_be_read(address: str, look: str, gallery: str, watched: Any) -> None:
    page = watched(320).page
    page.goto(f"{gallery}{address}?{look}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.querySelectorAll('h1').length") == 1


def test_arabic_mirrors_the_frame_and_not_the_pictures(gallery: str, watched: Any) -> None:
    page = watched().page
    page.goto(gallery + "/matches/1/?lang=ar", wait_until="networkidle")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.evaluate("document.querySelector('.rail').getBoundingClientRect().left") > 1000
    assert page.evaluate("getComputedStyle(document.querySelector('.ico.dir')).scale") == "-1 1"
    assert page.evaluate("getComputedStyle(document.querySelector('clear-view img')).scale") == "none"


def test_the_first_tab_stop_skips_to_the_content(gallery: str, watched: Any) -> None:
    page = watched().page
    page.goto(gallery + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_appearance_is_chosen_once_and_kept(gallery: str, watched: Any) -> None:
    seen = watched()
    seen.page.goto(gallery + "/")
    seen.page.click("summary.me")
    seen.page.click('[data-theme-set="dark"]')
    assert seen.page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    assert {cookie["name"]: cookie["value"] for cookie in seen.context.cookies()}["vigie_theme"] == "dark"
    seen.page.reload()
    assert seen.page.get_attribute("html", "data-theme") == "dark"


def test_the_rail_opens_on_a_phone_and_closes_with_escape(gallery: str, watched: Any) -> None:
    page = watched(390).page
    page.goto(gallery + "/")
    assert not page.is_visible(".rail")
    page.click("[data-rail-toggle]")
    assert page.is_visible(".rail")
    assert page.get_attribute("[data-rail-toggle]", "aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not page.is_visible(".rail")


def test_menus_open_without_script(gallery: str, watched: Any) -> None:
    page = watched(java_script_enabled=False).page
    page.goto(gallery + "/")
    page.click("summary.me")
    assert page.is_visible("text=Sign out")


def test_one_key_blanks_every_open_page(gallery: str, watched: Any) -> None:
    seen = watched()
    other = seen.context.new_page()
    for page in (other, seen.page):
        page.goto(gallery + "/")
    seen.page.keyboard.press("F8")
    for page in (seen.page, other):
        page.wait_for_selector("dialog.blank-sheet[open]")
        assert page.evaluate("getComputedStyle(document.querySelector('.shell')).visibility") == "hidden"
        assert "Vigie" not in page.title()
    seen.page.reload()
    seen.page.wait_for_selector("dialog.blank-sheet[open]")
    seen.page.keyboard.press("F8")
    until(other, "!document.querySelector('dialog.blank-sheet').open")
    assert "Vigie" in other.title()


def test_two_keys_go_to_a_room_but_not_while_typing(gallery: str, watched: Any) -> None:
    page = watched().page
    page.goto(gallery + "/empty")
    page.focus("#find")
    page.keyboard.type("gc")
    page.wait_for_timeout(200)
    assert page.url.endswith("/empty")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/cases/")


def test_single_keys_can_be_switched_off(gallery: str, watched: Any) -> None:
    page = watched().page
    page.goto(gallery + "/empty")
    page.keyboard.press("?")
    page.wait_for_selector("dialog.keysheet[open]")
    page.uncheck("dialog.keysheet input")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_timeout(300)
    assert page.url.endswith("/empty")


def test_an_id_is_copied_and_the_person_is_told(gallery: str, watched: Any) -> None:
    seen = watched(permissions=["clipboard-read", "clipboard-write"])
    seen.page.goto(gallery + "/")
    seen.page.click("[data-copy]")
    seen.page.wait_for_selector(".toast")
    assert seen.page.evaluate("navigator.clipboard.readText()") == "7f3a91c4d20e5b08"
    assert "7f3a91c4d20e5b08" in seen.page.inner_text("#live")


def test_times_are_shown_in_the_viewers_zone(gallery: str, watched: Any) -> None:
    page = watched(timezone_id="Africa/Nairobi").page
    page.goto(gallery + "/")
    assert page.inner_text("h1 + p time") == "Nov 21, 2026, 16:02"
    assert page.get_attribute("h1 + p time", "title") == "2026-11-21 13:02 UTC"
