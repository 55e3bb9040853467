"""Pure decisions: allowed, or refused with a reason. No database, no clock, no settings.

Row-level security in PostgreSQL is the second wall; `tests/architecture` proves that both agree.
"""

import dataclasses
import enum
import uuid
from datetime import datetime, timedelta

from vigie.kernel.actors import Actor, ActorKind, Purpose, StaffScope
from vigie.kernel.permissions import NEEDS_CERTIFICATE, NEEDS_FRESH_SIGN_IN, ROLE_PERMISSIONS, Permission

VERSION = "2026-11"
"""Written beside every decision in the log."""

FRESH_SIGN_IN = timedelta(minutes=5)
"""Step-up: how young a sign-in must be (ASVS 5.0 v5.0.0-7.5.3)."""


class Reason(enum.StrEnum):
    """Why the policy said no."""

    ACCESS_SUSPENDED = "access-suspended"
    AGREEMENT_ENDED = "agreement-ended"
    CERTIFICATE_MISSING = "certificate-missing"
    GATEWAY_DECIDES = "gateway-decides"
    NO_ROLE = "no-role"
    OUT_OF_REACH = "out-of-reach"
    OWN_RIGHTS = "own-rights"
    REASON_MISSING = "reason-missing"
    SEALED = "sealed"
    STEP_UP = "step-up-needed"


class Audience(enum.StrEnum):
    """Who sees a record in full."""

    UNIT = "unit"
    COUNTRY = "country"
    LISTED = "listed"
    COMMUNITY = "community"


class AnswerOutside(enum.StrEnum):
    """What a match tells those outside the audience."""

    CONTACT_ONLY = "contact_only"
    SILENT = "silent"


class Handling(enum.StrEnum):
    """What a reader may do onwards with a record."""

    OPEN = "open"
    RELEASABLE = "releasable"
    ORCON = "orcon"
    ORIGINATOR_ONLY = "originator_only"


class Answer(enum.StrEnum):
    """What somebody learns about a record that matches theirs."""

    FULL = "full"
    CONTACT_ONLY = "contact_only"
    SILENT = "silent"


@dataclasses.dataclass(frozen=True, slots=True)
class Viewer:
    """The two facts of an actor that visibility depends on."""

    unit: uuid.UUID
    country: str


@dataclasses.dataclass(frozen=True, slots=True)
class Visibility:
    """A record's owner and its five visibility columns (design.md section 5)."""

    owner_unit: uuid.UUID
    owner_country: str
    audience: Audience = Audience.UNIT
    listed: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    answer_outside: AnswerOutside = AnswerOutside.CONTACT_ONLY


def names(viewer: Viewer, parties: frozenset[str]) -> bool:
    """True when this viewer's unit or country is on this list."""
    return str(viewer.unit) in parties or viewer.country in parties


def match_answer(viewer: Viewer, record: Visibility) -> Answer:
    """What this viewer may learn about a record that matches theirs.

    The owner always has the full answer. Excluded parties get silence, whatever else is said.
    Inside the audience the answer is full; anyone else gets what the owner chose for outsiders.
    """
    if viewer.unit == record.owner_unit:
        return Answer.FULL
    if names(viewer, record.excluded):
        return Answer.SILENT
    if _in_audience(viewer, record):
        return Answer.FULL
    return Answer(record.answer_outside.value)


def _in_audience(viewer: Viewer, record: Visibility) -> bool:
    if record.audience is Audience.COMMUNITY:
        return True
    if record.audience is Audience.COUNTRY:
        return viewer.country == record.owner_country
    return record.audience is Audience.LISTED and names(viewer, record.listed)


def may_read(actor: Actor, record: Visibility, purpose: Purpose) -> bool:
    """True when this actor, acting for its purpose, may read this record in full."""
    if purpose not in actor.readable_purposes:
        return False
    return match_answer(Viewer(actor.unit, actor.country), record) is Answer.FULL


def looks_after(actor: Actor, *, unit: uuid.UUID, country: str) -> bool:
    """True when the staff records of this unit and country are within this actor's reach."""
    if actor.staff_scope is StaffScope.INSTALLATION or actor.unit == unit:
        return True
    return actor.staff_scope is StaffScope.COUNTRY and actor.country == country


def may(actor: Actor, permission: Permission, now: datetime) -> Reason | None:
    """What stands against this actor doing this act now; None when nothing does.

    Confirmed access, the role, the organisation's agreement, the certificate and a fresh sign-in are asked in this
    order, so that the answer names the gate that would have to open first. Services need no certificate: they hold
    only what their one task needs, and what they do is done in a unit's name.
    """
    if actor.access_until is not None and actor.access_until <= now:
        return Reason.ACCESS_SUSPENDED
    if not any(permission in ROLE_PERMISSIONS[role] for role in actor.roles):
        return Reason.NO_ROLE
    if actor.kind is ActorKind.SERVICE:
        return None
    if actor.agreement_until is None or actor.agreement_until <= now:
        return Reason.AGREEMENT_ENDED
    if permission in NEEDS_CERTIFICATE and not _certified(actor, now):
        return Reason.CERTIFICATE_MISSING
    return Reason.STEP_UP if permission in NEEDS_FRESH_SIGN_IN and not _fresh(actor, now) else None


def _certified(actor: Actor, now: datetime) -> bool:
    return actor.certified_until is not None and actor.certified_until > now


def _fresh(actor: Actor, now: datetime) -> bool:
    return actor.confirmed_at is not None and now - actor.confirmed_at <= FRESH_SIGN_IN


def may_open_media(
    actor: Actor,
    permission: Permission,
    record: Visibility,
    *,
    purpose: Purpose,
    reason_code: str,
    now: datetime,
) -> Reason | None:
    """What stands against opening these bytes; the four gates, in order.

    Agreement and certificate are asked by `may`; then the record's visibility; then a stated reason, which veiled
    renditions do not need because they show no detail.
    """
    against = may(actor, permission, now)
    if against is not None:
        return against
    if not may_read(actor, record, purpose):
        return Reason.OUT_OF_REACH
    if permission is not Permission.MEDIA_VEIL_VIEW and not reason_code:
        return Reason.REASON_MISSING
    return None
