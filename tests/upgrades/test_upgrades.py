"""An installation an earlier version left is taken over: nothing is lost, its log still fits, and work goes on.

Each state was made by that version's own program (`tests/support/old_states.py make COMMIT`): a unit, a case, two exhibits
with the same seven drawn pictures. 1bcb574 is the last commit before known media at scale, df8de46 the last before trust.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from PIL import Image

from support.folders import open_folder
from support.installation import PASSPHRASE, ROOT, Installation, free_port
from support.old_states import STATES, OldState, unpacked
from support.terminal import Terminal
from vigie.engines.proofs import SigningKey, parse_checkpoint, verify_checkpoint
from vigie.kernel.scope import UnitModel

BEFORE_SCALE, BEFORE_TRUST = "1bcb574", "df8de46"
OF_MIGRATING = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables in which migrating itself writes."""
PICTURES, DIFFERENT, EXHIBITS = 7, 6, 2


class Taken:
    """An earlier installation that this version took over: `found` says what each table holds and how it is walled."""

    def __init__(self, folder: Path, commit: str) -> None:
        self.old: OldState = unpacked(STATES / f"{commit}.tar.xz", folder)
        self.whole = Installation(self.old.home, free_port())
        program = str(ROOT / "tests" / "support" / "old_states.py")
        done = self.run(sys.executable, program, "take_over", str(self.old.archive))
        assert done.returncode == 0, done.stderr
        self.found: dict[str, Any] = json.loads(done.stdout)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        environment = self.whole.environment
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=200, check=False
        )

    def vigie(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The command, with the passphrase where it needs one."""
        reader, writer = os.pipe()
        os.write(writer, PASSPHRASE)
        os.close(writer)
        with_passphrase = {"VIGIE_PASSPHRASE_SOURCE": "fd", "VIGIE_PASSPHRASE_FD": str(reader)}
        try:
            return subprocess.run(
                [sys.executable, "-m", "vigie", *arguments],
                env=self.whole.environment | with_passphrase,
                pass_fds=[reader],
                capture_output=True,
                text=True,
                timeout=200,
                check=False,
            )
        finally:
            os.close(reader)


@pytest.fixture(scope="module")
def taken() -> Iterator[Taken]:
    with open_folder() as folder:
        yield Taken(folder, BEFORE_TRUST)


def lost(taken: Taken) -> dict[str, tuple[int, int | None]]:
    """The tables whose number of rows is another one now."""
    now = {table: facts["rows"] for table, facts in taken.found.items()}
    return {
        table: (rows, now.get(table))
        for table, rows in taken.old.rows.items()
        if table not in OF_MIGRATING and now.get(table) != rows
    }


def unwalled(taken: Taken) -> set[str]:
    """Tables with case data that are not walled as they are in a fresh installation."""
    tables = {model._meta.db_table for model in apps.get_models() if issubclass(model, UnitModel)}
    policies = {"maintenance", "seen", "added", "changed"}
    return {
        table
        for table in tables
        if not taken.found[table]["forced"] or not policies <= set(taken.found[table]["policies"])
    }


def test_no_row_is_lost_and_every_case_table_is_walled(taken: Taken) -> None:
    assert taken.old.rows["media_content"] == DIFFERENT
    assert taken.old.rows["media_occurrence"] == PICTURES * EXHIBITS
    assert taken.old.rows["audit_event"] > 10
    assert lost(taken) == {}
    assert unwalled(taken) == set()
    assert "open_case" in taken.found["media_content"]["policies"]


def test_a_lost_row_and_a_missing_wall_would_be_noticed(taken: Taken) -> None:
    whole = taken.found["media_content"]
    taken.found["media_content"] = {"rows": DIFFERENT - 1, "forced": False, "policies": ["seen"]}
    try:
        assert lost(taken) == {"media_content": (DIFFERENT, DIFFERENT - 1)}
        assert unwalled(taken) == {"media_content"}
    finally:
        taken.found["media_content"] = whole


@pytest.mark.faults
@pytest.mark.timeout(400)
@pytest.mark.parametrize("commit", [BEFORE_SCALE, BEFORE_TRUST])
def test_the_log_fits_its_old_checkpoint_pictures_open_and_work_goes_on(commit: str, tmp_path: Path) -> None:
    with open_folder() as folder:
        taken = Taken(folder, commit)
        assert lost(taken) == {}
        assert unwalled(taken) == set()
        taken.whole.start()
        try:
            _log_fits(taken, tmp_path)
            _pictures_open(taken)
            _work_goes_on(taken, tmp_path)
        finally:
            taken.whole.stop()


def _log_fits(taken: Taken, folder: Path) -> None:
    old = parse_checkpoint(taken.old.checkpoint)
    key = SigningKey.parse((taken.whole.home / "secrets" / "checkpoint-key").read_text())
    verify_checkpoint(old, key.verifier)
    (folder / "old-checkpoint").write_text(taken.old.checkpoint)
    done = taken.vigie("audit", "verify", "--kept", str(folder / "old-checkpoint"), "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["ok"]


def _pictures_open(taken: Taken) -> None:
    """Originals open to their digests; the veils of an exhibit are shown to a person of the unit."""
    done = taken.vigie("scrub", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    new = taken.whole.investigator("newcomer")
    [case] = new.get("/api/v1/cases").json()["cases"]
    exhibits = new.get(f"/api/v1/cases/{case['public_id']}/exhibits").json()
    assert [(one["files"], one["contents"]) for one in exhibits] == [(PICTURES, DIFFERENT)] * EXHIBITS
    page = new.get(f"/exhibits/{exhibits[0]['public_id']}/").text
    assert len(re.findall(r"data:image/png", page)) == DIFFERENT
    assert new.get(f"/api/v1/exhibits/{exhibits[0]['public_id']}/custody").json()["first_bad"] is None


def _work_goes_on(taken: Taken, folder: Path) -> None:
    """A hand-in of an old picture and a new one: the one is known, the other travels."""
    pictures = folder / "found"
    pictures.mkdir()
    Image.frombytes("RGB", (12, 8), bytes(range(144)) * 2).resize((240, 160)).save(pictures / "new.jpg")
    shutil.copy(taken.old.picture, pictures / "old.jpg")
    terminal = Terminal(taken.whole, "worker")
    said, _ = terminal.hand_in(pictures, "E-3").communicate(timeout=120)
    [summary] = [one for one in map(json.loads, said.splitlines()) if one["event"] == "summary"]
    assert (summary["known"], summary["new"], summary["refused"], summary["unfinished"]) == (1, 1, 0, 0)
