"""`vigie list`: known lists of the unit, with the roles hide and flag; `vigie matches`: what others hold."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vigie.backends.remote import signed_in
from vigie.config.schema import load_settings

known = typer.Typer(no_args_is_help=True, help="Add known lists, list them, withdraw them.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]


@known.command("add")
def add_list(
    file: Annotated[
        Path, typer.Argument(help="Plain hashes, CSV, VICS JSON or ThreatExchange.", exists=True)
    ],
    role: Annotated[str, typer.Option(help="hide: known to be harmless; flag: known and wanted.")],
    legal_basis: Annotated[str, typer.Option(help="A code of your country's profile.")],
    source: Annotated[str, typer.Option(help="Who made the list.")],
    version: Annotated[str, typer.Option(help="Which version of it this is.")],
    name: Annotated[str, typer.Option(help="The list's name; the file's when left out.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Add a known list of your unit. Hiding works by SHA-256, or MD5 with SHA-1 and size; never by resemblance."""
    facts = {
        "name": name or file.stem,
        "role": role,
        "legal_basis": legal_basis,
        "source": source,
        "version": version,
    }
    with signed_in(load_settings()) as remote:
        added = remote.upload("/api/v1/lists", facts, file)
    for fault in added["faults"]:
        typer.echo(fault, err=True)
    if added["more_faults"]:
        typer.echo(f"and {added['more_faults']} more entries that cannot be used", err=True)
    typer.echo(json.dumps(added) if as_json else f"{added['items']} entries are in use.")
    raise typer.Exit(6 if added["faults"] else 0)


@known.command("list")
def list_lists(*, as_json: Json = False) -> None:
    """List the known lists of your unit."""
    with signed_in(load_settings()) as remote:
        for row in remote.get("/api/v1/lists"):
            state = "withdrawn" if row["withdrawn_at"] else row["role"]
            said = f"{row['public_id']}  {state:<9} {row['items']:>8}  {row['name']} {row['version']} ({row['source']})"
            typer.echo(json.dumps(row, ensure_ascii=False) if as_json else said)


@known.command("withdraw")
def withdraw_list(identifier: str) -> None:
    """Withdraw a known list: it says nothing from now on."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/lists/{identifier}")
    typer.echo("The list says nothing any more.", err=True)


def matches(*, as_json: Json = False) -> None:
    """List the matches nobody of your unit has looked at."""
    with signed_in(load_settings()) as remote:
        for match in remote.get("/api/v1/matches"):
            desk = match["desk"] or {}
            said = (
                f"{match['public_id']}  {match['level']:<12} {match['claim']:<10} {desk.get('unit_name', '')}"
            )
            typer.echo(json.dumps(match, ensure_ascii=False) if as_json else said)
