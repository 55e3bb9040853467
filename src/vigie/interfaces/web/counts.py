"""How much waits for a person: the numbers beside the rail's words, from what they may see."""

from vigie.kernel import policy
from vigie.kernel.actors import Actor
from vigie.kernel.context import now
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.queries import counts


def waiting(actor: Actor) -> dict[str, int]:
    """New matches and unread notices of the actor's unit; nothing for those who may not read them."""
    if policy.may(actor, Permission.MATCH_CANDIDATE_READ, now()) is not None:
        return {}
    found = counts(actor)
    return {"matches": found.new_matches + found.new_notices}
