"""Pure decisions: allowed, or refused with a reason. No database, no clock, no settings.

Row-level security in PostgreSQL is the second wall; `tests/architecture` proves that both agree.
"""

import dataclasses
import enum
import functools
import uuid
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from vigie.kernel.actors import Actor, ActorKind, Purpose, StaffScope
from vigie.kernel.permissions import RIGHTS, Permission

VERSION = "2026-11"
"""Written beside every decision in the log."""

FRESH_SIGN_IN = timedelta(minutes=5)
"""Step-up: how young a sign-in must be (ASVS 5.0 v5.0.0-7.5.3)."""
CLOCKS_DIFFER = timedelta(seconds=60)
"""How far ahead of ours the moment of a sign-in may lie: later than that, a clock was set back, and it says nothing."""


class Reason(enum.StrEnum):
    """Why the policy said no."""

    ACCESS_SUSPENDED = "access-suspended"
    AGREEMENT_ENDED = "agreement-ended"
    CERTIFICATE_MISSING = "certificate-missing"
    GATEWAY_DECIDES = "gateway-decides"
    HANDLING = "handling"
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
    """What a reader may do onwards with a record, from the loosest to the strictest."""

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
    sealed: bool = False
    """Its provider did not look at it and no legal authority is recorded yet: nobody opens it, whoever may see it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Governed:
    """What an owner allows with a record: who sees it, and what a reader may do onwards with it."""

    visibility: Visibility
    handling: Handling = Handling.ORCON


Parties = frozenset[str] | None
"""Units (by id) and countries (by code) besides the owner; None stands for everybody."""


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


def parties(record: Visibility) -> Parties:
    """Those who see this record in full besides its owner, before anybody is excluded."""
    if record.audience is Audience.COMMUNITY:
        return None
    if record.audience is Audience.COUNTRY:
        return frozenset({record.owner_country})
    return record.listed if record.audience is Audience.LISTED else frozenset()


def stricter(mine: Visibility, other: Visibility) -> Visibility:
    """The visibility of a record of mine that joins two records: seen by those who see both, excluded by either.

    A unit and a country that may hold it are not compared, except for the owner of `other`, whose country is known:
    when in doubt the answer is narrower.
    """
    seen = _both(parties(mine), parties(other), mine, other)
    excluded = mine.excluded | other.excluded
    silent = AnswerOutside.SILENT in {mine.answer_outside, other.answer_outside}
    return dataclasses.replace(
        mine,
        audience=_audience(seen, mine.owner_country),
        listed=seen if seen is not None and seen != {mine.owner_country} else frozenset(),
        excluded=excluded,
        answer_outside=AnswerOutside.SILENT if silent else AnswerOutside.CONTACT_ONLY,
    )


def _both(mine: Parties, other: Parties, mine_record: Visibility, other_record: Visibility) -> Parties:
    """The owner of the joint record sees it in any case and is never named among the others."""
    if other is None:
        return mine
    if other_record.owner_unit == mine_record.owner_unit:
        return other if mine is None else mine & other
    owner = str(other_record.owner_unit)
    if mine is None:
        return other | {owner} if other != {other_record.owner_country} else other
    both = mine & (other | {owner})
    if other_record.owner_country in mine:
        both |= {owner}
    return both


def _audience(seen: Parties, owner_country: str) -> Audience:
    if seen is None:
        return Audience.COMMUNITY
    if not seen:
        return Audience.UNIT
    return Audience.COUNTRY if seen == {owner_country} else Audience.LISTED


def strictest(*handlings: Handling) -> Handling:
    """The strictest of these: what a fact derived from records of each bears, computed and never typed."""
    return max(handlings, key=list(Handling).index)


def derived(mine: Governed, *sources: Governed) -> Governed:
    """What is allowed with a record of mine that was made from these: the least upper bound of all of them.

    Seen by those who see every source, excluded by any, silent when any is, handled as strictly as the strictest
    (reference platform.md section 6).
    """
    visibility = functools.reduce(stricter, (one.visibility for one in sources), mine.visibility)
    return Governed(visibility, strictest(mine.handling, *(one.handling for one in sources)))


def may_pass_on(actor: Actor, record: Governed, recipient: Viewer) -> Reason | None:
    """What stands against this actor handing this record, or a fact about it, to this recipient; None when nothing does.

    The owner decides for itself. Anyone else passes on what they see in full: *open* to all but those the owner
    excludes, *releasable* to those who see it anyway, *orcon* within their own unit, *originator only* to nobody, not
    even into a file of their own.
    """
    seen, answer = record.visibility, match_answer(recipient, record.visibility)
    if actor.unit == seen.owner_unit:
        return None
    if match_answer(Viewer(actor.unit, actor.country), seen) is not Answer.FULL:
        return Reason.OUT_OF_REACH
    if record.handling is Handling.ORIGINATOR_ONLY:
        return Reason.HANDLING
    if record.handling is Handling.ORCON and recipient.unit != actor.unit:
        return Reason.HANDLING
    if names(recipient, seen.excluded) and recipient.unit != seen.owner_unit:
        return Reason.OUT_OF_REACH
    return None if record.handling is Handling.OPEN or answer is Answer.FULL else Reason.OUT_OF_REACH


def may_read(
    actor: Actor, record: Visibility, purpose: Purpose, cases: AbstractSet[uuid.UUID] = frozenset()
) -> bool:
    """True when this actor, acting for its purpose, may read this record in full, or a case it lies in is open to it.

    `cases` are row ids: of the case itself, of those its exhibit belongs to, of those where content was found.
    """
    seen = match_answer(Viewer(actor.unit, actor.country), record) is Answer.FULL
    return not actor.cases.isdisjoint(cases) or (seen and purpose in actor.readable_purposes)


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
    right = RIGHTS[permission]
    if actor.roles.isdisjoint(right.roles):
        return Reason.NO_ROLE
    if actor.kind is ActorKind.SERVICE:
        return None
    if right.agreement and not _agreed(actor, now):
        return Reason.AGREEMENT_ENDED
    if right.certificate and not _certified(actor, now):
        return Reason.CERTIFICATE_MISSING
    return Reason.STEP_UP if right.fresh and not is_fresh(actor.confirmed_at, now) else None


def _agreed(actor: Actor, now: datetime) -> bool:
    return actor.agreement_until is not None and actor.agreement_until > now


def _certified(actor: Actor, now: datetime) -> bool:
    return actor.certified_until is not None and actor.certified_until > now


def is_fresh(confirmed_at: datetime | None, now: datetime) -> bool:
    """True when who proved then who they are needs no step-up now; a moment ahead of our clock proves nothing."""
    return confirmed_at is not None and -CLOCKS_DIFFER <= now - confirmed_at <= FRESH_SIGN_IN


def may_open_media(
    actor: Actor,
    permission: Permission,
    record: Visibility,
    *,
    purpose: Purpose,
    reason_code: str,
    now: datetime,
    cases: AbstractSet[uuid.UUID] = frozenset(),
) -> Reason | None:
    """What stands against opening these bytes; the four gates, in order.

    Agreement and certificate are asked by `may`; then the record's visibility or the cases it was found in, and that it
    is not sealed; then a stated reason, which veiled renditions do not need because they show no detail.
    """
    against = may(actor, permission, now)
    if against is not None:
        return against
    if not may_read(actor, record, purpose, cases):
        return Reason.OUT_OF_REACH
    if record.sealed:
        return Reason.SEALED
    if permission is not Permission.MEDIA_VEIL_VIEW and not reason_code:
        return Reason.REASON_MISSING
    return None
