"""Damage done for real to stored media, and an installation brought back: all of it found, nothing taken for whole.

The numbers are those of the reliability list (1,000 bits flipped, 300 swaps, cuts and replays); a few of each run with
every test run, in tests/kernel/test_vault.py and tests/rooms/media/test_custody.py.
"""

import hashlib
import io
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyrage import x25519

from factories.actors import investigator
from factories.media import intake_service, new_content, picture, record, terms_of, vault_in
from support.database import administrator
from support.installation import PASSPHRASE, Installation, installation
from support.softhsm import PIN, soft_token
from support.terminal import Terminal
from vigie.backends.keys.token import TokenKeys, TokenPlace
from vigie.engines.sealing.segments import SEGMENT_BYTES
from vigie.kernel import jobs
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as, operation
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.vault import Owner, Vault
from vigie.rooms.media.operations import check_stored

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]
ALICE = investigator()
OBJECTS = 1_000
LARGE_BYTES = 32 << 20


@pytest.fixture
def room(database: None, tmp_path: Path) -> Iterator[Vault]:
    with vault_in(tmp_path) as made:
        yield made


def stored(count: int, data: Any) -> None:
    service = intake_service(ALICE)
    for at in range(0, count, 100):
        items = [new_content(data(number), number) for number in range(at, min(at + 100, count))]
        with act_as(service, clock=utc_now):
            record(service, items, terms_of(ALICE))


def objects(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "blobs").rglob("*") if path.is_file())


def damaged() -> set[str]:
    """The names of objects that reading everything finds fault with."""
    actor, found, last = jobs.OnBehalf.of(ALICE).service(Role.SERVICE_CUSTODY), set(), None
    while True:
        with act_as(actor, clock=utc_now):
            checked = check_stored(actor, after=last)
        if checked.last is None:
            return found
        last = checked.last
        found |= {fault.object_name for fault in checked.faults}


