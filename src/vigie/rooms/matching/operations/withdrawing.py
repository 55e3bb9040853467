"""What is left of a match once one of its two items was erased: on both sides the word that its owner withdrew it."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection
from django.dispatch import Signal

from vigie.backends.known import Asker, Claim
from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.ids import uuid7
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.models import Candidate, MatchNotice
from vigie.rooms.matching.operations.known import forget
from vigie.rooms.matching.rules import Level, State

_OWN: Final = (
    (
        "DELETE FROM matching_ownerquestion q USING matching_candidate c "
        "WHERE q.candidate_id = c.id AND c.content_id = ANY(%(contents)s)"
    ),
    (
        "DELETE FROM matching_verdict v WHERE v.pair IN ("
        "SELECT pair FROM matching_candidate WHERE content_id = ANY(%(contents)s) "
        "UNION SELECT pair FROM matching_matchnotice WHERE content_id = ANY(%(contents)s))"
    ),
    "DELETE FROM matching_candidate WHERE content_id = ANY(%(contents)s)",
    "DELETE FROM matching_matchnotice WHERE content_id = ANY(%(contents)s)",
)
_TELL: Final = (
    "INSERT INTO match_withdrawal (id, owner_unit, owner_country, content_id, public_id, pairs, at) "
    "SELECT given.id, %(unit)s, %(country)s, given.content_id, given.public_id, "
    "COALESCE((SELECT array_agg(c.pair) FROM matching_candidate c WHERE c.content_id = given.content_id), '{}'), %(at)s "
    "FROM unnest(%(ids)s::uuid[], %(contents)s::uuid[], %(public)s::uuid[]) AS given (id, content_id, public_id)"
)
# level and claim are the same for every row: they say nothing any more
_NOTHING_LEFT: Final[dict[str, Any]] = {
    "state": State.ERASED.value,
    "level": Level.CONTACT_ONLY.value,
    "claim": Claim.RESEMBLES.value,
    "by": "",
    "distance": None,
    "variant": "",
}
match_withdrawn = Signal()
"""Sent with `actor` and `pair`, in the same transaction, inside each unit that knew of an item erased since: rooms further
on take back what they keep of an answer about it."""
LARGEST_CALL: Final = 10_000
"""Fingerprints of one call to the matcher, `MOST_IDS` of its port."""


def drop_matches(actor: Actor, contents: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """The unit's own side of every match of these contents (row and public ids) is gone; the other sides will be told.

    Only inside the operation that erases the contents. What others said about them stays theirs; what they know of
    them is taken back by `withdraw_match`, each inside its own unit.
    """
    in_progress()
    row_ids = [row_id for row_id, _ in contents]
    named: dict[str, Any] = {
        "ids": [uuid7() for _ in contents],
        "contents": row_ids,
        "public": [public_id for _, public_id in contents],
        "unit": actor.unit,
        "country": actor.country,
        "at": context.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TELL, named)
        for statement in _OWN:
            cursor.execute(statement, {"contents": row_ids})


def forget_fingerprints(actor: Actor, fingerprints: Sequence[uuid.UUID]) -> None:
    """No index file says anything of these fingerprints, whose rows are gone; their places are overwritten and synced.

    Only inside an operation; may be repeated. They answer nobody already: a hit counts only while its row is there.
    Raises Unavailable when the matcher does not answer.
    """
    in_progress()
    asker = Asker(
        unit=actor.unit,
        country=actor.country,
        person=actor.on_behalf_of or actor.id,
        service=actor.name,
        case=None,
        exhibit=None,
        purpose=actor.purpose.value,
    )
    for start in range(0, len(fingerprints), LARGEST_CALL):
        forget(asker, fingerprints[start : start + LARGEST_CALL])


@operation(Permission.MATCH_WITHDRAWAL_TELL)
def withdraw_match(actor: Actor, pair: uuid.UUID, by_unit: uuid.UUID) -> int:
    """The unit's records about this pair say that the other unit withdrew its item, and no more; returns how many.

    No id, no distance, no claim is left. The actor is the delivery service inside the unit that is told.
    """
    candidates = Candidate.objects.for_actor(actor).filter(pair=pair, holder_unit=by_unit)
    notices = MatchNotice.objects.for_actor(actor).filter(pair=pair, asker_unit=by_unit)
    told = candidates.update(
        **_NOTHING_LEFT, other_public_id=None, frame_ms=-1, own_frame_ms=-1, seen_at=None
    )
    told += notices.update(**_NOTHING_LEFT, asker_public_id=None, seen_at=None)
    match_withdrawn.send(sender=Candidate, actor=actor, pair=pair)
    about("pair", pair, concerned=by_unit, withdrawn=told)
    return told


@operation(Permission.MATCH_WITHDRAWAL_TELL)
def remove_delivery(actor: Actor, delivery_id: uuid.UUID) -> None:
    """What the matcher left for the unit about an erased item is gone, told or not. Inside the unit it was left for."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM match_delivery WHERE id = %s", [delivery_id])
    about("match_delivery", delivery_id, withdrawn=1)


@operation(Permission.MATCH_WITHDRAWAL_TELL)
def close_withdrawal(actor: Actor, withdrawal_id: uuid.UUID) -> None:
    """Everybody who knew of the erased item was told, and the order to tell them is gone. Inside the eraser's unit."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM match_withdrawal WHERE id = %s", [withdrawal_id])
    about("match_withdrawal", withdrawal_id, told=1)
