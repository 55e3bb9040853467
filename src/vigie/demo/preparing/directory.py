"""Countries, units and people of the demonstration, made by the operations an administrator uses."""

from collections.abc import Iterable
from datetime import date, timedelta

from vigie.demo.plan import Certificate, Person, Plan, Unit
from vigie.kernel.actors import Actor, Clock
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations as accounts
from vigie.rooms.accounts.enrolment import setting_up
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import PLUMBING, actor_for, people
from vigie.rooms.units import operations as units
from vigie.rooms.units.queries import all_desks, country_codes, has_real_country, unit_by_code
from vigie.rooms.units.rules import UnitFacts

LEGAL_BASES = {"order": "Order of a court", "report": "Report of a hotline"}
ROLES = {
    "administrator": Role.ADMINISTRATOR,
    "analyst": Role.INVESTIGATOR,
    "gateway": Role.GATEWAY,
    "investigator": Role.INVESTIGATOR,
    "oversight": Role.OVERSIGHT,
    "specialist": Role.INVESTIGATOR,
    "supervisor": Role.SUPERVISOR,
}
"""The plan's plain words and the roles of this version."""
LANGUAGES = {"en": "English", "fr": "French", "es": "Spanish", "ar": "Arabic"}
_AGREEMENT = timedelta(days=3650)


class RealCountryError(RuntimeError):
    """The database holds a country that is not fictional: a demonstration never opens beside it."""


def require_fictional() -> None:
    """No real country takes part in this database. RealCountryError otherwise."""
    if has_real_country():
        raise RealCountryError(
            "The database holds a country that is not fictional: the demonstration does not open beside real records."
        )


def make_directory(plan: Plan, clock: Clock) -> None:
    """The plan's countries, units and people take part, each once, however often this was begun before."""
    service = setting_up()
    today = clock().date()
    with act_as(service, clock=clock):
        there = country_codes()
        for country in plan.countries:
            if country.code not in there:
                units.add_fictional_country(
                    service, code=country.code, name=country.name, legal_bases=LEGAL_BASES
                )
    with act_as(service, clock=clock):
        codes = {desk.code for desk in all_desks(service)}
        for unit in plan.units:
            if unit.key not in codes:
                _add_unit(service, unit, plan.people, today)
    with act_as(service, clock=clock):
        names = set(User.objects.values_list("username", flat=True))
        for person in plan.people:
            if person.key not in names:
                _add_person(service, person)
    _certify(plan.people, clock)


def actor_of(key: str, clock: Clock) -> Actor:
    """The person of this key, as after a sign-in a moment ago."""
    now = clock()
    return actor_for(user_of(key), now=now, confirmed_at=now)


def user_of(key: str) -> User:
    """The person of this key."""
    return User.objects.using(PLUMBING).select_related("unit").get(username=key)


def recorder_of(people: Iterable[Person], unit: str) -> Person:
    """The person who opens a unit's cases and hands in its exhibits: the first who may."""
    return next(
        person
        for person in people
        if person.unit == unit and any(ROLES[role] is Role.INVESTIGATOR for role in person.roles)
    )


def _add_unit(service: Actor, unit: Unit, people: Iterable[Person], today: date) -> None:
    spoken = dict.fromkeys(["en", *(person.language for person in people if person.unit == unit.key)])
    facts = UnitFacts(
        code=unit.key,
        name=unit.name,
        country=unit.country,
        organisation=unit.name,
        kind="hotline" if unit.kind == "hotline" else "police",
        desk_name=f"{unit.short}, duty desk",
        desk_mail=unit.desk,
        desk_languages=", ".join(LANGUAGES[code] for code in spoken),
        desk_hours="00:00-24:00 UTC",
    )
    units.add_unit(service, facts=facts, agreement_from=today, agreement_until=today + _AGREEMENT)


def _add_person(service: Actor, person: Person) -> None:
    added = accounts.add_user(
        service,
        username=person.key,
        display_name=person.name,
        unit=unit_by_code(person.unit),
        language=person.language,
    )
    for role in sorted({ROLES[word] for word in person.roles}):
        accounts.grant_role(service, user_id=added.user, role=role)


def _certify(persons: Iterable[Person], clock: Clock) -> None:
    """Everybody who has no certificate yet is certified: by their country's gateway, else by the administrator."""
    persons = tuple(persons)
    administrator = actor_of(next(p.key for p in persons if "administrator" in p.roles), clock)
    with act_as(administrator, clock=clock):
        known = {each.username: each for each in people(administrator, now=clock())}
    for person in persons:
        if person.certificate is not None and known[person.key].certified_until is None:
            _certify_one(
                person, person.certificate, _certifier(person, persons, clock) or administrator, clock
            )


def _certifier(person: Person, persons: Iterable[Person], clock: Clock) -> Actor | None:
    """The gateway officer of this person's country, when there is one and it is not the person."""
    country = unit_by_code(person.unit).country
    return next(
        (
            actor_of(each.key, clock)
            for each in persons
            if "gateway" in each.roles
            and each.key != person.key
            and unit_by_code(each.unit).country == country
        ),
        None,
    )


def _certify_one(person: Person, certificate: Certificate, certifier: Actor, clock: Clock) -> None:
    now = clock()
    with act_as(certifier, clock=clock):
        accounts.grant_certificate(
            certifier,
            user_id=user_of(person.key).id,
            course=f"{certificate.course} ({certificate.number})",
            issuer=unit_by_code(person.unit).unit_name,
            passed_on=now.date(),
            valid_from=now,
            valid_until=now + timedelta(days=certificate.valid_days),
        )
