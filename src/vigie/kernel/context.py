"""The actor of the running request, command or job: one atomic block with the actor set on the connection."""

import contextlib
import contextvars
import dataclasses
from collections.abc import Iterator
from datetime import datetime

from django.db import connections, transaction

from vigie.kernel.actors import Actor, Clock
from vigie.kernel.errors import GuardMissing


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """Who acts, and by which clock."""

    actor: Actor
    clock: Clock


_current: contextvars.ContextVar[Context | None] = contextvars.ContextVar("vigie_context", default=None)

_SET = """
SELECT set_config('vigie.unit', %s, true), set_config('vigie.country', %s, true),
       set_config('vigie.person', %s, true), set_config('vigie.purposes', %s, true),
       set_config('vigie.log_scope', %s, true), set_config('vigie.staff_scope', %s, true),
       set_config('vigie.cases', %s, true)
"""


@contextlib.contextmanager
def acting_as(actor: Actor, *, clock: Clock, using: str = "default") -> Iterator[Context]:
    """One atomic block in which this actor is set, on the connection and for every guarded query.

    The setting is transaction-local: a session-wide one survives on a pooled connection and would give the next
    request another country's eyes (measured, reference platform.md 1.3). Blocks do not nest across actors.
    """
    if _current.get() is not None:
        raise GuardMissing("an actor is already set: end its block before another begins")
    if connections[using].in_atomic_block:
        raise GuardMissing(
            "a transaction is open already: what is set in it would outlive this actor's block"
        )
    context = Context(actor, clock)
    with transaction.atomic(using=using):
        _set_on_connection(actor, using)
        token = _current.set(context)
        try:
            yield context
        finally:
            _current.reset(token)


def _set_on_connection(actor: Actor, using: str) -> None:
    person = actor.on_behalf_of or actor.id
    with connections[using].cursor() as cursor:
        settings = [str(actor.unit), actor.country, str(person), ",".join(sorted(actor.readable_purposes))]
        cursor.execute(_SET, [*settings, actor.log_scope, actor.staff_scope, ",".join(map(str, actor.cases))])


def current() -> Context:
    """The running context; GuardMissing when no actor is set."""
    context = _current.get()
    if context is None:
        raise GuardMissing("no actor is set: data may only be touched inside acting_as()")
    return context


def current_or_none() -> Context | None:
    """The running context, or None outside any."""
    return _current.get()


def now() -> datetime:
    """The present moment by the running context's clock (UTC)."""
    return current().clock()
