"""`vigie login`, `vigie logout`, `vigie user` and `vigie certificate`."""

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from vigie.backends.remote import (
    Login,
    forget_login,
    keep_login,
    open_remote,
    place_of_login,
    server_of,
    signed_in,
)
from vigie.config.schema import load_settings
from vigie.config.terminal import language

user = typer.Typer(no_args_is_help=True, help="Add people, give them roles, confirm or suspend their access.")
certificate = typer.Typer(no_args_is_help=True, help="Certify people, and end certificates.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def login(
    username: Annotated[str, typer.Option(prompt="User name")],
    password: Annotated[str, typer.Option(prompt="Password", hide_input=True)],
    code: Annotated[str, typer.Option(prompt="Code of your second factor")],
    server: Annotated[
        str, typer.Option(help="Scheme, host and port; this machine's own server when left out.")
    ] = "",
) -> None:
    """Sign in at a server; the sign-in lasts 8 hours and is kept in a file only you can read."""
    settings = load_settings()
    address = (server or server_of(settings)).rstrip("/")
    claim = {"username": username, "password": password, "code": code, "label": socket.gethostname()}
    with open_remote(address, None, language=language()) as remote:
        answer = remote.post("/api/v1/tokens", claim)
    keep_login(
        place_of_login(settings), Login(address, str(answer["token"]), str(answer["expires_at"]), username)
    )
    typer.echo(f"Signed in at {address} until {answer['expires_at']}.", err=True)


def logout() -> None:
    """End all your command-line sign-ins and forget the one kept here."""
    settings = load_settings()
    with signed_in(settings) as remote:
        remote.delete("/api/v1/tokens")
    forget_login(place_of_login(settings))
    typer.echo("Signed out.", err=True)


@user.command("add")
def add_user(
    username: str,
    name: Annotated[str, typer.Option(help="The name the person is shown by, to their own unit only.")],
    unit: Annotated[str, typer.Option(help="The unit's code.")],
    role: Annotated[list[str], typer.Option(help="A role; may be given more than once.")],
    lang: Annotated[str, typer.Option(help="en, fr, es or ar.")] = "en",
    same_person_as: Annotated[
        str, typer.Option(help="An account the same human being has already: the two count as one person.")
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """Add a person; prints their one-time enrolment link, valid for 72 hours."""
    with signed_in(load_settings()) as remote:
        body = {
            "username": username,
            "display_name": name,
            "unit": unit,
            "language": lang,
            "roles": role,
            "same_person_as": same_person_as,
        }
        added = remote.post("/api/v1/people", body)
        link = f"{str(remote.http.base_url).rstrip('/')}/enrol/{added['code']}/"
    _print({"username": username, "enrol": link, "until": added["expires_at"]}, as_json=as_json)


@user.command("list")
def list_users(*, as_json: Json = False) -> None:
    """List the people of your unit; a gateway sees those of its country, administrators those of every unit."""
    with signed_in(load_settings()) as remote:
        for person in remote.get("/api/v1/people"):
            _print(person, as_json=as_json)


@user.command("person")
def join_accounts(
    username: str, same_as: Annotated[str, typer.Option(help="Another account of the same human being.")]
) -> None:
    """Say that two accounts are one human being's: they count as one where an act needs two. Not taken back."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/people/{username}/natural-person", {"same_as": same_as})
    typer.echo(f"{username} and {same_as} count as one person.", err=True)


@user.command("grant")
def grant_role(username: str, role: str) -> None:
    """Give a person a role."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/people/{username}/roles", {"role": role})
    typer.echo(f"{username} holds the role {role}.", err=True)


@user.command("revoke")
def revoke_role(username: str, role: str) -> None:
    """Take a role from a person, from their next request on."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/people/{username}/roles/{role}")
    typer.echo(f"{username} no longer holds the role {role}.", err=True)


@user.command("review")
def review(
    usernames: Annotated[
        list[str] | None, typer.Argument(help="Whose access you confirm; nobody: list whose must be.")
    ] = None,
    *,
    everybody: Annotated[bool, typer.Option("--all", help="List also those confirmed lately.")] = False,
    as_json: Json = False,
) -> None:
    """Confirm that these people should have access; what was suspended opens again.

    Without names: the people whose access ends within 14 days, has ended or was suspended.
    """
    with signed_in(load_settings()) as remote:
        if usernames:
            for username in usernames:
                remote.post(f"/api/v1/people/{username}/access", {})
                typer.echo(f"The access of {username} is confirmed.", err=True)
            return
        shown = [one for one in remote.get("/api/v1/people") if everybody or one["access"] != "confirmed"]
    for one in shown:
        keys = ("username", "display_name", "access", "review_due", "certified_until")
        _print({key: one[key] for key in keys}, as_json=as_json)
    if not shown:
        typer.echo("Everybody's access is confirmed.", err=True)


@user.command("suspend")
def suspend(username: str) -> None:
    """Take a person's access from their next request on, and end their sign-ins; `vigie user review` gives it back."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/people/{username}/access")
    typer.echo(f"The access of {username} is suspended; their sign-ins have ended.", err=True)


@user.command("join")
def join_identity(
    username: str,
    provider: Annotated[str, typer.Option(help="The provider's name in the settings.")],
    subject: Annotated[str, typer.Option(help="The subject by which it knows the person.")],
) -> None:
    """Join a person to who they are at a sign-in provider of their country."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/people/{username}/identities", {"provider": provider, "subject": subject})
    typer.echo(f"{username} may sign in through {provider}.", err=True)


@user.command("part")
def part_identity(
    username: str, provider: Annotated[str, typer.Option(help="The provider's name in the settings.")]
) -> None:
    """Part a person from who they are at a sign-in provider."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/people/{username}/identities/{provider}")
    typer.echo(f"{username} signs in through {provider} no more.", err=True)


