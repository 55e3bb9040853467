"""Writes of the directory: countries, organisations with their agreement, units with their desk and certificates."""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from vigie.engines.formats.certificates import fingerprint_of
from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.ids import uuid7
from vigie.kernel.operation import about, in_progress, in_words, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import looks_after
from vigie.kernel.scope import staff_ownership
from vigie.rooms.units.models import (
    Agreement,
    ClientCertificate,
    Country,
    LegalBasis,
    Organisation,
    Unit,
)
from vigie.rooms.units.rules import (
    Covers,
    UnitFacts,
    is_country_code,
    is_period,
    is_time_zone,
)
from vigie.rooms.units.schemas import Desk, UnviewedFiles


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


@operation(Permission.UNIT_CERTIFICATE_REGISTER)
def register_client_certificate(
    actor: Actor,
    *,
    unit: Desk,
    certificate: str,
    label: str,
    valid_until: datetime,
    covers: Covers,
) -> uuid.UUID:
    """People of the unit, or of its whole country, come in behind this certificate until its end; returns the row's id.

    `certificate` is its PEM or its SHA-256. NotFound for a unit whose staff the actor does not look after, Invalid for
    a text that holds no certificate, without a label, or with an end that has passed, Conflict when the unit has it.
    """
    if not looks_after(actor, unit=unit.unit, country=unit.country):
        raise NotFound(_("There is no unit %(code)s.") % {"code": unit.code})
    fingerprint = fingerprint_of(certificate)
    if fingerprint is None:
        raise Invalid(_("This is no client certificate. Paste its PEM, or its SHA-256 in hexadecimal."))
    if not label.strip():
        raise Invalid(_("Name the client certificate: the place or the machine that holds its key."))
    if valid_until <= context.now():
        raise Invalid(_("This client certificate has ended already."))
    try:
        with transaction.atomic():
            row = ClientCertificate.objects.create(
                fingerprint=fingerprint,
                label=label.strip()[:80],
                whole_country=covers is Covers.COUNTRY,
                valid_until=valid_until,
                **staff_ownership(actor, unit=unit.unit, country=unit.country),
            )
    except IntegrityError as error:
        raise Conflict(_("This unit has that client certificate already.")) from error
    until = valid_until.isoformat()
    about("client_certificate", row.id, concerned=unit.unit, sha256=fingerprint, until=until)
    made: uuid.UUID = row.id
    return made


@operation(Permission.UNIT_CERTIFICATE_END)
def end_client_certificate(actor: Actor, *, certificate: uuid.UUID) -> None:
    """Nobody comes in behind this registration any more, from their next request on. NotFound when there is none."""
    held = ClientCertificate.objects.for_actor(actor).filter(id=certificate, ended_at=None)
    row = held.first()
    if row is None:
        raise NotFound
    held.update(ended_at=context.now())
    about("client_certificate", row.id, concerned=row.owner_unit, sha256=row.fingerprint)
