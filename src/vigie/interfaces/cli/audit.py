"""`vigie audit`: judge the log where it lies or in a bundle, look after its witnesses, have it dated."""

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vigie.backends.processes import holder
from vigie.config.environment import choose_django_settings
from vigie.config.home import home_of
from vigie.config.problems import Finding, SetupProblem, Weight
from vigie.config.schema import Settings, load_settings
from vigie.interfaces.cli.exits import Exit

if TYPE_CHECKING:
    from vigie.backends.remote import Remote
    from vigie.engines.proofs import BundleReport, Checkpoint, Verdict, WitnessKey

audit = typer.Typer(no_args_is_help=True, help="Verify and export the log; look after its witnesses.")
witnesses = typer.Typer(no_args_is_help=True, help="Add, list and end outside witnesses of the log.")
audit.add_typer(witnesses, name="witness")
LIMIT = "Without an outside witness this detects change by anyone who does not hold the checkpoint key of this machine."


@audit.command("verify")
def verify(
    bundle: Annotated[
        Path | None, typer.Option(help="A bundle to judge, instead of this installation's log.")
    ] = None,
    key: Annotated[str, typer.Option(help="The log's public key, from a place you trust.")] = "",
    witness: Annotated[
        list[str] | None, typer.Option(help="An outside witness's public key you trust; may be repeated.")
    ] = None,
    kept: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint kept elsewhere, such as a witness's; may be repeated."),
    ] = None,
    authorities: Annotated[
        Path | None, typer.Option(help="PEM certificates the bundle's time stamps are verified against.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say whether every entry is as signed and who witnessed it; names the first bad entry (exit code 1)."""
    from vigie.engines.proofs import WitnessKey, parse_checkpoint

    known = [WitnessKey.parse(text) for text in witness or ()]
    notes = [parse_checkpoint(place.read_text(encoding="utf-8")) for place in kept or ()]
    report = _of_bundle(bundle, key, known, notes, authorities) if bundle else _of_this_log(known, notes)
    if as_json:
        typer.echo(json.dumps(_as_document(report)))
    else:
        typer.echo(_sentence(report))
        typer.echo(report.detects)
        for stamp in report.stamps:
            typer.echo(f"Time stamp of {stamp.size} entries: {stamp.at or stamp.reason}")
    raise typer.Exit(Exit.OK if report.ok else Exit.FAILURE)


@audit.command("export")
def export(out: Path) -> None:
    """Write the log and its checkpoints to a bundle that `vigie audit verify --bundle` judges anywhere.

    Needs a sign-in with the right to export the log: being root on the server opens nothing.
    """
    with _remote() as remote:
        answer = remote.download("/api/v1/audit/bundle")
    out.write_bytes(answer)
    typer.echo(f"The bundle was written to {out}.", err=True)


@audit.command("request")
def request(
    out: Path,
    old: Annotated[int, typer.Option(help="How many entries the witness signed last.")] = 0,
    size: Annotated[int, typer.Option(help="A checkpoint's size; the newest when left out.")] = 0,
) -> None:
    """Write what a witness judges to a file, to be carried to it on a stick."""
    with _remote() as remote:
        out.write_bytes(remote.download(f"/api/v1/audit/checkpoint?old={old}&size={size}"))
    typer.echo(f"The request was written to {out}.", err=True)


@audit.command("cosign")
def cosign(note: Path) -> None:
    """Hand in a checkpoint that witnesses cosigned, brought on a stick."""
    with _remote() as remote:
        answer = remote.post("/api/v1/audit/cosignatures", {"note": note.read_text(encoding="utf-8")})
    typer.echo(f"{answer['kept']} new cosignatures are kept.", err=True)


@audit.command("stamp")
def stamp(
    query_out: Annotated[
        Path | None, typer.Option(help="Write the query here, for an authority that is reached otherwise.")
    ] = None,
    reply: Annotated[Path | None, typer.Option(help="The authority's reply to such a query.")] = None,
    size: Annotated[int, typer.Option(help="The checkpoint's size; the newest when left out.")] = 0,
) -> None:
    """Have a checkpoint of the log dated by a time-stamp authority (RFC 3161); needs the program openssl.

    Asks the authority of the setting `stamp_authority`, unless the reply comes in a file. What is kept was verified
    against the certificates of the setting `stamp_certificates`.
    """
    from vigie.engines.proofs import StampRefused, stamp_request
    from vigie.engines.witness import parse_request

    settings = load_settings()
    if query_out is None and reply is None and not settings.stamp_authority:
        raise SetupProblem(
            "No time-stamp authority is named.",
            safe="Nothing was sent and nothing was changed.",
            remedy="Set stamp_authority, or use --query-out FILE and then --reply FILE --size SIZE.",
        )
    with _remote() as remote:
        text = remote.download(f"/api/v1/audit/checkpoint?size={size}").decode()
        checkpoint = parse_request(text).checkpoint
        try:
            query = b"" if reply else stamp_request(checkpoint.note)
        except StampRefused as error:
            raise SetupProblem(f"{error}.", safe="Nothing was sent.", remedy="Install openssl.") from error
        if query_out is not None:
            query_out.write_bytes(query)
            typer.echo(
                f"The query for the checkpoint of {checkpoint.size} entries is in {query_out}.", err=True
            )
            typer.echo(str(checkpoint.size))
            return
        answer = reply.read_bytes() if reply else _asked(settings.stamp_authority, query)
        body = {"size": checkpoint.size, "reply": base64.b64encode(answer).decode()}
        remote.post("/api/v1/audit/stamps", body)
    typer.echo(
        f"The checkpoint of {checkpoint.size} entries is stamped; the reply was verified and kept.", err=True
    )


@witnesses.command("add")
def add_witness(key: str) -> None:
    """Add an outside witness by its public key; prints the token it pulls with, only now."""
    with _remote() as remote:
        added = remote.post("/api/v1/audit/witnesses", {"key": key})
    typer.echo(json.dumps(added))
    typer.echo(
        f"{added['name']} is a witness now. Give it the token and the log's key, over a safe way.", err=True
    )


@witnesses.command("list")
def list_witnesses() -> None:
    """List the witnesses, and how far each saw the log."""
    with _remote() as remote:
        for one in remote.get("/api/v1/audit/witnesses")["witnesses"]:
            typer.echo(json.dumps(one))


@witnesses.command("end")
def end_witness(name: str) -> None:
    """End a witness: it counts no more, and its token opens nothing."""
    with _remote() as remote:
        remote.post("/api/v1/audit/witnesses/end", {"name": name})
    typer.echo(f"{name} is no witness any more; what it signed stays.", err=True)


def examine_witnesses(settings: Settings) -> Iterator[Finding]:
    """Whether two outside witnesses saw every checkpoint older than a day."""
    if holder(home_of(settings).lock_file) is None and settings.database_url is None:
        return  # it does not run: another check says so
    _django()
    from django.db import DatabaseError

    from vigie.kernel.actors import utc_now
    from vigie.rooms.oversight.queries import unwitnessed_since, witnessing

    try:
        since, state = unwitnessed_since(now=utc_now()), witnessing(now=utc_now())
    except DatabaseError as error:
        words = f"The log could not be asked who witnessed it: {str(error).splitlines()[0]}."
        yield Finding("witnesses", Weight.WARNING, words, "vigie migrate")
        return
    if since is None:
        yield Finding(
            "witnesses", Weight.FINE, f"Two saw the log up to entry {state.by_two}; {state.active} in all."
        )
        return
    yield Finding(
        "witnesses",
        Weight.WARNING,
        f"A checkpoint of {since:%Y-%m-%d %H:%M} UTC has no two outside witnesses yet; {state.active} are known: "
        "whoever holds the checkpoint key of this machine could change what came after unseen.",
        "docs/how-to/witness-the-log.md",
    )


def _remote() -> "Remote":
    from vigie.backends.remote import signed_in

    return signed_in(load_settings())


def _asked(authority: str, query: bytes) -> bytes:
    """The authority's reply over HTTP (RFC 3161 section 3.4)."""
    import httpx

    from vigie.backends.remote import RemoteProblem

    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        answer = httpx.post(authority, content=query, headers=headers, timeout=60, trust_env=False)
    except httpx.HTTPError as error:
        raise RemoteProblem(0, f"{authority} does not answer", str(error)) from error
    if not answer.is_success:
        raise RemoteProblem(answer.status_code, f"{authority} answered {answer.status_code}", "")
    return answer.content


def _of_bundle(
    bundle: Path,
    key: str,
    known: "list[WitnessKey]",
    kept: "list[Checkpoint]",
    authorities: Path | None,
) -> "BundleReport":
    from vigie.engines.proofs import VerifierKey, verify_bundle

    trusted = VerifierKey.parse(key) if key else None
    return verify_bundle(bundle, trusted, kept, witnesses=known, authorities=authorities)


def _of_this_log(known: "list[WitnessKey]", kept: "list[Checkpoint]") -> "BundleReport":
    _django()
    from vigie.engines.proofs import BundleReport, CheckpointRefused, Fault, Verdict, sentence, witnessed
    from vigie.kernel import sequencer
    from vigie.kernel.actors import utc_now
    from vigie.kernel.installation import checkpoint_key
    from vigie.rooms.oversight import queries
    from vigie.rooms.oversight.queries import as_stored

    sequencer.sequence()
    key = checkpoint_key().verifier
    verdict = as_stored.verify(key, kept)
    if verdict.ok and sequencer.sign(checkpoint_key(), now=utc_now()) is not None:
        verdict = as_stored.verify(key, kept)
    try:
        signed = [*queries.cosigned(as_stored.checkpoints(), using=sequencer.AUDITOR), *kept]
        found = witnessed(signed, key, known or queries.witness_keys(sequencer.AUDITOR), verdict.covered)
    except CheckpointRefused as error:
        found = ()
        if verdict.ok:
            verdict = Verdict(0, 0, None, None, Fault.CHECKPOINT_REFUSED, str(error))
    return BundleReport(**asdict(verdict), detects=sentence(found) if found else LIMIT, witnessed=found)


def _as_document(report: "BundleReport") -> dict[str, Any]:
    return {
        "ok": report.ok,
        "covered": report.covered,
        "uncovered": report.uncovered,
        "first_bad": report.first_bad,
        "between": report.between,
        "reason": report.reason,
        "detects": report.detects,
        "witnessed": [{**asdict(one), "at": one.at.isoformat()} for one in report.witnessed],
        "stamps": [{**asdict(one), "at": one.at.isoformat() if one.at else None} for one in report.stamps],
    }


def _sentence(verdict: "Verdict") -> str:
    if verdict.ok:
        return f"{verdict.covered} entries are as signed; {verdict.uncovered} later ones are not covered by a checkpoint yet."
    return f"The log is not as signed: {verdict.reason}"


def _django() -> None:
    choose_django_settings()
    import django

    django.setup()
