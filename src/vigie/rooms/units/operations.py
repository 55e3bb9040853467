"""Writes of the directory: countries, organisations with their agreement, units with their desk, legal bases."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.ids import uuid7
from vigie.kernel.operation import about, in_progress, in_words, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.units.models import Agreement, Country, LegalBasis, Organisation, Unit
from vigie.rooms.units.rules import UnitFacts, is_country_code, is_period, is_time_zone
from vigie.rooms.units.schemas import UnviewedFiles


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


@operation(Permission.UNIT_COUNTRY_SET)
def set_unviewed_files(actor: Actor, code: str, rule: UnviewedFiles) -> None:
    """From now on this country's units treat files their provider did not view in this way; what is sealed stays so.

    NotFound when the country does not take part.
    """
    if not Country.objects.filter(code=code).update(unviewed_files=rule.value):
        raise NotFound(_("The country %(code)s does not take part.") % {"code": code})
    about("country", uuid.uuid5(uuid.NAMESPACE_OID, code), country=code, unviewed=rule.value)


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


@operation(Permission.UNIT_AGREEMENT_MAKE)
def make_agreement(
    actor: Actor,
    *,
    organisation: uuid.UUID,
    valid_from: date,
    valid_until: date,
    purposes: Iterable[Purpose],
    terms: str = "",
) -> uuid.UUID:
    """The organisation may take part for these purposes from one day to another, both included; returns the id.

    Several agreements may run side by side: a new one does not end an old one. NotFound for an organisation that is
    not there, Invalid for a period that ends before it begins or without a purpose.
    """
    covered = sorted({purpose.value for purpose in purposes})
    if not is_period(valid_from, valid_until):
        raise Invalid(_("An agreement ends on the day it begins at the earliest."))
    if not covered:
        raise Invalid(_("An agreement covers at least one purpose."))
    body = Organisation.objects.filter(id=organisation).first()
    if body is None:
        raise NotFound
    row = Agreement.objects.create(
        organisation=body,
        valid_from=valid_from,
        valid_until=valid_until,
        purposes=covered,
        terms=terms.strip(),
    )
    _note(row, begins=valid_from.isoformat(), until=valid_until.isoformat(), purposes=covered)
    return row.id


@operation(Permission.UNIT_AGREEMENT_SUSPEND)
def suspend_agreement(actor: Actor, agreement: uuid.UUID, because: str) -> None:
    """The agreement opens nothing, from everybody's next request on, until it runs again. Conflict when it has ended.

    Invalid without a reason; Refused for the agreement the actor's own organisation takes part by.
    """
    row = _agreement(actor, agreement)
    row.suspended_at, row.because = row.suspended_at or context.now(), _reason(because)
    row.save(update_fields=["suspended_at", "because"])
    _note(row, suspended=1)


@operation(Permission.UNIT_AGREEMENT_SUSPEND)
def resume_agreement(actor: Actor, agreement: uuid.UUID) -> None:
    """The agreement is suspended no longer. Conflict when it has ended; Refused as for suspending it."""
    row = _agreement(actor, agreement)
    row.suspended_at, row.because = None, ""
    row.save(update_fields=["suspended_at", "because"])
    _note(row, suspended=0)


@operation(Permission.UNIT_AGREEMENT_END)
def end_agreement(actor: Actor, agreement: uuid.UUID, because: str) -> None:
    """The agreement opens nothing from everybody's next request on, for good; a new one may be made.

    Conflict when it has ended already, Invalid without a reason, Refused for that of the actor's own organisation.
    """
    row = _agreement(actor, agreement)
    row.ended_on, row.because = context.now().date(), _reason(because)
    row.save(update_fields=["ended_on", "because"])
    _note(row, ended=1)


def _agreement(actor: Actor, agreement: uuid.UUID) -> Agreement:
    """A row that may be changed: whoever ended their own organisation's could do nothing about it afterwards."""
    row = Agreement.objects.select_for_update().filter(id=agreement).first()
    if row is None:
        raise NotFound
    if Unit.objects.filter(id=actor.unit, organisation_id=row.organisation_id).exists():
        error = Refused(
            _(
                "This is your own organisation's agreement. An administrator of another organisation changes it."
            ),
            code="own-agreement",
        )
        error.permission = Permission.UNIT_AGREEMENT_SUSPEND
        raise error
    if row.ended_on is not None or row.valid_until < context.now().date():
        raise Conflict(_("This agreement has ended. Make a new one."))
    return row


def _reason(because: str) -> str:
    if not because.strip():
        raise Invalid(_("Say why, in a few words: the organisation will ask."))
    return because.strip()[:300]


def _note(row: Agreement, **facts: Any) -> None:
    about("agreement", row.id, organisation=str(row.organisation_id), **facts)
    units = Unit.objects.filter(organisation_id=row.organisation_id)
    in_progress().concerned.update(units.values_list("id", flat=True))
    if row.because:
        in_words(row.because)