@user.command("sessions")
def sessions(
    username: Annotated[str, typer.Argument(help="A person you look after; yourself when left out.")] = "",
    *,
    end: Annotated[bool, typer.Option("--end", help="End all sign-ins of this person.")] = False,
    as_json: Json = False,
) -> None:
    """List the sign-ins that work now, of browsers and of the command line, or end all of a person's."""
    with signed_in(load_settings()) as remote:
        if end and username:
            ended = remote.delete(f"/api/v1/people/{username}/sessions")
            typer.echo(f"{ended['ended']} sign-ins of {username} have ended.", err=True)
            return
        if end:
            raise typer.BadParameter("Name the person; `vigie logout` ends your own.")
        for one in remote.get(f"/api/v1/people/{username}/sessions" if username else "/api/v1/sessions"):
            _print(one, as_json=as_json)


@certificate.command("list")
def list_certificates(
    username: Annotated[
        str, typer.Argument(help="Whose; left out: those that end within 60 days or ended lately.")
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """List a person's certificates, or everybody's that end soon."""
    with signed_in(load_settings()) as remote:
        path = f"/api/v1/people/{username}/certificates" if username else "/api/v1/certificates/ending"
        for one in remote.get(path):
            _print(one, as_json=as_json)


@certificate.command("grant")
def grant_certificate(
    username: str,
    issuer: Annotated[str, typer.Option(help="Who held the course and vouches for it.")],
    course: Annotated[str, typer.Option(help="The course that was passed.")] = "Victim identification",
    passed: Annotated[
        str, typer.Option(help="The day it was passed, as in 2026-11-02; today if left out.")
    ] = "",
    days: Annotated[int, typer.Option(min=1, max=730, help="For how many days, from today.")] = 365,
    *,
    as_json: Json = False,
) -> None:
    """Certify a person from today on, by a course they passed."""
    today = datetime.now(UTC).date()
    body = {
        "course": course,
        "issuer": issuer,
        "passed_on": passed or str(today),
        "valid_from": str(today),
        "valid_until": str(today + timedelta(days=days)),
    }
    with signed_in(load_settings()) as remote:
        granted = remote.post(f"/api/v1/people/{username}/certificates", body)
    _print({"certificate": granted["id"], **body}, as_json=as_json)


@certificate.command("revoke")
def revoke_certificate(identifier: str) -> None:
    """End a certificate now."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/certificates/{identifier}")
    typer.echo("The certificate has ended.", err=True)


def _print(record: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    typer.echo("  ".join(f"{key}: {value}" for key, value in record.items() if value not in (None, "")))
