"""kill -9 behind each step of an erasure: the next run ends it, and nothing of it opens from any copy of the store."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from django.db import connections

from factories.cases import opened_case, opened_exhibit
from factories.matching import RunningMatcher
from factories.media import picture
from factories.retention import erased, given, ordered, others_told, row_of, stored
from support.postgres import child_environment
from vigie.backends.blobs import FolderBlobs
from vigie.kernel.actors import Actor
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.vault import Vault

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

STEPS = (
    "drop_matches",
    "blank_entries",
    "remove_contents",
    "remove_objects",
    "forget_fingerprints",
    "remove_parts",
)
TESTS = Path(__file__).resolve().parents[2]
MANY = 1_000


def killed(folder: Path, matcher: RunningMatcher, actor: Actor, erasure: uuid.UUID, step: str) -> int:
    names = ("HOST", "PORT", "NAME", "USER", "PASSWORD", "OPTIONS")
    connection = json.dumps({name: connections.databases["default"][name] for name in names})
    behalf = json.dumps(OnBehalf.of(actor).as_arguments())
    environment = child_environment(DJANGO_SETTINGS_MODULE="vigie.config.django")
    environment["PYTHONPATH"] = os.pathsep.join([str(TESTS), environment["PYTHONPATH"]])
    program = str(Path(__file__).parent / "killed_erasure.py")
    words = [str(folder), connection, str(matcher.home.root), behalf, str(row_of(erasure)), step]
    return subprocess.run([sys.executable, program, *words], env=environment, check=False).returncode


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_behind_any_step_leaves_an_erasure_that_ends(
    actor: Actor, stored_vault: Vault, matcher: RunningMatcher, tmp_path: Path, step: str
) -> None:
    [content] = given(actor, picture(1))
    erasure = ordered(actor, content)
    assert killed(tmp_path, matcher, actor, erasure, step) == -signal.SIGKILL
    time.sleep(0.5)  # until the server has found the connection dead and let its locks go
    erased(actor, erasure)
    others_told()
    erased(actor, erasure)
    assert stored("SELECT state FROM retention_erasure") == [("done",)]
    assert (
        stored("SELECT count(*) FROM media_content")
        == stored("SELECT count(*) FROM media_originalkey")
        == [(0,)]
    )
    assert list(stored_vault._blobs.names()) == []


def test_none_of_a_thousand_objects_opens_from_the_live_store_or_from_a_copy_of_it(
    actor: Actor, stored_vault: Vault, tmp_path: Path
) -> None:
    """A replica of the objects made before: its bytes are there, and no key that opens them is in the database."""
    case = opened_case(actor)
    for start in range(0, MANY, 200):
        exhibit = opened_exhibit(actor, f"E-{start}", case)
        given(actor, *(picture(seed) for seed in range(start, start + 200)), exhibit=exhibit)
    contents = [uuid.UUID(str(row[0])) for row in stored("SELECT public_id FROM media_content")]
    assert len(contents) == MANY
    shutil.copytree(tmp_path / "blobs", tmp_path / "replica")
    for start in range(0, MANY, 500):
        erasure = ordered(actor, *contents[start : start + 500])
        for _ in range(4):
            erased(actor, erasure)
            others_told()
    assert stored("SELECT count(*) FROM retention_erasure WHERE state = 'done'") == [(2,)]
    assert list(stored_vault._blobs.names()) == []
    assert len(list(FolderBlobs(tmp_path / "replica").names())) == MANY
    keys = "SELECT (SELECT count(*) FROM media_originalkey) + (SELECT count(*) FROM media_rendition)"
    assert stored(keys) == [(0,)]
