"""Units that hand in for real and erase for real, with a matcher between them."""

import dataclasses
import uuid
from typing import Any

from factories.cases import opened_exhibit
from factories.intake import handed_in, opened_submission, worked
from support.database import administrator
from vigie.kernel import gate
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.models import User
from vigie.rooms.approvals import operations as approvals
from vigie.rooms.matching import tasks as matching
from vigie.rooms.media import queries as media
from vigie.rooms.retention import operations, tasks
from vigie.rooms.retention.schemas import Authority


def supervisor_of(actor: Actor) -> Actor:
    """A certified supervisor of the same unit who signed in a moment ago."""
    person = User(
        username=f"boss.{uuid.uuid4().hex[:8]}",
        display_name="Boss",
        unit_id=actor.unit,
        reviewed_at=utc_now(),
    )
    with gate.opened():
        person.save(force_insert=True)
    return dataclasses.replace(
        actor,
        id=person.id,
        natural_person=person.natural_person,
        roles=frozenset({Role.SUPERVISOR}),
    )


def given(actor: Actor, *files: bytes, exhibit: uuid.UUID | None = None, **case: Any) -> list[uuid.UUID]:
    """These files are handed in, recorded and matched; the public ids of what was found on the exhibit."""
    found = exhibit or opened_exhibit(actor, **case)
    submission = opened_submission(actor, found)
    handed_in(actor, submission, *files)
    worked(actor, submission)
    with act_as(actor, clock=utc_now):
        return [one.public_id for one in media.contents_of_exhibit(actor, found).contents]


def ordered(actor: Actor, *contents: uuid.UUID, authority: Authority = Authority.DECISION) -> uuid.UUID:
    """An erasure of these contents is proposed by one of the unit's supervisors, ordered by another; its public id."""
    supervisor = supervisor_of(actor)
    with act_as(supervisor, clock=utc_now):
        waits = operations.propose_erasure(
            supervisor, contents=contents, authority=authority, words="The court said so."
        )
    approved(actor, waits.public_id)
    return uuid.UUID(str(stored("SELECT public_id FROM retention_erasure ORDER BY id DESC LIMIT 1")[0][0]))


def approved(actor: Actor, proposal: uuid.UUID) -> None:
    """Another supervisor of the unit approves what was proposed."""
    second = supervisor_of(actor)
    with act_as(second, clock=utc_now):
        approvals.approve(second, proposal)


def row_of(erasure: uuid.UUID) -> uuid.UUID:
    """The row id of an erasure, which jobs carry."""
    return uuid.UUID(str(stored("SELECT id FROM retention_erasure WHERE public_id = %s", erasure)[0][0]))


def erased(actor: Actor, erasure: uuid.UUID) -> None:
    """One run of the erasure's job, in this process."""
    tasks.erase(on_behalf=OnBehalf.of(actor).as_arguments(), erasure=str(row_of(erasure)))


def others_told() -> None:
    """One tick of what takes back what others know."""
    matching.withdraw(0)


def stored(question: str, *values: Any) -> list[Any]:
    """What is really in the database, read past every wall."""
    with administrator() as look:
        return look.execute(question.encode(), values).fetchall()
