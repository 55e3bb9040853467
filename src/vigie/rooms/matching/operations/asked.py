"""Taking out who asked about what the unit holds: one table, under its own line in the log."""

import csv
import io
from typing import Final

from django.utils.translation import gettext_lazy as _

from vigie.engines.formats.spreadsheets import cell
from vigie.kernel.actors import Actor
from vigie.kernel.errors import TooLarge
from vigie.kernel.ids import public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.queries.asked import AskedFilter, asked_about
from vigie.rooms.matching.schemas.asked import AskedAbout

MOST_LINES: Final = 20_000
_COLUMNS: Final = (
    "told_at",
    "unit",
    "unit_name",
    "country",
    "desk_phone",
    "desk_mail",
    "item",
    "told",
    "claim",
)


@operation(Permission.MATCH_NOTICE_EXPORT)
def export_asked(actor: Actor, wanted: AskedFilter) -> bytes:
    """The lines as CSV (RFC 4180, UTF-8 with a byte order mark, times in UTC), newest first.

    TooLarge for more than 20,000 of them.
    """
    lines = asked_about(actor, wanted, limit=MOST_LINES + 1)
    if len(lines) > MOST_LINES:
        raise TooLarge(
            _("At most %(most)s lines go into one file. Choose a shorter period, a unit or an item.")
            % {"most": MOST_LINES}
        )
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    table.writerows([cell(value) for value in _row(line)] for line in lines)
    about("asked", public_id(), lines=len(lines), narrowed=_narrowed(wanted))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _row(line: AskedAbout) -> tuple[str, ...]:
    desk = line.desk
    whom = (desk.code, desk.unit_name, desk.country, desk.phone, desk.mail) if desk else ("",) * 5
    return (
        line.told_at.isoformat(timespec="seconds"),
        *whom,
        str(line.content),
        line.level.value,
        line.claim.value,
    )


def _narrowed(wanted: AskedFilter) -> dict[str, str]:
    given = {
        "unit": wanted.unit,
        "item": wanted.item,
        "level": wanted.level.value if wanted.level else None,
        "since": wanted.since.isoformat() if wanted.since else None,
    }
    return {name: str(value) for name, value in given.items() if value}
