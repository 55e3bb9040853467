"""The directory over HTTP."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ninja import Router, Schema, Status

from vigie.kernel.actors import Purpose
from vigie.rooms.units import operations, queries
from vigie.rooms.units.rules import Covers, UnitFacts
from vigie.rooms.units.schemas import (
    AgreementView,
    ClientCertificateView,
    Desk,
    Frozen,
    OrganisationChoice,
    UnviewedFiles,
)

router = Router(tags=["units"])


class NewCountry(Schema):
    """A country that is to take part."""

    code: str
    name: str
    legal_bases: dict[str, str]


class NewUnit(Schema):
    """A unit that is to take part, under its organisation's agreement."""

    code: str
    name: str
    country: str
    organisation: str
    kind: str = "police"
    town: str = ""
    time_zone: str = "UTC"
    desk_name: str = ""
    desk_phone: str = ""
    desk_mail: str = ""
    desk_languages: str = ""
    desk_hours: str = ""
    agreement_from: date
    agreement_until: date


class Added(Schema):
    """The id of what was added."""

    id: uuid.UUID


class UnviewedRule(Frozen):
    """`compared`: sealed, digests compared; `closed`: sealed, not even that; `open`: treated like any other file."""

    rule: UnviewedFiles


@router.post("/countries", response={201: None}, url_name="add_country")
def add_country(request: Any, country: NewCountry) -> Any:
    """Let a country take part."""
    operations.add_country(
        request.actor, code=country.code, name=country.name, legal_bases=country.legal_bases
    )
    return Status(201, None)


@router.post("/countries/{code}/unviewed-files", response={204: None}, url_name="unviewed_files")
def set_unviewed_files(request: Any, code: str, rule: UnviewedRule) -> Any:
    """Say what a country's law makes of files that their provider did not view."""
    operations.set_unviewed_files(request.actor, code, rule.rule)
    return Status(204, None)


@router.get("/units", response=list[Desk], url_name="units")
def units(request: Any) -> list[Desk]:
    """Every unit's desk."""
    return queries.all_desks(request.actor)


@router.post("/units", response={201: Added}, url_name="add_unit")
def add_unit(request: Any, unit: NewUnit) -> Any:
    """Let a unit take part."""
    facts = unit.model_dump(exclude={"agreement_from", "agreement_until"})
    added = operations.add_unit(
        request.actor,
        facts=UnitFacts(**facts),
        agreement_from=unit.agreement_from,
        agreement_until=unit.agreement_until,
    )
    return Status(201, Added(id=added))


class NewAgreement(Schema):
    """An agreement to make: an organisation's id, first and last day, what it covers, and its terms."""

    organisation: uuid.UUID
    valid_from: date
    valid_until: date
    purposes: list[Purpose]
    terms: str = ""


class Because(Schema):
    """Why."""

    because: str


@router.get("/organisations", response=list[OrganisationChoice], url_name="organisations")
def organisations(request: Any) -> Any:
    """The organisations that take part."""
    return list(queries.organisations(request.actor))


@router.get("/agreements", response=list[AgreementView], url_name="agreements")
def agreements(request: Any) -> Any:
    """Every agreement of every organisation."""
    return list(queries.agreements(request.actor))


@router.post("/agreements", response={201: Added}, url_name="make_agreement")
def make_agreement(request: Any, agreement: NewAgreement) -> Any:
    """Make an agreement."""
    return Status(201, Added(id=operations.make_agreement(request.actor, **agreement.model_dump())))


@router.post("/agreements/{agreement}/suspend", response={204: None}, url_name="suspend_agreement")
def suspend_agreement(request: Any, agreement: uuid.UUID, why: Because) -> Any:
    """Suspend an agreement: it opens nothing until it is resumed."""
    operations.suspend_agreement(request.actor, agreement, why.because)
    return Status(204, None)


@router.post("/agreements/{agreement}/resume", response={204: None}, url_name="resume_agreement")
def resume_agreement(request: Any, agreement: uuid.UUID) -> Any:
    """Let a suspended agreement run again."""
    operations.resume_agreement(request.actor, agreement)
    return Status(204, None)


@router.post("/agreements/{agreement}/end", response={204: None}, url_name="end_agreement")
def end_agreement(request: Any, agreement: uuid.UUID, why: Because) -> Any:
    """End an agreement for good."""
    operations.end_agreement(request.actor, agreement, why.because)
    return Status(204, None)


class NewClientCertificate(Schema):
    """A client certificate to register: the unit's code, its PEM or SHA-256, the last day it counts (UTC)."""

    unit: str
    certificate: str
    label: str
    valid_until: date
    covers: Covers = Covers.UNIT


@router.get("/client-certificates", response=list[ClientCertificateView], url_name="client_certificates")
def client_certificates(request: Any) -> Any:
    """The client certificates of the units whose staff the actor looks after."""
    return list(queries.client_certificates(request.actor))


@router.post("/client-certificates", response={201: Added}, url_name="register_client_certificate")
def register_client_certificate(request: Any, certificate: NewClientCertificate) -> Any:
    """Register a client certificate: people of the unit, or of its country, come in behind it."""
    registered = operations.register_client_certificate(
        request.actor,
        unit=queries.unit_by_code(certificate.unit),
        certificate=certificate.certificate,
        label=certificate.label,
        valid_until=datetime.combine(certificate.valid_until + timedelta(days=1), time.min, UTC),
        covers=certificate.covers,
    )
    return Status(201, Added(id=registered))


@router.delete("/client-certificates/{certificate}", response={204: None}, url_name="end_client_certificate")
def end_client_certificate(request: Any, certificate: uuid.UUID) -> Any:
    """End a client certificate: nobody comes in behind it from the next request on."""
    operations.end_client_certificate(request.actor, certificate=certificate)
    return Status(204, None)
