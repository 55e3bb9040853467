"""Who acts, for which purpose, and in whose name a service works."""

import uuid

import pytest

from factories.actors import investigator
from vigie.kernel.actors import (
    READABLE_FOR,
    ActorKind,
    Purpose,
    StaffScope,
    service_actor,
    service_id,
    utc_now,
)
from vigie.kernel.permissions import Role


def test_the_present_moment_is_aware_and_in_utc() -> None:
    assert utc_now().utcoffset() is not None
    assert utc_now().utcoffset().total_seconds() == 0  # type: ignore[union-attr]  # asserted above


@pytest.mark.parametrize(
    ("role", "scope"),
    [(role, StaffScope.INSTALLATION) for role in (Role.ADMINISTRATOR, Role.SERVICE_ENROLMENT)]
    + [(Role.GATEWAY, StaffScope.COUNTRY)]
    + [
        (role, StaffScope.UNIT)
        for role in sorted(set(Role) - {Role.ADMINISTRATOR, Role.GATEWAY, Role.SERVICE_ENROLMENT})
    ],
)
def test_only_administrators_look_after_the_staff_of_every_unit_and_a_gateway_that_of_its_country(
    role: Role, scope: StaffScope
) -> None:
    assert investigator(roles=frozenset({role})).staff_scope is scope


def test_every_purpose_says_what_it_may_read_and_none_reads_everything() -> None:
    assert set(READABLE_FOR) == set(Purpose)
    assert all(readable < set(Purpose) for readable in READABLE_FOR.values())


def test_oversight_reads_no_case_data_and_training_only_its_own() -> None:
    assert investigator(purpose=Purpose.OVERSIGHT).readable_purposes == frozenset()
    assert investigator(purpose=Purpose.TRAINING).readable_purposes == {Purpose.TRAINING}
    for purpose in set(Purpose) - {Purpose.TRAINING}:
        assert Purpose.TRAINING not in READABLE_FOR[purpose]


def test_a_service_has_one_role_and_the_same_id_on_every_installation() -> None:
    unit, person = uuid.uuid4(), uuid.uuid4()
    service = service_actor(
        Role.SERVICE_INTAKE,
        unit=unit,
        country="ALV",
        purpose=Purpose.INVESTIGATION,
        on_behalf_of=person,
    )
    assert (service.kind, service.roles) == (ActorKind.SERVICE, {Role.SERVICE_INTAKE})
    assert (service.unit, service.country, service.on_behalf_of) == (unit, "ALV", person)
    assert service.id == service_id("service-intake") == uuid.UUID("50cffbd5-1f54-5a10-83f6-03e95fd9125b")
