"""`vigie partner`: submit a report or a list of hashes to a unit, read opinions, give one."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from vigie.backends.remote import Remote, RemoteProblem, signed_in
from vigie.config.schema import load_settings
from vigie.rooms.partners.rules import read_lines

partner = typer.Typer(
    no_args_is_help=True, help="Submit reports and hashes to a unit, read opinions, give one."
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]


@partner.command("submit")
def submit(
    to: Annotated[str, typer.Option(help="The code of the unit.")],
    title: Annotated[str, typer.Option(help="What it is about, in a line.")],
    words: Annotated[str, typer.Option(help="The report.")] = "",
    hashes: Annotated[
        Path | None, typer.Option(help="A text file, a file a line: its MD5, SHA-1, SHA-256 as far as known.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Submit a report, a list of hashes, or both; you are told that it was received."""
    read = read_lines(hashes.read_text(encoding="utf-8-sig", errors="replace").splitlines() if hashes else ())
    for line in read.bad:
        typer.echo(f"Line {line} is no hash and was left out.", err=True)
    rows = [
        {name: value.hex() for name in ("md5", "sha1", "sha256") if (value := getattr(one, name)) is not None}
        for one in read.rows
    ]
    with signed_in(load_settings()) as remote:
        made = remote.post(
            "/api/v1/partner/submissions", {"to": to, "title": title, "words": words, "hashes": rows}
        )
    typer.echo(json.dumps(made) if as_json else f"Received: {made['id']}, {made['hashes']} rows of hashes.")
    if read.bad:
        raise typer.Exit(6)


@partner.command("list")
def list_submissions(*, as_json: Json = False) -> None:
    """List your submissions with the opinions on them; for a unit, what partners submitted to it."""
    with signed_in(load_settings()) as remote:
        for one in remote.get("/api/v1/partner/submissions"):
            opinion = one["opinion"]["opinion"] if one["opinion"] else "received"
            said = f"{one['id']}  {one['at'][:10]}  {opinion:<14} {one['other_name']}: {one['title']}"
            typer.echo(json.dumps(one, ensure_ascii=False) if as_json else said)


@partner.command("hashes")
def hashes_of(identifier: UUID) -> None:
    """Print the hashes of a submission, a file a line."""
    with signed_in(load_settings()) as remote:
        sys.stdout.write(remote.download(f"/api/v1/partner/submissions/{identifier}/hashes").decode())


@partner.command("compare")
def compare(
    identifier: UUID,
    case: Annotated[str, typer.Option(help="The case's reference; leave it out to compare again.")] = "",
    exhibit: Annotated[str, typer.Option(help="The exhibit's reference.")] = "",
) -> None:
    """Take a submission into a case of your unit and have its hashes compared, or compare them again."""
    if bool(case) != bool(exhibit):
        raise typer.BadParameter("Give both --case and --exhibit, or neither.")
    with signed_in(load_settings()) as remote:
        place = _place(remote, case, exhibit) if case else {}
        remote.post(f"/api/v1/partner/submissions/{identifier}/comparison", place)
    typer.echo(f"It is being compared: vigie partner findings {identifier}", err=True)


@partner.command("findings")
def findings(identifier: UUID, *, as_json: Json = False) -> None:
    """Print what is known of the rows of a submission that was compared."""
    address = f"/api/v1/partner/submissions/{identifier}"
    with signed_in(load_settings()) as remote:
        view = remote.get(f"{address}/comparison")
        rows = list(_findings(remote, address)) if view["compared_at"] else []
    for row in rows:
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            kinds = [kind for kind in ("own", "flags", "hides", "answers") if row[kind]]
            typer.echo(f"{row['row']:>6}  {row['digests'][-1]}  {', '.join(kinds) or 'not shown any more'}")
    moment = view["compared_at"] or "not yet"
    why = f" ({view['stopped']})" if view["stopped"] else ""
    said = f"{view['found']} rows known, {view['left_out']} not compared; {view['state']}{why}, compared: {moment}."
    typer.echo(said, err=True)


def _place(remote: Remote, case: str, exhibit: str) -> dict[str, str]:
    found = remote.get("/api/v1/cases/by-reference", reference=case)
    for known in remote.get(f"/api/v1/cases/{found['public_id']}/exhibits"):
        if known["reference"] == exhibit:
            return {"case": str(found["public_id"]), "exhibit": str(known["public_id"])}
    raise RemoteProblem(404, "Not found", f"The case has no exhibit {exhibit}.")


def _findings(remote: Remote, address: str) -> Iterator[dict[str, Any]]:
    row: int | None = 1
    while row is not None:
        page = remote.get(f"{address}/findings", first_row=row)
        yield from page["findings"]
        row = page["next_row"]


@partner.command("opinion")
def opinion(
    identifier: UUID,
    opinion: Annotated[str, typer.Argument(help="useful, known, not_relevant or more_needed.")],
    words: Annotated[str, typer.Option(help="Passed on to the partner.")] = "",
) -> None:
    """Say what your unit thinks of a submission made to it."""
    with signed_in(load_settings()) as remote:
        remote.post(
            f"/api/v1/partner/submissions/{identifier}/opinions", {"opinion": opinion, "words": words}
        )
    typer.echo("The partner can read it from now on.")
