"""The one count of look-ups: a row for each person and day, and what a supervisor released beyond the daily limits."""

import dataclasses
import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import F, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Refused
from vigie.kernel.operation import in_progress
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import staff_ownership
from vigie.rooms.matching.models import LookUpCount
from vigie.rooms.matching.queries.releases import ReleaseEnded, standing_release
from vigie.rooms.matching.rules.lookups import day_of, end_of_day
from vigie.rooms.matching.rules.probing import followed
from vigie.rooms.matching.schemas.lookups import LookUpQuota


class QuotaSpent(Refused):
    """As many hashes were looked up as may be until the count begins anew."""

    status = 429
    problem = "quota-spent"
    title = _("No more look-ups for now")
    permission = Permission.MATCH_LOOKUP_ASK


@dataclasses.dataclass(frozen=True, slots=True)
class DailyLimits:
    """How many hashes may be looked up in a day (UTC) without a release."""

    person: int
    unit: int


def charge(actor: Actor, hashes: int, limits: DailyLimits) -> LookUpQuota:
    """These hashes are counted for the actor's day; returns what is left of it. Raises QuotaSpent, counting nothing.

    The person's row is held until the transaction ends, so that two calls of one person are counted one after the
    other. Calls of colleagues at the same moment may each pass the unit's limit, by one call.
    """
    now = context.now()
    mine = _row(actor, now)
    rows = LookUpCount.objects.for_actor(actor).filter(owner_unit=actor.unit, day=day_of(now))
    of_unit = rows.aggregate(total=Sum(F("asked") - F("released")))["total"] or 0
    left = min(limits.person - (mine.asked - mine.released), limits.unit - of_unit)
    until = end_of_day(now)
    if hashes > left:
        words = _("%(left)s more hashes may be looked up until %(until)s UTC; this asks for %(asked)s.")
        facts = {"left": max(0, left), "until": date_format(until, "Y-m-d H:i"), "asked": hashes}
        raise QuotaSpent(words % facts)
    mine.asked += hashes
    mine.save(update_fields=["asked"])
    return LookUpQuota(left=left - hashes, until=until)


def charge_released(actor: Actor, release: uuid.UUID, case: uuid.UUID, hashes: int) -> LookUpQuota:
    """These hashes are counted for the actor's day and taken from a release (a public id) for this case.

    Raises ReleaseEnded when the actor has no such release for the case or it is over, QuotaSpent when it covers fewer.
    """
    now = context.now()
    row = standing_release(actor, release, case).select_for_update().first()
    if row is None:
        raise ReleaseEnded
    left = row.most_hashes - row.used
    if hashes > left:
        words = _("The release covers %(left)s more hashes until %(until)s UTC; this asks for %(asked)s.")
        facts = {"left": left, "until": date_format(row.valid_until, "Y-m-d H:i"), "asked": hashes}
        raise QuotaSpent(words % facts)
    row.used += hashes
    row.save(update_fields=["used"])
    mine = _row(actor, now)
    mine.asked += hashes
    mine.released += hashes
    mine.save(update_fields=["asked", "released"])
    return LookUpQuota(left=left - hashes, until=row.valid_until)


def follow(actor: Actor, codes: Sequence[bytes]) -> int:
    """How many of these codes lie beside one the person asked about shortly before; the day's trail goes on.

    Only inside the operation that looks them up, behind its charge.
    """
    in_progress()
    if not codes:
        return 0
    mine = _row(actor, context.now())
    beside, mine.trail = followed(codes, bytes(mine.trail), settings.SECRET_KEY.encode())
    mine.save(update_fields=["trail"])
    return beside


def _row(actor: Actor, now: datetime) -> LookUpCount:
    rows = LookUpCount.objects.for_actor(actor).select_for_update()
    row: LookUpCount = rows.get_or_create(
        owner_unit=actor.unit,
        person=actor.id,
        day=day_of(now),
        defaults=staff_ownership(actor, unit=actor.unit, country=actor.country),
    )[0]
    return row
