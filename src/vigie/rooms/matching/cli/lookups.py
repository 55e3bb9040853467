"""`vigie lookup`: what is known of the hashes of a list; and a supervisor's releases for doing so in bulk."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from vigie.backends.remote import Remote, RemoteProblem, signed_in
from vigie.config.schema import load_settings
from vigie.engines.formats.hash_lists import ListFault, ListRefused, detect
from vigie.rooms.matching.cli.asking import Answer, Listed, in_batches, in_bulk
from vigie.rooms.matching.rules.lookups import Variants

_USAGE, _PARTLY = 2, 6
_FILE: Final = "file"
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")]


class _FileFirst(TyperGroup):
    """What is no command of the group is a list to look up: `vigie lookup FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with the command's name where it was left out."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_FILE, *args]
        return super().parse_args(ctx, args)


lookup = typer.Typer(
    cls=_FileFirst, no_args_is_help=True, help="Look up the hashes of a list: vigie lookup FILE …"
)
release = typer.Typer(no_args_is_help=True, help="Release people for look-ups in bulk.")
lookup.add_typer(release, name="release")


@lookup.command(_FILE)
def look_up(
    file: Annotated[
        Path, typer.Argument(help="Plain hashes, CSV, VICS JSON or ThreatExchange.", exists=True)
    ],
    case: Annotated[str, typer.Option(help="The case's reference.")],
    exhibit: Annotated[str, typer.Option(help="The exhibit's reference.")],
    variants: Annotated[
        Variants, typer.Option(help="all: also for pictures turned, mirrored or inverted.")
    ] = Variants.ONE,
    by_release: Annotated[
        str, typer.Option("--release", help="A supervisor's release, for lists of any length.")
    ] = "",
    first_row: Annotated[int, typer.Option(help="Where to go on with a list that was cut off.", min=1)] = 1,
    *,
    as_json: Json = False,
) -> None:
    """Say what your unit, its lists and others know of every hash of a list."""
    try:
        detect(file)
    except ListRefused as refused:
        typer.echo(f"{refused}.", err=True)
        raise typer.Exit(_USAGE) from refused
    with signed_in(load_settings()) as remote:
        place = _place(remote, case, exhibit) | {"variants": variants.value}
        listed = Listed(file, _name_fault)
        if by_release:
            answers = in_bulk(remote, listed, place | {"release": by_release}, first_row)
        else:
            answers = in_batches(remote, listed, place, first_row)
        counts = Counter[str]()
        for answer in answers:
            counts.update(_kinds(answer))
            _print(answer, as_json=as_json)
    typer.echo(
        f"{counts['rows']} rows: {counts['own']} held here, {counts['listed']} on lists, "
        f"{counts['others']} held by others; {listed.faults + counts['faults']} faults.",
        err=True,
    )
    raise typer.Exit(_PARTLY if listed.faults + counts["faults"] else 0)


@release.command("give")
def give(
    person: Annotated[str, typer.Argument(help="The username.")],
    case: Annotated[str, typer.Option(help="The case's reference.")],
    most: Annotated[int, typer.Option(help="How many hashes.", min=1)],
    until: Annotated[datetime, typer.Option(help="Day or moment (UTC) at which it ends.")],
    reason: Annotated[str, typer.Option(help="Why; very many hashes wait for a second supervisor.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Let a person of your unit look up more hashes in one case than a day allows. Very many take two supervisors."""
    with signed_in(load_settings()) as remote:
        found = remote.get("/api/v1/cases/by-reference", reference=case)
        facts = {
            "person": person,
            "case": found["public_id"],
            "most_hashes": most,
            "valid_until": until.replace(tzinfo=UTC).isoformat(),
            "words": reason,
        }
        given = remote.post("/api/v1/lookups/releases", facts)
    if "proposal" in given:
        typer.echo("It waits for a second supervisor: `vigie approvals list` on their side.", err=True)
    typer.echo(json.dumps(given) if as_json else given.get("id") or given["proposal"])


@release.command("revoke")
def revoke(identifier: str) -> None:
    """Take a release back; a list under way ends with its next rows."""
    with signed_in(load_settings()) as remote:
        remote.delete(f"/api/v1/lookups/releases/{identifier}")
    typer.echo("The release covers nothing more.", err=True)


@release.command("list")
def list_releases(*, as_json: Json = False) -> None:
    """List the releases of your unit, or your own."""
    with signed_in(load_settings()) as remote:
        for row in remote.get("/api/v1/lookups/releases"):
            state = "revoked" if row["revoked_at"] else f"until {row['valid_until']}"
            said = f"{row['public_id']}  {row['used']:>9} of {row['most_hashes']:>9}  {state}"
            typer.echo(json.dumps(row, ensure_ascii=False) if as_json else said)


def _place(remote: Remote, case: str, exhibit: str) -> dict[str, str]:
    """The public ids of the case and the exhibit; a look-up makes neither."""
    found = remote.get("/api/v1/cases/by-reference", reference=case)
    for known in remote.get(f"/api/v1/cases/{found['public_id']}/exhibits"):
        if known["reference"] == exhibit:
            return {"case": str(found["public_id"]), "exhibit": str(known["public_id"])}
    raise RemoteProblem(404, "Not found", f"The case has no exhibit {exhibit}.")


def _name_fault(fault: ListFault) -> None:
    typer.echo(f"{fault.where}: {fault.reason}", err=True)


def _kinds(answer: Answer) -> Iterator[str]:
    said = answer.said
    yield "rows"
    yield from ["own"] * bool(said["own"])
    yield from ["listed"] * bool(said["hides"] or said["flags"])
    yield from ["others"] * bool(said["answers"])
    yield from ["faults"] * len(answer.faults)


def _print(answer: Answer, *, as_json: bool) -> None:
    for fault in answer.faults:
        typer.echo(f"{answer.item}: {fault}", err=True)
    if as_json:
        typer.echo(json.dumps({"item": answer.item} | answer.said, ensure_ascii=False))
        return
    for words in _sentences(answer.said):
        typer.echo(f"{answer.item:<24}  {words}")


def _sentences(said: dict[str, Any]) -> Iterator[str]:
    for one in said["own"]:
        yield f"held here     {_claim(one)}  {one['content']['public_id']}"
    for one in said["flags"]:
        yield f"flagged       {one['list_name']} {one['list_version']}: {one['item']} {one['category']}".rstrip()
    for one in said["hides"]:
        yield f"harmless      {one['list_name']} {one['list_version']}: {one['item']}"
    for one in said["answers"]:
        desk = one["desk"] or {}
        whom = "  ".join(str(desk[name]) for name in ("unit_name", "phone", "mail") if desk.get(name))
        yield f"{one['level']:<12}  {_claim(one)}  {whom or one['holder_country']}"


def _claim(one: dict[str, Any]) -> str:
    how = one["by"] or ""
    near = "" if one["distance"] is None else f" at {one['distance']} bits"
    return f"{one['claim']} {how}{near}".strip()
