"""Run by an EARLIER version of the program, with its own code: a small installation with drawn pictures, written out.

Started by `old_states.py` with the earlier version's folders as the only path of imports; arguments: the folder to fill,
and the `pg_dump` to write the database out with.
"""

import io
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from PIL import Image

from support.installation import Installation, installation
from support.terminal import Terminal
from vigie.backends.postgres import admin_parameters
from vigie.config.schema import Settings

KEPT = ("secrets", "keys", "blobs")
"""Folders of the home that are kept; the database is written out, everything else is made anew."""
PICTURES = 6
DEADLINE = 120.0


def draw(folder: Path) -> None:
    """Small pictures of soft shapes, the same at every run, two of them alike to the byte."""
    chance = random.Random(20261129)
    for number in range(PICTURES):
        pixels = Image.frombytes("RGB", (12, 8), chance.randbytes(12 * 8 * 3)).resize((240, 160))
        out = io.BytesIO()
        pixels.save(out, "JPEG", quality=85)
        (folder / f"{number:03}.jpg").write_bytes(out.getvalue())
    (folder / "copy.jpg").write_bytes((folder / "000.jpg").read_bytes())


def database_of(whole: Installation) -> dict[str, Any]:
    """How the administrator reaches the running database."""
    return {**admin_parameters(Settings(home=whole.home)), "dbname": "vigie"}


def facts_of(connection: "psycopg.Connection[Any]") -> dict[str, Any]:
    """What must be there again: rows of each table, and the newest signed state of the log."""
    tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    counts = {}
    for (table,) in tables:
        row = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone()
        assert row is not None
        counts[table] = row[0]
    signed = connection.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return {"rows": dict(sorted(counts.items())), "checkpoint": signed[0] if signed else ""}


def is_settled(connection: "psycopg.Connection[Any]") -> bool:
    """Every file is matched, every line of the log has its place, and a checkpoint covers them all."""
    asked = (
        "SELECT (SELECT count(*) FROM intake_manifestentry WHERE state <> 'matched'), (SELECT count(*) FROM audit_event), "
        "(SELECT coalesce(max(size), 0) FROM audit_checkpoint)"
    )
    row = connection.execute(asked).fetchone()
    assert row is not None
    waiting, lines, signed = row
    return waiting == 0 and lines == signed


def make(target: Path, pg_dump: str) -> None:
    """The folder holds the database as a custom-format archive, the kept part of the home, and the facts."""
    with installation() as whole, tempfile.TemporaryDirectory() as drawn:
        draw(Path(drawn))
        terminal = Terminal(whole)
        for exhibit in ("E-1", "E-2"):
            said, _ = (client := terminal.hand_in(Path(drawn), exhibit)).communicate(timeout=DEADLINE)
            if client.returncode:
                raise RuntimeError(said[-2_000:])
        with psycopg.connect(**database_of(whole), autocommit=True) as connection:
            deadline = time.monotonic() + DEADLINE
            while not is_settled(connection):
                if time.monotonic() > deadline:
                    raise TimeoutError("the old installation did not come to rest")
                time.sleep(0.5)
            _write_out(whole, pg_dump, target)
            facts = facts_of(connection)
        shutil.copy(Path(drawn) / "000.jpg", target / "picture.jpg")
        for name in KEPT:
            shutil.copytree(whole.home / name, target / "home" / name)
    (target / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")


def _write_out(whole: Installation, pg_dump: str, target: Path) -> None:
    parameters = database_of(whole)
    secret = {"PGPASSWORD": str(parameters.pop("password", "")), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    way = psycopg.conninfo.make_conninfo(**parameters)
    command = [
        pg_dump,
        "--format=custom",
        "--compress=0",
        "--no-password",
        "--file",
        str(target / "database"),
    ]
    subprocess.run([*command, "--dbname", way], env=secret, check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2])
