"""Reads of what waits for a second person: by whom, about what, and what stands against whoever reads it."""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import ROLE_PERMISSIONS, Permission
from vigie.kernel.refusals import words as policy_words
from vigie.rooms.approvals.acts import Act, From, act_of
from vigie.rooms.approvals.models import Decision, Proposal
from vigie.rooms.approvals.rules import Against, Outcome, Proposed, State, Terms, against_second, state_of
from vigie.rooms.approvals.schemas import WORDS, ProposalView, Waiting
from vigie.rooms.units.queries import desks
from vigie.rooms.units.schemas import Desk

SHOWN_AFTER = timedelta(days=30)
MOST = 200
"""Lines of one list; what waits longer than a day has ended."""


def waiting(actor: Actor) -> Waiting:
    """What waits for the actor, what the actor proposed, and what was decided or ended in the last 30 days."""
    require(actor, Permission.APPROVAL_PROPOSAL_READ)
    since = context.now() - SHOWN_AFTER
    views = _views(actor, _rows(actor).filter(recorded_at__gte=since))
    still = [one for one in views if one.state is State.OPEN]
    return Waiting(
        for_me=tuple(one for one in still if not one.is_mine),
        mine=tuple(one for one in still if one.is_mine),
        done=tuple(one for one in views if one.state is not State.OPEN),
    )


def waiting_for(actor: Actor) -> int:
    """How many proposals the actor could decide on now; asked for every page, so it reads open rows only."""
    open_rows = _rows(actor).filter(decision=None, expires_at__gt=context.now())
    return sum(one.may_decide for one in _views(actor, open_rows))


def proposal(actor: Actor, public_id: uuid.UUID) -> ProposalView:
    """One proposal; NotFound when it is neither the actor's own nor of an act the actor's roles approve."""
    require(actor, Permission.APPROVAL_PROPOSAL_READ)
    found = _views(actor, [row_of(actor, public_id)])
    if not found:
        raise NotFound
    return found[0]


def row_of(actor: Actor, public_id: uuid.UUID) -> Proposal:
    """The row of a proposal the actor may see; NotFound otherwise."""
    row = _rows(actor).filter(public_id=public_id).first()
    if row is None or not concerns(actor, row):
        raise NotFound
    return row


def proposed(row: Proposal, now: datetime) -> Proposed:
    """What the rules need to know of a proposal, the proposer's account as it is now."""
    return Proposed(
        proposer=row.proposer_id,
        unit=row.owner_unit,
        persons=frozenset({row.natural_person, row.proposer.natural_person}),
        proposer_active=row.proposer.is_active,
        state=_state(row, now),
    )


def terms(act: Act, payload: dict[str, Any]) -> Terms:
    """What an act asks of its second person."""
    return Terms(
        certified=act.certified,
        same_unit=act.approver_from is From.SAME_UNIT,
        other_unit=act.approver_from is From.OTHER_UNIT,
        owning_unit=act.owning_unit(payload) if act.owning_unit else None,
    )


def payload_of(row: Proposal) -> dict[str, Any]:
    """What is done on approval, read back from the frozen text."""
    found: dict[str, Any] = json.loads(row.payload)
    return found


def concerns(actor: Actor, row: Proposal) -> bool:
    """True for the actor's own proposal, and for one of an act that a role of the actor's approves."""
    act = act_of(row.kind)
    held = frozenset[Permission]().union(*(ROLE_PERMISSIONS[role] for role in actor.roles))
    return row.proposer_id == actor.id or (act is not None and act.approves in held)


def _rows(actor: Actor) -> QuerySet[Proposal]:
    rows: QuerySet[Proposal] = Proposal.objects.for_actor(actor)
    return rows.select_related("proposer", "decision__person").order_by("-recorded_at")


def _state(row: Proposal, now: datetime) -> State:
    decision = _decision(row)
    return state_of(Outcome(decision.decision) if decision else None, row.expires_at, now)


def _decision(row: Proposal) -> Decision | None:
    return getattr(row, "decision", None)


def _views(actor: Actor, rows: Iterable[Proposal]) -> list[ProposalView]:
    shown = [row for row in list(rows)[:MOST] if concerns(actor, row)]
    names = desks(actor, {row.owner_unit for row in shown})
    return [_view(actor, row, names.get(row.owner_unit)) for row in shown]


def _view(actor: Actor, row: Proposal, desk: Desk | None) -> ProposalView:
    now, act, decision = context.now(), act_of(row.kind), _decision(row)
    payload = payload_of(row)
    against = _against(actor, row, act, now)
    return ProposalView(
        public_id=row.public_id,
        kind=row.kind,
        summary=str(act.summary(payload)) if act else _("An act this version does not know"),
        words=row.words,
        payload=payload,
        digest=row.digest,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        proposed_by=row.proposer.display_name if row.owner_unit == actor.unit else "",
        unit=row.owner_unit,
        unit_name=desk.unit_name if desk else "",
        proposed_at=row.recorded_at,
        expires_at=row.expires_at,
        state=_state(row, now),
        is_mine=row.proposer_id == actor.id,
        may_decide=not against,
        against=against,
        decided_by=decision.person.display_name if decision and decision.owner_unit == actor.unit else "",
        decided_at=decision.recorded_at if decision else None,
        decided_words=decision.words if decision else "",
    )


def _against(actor: Actor, row: Proposal, act: Act | None, now: datetime) -> str:
    """In words; a sign-in that is not fresh stands against nothing here, since confirming it is one step away."""
    if act is None:
        return str(WORDS[Against.ACT_UNKNOWN])
    rule = against_second(actor, proposed(row, now), terms(act, payload_of(row)), now)
    if rule is not None:
        return str(WORDS[rule])
    for permission in (Permission.APPROVAL_PROPOSAL_APPROVE, act.approves):
        gate = policy.may(actor, permission, now)
        if gate not in {None, policy.Reason.STEP_UP}:
            assert gate is not None
            return str(policy_words(gate))
    return ""
