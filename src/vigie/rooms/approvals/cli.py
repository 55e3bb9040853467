"""`vigie approvals`: what waits for a second person, and deciding on it."""

import json
from typing import Annotated, Any

import typer

from vigie.backends.remote import signed_in
from vigie.config.schema import load_settings

approvals = typer.Typer(no_args_is_help=True, help="See what waits for a second person, and decide.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]


@approvals.command("list")
def list_proposals(
    *,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="Also what was decided in the last 30 days.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List what waits for you and what you proposed yourself."""
    with signed_in(load_settings()) as remote:
        found = remote.get("/api/v1/approvals")
    for name, said in (("for_me", "for you"), ("mine", "yours"), ("done", "")):
        for one in found[name] if name != "done" or all_of_them else ():
            _print(one, said or one["state"], as_json=as_json)


@approvals.command("show")
def show(identifier: str, *, as_json: Json = False) -> None:
    """Show one proposal: why, exactly what would be done, and the digest an approval is bound to."""
    with signed_in(load_settings()) as remote:
        one = remote.get(f"/api/v1/approvals/{identifier}")
    if as_json:
        typer.echo(json.dumps(one, ensure_ascii=False))
        return
    rows = [
        (name, one[name]) for name in ("summary", "words", "proposed_by", "unit_name", "state", "against")
    ]
    rows += [("until", one["expires_at"]), ("digest", one["digest"])]
    typer.echo("\n".join(f"{name:<12} {value}" for name, value in rows if value))
    typer.echo(json.dumps(one["payload"], indent=2, sort_keys=True, ensure_ascii=False))


@approvals.command("approve")
def approve(
    identifier: str,
    digest: Annotated[str, typer.Option(help="As `vigie approvals show` gives it: what you have read.")],
) -> None:
    """Approve a proposal: it is done at once, and the log names both of you. Needs a sign-in of the last 5 minutes."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/approvals/{identifier}/approve", {"digest": digest})
    typer.echo("Approved and done.", err=True)


@approvals.command("refuse")
def refuse(identifier: str, reason: Annotated[str, typer.Option(help="Why; the proposer reads it.")]) -> None:
    """Refuse a proposal: it can never be approved."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/approvals/{identifier}/refuse", {"words": reason})
    typer.echo("Refused. Nothing was done.", err=True)


@approvals.command("withdraw")
def withdraw(identifier: str) -> None:
    """Withdraw your own proposal."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/approvals/{identifier}")
    typer.echo("Withdrawn. Nothing was done.", err=True)


def _print(one: dict[str, Any], said: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(one, ensure_ascii=False))
    else:
        typer.echo(f"{one['public_id']}  {said:<9}  until {one['expires_at'][:16]}Z  {one['summary']}")
