"""`vigie unit`: countries, units, whom to call, client certificates; `vigie agreement`: by what organisations take part."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from vigie.backends.remote import RemoteProblem, signed_in
from vigie.config.schema import load_settings

unit = typer.Typer(no_args_is_help=True, help="Add countries and units, list whom to call.")
agreement = typer.Typer(no_args_is_help=True, help="Make agreements of organisations, suspend and end them.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]
_EVERY_PURPOSE = ["victim_identification", "investigation", "safeguarding", "oversight", "training"]


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


@unit.command("unviewed-files")
def unviewed_files(
    code: Annotated[str, typer.Argument(help="The country's code.")],
    rule: Annotated[
        str,
        typer.Argument(
            help="compared: sealed, digests compared; closed: sealed, not even that; open: like any other file."
        ),
    ],
) -> None:
    """Say what a country's law makes of files that their provider did not view."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/countries/{code}/unviewed-files", {"rule": rule})
    typer.echo(f"{code}: {rule}.", err=True)


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


@unit.command("certificates")
def list_certificates(*, as_json: Json = False) -> None:
    """List the client certificates behind which your units come in."""
    with signed_in(load_settings()) as remote:
        for row in remote.get("/api/v1/client-certificates"):
            last = (datetime.fromisoformat(row["valid_until"]) - timedelta(seconds=1)).date()
            state = f"ended {row['ended_at'][:10]}" if row["ended_at"] else f"until {last}"
            whose = "its country" if row["whole_country"] else row["unit_name"]
            said = f"{row['id']}  {state}  {row['fingerprint'][:16]}  {whose}: {row['label']}"
            typer.echo(json.dumps(row, ensure_ascii=False) if as_json else said)


@unit.command("register-certificate")
def register_certificate(
    code: Annotated[str, typer.Argument(help="The unit's code.")],
    certificate: Annotated[str, typer.Argument(help="Its PEM file, or its SHA-256 in hexadecimal.")],
    label: Annotated[str, typer.Option(help="The place or the machine that holds its key.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day it counts.")],
    *,
    country: Annotated[
        bool, typer.Option("--country", help="Every unit of its country comes in behind it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Register a client certificate: people of the unit come in behind it."""
    file = Path(certificate)
    text = file.read_text(encoding="ascii", errors="replace") if file.is_file() else certificate
    body = {
        "unit": code,
        "certificate": text,
        "label": label,
        "valid_until": str(until.date()),
        "covers": "country" if country else "unit",
    }
    with signed_in(load_settings()) as remote:
        made = remote.post("/api/v1/client-certificates", body)
    typer.echo(json.dumps(made) if as_json else made["id"])


@unit.command("end-certificate")
def end_certificate(identifier: str) -> None:
    """End a client certificate: sign-ins opened behind it are refused from their next request on."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/client-certificates/{identifier}")
    typer.echo("The certificate has ended.", err=True)


@agreement.command("list")
def list_agreements(*, as_json: Json = False) -> None:
    """List every agreement and where it stands."""
    with signed_in(load_settings()) as remote:
        for row in remote.get("/api/v1/agreements"):
            said = f"{row['id']}  {row['state']:<9} {row['valid_from']} - {row['valid_until']}  {row['country']}  {row['organisation_name']}"
            typer.echo(json.dumps(row, ensure_ascii=False) if as_json else said)


@agreement.command("make")
def make_agreement(
    organisation: Annotated[str, typer.Argument(help="The organisation's name.")],
    country: Annotated[str, typer.Option(help="The organisation's country.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day it runs.")],
    begin: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day; today when left out.")
    ] = None,
    purpose: Annotated[
        list[str] | None, typer.Option(help="What it covers; may be given more than once. All when left out.")
    ] = None,
    terms: Annotated[str, typer.Option(help="Its terms, in words.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Make an agreement: the organisation may take part from one day to another."""
    with signed_in(load_settings()) as remote:
        known = remote.get("/api/v1/organisations")
        found = [one["id"] for one in known if (one["name"], one["country"]) == (organisation, country)]
        if not found:
            raise RemoteProblem(404, "Not found", f"{country} has no organisation {organisation}.")
        body = {
            "organisation": found[0],
            "valid_from": str((begin or datetime.now(UTC)).date()),
            "valid_until": str(until.date()),
            "purposes": purpose or _EVERY_PURPOSE,
            "terms": terms,
        }
        made = remote.post("/api/v1/agreements", body)
    typer.echo(json.dumps(made) if as_json else made["id"])


@agreement.command("suspend")
def suspend_agreement(identifier: str, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """Suspend an agreement: its people are refused from their next request on."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/agreements/{identifier}/suspend", {"because": reason})
    typer.echo("The agreement opens nothing now.", err=True)


@agreement.command("resume")
def resume_agreement(identifier: str) -> None:
    """Let a suspended agreement run again."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/agreements/{identifier}/resume", {})
    typer.echo("The agreement runs again.", err=True)


@agreement.command("end")
def end_agreement(identifier: str, reason: Annotated[str, typer.Option(help="Why.")]) -> None:
    """End an agreement for good: its people are refused from their next request on."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/agreements/{identifier}/end", {"because": reason})
    typer.echo("The agreement has ended.", err=True)
