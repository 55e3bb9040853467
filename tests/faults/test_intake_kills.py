"""Kill -9 anywhere in the middle of a hand-in: exactly the right items, none twice, none lost, nothing left over.

Twenty kills over client, worker, matcher, web server and database, at random moments of twenty hand-ins, in one
installation that runs through all of them. The seed is printed, so that a failure can be had again.
"""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image

from support.installation import Installation, installation
from support.terminal import Terminal
from vigie.backends.blobs import FolderBlobs
from vigie.backends.postgres import admin_parameters
from vigie.config.schema import Settings

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

FILES = 40
ROUNDS = 20
VICTIMS = ("client", "worker", "matcher", "web", "postgres")
LONGEST_ROUND = 120.0


def draw(folder: Path, chance: random.Random) -> None:
    """Forty small pictures nobody has seen, two of them alike to the byte."""
    folder.mkdir()
    for number in range(FILES - 1):
        pixels = Image.frombytes("RGB", (24, 16), chance.randbytes(24 * 16 * 3)).resize((240, 160))
        out = io.BytesIO()
        pixels.save(out, "JPEG", quality=85)
        (folder / f"{number:03}.jpg").write_bytes(out.getvalue())
    (folder / "copy.jpg").write_bytes((folder / "000.jpg").read_bytes())


def kill(victim: str, whole: Installation, client: "subprocess.Popen[str]") -> None:
    if victim == "client":
        client.kill()
        return
    pid = whole.children().get(victim)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)


def finish(terminal: Terminal, folder: Path, exhibit: str, client: "subprocess.Popen[str]") -> dict[str, Any]:
    """The same command is given again until it ends well, as a person would."""
    deadline = time.monotonic() + LONGEST_ROUND
    while True:
        out, _ = client.communicate(timeout=LONGEST_ROUND)
        if client.returncode == 0:
            events = [json.loads(line) for line in out.splitlines()]
            return next(event for event in events if event["event"] == "summary")
        assert time.monotonic() < deadline, f"the hand-in did not come to an end: {out[-500:]}"
        terminal.whole.wait_for_answer()
        client = terminal.hand_in(folder, exhibit)


def stored(whole: Installation) -> dict[str, int]:
    """What is really there, read past every wall."""
    questions = {
        "contents": "SELECT count(*) FROM media_content WHERE holding = 'own_copy'",
        "different": "SELECT count(DISTINCT sha256) FROM media_content",
        "occurrences": "SELECT count(*) FROM media_occurrence",
        "fingerprints": "SELECT count(*) FROM media_fingerprint",
        "keys": "SELECT count(*) FROM media_originalkey",
        "renditions": "SELECT count(*) FROM media_rendition",
        "unsettled": "SELECT count(*) FROM intake_manifestentry WHERE state NOT IN ('matched')",
    }
    admin = {**admin_parameters(Settings(home=whole.home)), "dbname": "vigie"}
    with psycopg.connect(**admin) as connection:  # type: ignore[arg-type]  # psycopg types each keyword apart
        found = {name: connection.execute(sql.encode()).fetchone()[0] for name, sql in questions.items()}  # type: ignore[index]
        names = {row[0] for row in connection.execute("SELECT name FROM media_originalkey")}
    store = FolderBlobs(whole.home / "blobs")
    store.clear_partials(datetime.now(UTC) + timedelta(minutes=1))  # what the worker does every hour
    blobs = {path.name for path in (whole.home / "blobs").rglob("*") if path.is_file()}
    found["blobs"] = len(blobs)
    found["orphans"] = len(blobs - names)
    found["parts"] = sum(path.is_file() for path in (whole.home / "uploads").rglob("*"))
    return found


def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("VIGIE_TEST_SEED", random.randrange(10**9)))
    sys.stderr.write(f"seed {seed}\n")
    chance = random.Random(seed)
    with installation() as whole:
        terminal = Terminal(whole)
        for number in range(ROUNDS):
            folder = tmp_path / f"exhibit-{number}"
            draw(folder, chance)
            client = terminal.hand_in(folder, f"E{number}")
            time.sleep(0.6 + 2.4 * chance.random())
            kill(VICTIMS[number % len(VICTIMS)], whole, client)
            if number % 2:
                terminal.forget()
            summary = finish(terminal, folder, f"E{number}", client)
            assert (summary["refused"], summary["failed"], summary["unfinished"]) == (0, 0, 0)
            assert summary["known"] + summary["new"] == FILES
        found = stored(whole)
    items, contents = FILES * ROUNDS, (FILES - 1) * ROUNDS
    assert found == {
        "contents": contents, "different": contents, "occurrences": items, "fingerprints": contents,
        "keys": contents, "renditions": contents, "unsettled": 0, "blobs": contents, "orphans": 0, "parts": 0,
    }  # fmt: skip
