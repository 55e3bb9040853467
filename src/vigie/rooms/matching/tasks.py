"""What passes between units: notices reach owners when they are due, and an erased item is taken back on both sides."""

import dataclasses
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from django.db import connections

from vigie.kernel.actors import LogScope, Purpose, service_actor, utc_now
from vigie.kernel.errors import NotFound
from vigie.kernel.jobs import app
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.matching.operations import (
    close_withdrawal,
    deliver_list_hit,
    deliver_notice,
    discard_delivery,
    discard_list_hit,
    raise_alarm,
    record_unusual_people,
    record_unusual_units,
    remove_delivery,
    withdraw_match,
)
from vigie.rooms.matching.queries.canaries import is_about_a_canary
from vigie.rooms.matching.rules.unusual import last_whole_week
from vigie.rooms.units.queries import all_desks

JOBS: Final = "jobs"
_AT_ONCE: Final = 200
_DUE = """
SELECT d.of_list, d.id, d.owner_unit, d.owner_country FROM (
    SELECT false AS of_list, id, owner_unit, owner_country, deliver_after FROM match_delivery
    UNION ALL SELECT true, id, owner_unit, owner_country, deliver_after FROM list_delivery
) d
WHERE d.deliver_after <= %s AND NOT EXISTS (SELECT 1 FROM match_delivered m WHERE m.delivery_id = d.id)
ORDER BY d.deliver_after LIMIT %s
"""
_KNEW = """
SELECT DISTINCT w.id, w.owner_unit, w.owner_country, d.id, d.pair, d.owner_unit, d.owner_country,
    d.asker_unit, d.asker_country
FROM match_withdrawal w LEFT JOIN match_delivery d
    ON d.content_id = w.content_id OR d.asker_content = w.content_id OR d.asker_public_id = w.public_id
    OR d.pair = ANY (w.pairs)
ORDER BY w.id LIMIT %s
"""
_PURPOSES: Final = (Purpose.VICTIM_IDENTIFICATION, Purpose.TRAINING)
"""Between them these acts may read the records of every purpose that holds contents."""
_NOBODYS: Final = uuid.UUID(int=0)
"""The unit of lines that belong to the installation."""
_log = logging.getLogger(__name__)


class Due(NamedTuple):
    """A delivery whose moment has come. The job's role sees whose it is and nothing of what it says."""

    of_list: bool
    """True for a hit on an item of a known list, False for one on a holding."""
    id: uuid.UUID
    owner_unit: uuid.UUID
    owner_country: str


@app.periodic(cron="* * * * * */2")
@app.task(name="matching.deliver", queue="care")
def deliver(timestamp: int) -> None:
    """Every delivery that was due when this began has its notice; at least once, every 2 s."""
    _ = timestamp
    while True:
        batch = due()
        delivered = sum(_deliver_one(one) for one in batch)
        if len(batch) < _AT_ONCE or not delivered:
            return


@app.periodic(cron="17 2 * * *")
@app.task(name="matching.digest", queue="care")
def digest(timestamp: int) -> None:
    """The digest of the newest whole week stands, for the oversight body and for each owner; daily, made once a week.

    Every unit is an act of its own: one that fails does not hold up the others, and is tried again the next day.
    """
    _ = timestamp
    week = last_whole_week(utc_now())
    everywhere = dataclasses.replace(
        service_actor(Role.SERVICE_DIGEST, unit=_NOBODYS, country="ZZZ", purpose=Purpose.OVERSIGHT),
        log_scope=LogScope.INSTALLATION,
    )
    with act_as(everywhere, clock=utc_now):
        record_unusual_people(everywhere, week)
        owners = [(desk.unit, desk.country) for desk in all_desks(everywhere)]
    for unit, country in owners:
        try:
            actor = service_actor(
                Role.SERVICE_DIGEST, unit=unit, country=country, purpose=Purpose.VICTIM_IDENTIFICATION
            )
            with act_as(actor, clock=utc_now):
                record_unusual_units(actor, week)
        except Exception:  # noqa: BLE001 - whatever it was, the next day tries again; nothing is lost
            _log.exception("the digest of unit %s failed and is tried again", unit)


