"""The log's checkpoint of each day lies as a file under the home, ready for a stick, a backup or a mail."""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from vigie.kernel.actors import utc_now
from vigie.kernel.jobs import app
from vigie.rooms.oversight import queries
from vigie.rooms.oversight.schemas import DayCheckpoint

DAYS: Final = 8
"""How far back a day's files are written again: cosignatures and stamps may come on a stick, days later."""
_AUDITOR: Final = "auditor"


@app.periodic(cron="7 * * * *")
@app.task(name="oversight.keep_checkpoints", queue="care")
def keep_checkpoints(timestamp: int) -> None:
    """The files of the last eight days say what is known of them now; at least once, every hour."""
    _ = timestamp
    write_days(settings.VIGIE_HOME.checkpoints, utc_now().date())


def write_days(folder: Path, today: date) -> list[Path]:
    """For each of the last eight days on which the log was signed, its files; returns those written.

    `DAY.checkpoint` holds the note with cosignatures, `DAY.note` the same as the log signed it, and `DAY.1.tsr` … the
    replies of time-stamp authorities: `openssl ts -verify -data DAY.note -in DAY.1.tsr -CAfile …` checks one.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    written: list[Path] = []
    for back in range(DAYS):
        day = today - timedelta(days=back)
        found = queries.checkpoint_of_day(day, _AUDITOR)
        if found is not None and found.day == day:
            written += _write_day(folder, found)
    return written


def _write_day(folder: Path, found: DayCheckpoint) -> list[Path]:
    contents = {
        f"{found.day}.checkpoint": found.cosigned.encode(),
        f"{found.day}.note": found.note.encode(),
        **{f"{found.day}.{number}.tsr": reply for number, reply in enumerate(found.stamps, 1)},
    }
    for name, content in contents.items():
        unfinished = folder / f"{name}.new"
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / name)
    return [folder / name for name in contents]
