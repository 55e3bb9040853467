"""`vigie case`: open cases, list them."""

import json
from typing import Annotated

import typer

from vigie.backends.remote import signed_in
from vigie.config.schema import load_settings

case = typer.Typer(no_args_is_help=True, help="Open cases, list them.")
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
