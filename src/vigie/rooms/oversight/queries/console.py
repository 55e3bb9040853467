"""The oversight console's reads: how many lines each view has, grouped by what, and all lines of one."""

import uuid
from dataclasses import replace
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.oversight.queries.lines import LogFilter, code_of, in_view, line_of, narrowed
from vigie.rooms.oversight.rules import VIEWS
from vigie.rooms.oversight.schemas import Group, LogLine
from vigie.rooms.units.queries import desks

LONGEST_EXPORT = 50_000
"""Lines of a view that leave in one file."""
GROUPS = 50
_COLUMN = {"record": "subject_id", "person": "actor_id", "unit": "unit"}


def counts(actor: Actor, wanted: LogFilter) -> dict[str, int]:
    """How many lines each view has among those the actor may read, narrowed as asked; the empty code is all."""
    require(actor, Permission.AUDIT_LOG_READ)
    rows = narrowed(replace(wanted, view="", verb="", outcome=""))
    asked = {code: Count("id", filter=in_view(code)) for code in VIEWS}
    found = rows.aggregate(all_lines=Count("id"), **asked)
    return {"" if code == "all_lines" else code: count for code, count in found.items()}


def groups(actor: Actor, wanted: LogFilter, by: str) -> list[Group]:
    """The fifty records, persons or units with most lines of the view; NotFound for another grouping.

    Persons appear by their codes, as in the lines. Services and acts about no record are left out.
    """
    require(actor, Permission.AUDIT_LOG_READ)
    column = _COLUMN.get(by)
    if column is None:
        raise NotFound
    rows = narrowed(wanted)
    if by == "person":
        rows = rows.filter(actor_kind="person")
    if by == "record":
        rows = rows.exclude(subject_id=None).exclude(subject_id=uuid.UUID(int=0))
    found = list(
        rows.values(column).annotate(count=Count("id"), last=Max("at")).order_by("-count", "-last")[:GROUPS]
    )
    return [_group(row, column, _unit_names(actor, found) if by == "unit" else {}) for row in found]


def _unit_names(actor: Actor, found: list[dict[str, Any]]) -> dict[uuid.UUID, str]:
    return {key: desk.unit_name for key, desk in desks(actor, {row["unit"] for row in found}).items()}


def _group(row: dict[str, Any], column: str, names: dict[uuid.UUID, str]) -> Group:
    key = row[column]
    label = code_of(key) if column == "actor_id" else names.get(key, str(key))
    return Group(key=str(key), label=label, count=row["count"], last=row["last"])


def lines_of(actor: Actor, wanted: LogFilter) -> list[LogLine]:
    """All lines of a view, newest first; Invalid when there are more than a file should hold."""
    require(actor, Permission.AUDIT_LOG_READ)
    found = list(narrowed(wanted).order_by("-id")[: LONGEST_EXPORT + 1])
    if len(found) > LONGEST_EXPORT:
        raise Invalid(
            _("This view has more than %(count)s entries: choose a shorter period.")
            % {"count": LONGEST_EXPORT}
        )
    names = desks(actor, {row.unit for row in found})
    return [line_of(row, names) for row in found]
