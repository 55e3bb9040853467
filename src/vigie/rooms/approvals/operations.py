"""Acts of two persons: one proposes, another approves, and what was proposed happens in the approver's transaction."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.ledger import Subject
from vigie.kernel.operation import about, in_progress, in_words, operation, refusal
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import staff_ownership
from vigie.rooms.approvals import queries
from vigie.rooms.approvals.acts import Act, act_of
from vigie.rooms.approvals.models import Decision, Proposal
from vigie.rooms.approvals.rules import (
    LIFE,
    MOST_BYTES,
    Against,
    Outcome,
    against_open,
    against_person,
    against_second,
    binding,
    canonical,
    digest_of,
)
from vigie.rooms.approvals.schemas import WORDS, ProposalView

_MOST_WORDS = 2_000
_STANDING = frozenset(
    {Against.ALREADY_DECIDED, Against.CONTENT_CHANGED, Against.EXPIRED, Against.ACT_UNKNOWN}
)
"""Reasons that lie in the proposal and not in the person."""


class TwoPersons(Refused):
    """Somebody else is needed: the reason is in `code`, a name of `rules.Against`."""

    problem = "two-persons"
    title = _("This needs another person")


class ProposalClosed(Refused):
    """The proposal cannot be decided on any more: it was, it ended, or what it is about changed."""

    status: ClassVar[int] = 409
    problem = "proposal-closed"
    exit_code: ClassVar[int] = 5
    title = _("This proposal stands no longer")


@operation(Permission.APPROVAL_PROPOSAL_MAKE)
def propose(
    actor: Actor, kind: str, subject: Subject, payload: Mapping[str, Any], words: str
) -> ProposalView:
    """The act waits for a second person for 24 hours; nothing is done yet. `words` say why, to whoever decides.

    The payload (JSON) and what the subject is like now are frozen: approval is bound to their digest. Refused when
    the actor may not propose this, Invalid without words or for a payload that is no JSON, Conflict when the very
    same waits already.
    """
    act = _act(kind, Permission.APPROVAL_PROPOSAL_MAKE)
    now = context.now()
    _require(actor, act.proposes, against_person(actor, certified=act.certified, now=now))
    frozen = _frozen(payload)
    state = _state_digest(act, actor, payload)
    digest = binding(kind, (subject.kind, subject.id), frozen, state)
    same = Proposal.objects.for_actor(actor).filter(digest=digest, decision=None, expires_at__gt=now)
    if same.exists():
        raise Conflict(_("The very same waits for a second person already."))
    asked = act.asks(payload) if act.asks else ()
    row = Proposal.objects.create(
        kind=kind,
        subject_kind=subject.kind,
        subject_id=subject.id,
        payload=frozen,
        state_digest=state,
        digest=digest,
        words=_said(words),
        proposer_id=actor.id,
        natural_person=actor.natural_person or actor.id,
        expires_at=now + LIFE,
        parties=sorted({actor.unit, *asked}),
        reach=act.reach.value,
        **staff_ownership(actor, unit=actor.unit, country=actor.country),
    )
    _note(actor, row)
    in_words(row.words)
    return queries.proposal(actor, row.public_id)


@operation(Permission.APPROVAL_PROPOSAL_APPROVE)
def approve(actor: Actor, public_id: uuid.UUID, *, shown: str = "") -> None:
    """What was proposed is done, in this transaction, and the log's line names both persons.

    `shown` is the digest the approver was shown; a proposal of another digest is refused. NotFound for a proposal
    that is not put to the actor; TwoPersons when the actor cannot be its second person; ProposalClosed when it was
    decided, ended, or its subject changed; and whatever the act itself raises.
    """
    row = queries.row_of(actor, public_id)
    act = _act(row.kind, Permission.APPROVAL_PROPOSAL_APPROVE)
    payload, now = queries.payload_of(row), context.now()
    rule = against_second(actor, queries.proposed(row, now), queries.terms(act, payload), now)
    _require(actor, act.approves, rule)
    if shown not in {"", row.digest} or _digest_now(act, actor, row) != row.digest:
        raise _refused(Against.CONTENT_CHANGED, act.approves)
    _decide(actor, row, Outcome.APPROVED, "")
    _note(actor, row)
    act.perform(actor, payload)
    in_progress().subject = Subject(row.subject_kind, row.subject_id)  # performing may have named others


@operation(Permission.APPROVAL_PROPOSAL_REFUSE)
def refuse(actor: Actor, public_id: uuid.UUID, words: str) -> None:
    """The proposal is refused, for the reason in `words`, and can never be approved. Raises as `approve` does.

    Who may approve may refuse; a fresh sign-in is not needed to say no.
    """
    row = queries.row_of(actor, public_id)
    act = _act(row.kind, Permission.APPROVAL_PROPOSAL_REFUSE)
    now = context.now()
    rule = against_second(actor, queries.proposed(row, now), queries.terms(act, queries.payload_of(row)), now)
    gate = policy.may(actor, act.approves, now)
    _require(actor, None if gate is policy.Reason.STEP_UP else act.approves, rule)
    said = _said(words)
    _decide(actor, row, Outcome.REFUSED, said)
    _note(actor, row)
    in_words(said)


@operation(Permission.APPROVAL_PROPOSAL_WITHDRAW)
def withdraw(actor: Actor, public_id: uuid.UUID) -> None:
    """The actor's own proposal waits for nobody any more. TwoPersons for another's, ProposalClosed for one decided."""
    row = queries.row_of(actor, public_id)
    rule = against_open(queries.proposed(row, context.now()).state)
    if row.proposer_id != actor.id:
        rule = Against.NOT_PROPOSER
    _require(actor, None, rule)
    _decide(actor, row, Outcome.WITHDRAWN, "")
    _note(actor, row)


def _act(kind: str, permission: Permission) -> Act:
    act = act_of(kind)
    if act is None:
        raise _refused(Against.ACT_UNKNOWN, permission)
    return act


def _require(actor: Actor, permission: Permission | None, rule: Against | None) -> None:
    """Neither the rule of two persons nor the policy stands against the actor."""
    if rule is not None:
        raise _refused(rule, permission or in_progress().permission)
    gate = policy.may(actor, permission, context.now()) if permission is not None else None
    if gate is not None:
        assert permission is not None
        raise refusal(gate, permission)


def _refused(rule: Against, permission: Permission) -> Refused:
    kind = ProposalClosed if rule in _STANDING else TwoPersons
    error = kind(WORDS[rule], code=rule.value)
    error.permission = permission
    return error


def _frozen(payload: Mapping[str, Any]) -> str:
    try:
        frozen = canonical(dict(payload))
    except ValueError as error:
        raise Invalid(_("What is proposed cannot be written down exactly.")) from error
    if len(frozen.encode()) > MOST_BYTES:
        raise Invalid(_("What is proposed is too long for a person to read."))
    return frozen


def _state_digest(act: Act, actor: Actor, payload: Mapping[str, Any]) -> str:
    return digest_of(canonical(act.state(actor, payload))) if act.state else ""


def _digest_now(act: Act, actor: Actor, row: Proposal) -> str:
    """What the digest would be if it were proposed now: of the frozen payload and the subject as it is; "" when it is gone."""
    try:
        state = _state_digest(act, actor, queries.payload_of(row))
    except NotFound:
        return ""
    return binding(row.kind, (row.subject_kind, row.subject_id), row.payload, state)


def _said(words: str) -> str:
    if not words.strip():
        raise Invalid(_("Say why, in a few words: the other person reads it."))
    return words.strip()[:_MOST_WORDS]


def _decide(actor: Actor, row: Proposal, outcome: Outcome, words: str) -> None:
    """One decision stands for this proposal; two at the same moment meet in the table's uniqueness."""
    try:
        with transaction.atomic():
            Decision.objects.create(
                proposal=row,
                decision=outcome.value,
                person_id=actor.id,
                natural_person=actor.natural_person or actor.id,
                words=words,
                parties=row.parties,
                reach=row.reach,
                **staff_ownership(actor, unit=actor.unit, country=actor.country),
            )
    except IntegrityError as error:
        raise _refused(Against.ALREADY_DECIDED, in_progress().permission) from error


def _note(actor: Actor, row: Proposal) -> None:
    facts = {"proposal": str(row.public_id), "act": row.kind, "digest": row.digest}
    if row.proposer_id != actor.id:
        facts |= {"proposed_by": str(row.proposer_id), "decided_by": str(actor.id)}
    about(row.subject_kind, row.subject_id, concerned=row.owner_unit, **facts)
    in_progress().concerned.update(row.parties)
