"""What the rail says beside its words: how much waits for a person, and which rooms are not theirs."""

from vigie.kernel import policy
from vigie.kernel.actors import Actor
from vigie.kernel.context import now
from vigie.kernel.permissions import Permission
from vigie.rooms.approvals.queries import waiting_for
from vigie.rooms.matching.queries import counts
from vigie.rooms.partners.queries import findings_unseen
from vigie.rooms.retention.queries import reviews_waiting

ROOMS = {
    "cases": Permission.CASE_CASE_READ,
    "court": Permission.COURT_CASE_READ,
    "matches": Permission.MATCH_NOTICE_SEE,
    "approvals": Permission.APPROVAL_PROPOSAL_READ,
    "agreements": Permission.UNIT_AGREEMENT_READ,
    "log": Permission.AUDIT_LOG_READ,
    "reviews": Permission.RETENTION_REVIEW_ANSWER,
    "partners": Permission.PARTNER_SUBMISSION_READ,
    "people": Permission.ACCOUNT_USER_READ,
    "health": Permission.SYSTEM_HEALTH_READ,
}
"""Rooms of the rail, and what opens each."""


def waiting(actor: Actor) -> dict[str, int | dict[str, bool]]:
    """How much waits for the actor, by room; under `shut` the rooms that are not theirs.

    Under `matches` new matches and unread notices of the unit, under `approvals` what the actor may decide on, under `partners` submissions of which something is known that nobody has looked at. A room that is shut is left out of the rail: a link that leads to a refusal helps nobody.
    """
    shut = {room: True for room, needed in ROOMS.items() if policy.may(actor, needed, now()) is not None}
    found = counts(actor)
    return {
        "matches": found.new_matches + found.new_notices,
        "partners": findings_unseen(actor),
        "reviews": reviews_waiting(actor),
        "approvals": waiting_for(actor),
        "shut": shut,
    }
