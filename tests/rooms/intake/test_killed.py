"""kill -9 of the worker at random moments of one hand-in: every acknowledged file ends in exactly one content."""

import json
import os
import random
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections

from factories.intake import handed_in, opened_submission, row_id_of, seen
from factories.media import intake_service, picture
from support.database import administrator
from support.postgres import child_environment
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.operation import act_as
from vigie.kernel.vault import Vault
from vigie.rooms.intake import operations
from vigie.rooms.intake.parts import remaining_parts

FILES = 60
KILLS = 12
TESTS = Path(__file__).resolve().parents[2]


def run(folder: Path, actor: Actor, submission: uuid.UUID) -> subprocess.Popen[str]:
    names = ("HOST", "PORT", "NAME", "USER", "PASSWORD", "OPTIONS")
    connection = json.dumps({name: connections.databases["default"][name] for name in names})
    arguments = [connection, json.dumps(OnBehalf.of(actor).as_arguments()), str(row_id_of(actor, submission))]
    environment = child_environment(DJANGO_SETTINGS_MODULE="vigie.config.django")
    environment["PYTHONPATH"] = os.pathsep.join([str(TESTS), environment["PYTHONPATH"]])
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "killed_run.py"), str(folder), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def recorded() -> int:
    with administrator() as look:
        row = look.execute("SELECT count(*) FROM media_content").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_no_kill_loses_or_doubles_an_acknowledged_file(
    actor: Actor, stored_vault: Vault, tmp_path: Path
) -> None:
    chance = random.Random(20261121)
    submission = opened_submission(actor)
    handed_in(actor, submission, *(picture(seed, 512, 384) for seed in range(FILES)))
    reached = []
    for _ in range(KILLS):
        process = run(tmp_path, actor, submission)
        goal = min(FILES - 1, recorded() + chance.randint(0, 7))
        while recorded() < goal and process.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.communicate()
        reached.append(seen(actor, submission).stages.matched.done)
    assert any(0 < done < FILES for done in reached), f"no kill fell into the work: {reached}"
    for _ in range(5):  # a killed run's locks last until its database connection is found dead
        process = run(tmp_path, actor, submission)
        process.communicate()
        assert process.returncode == 0
        if seen(actor, submission).stages.matched.done == FILES:
            break
    assert seen(actor, submission).stages.matched.done == FILES
    with administrator() as look:
        counted = look.execute(
            "SELECT (SELECT count(*) FROM media_content), (SELECT count(*) FROM media_originalkey),"
            " (SELECT count(*) FROM media_occurrence), (SELECT count(*) FROM media_fingerprint)"
        ).fetchone()
    assert counted == (FILES,) * 4
    assert len(list(stored_vault._blobs.names())) == FILES
    row_id = row_id_of(actor, submission)
    for part in remaining_parts(row_id):
        old = (part.touched - timedelta(hours=2)).timestamp()
        os.utime(part.path, (old, old))
    service = intake_service(actor)
    with act_as(service, clock=utc_now):
        operations.sweep_parts(service, row_id)
    assert remaining_parts(row_id) == []