def test_one_bit_flipped_in_each_of_a_thousand_objects_is_found_a_thousand_times(
    room: Vault, tmp_path: Path, record_property: Any
) -> None:
    chance = random.Random(8)
    stored(OBJECTS, picture)
    files = objects(tmp_path)
    assert len(files) == OBJECTS
    assert damaged() == set()
    for file in files:
        data = bytearray(file.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
    began = time.monotonic()
    assert damaged() == {file.name for file in files}
    record_property("files_per_s", round(OBJECTS / (time.monotonic() - began), 1))


def test_large_objects_are_checked_whole_and_one_damaged_at_its_very_end_is_found(
    room: Vault, tmp_path: Path, record_property: Any
) -> None:
    """How many megabytes a second of processor time are read back is noted beside it."""
    chance = random.Random(10)
    stored(8, lambda number: number.to_bytes(4, "big") + chance.randbytes(LARGE_BYTES))
    files = objects(tmp_path)
    began = time.process_time()
    assert damaged() == set()
    record_property("mb_per_cpu_s", round(8 * LARGE_BYTES / 1e6 / (time.process_time() - began)))
    with files[3].open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    assert damaged() == {files[3].name}


def test_swaps_cuts_at_segment_edges_and_old_versions_are_refused_three_hundred_times(
    room: Vault, tmp_path: Path
) -> None:
    chance = random.Random(9)
    stored(100, lambda number: number.to_bytes(4, "big") + chance.randbytes(SEGMENT_BYTES * 2))
    files = objects(tmp_path)
    whole = {file: file.read_bytes() for file in files}
    refused = 0
    for file, other in zip(files, files[1:] + files[:1], strict=True):  # each has its neighbour's bytes
        file.write_bytes(whole[other])
    refused += len(damaged() & {file.name for file in files})
    for number, file in enumerate(files):  # cut exactly where a segment ends
        file.write_bytes(whole[file][: SEGMENT_BYTES * (1 + number % 2)])
    refused += len(damaged() & {file.name for file in files})
    refused += replayed(room, whole)
    assert refused == 300


def replayed(room: Vault, whole: dict[Path, bytes]) -> int:
    """Each object was sealed anew under its name; the version before is put back. Returns how many were refused."""
    for file, data in whole.items():
        file.write_bytes(data)
    assert damaged() == set()
    with administrator() as look:
        rows = look.execute(
            "SELECT c.owner_unit, c.owner_country, c.sha256, k.name FROM media_content c "
            "JOIN media_originalkey k ON k.content_id = c.id"
        ).fetchall()
    chance = random.Random(9)
    plain = {
        hashlib.sha256(data).digest(): data
        for data in (number.to_bytes(4, "big") + chance.randbytes(SEGMENT_BYTES * 2) for number in range(100))
    }

    @operation(Permission.INTAKE_FILE_RECORD)
    def seal_anew(actor: Any) -> list[tuple[str, Any]]:
        return [
            (name, room.store_original(Owner(unit, country), bytes(digest), io.BytesIO(plain[bytes(digest)])))
            for unit, country, digest, name in rows
        ]

    with act_as(intake_service(ALICE), clock=utc_now):
        anew = seal_anew(intake_service(ALICE))
    with administrator() as admin:
        for name, kept in anew:
            admin.execute(
                "UPDATE media_originalkey SET key_id = %s, wrapped = %s, commitment = %s WHERE name = %s",
                (kept.key.key_id, kept.key.wrapped, kept.key.commitment, name),
            )
    assert damaged() == set()
    for file, data in whole.items():
        file.write_bytes(data)
    return len(damaged() & {file.name for file in whole})


def test_a_token_moves_a_thousand_data_keys_a_second(record_property: Any) -> None:
    token = soft_token()
    keys = TokenKeys("FR", TokenPlace(token.module, token.label, lambda: PIN))
    keys.create("FR", 2026)
    data_key, context = os.urandom(32), b"object"
    old = keys.wrap("FR", data_key, context)
    keys.rotate("FR", 2026)
    began = time.monotonic()
    moved = [keys.rewrap(old, context) for _ in range(2_000)]
    record_property("rewraps_per_s", round(2_000 / (time.monotonic() - began)))
    assert {keys.unwrap(one, context) for one in moved[::100]} == {data_key}


def vigie(whole: Installation, *arguments: object) -> "subprocess.CompletedProcess[str]":
    reader, writer = os.pipe()
    os.write(writer, PASSPHRASE)
    os.close(writer)
    more = {"VIGIE_PASSPHRASE_SOURCE": "fd", "VIGIE_PASSPHRASE_FD": str(reader)}
    command = [sys.executable, "-m", "vigie", *map(str, arguments)]
    try:
        return subprocess.run(
            command,
            env=whole.environment | more,
            pass_fds=[reader],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(reader)


def witnessed_outside(whole: Installation, folder: Path, size: int) -> Path:
    """The checkpoint of this size as a body outside cosigned it, by its own program and over files."""
    overseer = whole.investigator("olga", "oversight")
    key = overseer.get("/api/v1/audit/state").json()["public_key"]
    keeper = folder / "witness"
    made = vigie(whole, "witness", "init", "outside.example/vigie", key, "--folder", keeper)
    assert made.returncode == 0, made.stderr
    added = overseer.post("/api/v1/audit/witnesses", json={"key": made.stdout.strip()})
    assert added.status_code == 201, added.text
    (folder / "request").write_bytes(overseer.get(f"/api/v1/audit/checkpoint?old=0&size={size}").content)
    signed = vigie(whole, "witness", "sign", folder / "request", folder / "note", "--folder", keeper)
    assert signed.returncode == 0, signed.stderr
    return folder / "note"


def test_an_installation_with_media_is_kept_while_it_runs_and_answers_after_it_was_restored(
    tmp_path: Path, record_property: Any
) -> None:
    identity = x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"{identity}\n")
    folder = tmp_path / "exhibit"
    folder.mkdir()
    shapes = np.random.default_rng(11)
    for number in range(OBJECTS):
        image = Image.fromarray(shapes.integers(40, 215, (12, 16, 3), dtype=np.uint8)).resize((320, 240))
        image.save(folder / f"{number:04}.jpg", "JPEG")
    with installation() as whole:
        place = whole.home.parent
        client = Terminal(whole).hand_in(folder, "E1")
        client.communicate(timeout=300)
        assert client.returncode == 0
        done = vigie(whole, "backup", place / "kept", "--recipient", identity.to_public(), "--json")
        assert done.returncode == 0, done.stderr
        taken = json.loads(done.stdout)
        witnessed = witnessed_outside(whole, tmp_path, taken["log_size"])
        whole.stop()
        other = Installation(place / "other", whole.port)
        began = time.monotonic()
        trusted = ("--identity", tmp_path / "identity", "--checkpoint", witnessed)
        done = vigie(other, "restore", place / "kept", *trusted, "--json")
        record_property("restore_s", round(time.monotonic() - began, 1))
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["objects"], found["sample_opened"], found["sample_equal"]) == (OBJECTS,) * 3
        assert found["witness_size"] == found["log_size"]
        assert (found["log_size"], found["log_root"]) == (taken["log_size"], taken["log_root"])
        assert taken["signed_root"] == taken["log_root"]
        other.start()
        try:
            again = other.investigator("theo").get("/api/v1/cases")
            assert again.status_code == 200
            assert "A-1" in again.text
            assert vigie(other, "audit", "verify").returncode == 0
        finally:
            other.stop()
