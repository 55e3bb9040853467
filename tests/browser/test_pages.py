"""The pages of the product in a real browser: strict policy, every width, every language, by keyboard, and never a clear
picture that nobody holds open."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browser.test_frontend_pages import CONTRAST, NAMELESS, SMALL_TARGETS

sys.path.insert(0, str(Path(__file__).parent))  # site_data lies beside this file

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src/vigie/interfaces/web/static/build/vigie.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
Visit = Callable[..., Any]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not BUILT.is_file(), reason="the pages are not built: run frontend/build.py"),
]
INVESTIGATOR = [
    "/", "/cases/", "/cases/open/", "/cases/{case}/", "/exhibits/{exhibit}/", "/exhibits/{exhibit}/?show=known",
    "/exhibits/{exhibit}/?show=refused", "/exhibits/{empty exhibit}/", "/exhibits/{sealed}/", "/exhibits/{sealed}/sealed/", "/exhibits/{empty exhibit}/sealed/", "/matches/", "/matches/?show=new",
    "/matches/{match}/", "/matches/{match flip_y}/", "/matches/{match identical}/", "/matches/{contact}/",
    "/matches/{contact}/ask/", "/notices/", "/notices/{notice}/", "/units/", "/about/", "/help/",
    "/help/problems/conflict", "/log/", "/media/{content}/", "/partners/{submission}/", "/cases/00000000-0000-4000-8000-000000000000/",
]  # fmt: skip
OVERSIGHT = ["/", "/log/", "/log/?check=now", "/log/?outcome=refused", "/units/", "/about/"]
COURT = ["/court/", "/court/cases/{case}/", "/court/exhibits/{exhibit}/"]
GATEWAY = ["/", "/people/", "/people/tomas/", "/people/galia/", "/people/-/review/", "/people/-/add/", "/units/certificates/", "/access/", "/access/password/", "/second-factor/", "/second-factor/keys/", "/second-factor/keys/add/"]  # fmt: skip
EVERYBODY = [("ines", INVESTIGATOR), ("board", OVERSIGHT), ("admin", ["/", "/doctor/", "/people/"]), ("gateway", GATEWAY), ("judge", COURT), ("pia", ["/partners/"]), ("uncertified", ["/", "/cases/", "/exhibits/{exhibit}/"])]  # fmt: skip
WATCH_POLICY = "window.violated = []; addEventListener('securitypolicyviolation', e => window.violated.push(e.violatedDirective))"


def crawl(visitor: Any, paths: list[str]) -> list[str]:
    """What was wrong on these pages: policy violations, errors of the console, sideways scroll."""
    found = []
    visitor.page.add_init_script(WATCH_POLICY)
    for path in paths:
        answer = visitor.go(path)
        visitor.page.wait_for_timeout(50)
        wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        said = [c for c in visitor.complaints if "status of 404" not in c]
        violated = visitor.page.evaluate("window.violated")
        expected = 404 if "0000-4000" in path else 200
        if violated or said or wide > 0 or answer.status != expected:
            found.append(f"{path}: {answer.status} {violated} {said} {wide}")
        visitor.complaints.clear()
    return found


@pytest.mark.parametrize(
    ("width", "language"), [(1440, "en"), (1440, "ar"), (320, "en"), (320, "fr"), (320, "es"), (320, "ar")]
)
def test_no_page_breaks_the_policy_or_scrolls_sideways(visit: Visit, width: int, language: str) -> None:
    for person, paths in EVERYBODY:
        assert crawl(visit(person, width=width, language=language), paths) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_readable_every_control_has_a_name_and_a_size(visit: Visit, theme: str) -> None:
    found = []
    for person, paths in EVERYBODY:
        visitor = visit(person, color_scheme=theme)
        for path in paths:
            visitor.go(path)
            for check in (CONTRAST, SMALL_TARGETS, NAMELESS):
                faults = visitor.page.evaluate(check)
                found += [(path, fault) for fault in faults if not in_a_label(fault)]
    assert found == []


def in_a_label(fault: Any) -> bool:
    """Radio buttons and boxes: the whole label around them is the target."""
    return isinstance(fault, str) and fault.startswith(('<input type="radio"', '<input type="checkbox"'))


def test_arabic_pages_are_right_to_left_in_frame_and_not_in_codes(visit: Visit) -> None:
    visitor = visit("ines", language="ar")
    visitor.go("/exhibits/{exhibit}/")
    assert visitor.page.get_attribute("html", "dir") == "rtl"
    path = visitor.page.locator(".found bdi.mono", has_text="IMG_2231").first
    assert path.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"


def test_crawling_asks_for_no_clear_picture(visit: Visit) -> None:
    visitor = visit("ines")
    crawl(visitor, INVESTIGATOR)
    assert not [url for url in visitor.asked if "/clear/" in url]
    assert len([url for url in visitor.asked if "/exhibits/" in url]) >= 4


def test_pictures_on_pages_are_small_and_grey(visit: Visit) -> None:
    visitor = visit("ines")
    visitor.go("/exhibits/{exhibit}/")
    shown = visitor.page.evaluate("""async () => Promise.all([...document.images].map(async (one) => {
        await one.decode();
        const canvas = document.createElement('canvas');
        canvas.width = one.naturalWidth; canvas.height = one.naturalHeight;
        const paint = canvas.getContext('2d'); paint.drawImage(one, 0, 0);
        const { data } = paint.getImageData(0, 0, canvas.width, canvas.height);
        let spread = 0;
        for (let at = 0; at < data.length; at += 4)
            spread = Math.max(spread, Math.max(data[at], data[at+1], data[at+2]) - Math.min(data[at], data[at+1], data[at+2]));
        return [Math.max(one.naturalWidth, one.naturalHeight), spread];
    }))""")
    assert len(shown) >= 6
    assert max(side for side, _ in shown) <= 96
    assert max(spread for _, spread in shown) == 0


def test_home_and_the_log_show_no_picture_at_all(visit: Visit) -> None:
    for person, path in (("ines", "/"), ("board", "/log/")):
        visitor = visit(person)
        visitor.go(path)
        assert visitor.page.locator("img").count() == 0


def test_a_silent_owner_leaves_nothing_on_any_page(visit: Visit) -> None:
    visitor = visit("ines")
    for path in ("/matches/", "/exhibits/{exhibit}/", "/"):
        visitor.go(path)
        assert "silent" not in visitor.page.inner_text("main").lower()


# Hold to reveal


def test_our_picture_opens_for_a_reason_while_the_key_is_down(visit: Visit) -> None:
    visitor = visit("ines")
    visitor.go("/matches/{match}/")
    visitor.page.keyboard.press("r")
    visitor.page.wait_for_selector("dialog[open]")
    assert not [url for url in visitor.asked if "/clear/" in url]
    visitor.page.click("dialog[open] .btn.primary")
    visitor.until("!document.querySelector('dialog[open]')")
    visitor.page.keyboard.down("r")
    visitor.until("document.querySelectorAll('img.clear').length === 1")
    assert len([url for url in visitor.asked if "/clear/" in url]) == 1
    visitor.page.keyboard.up("r")
    assert visitor.page.evaluate("document.querySelectorAll('img.clear').length") == 0


def test_a_clear_address_without_a_reason_is_refused(visit: Visit) -> None:
    visitor = visit("ines")
    visitor.go("/matches/{match flip_y}/")
    address = visitor.page.get_attribute("clear-view", "clear")
    answer = visitor.context.request.get(
        visitor.site["address"] + address, headers={"Accept": "application/problem+json"}
    )
    assert answer.status == 403
    assert answer.json()["code"] == "reason-missing"


# The other picture is turned as ours was


def test_turning_b_makes_it_look_like_a(visit: Visit) -> None:
    visitor = visit("ines")
    for record in ("match flip_y", "match rotate90"):
        visitor.go("/matches/{" + record + "}/")
        before = difference(visitor)
        visitor.page.keyboard.press("t")
        visitor.page.wait_for_timeout(100)
        assert difference(visitor) < before / 3, record


def difference(visitor: Any) -> float:
    """How far apart the middles of both panes look: mean difference of grey values (0 to 255), as painted."""
    import io

    import numpy as np
    from PIL import Image

    middles = []
    for pane in (visitor.page.locator("clear-view .pane"), visitor.page.locator(".pane.other")):
        picture = Image.open(io.BytesIO(pane.screenshot())).convert("L").resize((96, 64))
        middles.append(np.asarray(picture, dtype=float)[16:48, 40:56])
    return float(np.abs(middles[0] - middles[1]).mean())


# By keyboard alone


def test_from_a_case_to_an_answer_to_a_verdict_by_keyboard(visit: Visit, tmp_path: Path) -> None:
    """Open a case, add an exhibit, hand in a copy of what Borduvia holds, open the answer, judge it, take it back."""
    from site_data import drawn, jpeg

    visitor = visit("tomas")
    page, keys = visitor.page, visitor.page.keyboard
    visitor.go("/cases/open/")
    tab_to(visitor, "[name=reference]")
    keys.type(f"KEY-{os.getpid()}-{tmp_path.name[-4:]}")
    tab_to(visitor, "[name=legal_basis]")
    keys.type("Seizure")
    tab_to(visitor, "[name=share]")
    keys.press("Space")
    tab_to(visitor, "main .btn.primary")
    keys.press("Enter")
    visitor.until("document.querySelector('h1').textContent.includes('KEY-')")
    tab_to(visitor, "[name=reference]")
    keys.type("1")
    keys.press("Enter")
    visitor.until("document.querySelector('upload-panel [data-choose]') !== null")
    copy = tmp_path / "green.jpg"
    copy.write_bytes(jpeg(drawn("Green wallpaper").resize((480, 320)), 80))
    page.locator("upload-panel input[data-choose]:not([webkitdirectory]):not([accept])").set_input_files(copy)
    visitor.until("document.querySelector('.say .line a.btn') !== null", 60)
    assert "Borduvia Child Protection Unit" in page.inner_text(".say .line .t")
    tab_to(visitor, ".say .line a.btn")
    keys.press("Enter")
    visitor.until("document.querySelector('#verdict') !== null")
    keys.press("s")
    visitor.until("document.querySelector('#verdict-same_item')?.getAttribute('aria-pressed') === 'true'")
    visitor.until("document.querySelector('#toasts [data-undo]') !== null")
    assert "confirmed here" in page.inner_text("#said")
    keys.press("Control+z")
    visitor.until("document.querySelector('#verdict-same_item')?.getAttribute('aria-pressed') === 'false'")
    assert "nobody has decided" in page.inner_text("#said")
    assert visitor.complaints == []


def tab_to(visitor: Any, selector: str) -> None:
    """Press Tab until the focus is on the first element that matches; it must be reachable, and seen when it is."""
    for _ in range(80):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            box = visitor.page.evaluate("(() => { const b = document.activeElement.getBoundingClientRect(); return [b.top, b.bottom, innerHeight]; })()")  # fmt: skip
            assert box[1] > 0
            assert box[0] < box[2]
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_verdict_keys_sleep_when_the_owner_answers_with_a_contact(visit: Visit) -> None:
    visitor = visit("ines")
    visitor.go("/matches/{contact}/")
    visitor.page.keyboard.press("s")
    visitor.page.wait_for_timeout(200)
    assert visitor.page.locator("#verdict button:not([disabled])").count() == 0
    assert visitor.page.locator("#verdict [aria-pressed=true]").count() == 0
    assert visitor.page.locator(".pane.held .btn.primary").count() == 1


# Without script


def test_without_script_files_can_be_handed_in_and_a_verdict_given(visit: Visit, tmp_path: Path) -> None:
    from site_data import noise

    visitor = visit("ines", java_script_enabled=False)
    page = visitor.page
    visitor.go("/exhibits/{empty exhibit}/")
    picture = tmp_path / "plain.jpg"
    picture.write_bytes(noise(int.from_bytes(os.urandom(4))))
    page.locator("#plain-files").set_input_files(picture)
    page.locator("[data-fallback] .btn.primary").click()
    for _ in range(60):
        visitor.go("/exhibits/{empty exhibit}/")
        if page.locator(".found", has_text="plain.jpg").count():
            break
        page.wait_for_timeout(300)
    assert page.locator(".found td", has_text="plain.jpg").count() == 1
    visitor.go("/matches/{match identical}/")
    page.locator("#verdict-cannot_tell").click()
    assert page.locator("#verdict-cannot_tell").get_attribute("aria-pressed") == "true"
    page.locator("#verdict-undo").click()
    assert page.locator("#verdict-cannot_tell").get_attribute("aria-pressed") == "false"
