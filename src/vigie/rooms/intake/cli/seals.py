"""`vigie sealed`: list the sealed files of an exhibit, and record the authority by which they are opened."""

import json
from typing import Annotated
from uuid import UUID

import typer

from vigie.backends.remote import Remote, signed_in
from vigie.config.schema import load_settings

sealed = typer.Typer(
    no_args_is_help=True, help="List files that their provider did not view; open them by a legal authority."
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]
Case = Annotated[str, typer.Option(help="The case's reference.")]
Exhibit = Annotated[str, typer.Option(help="The exhibit's reference.")]
_NOT_FOUND = 4


@sealed.command("list")
def list_sealed(case: Case, exhibit: Exhibit, *, as_json: Json = False) -> None:
    """List the sealed files of an exhibit: where they lay and how large they are."""
    after: str | None = None
    with signed_in(load_settings()) as remote:
        place = _exhibit(remote, case, exhibit)
        while True:
            page = remote.get(f"/api/v1/exhibits/{place}/sealed", after=after)
            for found in page["files"]:
                line = f"{found['public_id']}  {found['size']:>12}  {', '.join(found['paths'])}"
                typer.echo(json.dumps(found) if as_json else line)
            after = page["after"]
            if after is None:
                return


@sealed.command("open")
def open_sealed(
    case: Case,
    exhibit: Exhibit,
    kind: Annotated[str, typer.Option(help="warrant, court_order, consent, viewed or emergency.")],
    reference: Annotated[str, typer.Option(help="The authority's reference, as on the document.")],
    issuer: Annotated[str, typer.Option(help="Who gave it.")],
    issued_on: Annotated[str, typer.Option(help="Its date, as 2026-11-29.")] = "",
    file: Annotated[
        list[UUID] | None, typer.Option(help="The id of a file; may be given more than once. All without it.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Record a legal authority and open sealed files of an exhibit by it. This cannot be taken back."""
    body = {
        "kind": kind,
        "reference": reference,
        "issuer": issuer,
        "issued_on": issued_on or None,
        "files": [str(one) for one in file or ()],
    }
    with signed_in(load_settings()) as remote:
        made = remote.post(f"/api/v1/exhibits/{_exhibit(remote, case, exhibit)}/authorities", body)
    typer.echo(json.dumps(made) if as_json else f"{made['files']} files are being opened.")


@sealed.command("authorities")
def authorities(case: Case, exhibit: Exhibit, *, as_json: Json = False) -> None:
    """List by what right sealed files of an exhibit were opened."""
    with signed_in(load_settings()) as remote:
        for found in remote.get(f"/api/v1/exhibits/{_exhibit(remote, case, exhibit)}/authorities"):
            state = "opened" if found["opened_at"] else "under way"
            line = f"{found['recorded_at']}  {found['kind']:<11} {found['files']:>7}  {state}  {found['reference']}"
            typer.echo(json.dumps(found) if as_json else line)


def _exhibit(remote: Remote, case: str, exhibit: str) -> str:
    """The public id of an exhibit by its references."""
    found = remote.get("/api/v1/cases/by-reference", reference=case)
    for known in remote.get(f"/api/v1/cases/{found['public_id']}/exhibits"):
        if known["reference"] == exhibit:
            return str(known["public_id"])
    typer.echo(f"Case {case} has no exhibit {exhibit}.", err=True)
    raise typer.Exit(_NOT_FOUND)
