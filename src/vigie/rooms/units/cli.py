"""`vigie unit`: countries, units and whom to call."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from vigie.backends.remote import signed_in
from vigie.config.schema import load_settings

unit = typer.Typer(no_args_is_help=True, help="Add countries and units, list whom to call.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]


@unit.command("add-country")
def add_country(
    code: Annotated[str, typer.Argument(help="Two or three capital letters.")],
    name: Annotated[str, typer.Option(help="The country's name.")],
    legal_basis: Annotated[list[str], typer.Option(help="code=label; may be given more than once.")],
) -> None:
    """Let a country take part, with the legal bases its law names."""
    bases = dict(item.split("=", 1) for item in legal_basis)
    with signed_in(load_settings()) as remote:
        remote.post("/api/v1/countries", {"code": code, "name": name, "legal_bases": bases})
    typer.echo(f"{name} takes part.", err=True)


@unit.command("add")
def add_unit(
    code: Annotated[str, typer.Argument(help="A short code, unique in the installation.")],
    name: Annotated[str, typer.Option(help="The unit's name.")],
    country: Annotated[str, typer.Option(help="The country's code.")],
    organisation: Annotated[str, typer.Option(help="The organisation it belongs to.")],
    desk_phone: Annotated[str, typer.Option(help="The desk other countries call.")] = "",
    desk_mail: Annotated[str, typer.Option(help="The desk other countries write to.")] = "",
    desk_languages: Annotated[str, typer.Option(help="Languages spoken at the desk.")] = "",
    time_zone: Annotated[str, typer.Option(help="As in Europe/Paris.")] = "UTC",
    agreement_days: Annotated[
        int, typer.Option(min=1, help="How long the agreement runs, from today.")
    ] = 365,
    *,
    as_json: Json = False,
) -> None:
    """Let a unit take part, under its organisation's agreement."""
    today = datetime.now(UTC).date()
    body = {
        "code": code,
        "name": name,
        "country": country,
        "organisation": organisation,
        "desk_phone": desk_phone,
        "desk_mail": desk_mail,
        "desk_languages": desk_languages,
        "time_zone": time_zone,
        "agreement_from": str(today),
        "agreement_until": str(today + timedelta(days=agreement_days)),
    }
    with signed_in(load_settings()) as remote:
        added = remote.post("/api/v1/units", body)
    typer.echo(json.dumps(added) if as_json else f"{name} takes part.")


@unit.command("list")
def list_units(*, as_json: Json = False) -> None:
    """List every unit and its desk."""
    with signed_in(load_settings()) as remote:
        for desk in remote.get("/api/v1/units"):
            if as_json:
                typer.echo(json.dumps(desk, ensure_ascii=False))
            else:
                typer.echo(
                    f"{desk['code']:<14} {desk['country']}  {desk['unit_name']}  {desk['phone']} {desk['mail']}"
                )
