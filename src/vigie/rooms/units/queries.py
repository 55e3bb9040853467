"""Reads of the directory. It is public inside the installation, so an actor is taken but narrows nothing."""

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import SystemPurpose
from vigie.rooms.units.models import (
    Agreement,
    ClientCertificate,
    Country,
    LegalBasis,
    Organisation,
    Unit,
)
from vigie.rooms.units.rules import NEVER, Agreed, state_of
from vigie.rooms.units.schemas import (
    AgreementView,
    ClientCertificateView,
    Desk,
    LegalBasisChoice,
    OrganisationChoice,
    UnviewedFiles,
)


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


def unviewed_files(actor: Actor) -> UnviewedFiles:
    """What the law of the actor's country makes of files their provider did not view; sealed when nobody said."""
    rule = Country.objects.filter(code=actor.country).values_list("unviewed_files", flat=True).first()
    return UnviewedFiles(rule) if rule else UnviewedFiles.COMPARED


def has_real_country() -> bool:
    """True when any country of the installation is not a fictional one."""
    return Country.objects.filter(is_fictional=False).exists()


def legal_bases(actor: Actor) -> list[LegalBasisChoice]:
    """The legal bases of the actor's country, by label."""
    rows = LegalBasis.objects.filter(country_id=actor.country).order_by("label")
    return [LegalBasisChoice(code=row.code, label=row.label) for row in rows]


def agreed(unit: uuid.UUID, *, purpose: Purpose, today: date, alias: str) -> Agreed:
    """What the agreements of this unit's organisation open today to somebody who acts for this purpose.

    Read on the `plumbing` alias for every request, before there is an actor: what was suspended or ended a moment ago
    opens nothing. Reading no case data (oversight) is covered by every agreement.
    """
    rows = Agreement.objects.using(alias).filter(
        organisation__units=unit,
        valid_from__lte=today,
        valid_until__gte=today,
        ended_on=None,
        suspended_at=None,
    )
    running = list(rows)
    covers = [row for row in running if purpose is Purpose.OVERSIGHT or purpose.value in row.purposes]
    last = max((row.valid_until for row in covers), default=None)
    return Agreed(
        until=datetime.combine(last + timedelta(days=1), time.min, UTC) if last else NEVER,
        purposes=frozenset(Purpose(one) for row in running for one in row.purposes),
    )


def agreements(actor: Actor) -> tuple[AgreementView, ...]:
    """Every agreement, by country and organisation, the newest of each first. Refused without the right to read them."""
    require(actor, Permission.UNIT_AGREEMENT_READ)
    rows = Agreement.objects.select_related("organisation__country")
    today = context.now().date()
    return tuple(
        AgreementView(
            id=row.id,
            organisation=row.organisation_id,
            organisation_name=row.organisation.name,
            country=row.organisation.country_id,
            country_name=row.organisation.country.name,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            purposes=tuple(Purpose(one) for one in row.purposes),
            terms=row.terms,
            because=row.because,
            state=state_of(row.valid_from, row.valid_until, row.ended_on, row.suspended_at, today),
        )
        for row in rows.order_by("organisation__country_id", "organisation__name", "-valid_from", "-id")
    )


def client_certificates(actor: Actor) -> tuple[ClientCertificateView, ...]:
    """The client certificates of the units whose staff the actor looks after; running ones first, the first to end first.

    Refused without the right to read them.
    """
    require(actor, Permission.UNIT_CERTIFICATE_READ)
    rows = list(ClientCertificate.objects.for_actor(actor))
    names = dict(Unit.objects.filter(id__in={row.owner_unit for row in rows}).values_list("id", "name"))
    found = [
        ClientCertificateView(
            id=row.id,
            unit=row.owner_unit,
            unit_name=names[row.owner_unit],
            fingerprint=row.fingerprint,
            label=row.label,
            whole_country=row.whole_country,
            valid_until=row.valid_until,
            ended_at=row.ended_at,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.ended_at is not None, one.valid_until)))


def is_registered(fingerprint: str, *, unit: uuid.UUID, country: str, now: datetime, alias: str) -> bool:
    """True when people of this unit come in behind the client certificate of this SHA-256 now.

    Read on the `plumbing` alias, before there is an actor.
    """
    running = ClientCertificate.objects.using(alias).system(SystemPurpose.SIGN_IN)
    mine = Q(owner_unit=unit) | Q(owner_country=country, whole_country=True)
    found: bool = running.filter(mine, fingerprint=fingerprint, ended_at=None, valid_until__gt=now).exists()
    return found


def own_organisation(actor: Actor) -> uuid.UUID | None:
    """The organisation of the actor's unit."""
    return Unit.objects.filter(id=actor.unit).values_list("organisation_id", flat=True).first()


def organisations(actor: Actor) -> tuple[OrganisationChoice, ...]:
    """Every organisation that takes part, by country and name. Refused without the right to read agreements."""
    require(actor, Permission.UNIT_AGREEMENT_READ)
    rows = Organisation.objects.select_related("country").order_by("country_id", "name")
    return tuple(OrganisationChoice(id=row.id, name=row.name, country=row.country_id) for row in rows)


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
