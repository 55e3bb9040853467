"""What makes two persons two, and a proposal one that still stands. Pure."""

import dataclasses
import enum
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from vigie.kernel.actors import Actor, ActorKind

LIFE = timedelta(hours=24)
"""So long a proposal may be approved: whoever approves decides about today (reference platform.md 6, ASVS 5.0 2.3.5)."""
MOST_BYTES = 64 * 1024
"""The largest payload: what is approved must be something a person can read."""


class Against(enum.StrEnum):
    """Why a proposal cannot be made, approved, refused or withdrawn by this person now."""

    ACT_UNKNOWN = "act-unknown"
    ALREADY_DECIDED = "already-decided"
    CERTIFICATE_MISSING = "certificate-missing"
    CONTENT_CHANGED = "content-changed"
    EXPIRED = "proposal-expired"
    NOT_A_PERSON = "not-a-person"
    NOT_PROPOSER = "not-proposer"
    OTHER_UNIT_NEEDED = "other-unit-needed"
    OWNING_UNIT_NEEDED = "owning-unit-needed"
    PROPOSER_GONE = "proposer-gone"
    SAME_PERSON = "same-natural-person"
    SAME_UNIT_NEEDED = "same-unit-needed"
    SELF_APPROVAL = "self-approval"


class Outcome(enum.StrEnum):
    """What a person decided about a proposal."""

    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class State(enum.StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def state_of(outcome: Outcome | None, expires_at: datetime, now: datetime) -> State:
    """Where a proposal stands now: decided, still open, or past its end without a decision."""
    if outcome is not None:
        return State(outcome.value)
    return State.OPEN if now < expires_at else State.EXPIRED


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What the rules need to know of a proposal."""

    proposer: uuid.UUID
    unit: uuid.UUID
    persons: frozenset[uuid.UUID]
    """The human being who proposed, as known then and as known now."""
    proposer_active: bool
    state: State


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an act asks of its second person."""

    certified: bool
    same_unit: bool
    other_unit: bool
    owning_unit: uuid.UUID | None


def against_person(actor: Actor, *, certified: bool, now: datetime) -> Against | None:
    """What stands against this actor being one of two persons: no human being, or no valid certificate."""
    if actor.kind is not ActorKind.PERSON or actor.on_behalf_of is not None or actor.natural_person is None:
        return Against.NOT_A_PERSON
    if certified and (actor.certified_until is None or actor.certified_until <= now):
        return Against.CERTIFICATE_MISSING
    return None


def against_open(state: State) -> Against | None:
    """What stands against deciding on a proposal in this state."""
    if state is State.OPEN:
        return None
    return Against.EXPIRED if state is State.EXPIRED else Against.ALREADY_DECIDED


def against_second(actor: Actor, proposed: Proposed, terms: Terms, now: datetime) -> Against | None:
    """What stands against this actor being the second person of this proposal; None when nothing does."""
    if (closed := against_open(proposed.state)) is not None:
        return closed
    if (unfit := against_person(actor, certified=terms.certified, now=now)) is not None:
        return unfit
    if actor.id == proposed.proposer:
        return Against.SELF_APPROVAL
    if actor.natural_person in proposed.persons:
        return Against.SAME_PERSON
    if not proposed.proposer_active:
        return Against.PROPOSER_GONE
    return _against_units(actor.unit, proposed.unit, terms)


def _against_units(second: uuid.UUID, first: uuid.UUID, terms: Terms) -> Against | None:
    if terms.other_unit and second == first:
        return Against.OTHER_UNIT_NEEDED
    if terms.same_unit and second != first:
        return Against.SAME_UNIT_NEEDED
    if terms.owning_unit is not None and terms.owning_unit not in {first, second}:
        return Against.OWNING_UNIT_NEEDED
    return None


def canonical(value: Any) -> str:
    """The value as JSON in one fixed form: keys sorted, no spaces; ValueError for what JSON cannot hold exactly."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if json.loads(text) != value:
        raise ValueError("a value would not read back as it was given")
    return text


def digest_of(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def binding(kind: str, subject: tuple[str, uuid.UUID], payload: str, state_digest: str) -> str:
    """The digest both persons are bound to: SHA-256 over act, subject, payload and what the subject was like."""
    subject_kind, subject_id = subject
    bound: Mapping[str, str] = {
        "kind": kind,
        "subject": f"{subject_kind}/{subject_id}",
        "payload": payload,
        "state": state_digest,
    }
    return digest_of(canonical(bound))
