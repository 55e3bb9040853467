"""`vigie erasure`: order erasures, list them, read their certificates and check one anywhere."""

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from vigie.backends.remote import signed_in
from vigie.config.schema import load_settings

erasure = typer.Typer(no_args_is_help=True, help="Erase, list erasures, read their certificates.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]


@erasure.command("order")
def order(
    content: Annotated[list[UUID], typer.Argument(help="The ids of the files to erase.")],
    authority: Annotated[str, typer.Option(help="decision, court, data_subject or originator.")],
    words: Annotated[str, typer.Option(help="Why, with the reference of the order.")],
    *,
    as_json: Json = False,
) -> None:
    """Propose to erase files of your unit; once a second supervisor approves, it cannot be undone."""
    body = {"contents": [str(one) for one in content], "authority": authority, "words": words}
    with signed_in(load_settings()) as remote:
        made = remote.post("/api/v1/erasures", body)
    said = f"The erasure waits for a second supervisor: `vigie approvals approve {made['proposal']}`."
    typer.echo(json.dumps(made) if as_json else said)


@erasure.command("list")
def list_erasures(*, as_json: Json = False) -> None:
    """List the erasures of your unit, newest first."""
    after: str | None = None
    with signed_in(load_settings()) as remote:
        while True:
            page = remote.get("/api/v1/erasures", after=after)
            for found in page["erasures"]:
                typer.echo(json.dumps(found) if as_json else _line(found))
            after = page["after"]
            if after is None:
                return


@erasure.command("show")
def show(identifier: UUID, *, as_json: Json = False) -> None:
    """Show how far one erasure has come."""
    with signed_in(load_settings()) as remote:
        found = remote.get(f"/api/v1/erasures/{identifier}")
    typer.echo(json.dumps(found) if as_json else _line(found))


@erasure.command("certificate")
def certificate(identifier: UUID) -> None:
    """Print the signed certificate of a finished erasure."""
    with signed_in(load_settings()) as remote:
        typer.echo(remote.download(f"/api/v1/erasures/{identifier}/certificate").decode(), nl=False)


@erasure.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A certificate.", exists=True, dir_okay=False)],
    key: Annotated[
        str, typer.Option(help="The log's public key, as `vigie audit` and the log's page show it.")
    ],
) -> None:
    """Check a certificate against the log's public key. Needs no server."""
    from vigie.engines.notes import open_note
    from vigie.engines.proofs import CheckpointRefused, KeyTextRefused, VerifierKey

    try:
        text = open_note(file.read_text(encoding="utf-8"), VerifierKey.parse(key))
        facts = json.loads(text.partition("\n")[2])
    except (CheckpointRefused, KeyTextRefused, ValueError) as error:
        typer.echo(f"The certificate does not hold: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"The certificate holds: {facts['count']} files erased, done {facts['done_at']}, "
        f"in no backup from {facts['gone_from_backups_on']} on."
    )


def _line(found: dict[str, object]) -> str:
    state = "done" if found["state"] == "done" else f"under way, {found['unopenable']} cannot be opened"
    return f"{found['public_id']}  {found['ordered_at']}  {found['authority']:<12} {found['contents']:>7}  {state}"
