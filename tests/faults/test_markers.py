"""Nothing of what was handed in lies open anywhere: not while it is worked on, not afterwards, not in a backup (reference test 28).

Every file bears a marker of its own, as a comment inside and behind its end. Then everything that was written meanwhile
is searched for them: home, database, logs, temporary files, backup. VIGIE_TEST_INGESTS says how many files (1,000).
"""

import io
import mmap
import os
import random
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from PIL import Image
from pyrage import x25519

from faults.test_custody import vigie
from faults.test_intake_kills import finish
from support.installation import Installation, installation
from support.terminal import Terminal
from vigie.backends.postgres import admin_parameters
from vigie.config.schema import Settings

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
FILES = int(os.environ.get("VIGIE_TEST_INGESTS", "1000"))
MARKERS = 1_000
SHARED = ("/dev/shm", "/var/tmp")


def marker(word: str, number: int) -> str:
    return f"{word}-{number % MARKERS:06}-a-drawn-lamp"


def draw(folder: Path, word: str) -> None:
    """Small drawn pictures that say their marker in a comment (ITU-T T.81 B.2.4.5) and behind their end."""
    chance = random.Random(28)
    for number in range(FILES):
        out = io.BytesIO()
        Image.frombytes("RGB", (24, 16), chance.randbytes(24 * 16 * 3)).resize((160, 120)).save(
            out, "JPEG", quality=80
        )
        said = marker(word, number).encode()
        comment = b"\xff\xfe" + (len(said) + 2).to_bytes(2, "big") + said
        place = folder / f"{number // 500:03}" / f"{number:05}.jpg"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"\xff\xd8" + comment + out.getvalue()[2:] + said)


def files_of(places: Iterable[Path], since: float = 0.0) -> Iterator[Path]:
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= since:
                yield path


def found_in(paths: Iterable[Path], word: str) -> list[tuple[str, bytes]]:
    """Where the word stands, as it is, in UTF-16 or in hexadecimal digits; each file once a spelling."""
    spellings = [word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()]
    hits = []
    for path in paths:
        try:
            if not path.stat().st_size:
                continue
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                hits += [(str(path), spelling) for spelling in spellings if data.find(spelling) >= 0]
        except FileNotFoundError:
            continue
    return hits


def core_limits(whole: Installation) -> set[str]:
    """What the kernel says of core dumps for each process of the system."""
    found = set()
    for pid in whole.children().values():
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        found |= {" ".join(line.split()[4:6]) for line in limits if line.startswith("Max core file size")}
    return found


def everything_written(whole: Installation) -> None:
    """What the database still holds in memory is in its files."""
    admin = {**admin_parameters(Settings(home=whole.home)), "dbname": "vigie"}
    with psycopg.connect(**admin, autocommit=True) as connection:  # type: ignore[arg-type]  # psycopg types each keyword apart
        connection.execute("CHECKPOINT")


def test_no_marker_of_what_was_handed_in_is_found_anywhere(tmp_path: Path, record_property: Any) -> None:
    word, began = f"m{os.urandom(6).hex()}", time.time() - 1
    folder, temporary, kept = tmp_path / "exhibit", tmp_path / "temporary", tmp_path / "kept"
    for one in (folder, temporary):
        one.mkdir()
    temporary.chmod(0o1777)
    draw(folder, word)
    assert len(found_in(files_of([folder]), word)) == FILES  # the search finds what is there
    identity = x25519.Identity.generate()
    with installation({"TMPDIR": str(temporary)}) as whole:
        terminal = Terminal(whole)
        client = terminal.hand_in(folder, "E1")
        time.sleep(5)
        assert core_limits(whole) == {"0 0"}
        places = [whole.home, temporary]
        during = found_in(files_of(places), word)
        os.kill(whole.children()["worker"], signal.SIGABRT)  # it would leave a core dump
        summary = finish(terminal, folder, "E1", client)
        assert (summary["new"] + summary["known"], summary["failed"], summary["refused"]) == (FILES, 0, 0)
        everything_written(whole)
        done = vigie(whole, "backup", kept, "--recipient", identity.to_public(), "--json")
        assert done.returncode == 0, done.stderr
        searched = list(files_of([*places, kept]))
        after = found_in(searched, word)
        whole.stop()
        stopped = found_in(files_of([*places, kept]), word)
        shared = found_in(files_of(map(Path, SHARED), since=began), word)
        dumps = [
            path
            for path in files_of([whole.home, temporary, Path.cwd()], since=began)
            if "core" in path.name.split(".")
        ]
        planted = temporary / "planted"
        planted.write_text(marker(word, 1))
        assert [place for place, _ in found_in(files_of(places), word)] == [str(planted)]
    measured = {
        "ingests": FILES,
        "markers": min(FILES, MARKERS),
        "files_searched": len(searched),
        "found": len(during + after + stopped + shared),
    }
    record_property("measured", measured)
    print(measured)  # noqa: T201 - measured
    assert (during, after, stopped, shared, dumps) == ([], [], [], [], [])
