"""Writes of the directory: countries, organisations with their agreement, units with their desk, legal bases."""

import uuid
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.ids import uuid7
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.units.models import Agreement, Country, LegalBasis, Organisation, Unit
from vigie.rooms.units.rules import UnitFacts, is_country_code, is_period, is_time_zone


@operation(Permission.UNIT_COUNTRY_ADD)
def add_country(actor: Actor, *, code: str, name: str, legal_bases: dict[str, str]) -> None:
    """The country takes part, with the legal bases its profile names (code → label). Conflict when it does already."""
    _add_country(code, name, legal_bases, Country(code=code, name=name))
    about("country", uuid.uuid5(uuid.NAMESPACE_OID, code), country=code)


@operation(Permission.UNIT_COUNTRY_ADD)
def add_fictional_country(actor: Actor, *, code: str, name: str, legal_bases: dict[str, str]) -> None:
    """An invented country takes part in a demonstration; a real system never opens beside one."""
    _add_country(code, name, legal_bases, Country(code=code, name=name, is_fictional=True))
    about("country", uuid.uuid5(uuid.NAMESPACE_OID, code), country=code)


def _add_country(code: str, name: str, legal_bases: dict[str, str], row: Country) -> None:
    if not is_country_code(code):
        raise Invalid(_("A country is named by two or three capital letters."))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("The country %(code)s takes part already.") % {"code": code}) from error
    LegalBasis.objects.bulk_create(
        LegalBasis(country=row, code=basis, label=label) for basis, label in legal_bases.items()
    )


@operation(Permission.UNIT_UNIT_ADD)
def add_unit(actor: Actor, *, facts: UnitFacts, agreement_from: date, agreement_until: date) -> uuid.UUID:
    """The unit takes part, under its organisation's agreement; returns its id.

    The organisation is made when its country has none of that name. Conflict when the unit's code is taken,
    NotFound when its country does not take part, Invalid for an unknown time zone (every page of desks shows the
    time there) or an agreement that ends before it begins.
    """
    if not is_time_zone(facts.time_zone):
        raise Invalid(_("There is no such time zone. Name one as in Europe/Paris."))
    if not is_period(agreement_from, agreement_until):
        raise Invalid(_("An agreement ends on the day it begins at the earliest."))
    if not Country.objects.filter(code=facts.country).exists():
        raise NotFound(_("The country %(code)s does not take part.") % {"code": facts.country})
    organisation, new = Organisation.objects.get_or_create(
        country_id=facts.country, name=facts.organisation, defaults={"id": uuid7(), "kind": facts.kind}
    )
    if new:
        Agreement.objects.create(
            organisation=organisation, valid_from=agreement_from, valid_until=agreement_until
        )
    try:
        with transaction.atomic():
            unit = Unit.objects.create(organisation=organisation, **facts.as_columns())
    except IntegrityError as error:
        raise Conflict(_("There is a unit %(code)s already.") % {"code": facts.code}) from error
    about("unit", unit.id, country=facts.country, concerned=unit.id)
    return unit.id
