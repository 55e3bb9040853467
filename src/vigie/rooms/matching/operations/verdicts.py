"""What people say about a pair: verdicts of both sides, and questions to an owner."""

import uuid

from django.utils.translation import gettext_lazy as _

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, in_words, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Viewer
from vigie.kernel.scope import ownership
from vigie.rooms.matching.models import Candidate, MatchNotice, OwnerQuestion, Verdict
from vigie.rooms.matching.operations.answers import ENGINE
from vigie.rooms.matching.queries.judging import is_shown, own_words
from vigie.rooms.matching.rules import UNDONE, Level, Opinion, State, state_here
from vigie.rooms.media import queries as media

LONGEST_QUESTION = 2000
"""Characters."""
Side = Candidate | MatchNotice


@operation(Permission.MATCH_VERDICT_GIVE)
def give_verdict(
    actor: Actor, public_id: uuid.UUID, opinion: Opinion, *, expected_version: int | None = None
) -> None:
    """The unit has said this about the pair of a match or a notice (a public id); the other side reads it.

    Only the own side moves. NotFound for what the actor does not see or is not published yet; Conflict when the other
    item is not shown, or somebody of the unit has spoken since `expected_version`.
    """
    side = _side(actor, public_id)
    if not is_shown(actor, side):
        raise Conflict(_("A verdict needs the item. Ask the owner first."))
    spoken = own_words(actor, side.pair)
    _require_version(spoken, expected_version)
    _say(actor, side, opinion.value)
    _move(actor, side, state_here(opinion))


@operation(Permission.MATCH_VERDICT_GIVE)
def undo_verdict(actor: Actor, public_id: uuid.UUID, *, expected_version: int | None = None) -> None:
    """The unit has taken back what it said about the pair; the row that says so is kept like all others.

    NotFound as for `give_verdict`; Conflict when there is nothing to take back, or somebody has spoken since.
    """
    side = _side(actor, public_id)
    spoken = own_words(actor, side.pair)
    _require_version(spoken, expected_version)
    if not spoken or spoken[-1].verdict == UNDONE:
        raise Conflict(_("There is no verdict to take back."))
    _say(actor, side, UNDONE)
    _move(actor, side, state_here(None))


@operation(Permission.MATCH_VERDICT_GIVE)
def ask_owner(actor: Actor, public_id: uuid.UUID, words: str) -> uuid.UUID:
    """The owner of a matching item has this question on its desk; returns the question's public id.

    NotFound for what is no published match of the unit; Invalid for no words, or more than 2,000 characters.
    """
    side = _candidate(actor, public_id)
    if side is None:
        raise NotFound
    said = words.strip()
    if not said or len(said) > LONGEST_QUESTION:
        raise Invalid(_("Write a question of up to 2,000 characters."))
    question = OwnerQuestion.objects.create(
        candidate=side, pair=side.pair, asked_unit=side.holder_unit, words=said, **_owned(actor, side)
    )
    about("owner_question", question.public_id, concerned=side.holder_unit, match=str(side.public_id))
    in_words(said)
    return question.public_id


@operation(Permission.MATCH_NOTICE_SEE)
def mark_seen(actor: Actor, public_id: uuid.UUID) -> None:
    """Somebody of the unit has looked at this match or notice; looking again changes nothing."""
    side = _side(actor, public_id)
    if side.seen_at is None:
        side.seen_at = context.now()
        side.save(update_fields=["seen_at"])
    about(_kind(side), side.public_id)


def _side(actor: Actor, public_id: uuid.UUID) -> Side:
    found = _candidate(actor, public_id)
    notice = MatchNotice.objects.for_actor(actor).select_related("content").filter(public_id=public_id)
    side: Side | None = found or notice.select_for_update(of=("self",)).first()
    if side is None:
        raise NotFound
    return side


def _candidate(actor: Actor, public_id: uuid.UUID) -> Candidate | None:
    rows = Candidate.objects.for_actor(actor).filter(public_id=public_id, published_at__lte=context.now())
    open_rows = rows.exclude(state=State.WITHDRAWN.value).select_related("content")
    row: Candidate | None = open_rows.select_for_update(of=("self",)).first()
    return row


def _say(actor: Actor, side: Side, word: str) -> None:
    """The verdict stands for those who may read it: the other side is one of them only where it knows of the pair."""
    readers = [actor.unit, *_other_reader(actor, side)]
    method = side.engine if isinstance(side, Candidate) else ENGINE
    Verdict.objects.create(
        pair=side.pair, parties=readers, verdict=word, method=method, **_owned(actor, side)
    )
    about(_kind(side), side.public_id, concerned=readers[-1], verdict=word)


def _other_reader(actor: Actor, side: Side) -> list[uuid.UUID]:
    if isinstance(side, MatchNotice):
        return [side.asker_unit] if side.level == Level.FULL.value else []
    own = media.sharing(actor, side.content.public_id)
    shut_out = policy.names(Viewer(side.holder_unit, side.holder_country), own.excluded)
    return [] if shut_out else [side.holder_unit]


def _move(actor: Actor, side: Side, state: State) -> None:
    """Every record of the unit about this pair stands where the unit's word puts it: a unit may be on both sides."""
    for model in (Candidate, MatchNotice):
        rows = model.objects.for_actor(actor).filter(pair=side.pair)
        rows.exclude(state__in=[State.WITHDRAWN.value, State.ERASED.value]).update(state=state.value)


def _owned(actor: Actor, side: Side) -> dict[str, object]:
    return ownership(actor, legal_basis=side.legal_basis, purpose=Purpose(side.purpose))


def _require_version(spoken: list[Verdict], expected: int | None) -> None:
    if expected is not None and expected != len(spoken):
        raise Conflict(_("A colleague has given a verdict in the meantime. Look again, then decide."))


def _kind(side: Side) -> str:
    return "candidate" if isinstance(side, Candidate) else "match_notice"
