"""`vigie init`: a home folder, its keys, its database, its first administrator."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from vigie.backends.keys import FileKeys, KeyStoreExists, routed
from vigie.backends.processes import Action, HomeLock, Supervisor
from vigie.config.environment import choose_django_settings
from vigie.config.home import Home, home_of, prepare_home, remove_socket_folder
from vigie.config.passphrase import choose_passphrase
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings, load_settings
from vigie.interfaces.cli.system import MIGRATION, steps_of
from vigie.interfaces.cli.up import refuse_demo_home, tell


def init(
    country: Annotated[str, typer.Option(help="Code of the first country: two or three capital letters.")],
    country_name: Annotated[str, typer.Option(help="The country's name.")],
    unit: Annotated[str, typer.Option(help="A short code for the first unit.")],
    unit_name: Annotated[str, typer.Option(help="The first unit's name.")],
    administrator: Annotated[str, typer.Option(help="User name of the first administrator.")],
    organisation: Annotated[str, typer.Option(help="The organisation the unit belongs to.")] = "",
    legal_basis: Annotated[
        list[str] | None, typer.Option(help="code=label; may be given more than once.")
    ] = None,
) -> None:
    """Set up a new installation: keys, database, first unit, first administrator.

    Prints the recovery key once, and a one-time link with which the administrator enrols.
    """
    settings = load_settings()
    home = home_of(settings)
    refuse_demo_home(home)
    prepare_home(home)
    recovery = _make_keys(settings, home, country)
    bases = dict(item.split("=", 1) for item in legal_basis or []) or {"law": "Law of the country"}
    first = First(country, country_name, unit, unit_name, organisation or unit_name, administrator, bases)
    code = _set_up(settings, home, first)
    typer.echo("Recovery key, shown only now. Write it on paper and keep it apart from this machine:")
    typer.echo(f"  {recovery}")
    typer.echo(f"Enrolment of {administrator}, once, within 72 hours, after `vigie up`:")
    typer.echo(f"  http://{settings.address}:{settings.port}/enrol/{code}/")


def _make_keys(settings: Settings, home: Home, country: str) -> str:
    passphrase = choose_passphrase(settings)
    try:
        keys, recovery = FileKeys.initialise(home.keys, passphrase)
    except KeyStoreExists as error:
        raise SetupProblem(
            f"{home.root} is set up already.",
            safe="Its keys, its database and its media were not changed.",
            remedy="Start it with `vigie up`, or name another folder in VIGIE_HOME.",
        ) from error
    routed(settings, keys).create(country, datetime.now(UTC).year)
    return recovery


class First:
    """The facts of the first country, unit and administrator."""

    def __init__(
        self,
        country: str,
        country_name: str,
        unit: str,
        unit_name: str,
        organisation: str,
        administrator: str,
        legal_bases: dict[str, str],
    ) -> None:
        self.country = country
        self.country_name = country_name
        self.unit = unit
        self.unit_name = unit_name
        self.organisation = organisation
        self.administrator = administrator
        self.legal_bases = legal_bases


def _set_up(settings: Settings, home: Home, first: First) -> str:
    codes: list[str] = []
    with HomeLock(home.lock_file):
        try:
            records = Action("records", lambda: codes.append(_first_records(first)))
            Supervisor(tell).run_through([*steps_of(settings, [MIGRATION]), records])
        finally:
            remove_socket_folder(home)
    return codes[0]


def _first_records(first: First) -> str:
    """The first country, unit and administrator exist; returns the enrolment code."""
    choose_django_settings()
    import django

    django.setup()
    from vigie.kernel.actors import utc_now
    from vigie.kernel.operation import act_as
    from vigie.kernel.permissions import Role
    from vigie.rooms.accounts import operations as accounts
    from vigie.rooms.accounts.enrolment import setting_up
    from vigie.rooms.units import operations as units
    from vigie.rooms.units.queries import unit_by_code
    from vigie.rooms.units.rules import UnitFacts

    today = utc_now().date()
    service = setting_up()
    facts = UnitFacts(
        code=first.unit, name=first.unit_name, country=first.country, organisation=first.organisation
    )
    with act_as(service, clock=utc_now):
        units.add_country(service, code=first.country, name=first.country_name, legal_bases=first.legal_bases)
        units.add_unit(
            service, facts=facts, agreement_from=today, agreement_until=today + timedelta(days=365)
        )
        enrolment = accounts.add_user(
            service,
            username=first.administrator,
            display_name=first.administrator,
            unit=unit_by_code(first.unit),
            language="en",
        )
        accounts.grant_role(service, user_id=enrolment.user, role=Role.ADMINISTRATOR)
    return enrolment.code
