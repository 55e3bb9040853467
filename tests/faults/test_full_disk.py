"""A disk without room: said by file and reason, nothing lost, nothing taken for stored, and the same command goes on."""

import io
import json
import os
import resource
import shutil
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from PIL import Image

from factories.actors import investigator
from factories.cases import directory
from factories.intake import handed_in, neighbour_in_place, opened_submission, worked
from factories.media import picture, vault_in
from faults.test_custody import vigie
from faults.test_intake_kills import finish, stored
from support.database import administrator
from support.disks import resize, small_disk
from support.folders import open_folder
from support.installation import Installation, installation
from support.terminal import Terminal
from vigie.backends.postgres import admin_parameters
from vigie.config.schema import Settings
from vigie.engines.sealing import PartCipher
from vigie.kernel.actors import utc_now
from vigie.rooms.intake.parts import NoRoomError, Part
from vigie.rooms.intake.rules import RESERVE_BYTES, ROOM_PAUSE_SECONDS

pytestmark = pytest.mark.faults
MB = 1 << 20


def draw(file: Path, side: int, seed: int) -> None:
    """A drawn picture that hardly compresses: about one byte for each pixel."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=80)
    file.write_bytes(out.getvalue())


@pytest.mark.timeout(300)
def test_a_full_server_names_each_file_it_had_no_room_for_and_takes_it_later(tmp_path: Path) -> None:
    folder = tmp_path / "exhibit"
    folder.mkdir()
    for number in range(3):
        draw(folder / f"small-{number}.jpg", 300, number)
    draw(folder / "parcel.jpg", 1400, 7)
    draw(folder / "alone.jpg", 2000, 8)
    assert (folder / "parcel.jpg").stat().st_size < 2 * MB < (folder / "alone.jpg").stat().st_size
    with installation() as whole, small_disk(whole.home / "uploads", RESERVE_BYTES + MB):
        terminal = Terminal(whole)
        first = terminal.hand_in(folder, "E1")
        out, _ = first.communicate(timeout=200)
        events = [json.loads(line) for line in out.splitlines()]
        failed = {event["path"]: event["reason"] for event in events if event["event"] == "failed"}
        summary = next(event for event in events if event["event"] == "summary")
        assert first.returncode == summary["exit_status"] == 6
        assert failed == {"exhibit/alone.jpg": "no_room", "exhibit/parcel.jpg": "no_room"}
        assert sum(event["event"] == "sent" for event in events) == 3
        resize(whole.home / "uploads", RESERVE_BYTES + 64 * MB)
        again = terminal.hand_in(folder, "E1")
        out, _ = again.communicate(timeout=200)
        summary = next(event for event in map(json.loads, out.splitlines()) if event["event"] == "summary")
        assert (again.returncode, summary["new"], summary["known"]) == (0, 2, 3)


def test_a_part_the_disk_has_no_room_for_is_said_to_have_none() -> None:
    with Part(Path("/dev/full"), PartCipher(bytes(32))).locked() as opened, pytest.raises(NoRoomError):
        opened.append([b"x" * 10])


def test_other_failures_of_the_disk_are_not_called_so(tmp_path: Path) -> None:
    part = Part(tmp_path / "part", PartCipher(bytes(32)))
    part.create()
    with part.locked() as opened:
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
        try:
            with pytest.raises(OSError, match="File too large"):
                opened.append([b"x"])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def test_originals_that_find_no_room_wait_in_their_parts(
    database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory()
    actor = investigator()
    large = picture(1, 640, 480)
    small = tmp_path / "small"
    with small_disk(small, 28 * 1024), vault_in(small), neighbour_in_place(monkeypatch):
        submission = opened_submission(actor)
        handed_in(actor, submission, large)
        with administrator() as look:
            look.execute("DELETE FROM procrastinate_jobs")
        worked(actor, submission)
        assert waiting() == [("sent",)]
        with administrator() as look:
            [(later,)] = look.execute("SELECT scheduled_at FROM procrastinate_jobs").fetchall()
        assert 0 < (later - utc_now()).total_seconds() <= ROOM_PAUSE_SECONDS
        resize(small, 8 * MB)
        worked(actor, submission)
        assert waiting() == [("matched",)]


def waiting() -> list[tuple[str]]:
    with administrator() as look:
        return look.execute("SELECT state FROM intake_manifestentry").fetchall()


def recorded(whole: Installation) -> int:
    """How many files have their content on record, read past every wall."""
    admin = {**admin_parameters(Settings(home=whole.home)), "dbname": "vigie"}
    with psycopg.connect(**admin) as connection:  # type: ignore[arg-type]  # psycopg types each keyword apart
        row = connection.execute("SELECT count(*) FROM media_content").fetchone()
    assert row is not None
    return int(row[0])


def filled(place: Path) -> Path:
    """A file takes every byte that is left on the disk; removing it gives them back."""
    ballast, size = place / "ballast", 0
    step = shutil.disk_usage(place).free
    with ballast.open("wb") as file:
        while step >= 4096:  # others write meanwhile: what does not fit any more is asked for in halves
            try:
                os.posix_fallocate(file.fileno(), size, step)
                size += step
            except OSError:
                step //= 2
    return ballast


class Reader(threading.Thread):
    """Somebody who goes on reading: how many answers came, and how many were none."""

    def __init__(self, client: httpx.Client) -> None:
        super().__init__(daemon=True)
        self.client, self.done = client, threading.Event()
        self.answered, self.failed = 0, list[str]()
        self.start()

    def run(self) -> None:
        while not self.done.wait(0.2):
            try:
                answer = self.client.get("/api/v1/cases")
                said = "" if answer.status_code == 200 else str(answer.status_code)
            except httpx.HTTPError as error:
                said = repr(error)
            self.answered += not said
            self.failed += [said] if said else []

    def end(self) -> None:
        self.done.set()
        self.join(30)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", [10, 60])
def test_a_disk_that_fills_up_under_the_whole_system_costs_nothing_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Any, seconds: int
) -> None:
    """Objects, commits and index share one disk, which is full from the middle of a hand-in on (reference test 6)."""
    folder = tmp_path / "exhibit"
    folder.mkdir()
    for number in range(400):
        draw(folder / f"{number:03}.jpg", 200, number)
    with open_folder() as open_to_all, small_disk(place := open_to_all / "disk", 1400 * MB):
        place.chmod(0o755)  # root's PostgreSQL runs as another user, who must be able to enter
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        with installation() as whole:
            terminal = Terminal(whole)
            omar = whole.investigator("omar")
            client = terminal.hand_in(folder, "E1")
            while recorded(whole) < 20:
                time.sleep(0.05)
            reader = Reader(omar)
            ballast = filled(place)
            reached, free = recorded(whole), shutil.disk_usage(place).free
            began = time.monotonic()
            answer = terminal.http.post(
                "/api/v1/cases", json={"reference": "A-2", "legal_basis": "seizure", "share": "none"}
            )
            said = (answer.status_code, round(time.monotonic() - began, 2))
            time.sleep(seconds)
            reader.end()
            ballast.unlink()
            began = time.monotonic()
            summary = finish(terminal, folder, "E1", client)
            back = round(time.monotonic() - began, 1)
            found = stored(whole)
            checked = vigie(whole, "scrub", "--json")
            verified = vigie(whole, "audit", "verify")
    measured = {
        "full_s": seconds,
        "recorded_when_it_was_full": reached,
        "bytes_free": free,
        "write_said": said,
        "reads_answered": reader.answered,
        "reads_failed": Counter(reader.failed),
        "back_s": back,
    }
    record_property("measured", measured)
    print(measured)  # noqa: T201 - measured
    assert (summary["failed"], summary["refused"], summary["new"] + summary["known"]) == (0, 0, 400)
    assert found["contents"] == found["blobs"] == found["fingerprints"] == found["keys"] == 400
    assert (found["unsettled"], found["orphans"], found["parts"]) == (0, 0, 0)
    assert checked.returncode == 0, checked.stdout
    assert verified.returncode == 0, verified.stdout
    assert reached < 400, "the hand-in was over before"
    assert reader.failed == []
    assert said[1] <= 4
    assert back <= 30
