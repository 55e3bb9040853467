"""Hold to reveal and the uploader, driven as a person would, against the agreed protocol."""

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factories.hostile_texts import hostile_texts, mark_of
from vigie.engines.formats.hidden_characters import shown_on_a_page
from vigie.engines.formats.spreadsheets import cell

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src/vigie/interfaces/web/static/build/upload.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not BUILT.is_file(), reason="the pages are not built: run frontend/build.py"),
]


@pytest.fixture
def gallery() -> Iterator[str]:
    """A server of its own for each test: what it was asked for is part of what is checked."""
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


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    yield context.new_page()
    context.close()


def until(page: Any, expression: str, seconds: float = 15) -> None:
    """Wait for a condition of the page. (The driver's own waiting evaluates strings inside the page; the policy forbids that.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never became true: {expression}"
        page.wait_for_timeout(50)


def server_state(gallery: str, **given: Any) -> Any:
    asked = urllib.request.Request(gallery + "/_state", data=json.dumps(given).encode() if given else None)
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)


# Hold to reveal


def give_reason(page: Any) -> None:
    page.keyboard.press("r")
    page.click("dialog[open] .btn.primary")
    until(page, "!document.querySelector('clear-view dialog[open]')")


def open_count(page: Any) -> int:
    return page.evaluate("document.querySelectorAll('img.clear').length")


def test_nothing_clear_is_asked_for_before_a_reason_is_given(page: Any, gallery: str) -> None:
    page.goto(gallery + "/matches/1/")
    page.keyboard.down("r")
    page.wait_for_selector("dialog[open]")
    page.keyboard.up("r")
    assert open_count(page) == 0
    assert server_state(gallery)["looks"] == []


def test_a_picture_is_open_only_while_the_key_is_down(page: Any, gallery: str) -> None:
    page.goto(gallery + "/matches/1/")
    give_reason(page)
    assert server_state(gallery)["looks"] == ["reason review"]
    page.keyboard.down("r")
    until(page, "document.querySelectorAll('img.clear').length === 2")
    page.wait_for_timeout(1100)
    assert page.inner_text("#view-a [data-part=seconds]") == "1 s"
    address = page.get_attribute("img.clear", "src")
    page.keyboard.up("r")
    assert open_count(page) == 0
    page.wait_for_timeout(300)
    looks = server_state(gallery)["looks"]
    assert sorted(looks[1:3]) == ["clear a", "clear b"]
    assert [look.rsplit(" ", 1)[0] for look in sorted(looks[3:])] == ["looked a", "looked b"]
    assert all(1.0 <= float(look.rsplit(" ", 1)[1]) < 3 for look in looks[3:])
    # The address of the pixels is withdrawn, not only the picture taken away.
    again = """address => new Promise((resolve) => {
        const picture = new Image();
        picture.onload = () => resolve("there");
        picture.onerror = () => resolve("gone");
        picture.src = address;
    })"""
    assert page.evaluate(again, address) == "gone"


@pytest.mark.parametrize("how", ["Escape", "blur", "hidden", "F8"])
def test_it_veils_at_once_whatever_takes_the_eyes_away(how: str, page: Any, gallery: str) -> None:
    page.goto(gallery + "/matches/1/")
    give_reason(page)
    page.keyboard.down("r")
    until(page, "document.querySelectorAll('img.clear').length === 2")
    if how == "blur":
        page.evaluate("window.dispatchEvent(new Event('blur'))")
    elif how == "hidden":
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    else:
        page.keyboard.press(how)
    assert open_count(page) == 0


def test_twenty_seconds_without_a_move_veil_it(page: Any, gallery: str) -> None:
    page.clock.install()
    page.goto(gallery + "/matches/1/")
    give_reason(page)
    page.keyboard.press("Shift+R")
    page.keyboard.press("r")
    until(page, "document.querySelectorAll('img.clear').length === 2")
    page.clock.run_for(19_000)
    assert open_count(page) == 2
    page.clock.run_for(1_500)
    assert open_count(page) == 0


def test_press_once_opens_and_closes(page: Any, gallery: str) -> None:
    page.goto(gallery + "/matches/1/")
    give_reason(page)
    page.keyboard.press("Shift+R")
    page.keyboard.press("r")
    until(page, "document.querySelectorAll('img.clear').length === 2")
    assert page.inner_text("[data-hold-for] [data-part=hold-word]") == "Press to veil"
    page.keyboard.press("r")
    assert open_count(page) == 0


def test_the_pointer_holds_it_open(page: Any, gallery: str) -> None:
    page.goto(gallery + "/matches/1/")
    give_reason(page)
    box = page.locator("#view-c [data-hold]").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.wait_for_selector("#view-c img.clear")
    assert open_count(page) == 1
    page.mouse.up()
    assert open_count(page) == 0


def test_a_key_let_go_during_the_fetch_shows_nothing(page: Any, gallery: str) -> None:
    page.goto(gallery + "/matches/1/")
    give_reason(page)
    server_state(gallery, faults={"slow": 0.5})
    page.keyboard.down("r")
    page.wait_for_timeout(50)
    page.keyboard.up("r")
    page.wait_for_timeout(900)
    assert open_count(page) == 0
    assert page.get_attribute("#view-a", "data-state") == "veiled"
    assert sorted(server_state(gallery)["looks"]) == ["clear a", "clear b", "reason review"]


def test_the_key_never_acts_while_somebody_types(page: Any, gallery: str) -> None:
    page.goto(gallery + "/matches/1/")
    page.focus("#find")
    page.keyboard.press("r")
    page.wait_for_timeout(100)
    assert page.query_selector("dialog[open]") is None
    assert page.input_value("#find") == "r"


# Uploader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "drive"
    (root / "DCIM").mkdir(parents=True)
    for number in range(12):
        (root / f"DCIM/IMG_{number:02}.bin").write_bytes(os.urandom(30_000 + number))
    (root / "DCIM/صورة 14.bin").write_bytes(os.urandom(500_000))
    (root / "empty.bin").write_bytes(b"")
    with zipfile.ZipFile(root / "old.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/note.txt", "the same words again and again " * 900)
    return root


def hand_in(page: Any, gallery: str, folder: Path) -> None:
    page.goto(gallery + "/exhibits/1/")
    page.set_input_files("input[webkitdirectory]", str(folder))


def wait_done(page: Any) -> None:
    """Wait until the panel says it is through with every file."""
    until(
        page,
        "document.querySelector('[data-part=progress] .stage:last-child')?.classList.contains('done')",
        40,
    )


def test_a_folder_arrives_whole_and_what_is_known_stays_at_home(
    page: Any, gallery: str, folder: Path
) -> None:
    known = folder / "DCIM/IMG_00.bin"
    server_state(gallery, known=[hashlib.sha256(known.read_bytes()).hexdigest()])
    hand_in(page, gallery, folder)
    wait_done(page)
    uploads = {upload["path"]: upload for upload in server_state(gallery)["uploads"]}
    expected = {
        f"drive/{path.relative_to(folder).as_posix()}": path
        for path in folder.rglob("*.bin")
        if path.stat().st_size and path != known
    }
    assert set(uploads) == {*expected, "drive/old.zip/inside/note.txt"}
    assert {path: upload["sha256"] for path, upload in uploads.items() if path in expected} == {
        path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in expected.items()
    }
    assert all(upload["verified"] for upload in uploads.values())
    assert page.inner_text("[data-part=known]") == "1"
    assert page.inner_text("[data-part=new]") == "13"
    assert page.inner_text("[data-part=refused]") == "1"
    assert page.inner_text("[data-part=count-matched]") == "13"
    assert page.evaluate(
        "[...document.querySelectorAll('.stage')].every((stage) => stage.classList.contains('done'))"
    )


def test_a_cut_line_is_said_and_costs_no_file(page: Any, gallery: str, folder: Path) -> None:
    server_state(gallery, faults={"fail": 2})
    hand_in(page, gallery, folder)
    page.wait_for_selector("[data-part=cut]:not([hidden])")
    wait_done(page)
    assert not page.is_visible("[data-part=cut]")
    assert sum(upload["verified"] for upload in server_state(gallery)["uploads"]) == 14


def test_offline_it_waits_and_goes_on(page: Any, gallery: str, folder: Path) -> None:
    page.goto(gallery + "/exhibits/1/")
    page.context.set_offline(True)
    page.set_input_files("input[webkitdirectory]", str(folder))
    page.wait_for_timeout(800)
    assert server_state(gallery)["submissions"] == {}
    page.context.set_offline(False)
    wait_done(page)
    assert len(server_state(gallery)["submissions"]) == 1


def test_the_same_choice_after_a_reload_goes_on_in_the_same_submission(
    page: Any, gallery: str, folder: Path
) -> None:
    server_state(gallery, faults={"fail": 1000})
    hand_in(page, gallery, folder)
    page.wait_for_selector("[data-part=cut]:not([hidden])")
    page.on("dialog", lambda dialog: dialog.accept())
    server_state(gallery, faults={"fail": 0})
    hand_in(page, gallery, folder)
    wait_done(page)
    assert len(server_state(gallery)["submissions"]) == 1


def test_leaving_while_files_are_sent_asks_first(page: Any, gallery: str, folder: Path) -> None:
    server_state(gallery, faults={"fail": 1000})
    hand_in(page, gallery, folder)
    page.wait_for_selector("[data-part=cut]:not([hidden])")
    page.click("[data-act=pause]")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(gallery + "/empty")
    assert asked == ["beforeunload"]


def test_what_was_not_taken_is_listed_and_comes_as_csv(page: Any, gallery: str, folder: Path) -> None:
    (folder / "broken.zip").write_bytes(b"no archive")
    hand_in(page, gallery, folder)
    wait_done(page)
    rows = page.locator("[data-part=failure-rows] tr").all_inner_texts()
    assert len(rows) == 2
    with page.expect_download() as waiting:
        page.click("[data-act=csv]")
    lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "path,bytes,code,reason"
    assert {line.split(",")[0] for line in lines[1:]} == {"drive/broken.zip", "drive/empty.bin"}


def test_hostile_names_are_nothing_but_texts_while_they_are_chosen(page: Any, gallery: str) -> None:
    """Names no server has seen yet: broken archives, each listed and written into the table by the browser."""
    names = [f"{text}.zip" for text in hostile_texts(120)]
    page.goto(gallery + "/exhibits/1/")
    page.set_input_files(
        "input[data-choose]:not([webkitdirectory]):not([accept])",
        [{"name": name, "mimeType": "application/zip", "buffer": b"no archive"} for name in names],
    )
    wait_done(page)
    table = page.locator("[data-part=failure-rows]")
    assert table.locator("tr").count() == len(names)
    assert table.locator("tr *:not(td):not(bdi)").count() == 0
    shown = table.evaluate("body => body.textContent")
    assert shown == shown_on_a_page(shown.encode()).decode()
    assert all(mark_of(name) in shown for name in names)
    with page.expect_download() as waiting:
        page.click("[data-act=csv]")
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [len(row) for row in rows] == [len(head)] * len(names)
    assert all(mark_of(name) in text for name in names)
    assert not [one for row in rows for one in row if cell(one) != one]


def test_pausing_stops_and_going_on_finishes(page: Any, gallery: str, folder: Path) -> None:
    server_state(gallery, faults={"fail": 3})
    hand_in(page, gallery, folder)
    page.wait_for_selector("[data-part=cut]:not([hidden])")
    page.click("[data-act=pause]")
    until(page, "document.querySelector('[data-act=pause]').getAttribute('aria-pressed') === 'true'")
    before = len(server_state(gallery)["uploads"])
    page.wait_for_timeout(4000)
    assert len(server_state(gallery)["uploads"]) <= before + 2
    page.click("[data-act=pause]")
    wait_done(page)
    assert sum(upload["verified"] for upload in server_state(gallery)["uploads"]) == 14


def test_without_script_a_plain_form_is_left(browser: Any, gallery: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(gallery + "/exhibits/1/")
    assert page.is_visible("form[data-fallback] input[type=file]")
    assert page.get_attribute("form[data-fallback]", "enctype") == "multipart/form-data"
    context.close()


def test_it_works_by_keyboard_and_speaks(page: Any, gallery: str, folder: Path) -> None:
    page.goto(gallery + "/exhibits/1/")
    page.focus("input[webkitdirectory]")
    # on a busy machine the window itself may come to the front later: a key pressed before that opens nothing
    until(page, "document.hasFocus() && document.activeElement.matches('input[webkitdirectory]')")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(str(folder))
    wait_done(page)
    assert "through" in page.inner_text("#live")
