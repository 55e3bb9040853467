"""Reads of the directory. It is public inside the installation, so an actor is taken but narrows nothing."""

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.rooms.units.models import Agreement, Country, LegalBasis, Unit
from vigie.rooms.units.schemas import Desk, LegalBasisChoice


def desks(actor: Actor, units: Iterable[uuid.UUID]) -> dict[uuid.UUID, Desk]:
    """The contact desks of these units, by unit."""
    _ = actor
    rows = Unit.objects.select_related("country").filter(id__in=set(units))
    return {row.id: _desk(row) for row in rows}


def desk(actor: Actor, unit: uuid.UUID) -> Desk:
    """The contact desk of one unit; NotFound when there is no such unit."""
    found = desks(actor, [unit])
    if unit not in found:
        raise NotFound
    return found[unit]


def unit_by_code(code: str) -> Desk:
    """The unit of this code; NotFound when there is none."""
    row = Unit.objects.select_related("country").filter(code=code).first()
    if row is None:
        raise NotFound(_("There is no unit %(code)s.") % {"code": code})
    return _desk(row)


def all_desks(actor: Actor) -> list[Desk]:
    """Every unit's desk, by country and name."""
    _ = actor
    return [_desk(row) for row in Unit.objects.select_related("country").order_by("country_id", "name")]


def country_codes() -> frozenset[str]:
    """The codes of all countries that take part."""
    return frozenset(Country.objects.values_list("code", flat=True))


def has_real_country() -> bool:
    """True when any country of the installation is not a fictional one."""
    return Country.objects.filter(is_fictional=False).exists()


def legal_bases(actor: Actor) -> list[LegalBasisChoice]:
    """The legal bases of the actor's country, by label."""
    rows = LegalBasis.objects.filter(country_id=actor.country).order_by("label")
    return [LegalBasisChoice(code=row.code, label=row.label) for row in rows]


def agreement_end(unit: uuid.UUID, *, today: date, alias: str) -> datetime:
    """The moment the agreement of this unit's organisation ends (UTC); the epoch when none is in force.

    Read on the `plumbing` alias at sign-in, before there is an actor.
    """
    rows = Agreement.objects.using(alias).filter(
        organisation__units=unit, valid_from__lte=today, valid_until__gte=today, ended_on=None
    )
    ends = [row.valid_until for row in rows]
    if not ends:
        return datetime.fromtimestamp(0, UTC)
    return datetime.combine(max(ends) + timedelta(days=1), time.min, UTC)


def _desk(row: Unit) -> Desk:
    return Desk(
        unit=row.id,
        code=row.code,
        unit_name=row.name,
        country=row.country_id,
        country_name=row.country.name,
        town=row.town,
        desk=row.desk_name,
        phone=row.desk_phone,
        mail=row.desk_mail,
        languages=row.desk_languages,
        hours=row.desk_hours,
        time_zone=row.time_zone,
    )
