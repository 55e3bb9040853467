"""People and units for tests, made by the program's own operations."""

import dataclasses
import secrets
import uuid
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from vigie.kernel.actors import Actor, Purpose, service_actor, utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations as accounts
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import actor_for, person_of
from vigie.rooms.units import operations as units
from vigie.rooms.units.queries import unit_by_code
from vigie.rooms.units.rules import UnitFacts

PASSWORD = "a drawn lamp on a table"
BASES = {"seizure": "Seizure order", "report": "Report of a hotline"}


def enrolment() -> Actor:
    """The service that sets an installation up."""
    return service_actor(
        Role.SERVICE_ENROLMENT, unit=uuid.UUID(int=0), country="ZZZ", purpose=Purpose.OVERSIGHT
    )


def add_unit(code: str, country: str) -> uuid.UUID:
    """A unit of this country, which takes part from now on if it did not."""
    today = utc_now().date()
    setter = enrolment()
    with act_as(setter, clock=utc_now):
        from vigie.rooms.units.queries import country_codes

        if country not in country_codes():
            units.add_fictional_country(setter, code=country, name=country.title(), legal_bases=BASES)
        return units.add_unit(
            setter,
            facts=UnitFacts(
                code=code, name=f"Unit {code}", country=country, organisation=f"Police of {country}"
            ),
            agreement_from=today - timedelta(days=1),
            agreement_until=today + timedelta(days=365),
        )


@dataclasses.dataclass(frozen=True)
class Somebody:
    """A person with their password set."""

    user: User
    actor: Actor


def add_person(
    username: str, unit: str, role: Role = Role.INVESTIGATOR, *, certified_days: int = 90
) -> Somebody:
    """A person of this unit, certified for so many days (none for 0), who signed in a moment ago."""
    setter = dataclasses.replace(enrolment(), roles=frozenset({Role.SERVICE_ENROLMENT, Role.ADMINISTRATOR}))
    now = utc_now()
    with act_as(setter, clock=utc_now):
        added = accounts.add_user(
            setter, username=username, display_name=username.title(), unit=unit_by_code(unit), language="en"
        )
        accounts.grant_role(setter, user_id=added.user, role=role)
        if certified_days:
            accounts.grant_certificate(
                setter,
                user_id=added.user,
                course="Victim identification",
                issuer="Police school",
                passed_on=(now - timedelta(days=2)).date(),
                valid_from=now - timedelta(days=1),
                valid_until=now + timedelta(days=certified_days),
            )
    user = person_of(added.user)
    assert user is not None
    actor = actor_for(user, now=utc_now(), confirmed_at=utc_now())
    with act_as(actor, clock=utc_now):
        accounts.set_password(actor, password=PASSWORD)
    user = person_of(added.user)
    assert user is not None
    return Somebody(user, actor)


def add_passkey(user: User, name: str) -> Authenticator:
    """The person has a passkey of this name, whose private half nobody keeps."""
    public = ES256.from_cryptography_key(generate_private_key(SECP256R1()).public_key())
    key_id = secrets.token_bytes(32)
    held = AttestedCredentialData.create(bytes(16), key_id, public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    said = CollectedClientData.create(
        CollectedClientData.TYPE.CREATE, secrets.token_bytes(32), "http://localhost"
    )
    attested = AttestationObject.create("none", AuthenticatorData.create(bytes(32), flags, 0, held), {})
    credential: dict[str, Any] = {
        "id": websafe_encode(key_id),
        "rawId": websafe_encode(key_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(said),
            "attestationObject": websafe_encode(attested),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
    made: Authenticator = Authenticator.objects.using("plumbing").create(
        id=10**8 + secrets.randbelow(10**8),  # no page has such a number of its own
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": name, "credential": credential},
    )
    return made