def due() -> list[Due]:
    """Deliveries that are due and not done, the longest-waiting first."""
    with connections[JOBS].cursor() as cursor:
        cursor.execute(_DUE, [utc_now(), _AT_ONCE])
        return [Due(*row) for row in cursor.fetchall()]


def _deliver_one(one: Due) -> bool:
    """One delivery, as the delivery service inside its owner's unit; one that fails does not hold up the others."""
    make, drop = (deliver_list_hit, discard_list_hit) if one.of_list else (deliver_notice, discard_delivery)
    try:
        for purpose in _PURPOSES:
            # which of its contents are canaries only those know who read the unit's log
            actor = dataclasses.replace(
                service_actor(
                    Role.SERVICE_MATCH_DELIVERY,
                    unit=one.owner_unit,
                    country=one.owner_country,
                    purpose=purpose,
                ),
                log_scope=LogScope.UNIT,
            )
            try:
                with act_as(actor, clock=utc_now):
                    planted = not one.of_list and is_about_a_canary(actor, one.id)
                    (raise_alarm if planted else make)(actor, one.id)
            except NotFound:
                continue
            return True
        with act_as(actor, clock=utc_now):
            drop(actor, one.id)
    except Exception:  # noqa: BLE001 - whatever it was, the next tick tries again; the row is not lost
        _log.exception("delivery %s failed and is tried again", one.id)
        return False
    return True


class Knew(NamedTuple):
    """An erased item, and one answer about it: whose item it was, and who the two sides of the answer are.

    Ids and countries only; the five last are None when nobody knows of the item any more.
    """

    id: uuid.UUID
    by_unit: uuid.UUID
    by_country: str
    delivery: uuid.UUID | None
    pair: uuid.UUID | None
    owner_unit: uuid.UUID | None
    owner_country: str | None
    asker_unit: uuid.UUID | None
    asker_country: str | None


@app.periodic(cron="* * * * * */2")
@app.task(name="matching.withdraw", queue="care")
def withdraw(timestamp: int) -> None:
    """Every unit that knew of an item erased since has nothing of it left but the word that it was; every 2 s."""
    _ = timestamp
    while sum(_withdraw_one(one) for one in known_still()):
        pass  # an item whose last answer is taken back comes once more, alone, to be closed


def known_still() -> list[Knew]:
    """Answers about erased items, the longest-waiting items first; an item nobody knows of comes once, alone."""
    with connections[JOBS].cursor() as cursor:
        cursor.execute(_KNEW, [_AT_ONCE])
        return [Knew(*row) for row in cursor.fetchall()]


def _withdraw_one(one: Knew) -> bool:
    """One answer is taken back on both sides, each inside its own unit; one that fails does not hold up the others."""
    try:
        if one.delivery is None:
            _inside(one.by_unit, one.by_country, _PURPOSES[:1], close_withdrawal, one.id)
            return True
        by_owner = one.owner_unit == one.by_unit
        told = (one.asker_unit, one.asker_country) if by_owner else (one.owner_unit, one.owner_country)
        _inside(*told, _PURPOSES, withdraw_match, one.pair, one.by_unit)
        # last: while it is there, the answer is found again by a run that comes after one that died
        _inside(one.owner_unit, one.owner_country, _PURPOSES[:1], remove_delivery, one.delivery)
    except Exception:  # noqa: BLE001 - whatever it was, the next tick tries again; the order to tell is not lost
        _log.exception("withdrawal %s failed and is tried again", one.id)
        return False
    return True


def _inside(
    unit: Any, country: Any, purposes: Sequence[Purpose], act: Callable[..., object], *given: object
) -> None:
    for purpose in purposes:
        actor = service_actor(Role.SERVICE_MATCH_DELIVERY, unit=unit, country=country, purpose=purpose)
        with act_as(actor, clock=utc_now):
            act(actor, *given)
