"""Jobs on procrastinate: deferred in the caller's transaction, run by a service on behalf of a person and unit.

A job is a chunk and carries ids only: no paths, names, hashes or case references. Each runs as a service actor,
in the blocks its own code opens, so that one broken file does not undo its neighbours.
"""

import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.exceptions import AlreadyEnqueued

from vigie.backends.queue import FairJobs, Patient
from vigie.kernel import operation
from vigie.kernel.actors import Actor, Purpose, service_actor
from vigie.kernel.permissions import Role

ATTEMPTS = 5
"""After so many failures a job stays visible as one that needs a person."""
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 6.0
"""A worker silent for three heartbeats is dead; others take up its jobs (`backends.queue` says how it is told)."""


@dataclasses.dataclass(frozen=True, slots=True)
class OnBehalf:
    """In whose name a job runs: ids only, so that nothing secret stands in the job table."""

    unit: uuid.UUID
    country: str
    person: uuid.UUID | None
    purpose: Purpose

    def as_arguments(self) -> dict[str, Any]:
        """The JSON form stored with the job."""
        return {
            "unit": str(self.unit),
            "country": self.country,
            "person": str(self.person) if self.person else None,
            "purpose": self.purpose.value,
        }

    @classmethod
    def of(cls, actor: Actor) -> "OnBehalf":
        """The one an actor would have its work continued for."""
        return cls(actor.unit, actor.country, actor.on_behalf_of or actor.id, actor.purpose)

    @classmethod
    def read(cls, arguments: dict[str, Any]) -> "OnBehalf":
        """Read back from a job's arguments."""
        person = uuid.UUID(arguments["person"]) if arguments["person"] else None
        return cls(uuid.UUID(arguments["unit"]), arguments["country"], person, Purpose(arguments["purpose"]))

    def service(self, role: Role) -> Actor:
        """The service actor that works for them."""
        return service_actor(
            role, unit=self.unit, country=self.country, purpose=self.purpose, on_behalf_of=self.person
        )


app: App = django_app
"""Procrastinate's application, configured by its Django integration on the default alias."""


def job(name: str, *, queue: str = "default") -> Callable[[Callable[..., Any]], Any]:
    """The function becomes a job of this name: at least once, retried with back-off, at most ATTEMPTS times.

    Where the database has no room it is tried again until there is some.
    """
    # procrastinate's max_attempts counts the retries after the first attempt
    return app.task(
        name=name,
        queue=queue,
        retry=Patient(max_attempts=ATTEMPTS - 1, exponential_wait=2),
        pass_context=False,
    )


def defer(
    name: str, *, on_behalf: OnBehalf, once_for: str = "", at: datetime | None = None, **ids: str | int
) -> None:
    """The job runs after the surrounding transaction commits, and not at all when it rolls back.

    `once_for` names a queueing lock: while a job with the same lock waits, another is not added. Only inside an
    operation: the write gate refuses it elsewhere.
    """
    operation.in_progress()
    options: dict[str, Any] = {"queueing_lock": once_for} if once_for else {}
    if at is not None:
        options["schedule_at"] = at
    deferrer = app.configure_task(name, **options)
    try:
        with transaction.atomic():
            deferrer.defer(on_behalf=on_behalf.as_arguments(), **ids)
    except AlreadyEnqueued:
        return


def on_ready(procrastinate_app: App) -> None:
    """Procrastinate knows the periodic work of every worker, and asks the job table by this program's rules."""
    from vigie.kernel import sweeping

    procrastinate_app.job_manager = FairJobs(procrastinate_app.connector)
    procrastinate_app.add_tasks_from(sweeping.blueprint, namespace="kernel")
