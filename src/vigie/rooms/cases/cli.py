"""`vigie case`: open cases, list them, say how they are handled, open them to a court."""

import json
from typing import Annotated

import typer

from vigie.backends.remote import Remote, signed_in
from vigie.config.schema import load_settings

case = typer.Typer(
    no_args_is_help=True, help="Open cases, list them, say how they are handled, open them to a court."
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]


@case.command("open")
def open_case(
    reference: Annotated[str, typer.Option(help="The case's reference, unique in your unit.")],
    legal_basis: Annotated[str, typer.Option(help="A code of your country's profile.")],
    share: Annotated[str, typer.Option(help="With whom: community, country, listed or none.")],
    title: Annotated[str, typer.Option(help="A short title, seen by your unit only.")] = "",
    listed: Annotated[
        list[str] | None, typer.Option(help="A country code or unit id; with --share listed.")
    ] = None,
    excluded: Annotated[
        list[str] | None, typer.Option(help="A country code or unit id that is told nothing.")
    ] = None,
    handling: Annotated[
        str, typer.Option(help="What readers may do onwards: open, releasable, orcon or originator_only.")
    ] = "orcon",
    *,
    silent: Annotated[
        bool,
        typer.Option("--silent", help="Tell those outside nothing; they get your desk's contact otherwise."),
    ] = False,
    send_everything: Annotated[
        bool, typer.Option("--send-everything", help="Send even what is held already (court cases).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Open a case and say with whom its content is shared; this is always asked, never assumed."""
    body = {
        "reference": reference,
        "title": title,
        "legal_basis": legal_basis,
        "share": share,
        "listed": listed or [],
        "excluded": excluded or [],
        "answer_outside": "silent" if silent else "contact_only",
        "handling": handling,
        "sending": "everything" if send_everything else "what_is_new",
    }
    with signed_in(load_settings()) as remote:
        made = remote.post("/api/v1/cases", body)
    typer.echo(json.dumps(made) if as_json else f"The case {reference} is open.")


@case.command("list")
def list_cases(*, as_json: Json = False) -> None:
    """List your unit's cases, newest first."""
    after: str | None = None
    with signed_in(load_settings()) as remote:
        while True:
            page = remote.get("/api/v1/cases", after=after)
            for found in page["cases"]:
                said = (
                    f"{found['reference']:<20} {found['state']:<8} {found['audience']:<10} {found['title']}"
                )
                typer.echo(json.dumps(found, ensure_ascii=False) if as_json else said)
            after = page["after"]
            if after is None:
                return


@case.command("handling")
def set_handling(
    reference: Annotated[str, typer.Argument(help="The case's reference.")],
    handling: Annotated[str, typer.Argument(help="open, releasable, orcon or originator_only.")],
) -> None:
    """Say what readers may do onwards with what is found: stricter at once, looser by a supervisor."""
    with signed_in(load_settings()) as remote:
        remote.post(f"/api/v1/cases/{_id_of(remote, reference)}/handling", {"handling": handling})
    typer.echo(f"What is found in {reference} is handled as {handling} from now on.")


@case.command("open-to-court")
def open_to_court(
    reference: Annotated[str, typer.Argument(help="The case's reference.")],
    username: Annotated[str, typer.Argument(help="The user name of the prosecutor or judge.")],
    until: Annotated[str, typer.Option(help="The last day, as 2027-03-31; a year from today at most.")],
    why: Annotated[str, typer.Option(help="The court, and the reference of its request.")],
    *,
    as_json: Json = False,
) -> None:
    """Propose to open a case to a prosecutor or judge, read only; a second supervisor approves it."""
    body = {"username": username, "until": until, "why": why}
    with signed_in(load_settings()) as remote:
        waits = remote.post(f"/api/v1/cases/{_id_of(remote, reference)}/courts", body)
    said = f"Nothing is open yet: proposal {waits['proposal']} waits for a second supervisor."
    typer.echo(json.dumps(waits) if as_json else said)


@case.command("courts")
def list_courts(
    reference: Annotated[str, typer.Argument(help="The case's reference.")], *, as_json: Json = False
) -> None:
    """List the prosecutors and judges a case is open to."""
    with signed_in(load_settings()) as remote:
        for one in remote.get(f"/api/v1/cases/{_id_of(remote, reference)}/courts"):
            said = f"{one['public_id']}  {one['username']:<20} until {one['until']}  {one['why']}"
            typer.echo(json.dumps(one, ensure_ascii=False) if as_json else said)


@case.command("close-to-court")
def close_to_court(
    access: Annotated[str, typer.Argument(help="Its id, as `vigie case courts` lists it.")],
) -> None:
    """Close a case to a prosecutor or judge, from their next request on."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/courts/{access}")
    typer.echo("The case is closed to them.")


def _id_of(remote: Remote, reference: str) -> str:
    found = remote.get("/api/v1/cases/by-reference", reference=reference)
    return str(found["public_id"])
