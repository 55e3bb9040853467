"""Short words for what these tests do again and again."""

import dataclasses
import uuid
from datetime import datetime, timedelta
from typing import TypeVar

from factories.matching import Held, matching_service
from support import database
from vigie.kernel.actors import Actor, Clock, utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.schemas import Matched, MatchNoticeView, MatchView
from vigie.rooms.matching.tasks import deliver

T = TypeVar("T")


def later(seconds: float = 2) -> Clock:
    """A clock that is ahead: by two seconds, answers are published."""
    return lambda: utc_now() + timedelta(seconds=seconds)


def ask(held: Held, submission: uuid.UUID | None = None) -> Matched:
    """The held content is asked about as the intake job does it."""
    service = matching_service(held.owner)
    with act_as(service, clock=utc_now):
        return operations.match_contents(service, submission, [held.content])


def matches(actor: Actor, clock: Clock | None = None) -> tuple[MatchView, ...]:
    """What is new for this actor once it is published."""
    with act_as(actor, clock=clock or later()):
        return queries.new_matches(actor)


def one_match(actor: Actor) -> MatchView:
    """The one match that is new for this actor."""
    [match] = matches(actor)
    return match


def deliver_all() -> None:
    """Every delivery is due now and has been made."""
    with database.administrator() as connection:
        connection.execute("UPDATE match_delivery SET deliver_after = now() - interval '1 second'")
    deliver(0)


def notices(actor: Actor) -> tuple[MatchNoticeView, ...]:
    """The notices on the desk of this actor's unit."""
    with act_as(actor, clock=utc_now):
        return queries.notices(actor)


def colleague(actor: Actor) -> Actor:
    """Another person of the same unit with the same rights."""
    return dataclasses.replace(actor, id=uuid.uuid4())


def at(moment: datetime) -> Clock:
    """A clock that stands."""
    return lambda: moment
