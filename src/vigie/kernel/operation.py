"""Writes: one decorator that asks the policy, opens the gate, runs the body and writes the audit line.

What the body of an operation may do is decided here once, so that it cannot be left out anywhere: no check, no
transaction and no log line stand in the bodies themselves.
"""

import contextlib
import contextvars
import dataclasses
import functools
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import transaction

from vigie.kernel import context, fencing, gate, ledger, policy
from vigie.kernel.actors import Actor, Clock
from vigie.kernel.errors import GuardMissing, Refused, StepUpNeeded
from vigie.kernel.permissions import Permission
from vigie.kernel.refusals import words

P = ParamSpec("P")
R = TypeVar("R")


@dataclasses.dataclass(slots=True)
class Running:
    """The operation in progress: what its audit line will say."""

    permission: Permission
    actor: Actor
    subject: ledger.Subject | None = None
    concerned: set[uuid.UUID] = dataclasses.field(default_factory=set)
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    note: str = ""
    reason: str = ""
    event_id: uuid.UUID | None = None


_running: contextvars.ContextVar[Running | None] = contextvars.ContextVar("vigie_operation", default=None)
OPERATIONS: dict[str, Permission] = {}
"""Every operation by its dotted name: written at import, read by the tests that prove each has a sentence."""


def operation(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Actor, P], R]], Callable[Concatenate[Actor, P], R]]:
    """The decorated function runs only for an actor the policy allows, in one transaction with its audit line.

    Raises `Refused` (or `StepUpNeeded`) with the policy's reason, `GuardMissing` when the actor is not the one set
    on the connection. A refusal is recorded by `act_as` after the roll-back.
    """

    def decorate(body: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
        OPERATIONS[f"{body.__module__}.{body.__qualname__}"] = permission

        @functools.wraps(body)
        def guarded(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            running = context.current()
            if running.actor != actor:
                raise GuardMissing("an operation takes the actor that is set on the connection")
            require(actor, permission)
            with _recorded(Running(permission, actor)):
                return body(actor, *args, **kwargs)

        return guarded

    return decorate


@contextlib.contextmanager
def _recorded(running: Running) -> Iterator[None]:
    token = _running.set(running)
    try:
        with transaction.atomic(), gate.opened():
            yield
            fencing.hold_attempt()
            if running.event_id is None:
                _write(running)
    except Refused as refused:
        if running.event_id is not None:  # bytes may have been opened; the roll-back takes their line
            refused.subject = running.subject
        raise
    finally:
        _running.reset(token)


def _write(running: Running) -> None:
    running.event_id = ledger.append(
        ledger.Entry(
            actor=running.actor,
            verb=running.permission.value,
            outcome=ledger.Outcome.DONE,
            at=context.now(),
            subject=running.subject,
            concerned=frozenset(running.concerned),
            facts=running.facts,
            note=running.note,
            reason=running.reason,
        )
    )


def in_progress() -> Running:
    """The running operation; GuardMissing outside one."""
    running = _running.get()
    if running is None:
        raise GuardMissing("this may only happen inside an operation")
    return running


def about(kind: str, subject_id: uuid.UUID, *, concerned: uuid.UUID | None = None, **facts: Any) -> None:
    """The audit line of the running operation names this subject, its owner unit and these facts.

    Facts are ids, counts, codes and digests; never names, paths or free text, which go to `in_words`.
    """
    running = in_progress()
    running.subject = ledger.Subject(kind, subject_id)
    running.facts.update(facts)
    if concerned is not None:
        running.concerned.add(concerned)


def in_words(note: str) -> None:
    """Free text belongs to the running operation: the log keeps a salted digest, an erasable table the words."""
    in_progress().note = note


def write_line_now() -> uuid.UUID:
    """The audit line of the running operation is written already; returns its id.

    For what must not exist before its line does: a grant to open bytes.
    """
    running = in_progress()
    if running.event_id is None:
        _write(running)
    assert running.event_id is not None
    return running.event_id


def require(actor: Actor, permission: Permission) -> None:
    """The policy lets this actor do this now; raises what an operation would. For reads that need a permission."""
    against = policy.may(actor, permission, context.now())
    if against is not None:
        raise refusal(against, permission)


def refusal(reason: policy.Reason, permission: Permission) -> Refused:
    """The error to raise for a policy's no, in words a person can act on."""
    kind = StepUpNeeded if reason is policy.Reason.STEP_UP else Refused
    error = kind(words(reason), code=reason.value)
    error.permission = permission
    return error


@contextlib.contextmanager
def act_as(actor: Actor, *, clock: Clock) -> Iterator[context.Context]:
    """One block of work by this actor: all of it or nothing, and a refusal leaves its line in the log.

    Every shell (web, API, command line, job) opens exactly one such block.
    """
    try:
        with context.acting_as(actor, clock=clock) as running:
            yield running
    except Refused as refused:
        record_refusal(actor, refused, clock=clock)
        raise


def record_refusal(actor: Actor, refused: Refused, *, clock: Clock) -> None:
    """The refusal is in the log, in a transaction of its own, so that it survives the roll-back."""
    verb = refused.permission.value if refused.permission is not None else "unnamed"
    with context.acting_as(actor, clock=clock), gate.opened():
        fencing.hold_attempt()
        ledger.append(
            ledger.Entry(actor, verb, ledger.Outcome.REFUSED, clock(), refused.subject, reason=refused.code)
        )
