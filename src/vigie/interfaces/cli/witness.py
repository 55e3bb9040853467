"""`vigie witness`: the program of a body outside the operator; it needs no installation of Vigie of its own.

Without a server everything goes through files, as in `python -m vigie.engines.witness`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vigie.engines.proofs import Checkpoint, CheckpointRefused, KeyTextRefused, VerifierKey, parse_checkpoint
from vigie.engines.witness import BROKEN_PROMISES, Witness, WitnessRefused, program
from vigie.interfaces.cli.exits import Exit

if TYPE_CHECKING:
    from vigie.backends.remote import Remote

witness = typer.Typer(no_args_is_help=True, help="Witness the log of another body's installation.")
Folder = Annotated[Path, typer.Option(help="The witness's own folder.")]
Server = Annotated[str, typer.Option(help="Scheme, host and port of the installation.")]
_HERE = Path("witness")
TOKEN = "token"  # noqa: S105 - the name of a file, no secret
"""The file in the witness's folder with the token the operator gave it."""


@witness.command("init")
def init(name: str, log: str, folder: Folder = _HERE) -> None:
    """Make a key and follow the log with this public key; prints the witness's own public key for the operator.

    NAME is a schema-less address of the body that witnesses, such as `oversight.example/vigie`.
    """
    with _told():
        typer.echo(program.init(folder, name, VerifierKey.parse(log))[1])
    typer.echo(
        f"Keep {folder} as you keep keys. The operator runs `vigie audit witness add` with this key.",
        err=True,
    )
    typer.echo(f"Put the token you are given into {folder / TOKEN}.", err=True)


@witness.command("sign")
def sign(
    request: Annotated[
        Path | None, typer.Argument(help="A request of the log in a file, instead of a server.")
    ] = None,
    out: Annotated[Path | None, typer.Argument(help="Where the cosigned checkpoint goes.")] = None,
    folder: Folder = _HERE,
    server: Server = "",
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="Another witness's last note, a file or an address: compared before anything is handed over."
        ),
    ] = None,
) -> None:
    """Judge what the log shows now, cosign it, and hand the cosignature over; says why when it is not signed."""
    keeper = Witness(folder)
    with _told():
        if server:
            for log in keeper.logs():
                _sign_at(keeper, log, server, peer or [])
            return
        if request is None or out is None:
            raise typer.BadParameter("name a request and a place for the cosigned checkpoint, or --server")
        signed = keeper.sign(request.read_text(encoding="utf-8"), at=_now())
        out.write_text(signed.note, encoding="utf-8")
    typer.echo(f"signed: {signed.size} entries of {signed.origin}")


@witness.command("status")
def status(
    folder: Folder = _HERE,
    note: Annotated[
        Path | None, typer.Option(help="Write the last note signed here, for other witnesses.")
    ] = None,
    log: Annotated[str, typer.Option(help="The log's name, when several are followed.")] = "",
) -> None:
    """Say what was signed last of each log."""
    keeper = Witness(folder)
    with _told():
        for line in program.status(keeper):
            typer.echo(line)
        last = keeper.last(log or _only(keeper)) if note else None
        if note is not None and last is not None:
            note.write_text(last.note, encoding="utf-8")


@witness.command("compare")
def compare(
    other: Annotated[str, typer.Argument(help="Another witness's last note: a file or an address.")],
    folder: Folder = _HERE,
    server: Server = "",
    proof: Annotated[
        Path | None, typer.Option(help="A request of the log from the smaller size to the larger, in a file.")
    ] = None,
    log: Annotated[str, typer.Option(help="The log's name, when several are followed.")] = "",
) -> None:
    """Say whether the log shows us and another witness one history (exit code 1 when it shows two)."""
    keeper = Witness(folder)
    with _told():
        name = log or _only(keeper)
        text = proof.read_text(encoding="utf-8") if proof else None
        typer.echo(_compare(keeper, name, other, server, text))


def _sign_at(keeper: Witness, log: str, server: str, peers: list[str]) -> None:
    last = keeper.last(log)
    with _remote(keeper, server) as remote:
        asked = remote.download(f"/api/v1/audit/checkpoint?old={last.size if last else 0}").decode()
        signed = keeper.sign(asked, at=_now())
        for peer in peers:
            typer.echo(_compare(keeper, log, peer, server, None))
        remote.post("/api/v1/audit/cosignatures", {"note": signed.note})
    typer.echo(f"signed and handed over: {signed.size} entries of {log}")


def _compare(keeper: Witness, log: str, other: str, server: str, proof: str | None) -> str:
    note = _note_of(other)
    ours = keeper.last(log)
    if proof is None and server and ours is not None:
        proof = _joining(keeper, server, ours, note)
    return program.compare(keeper, log, note, proof, at=_now())


def _joining(keeper: Witness, server: str, ours: Checkpoint, note: str) -> str | None:
    """The log's own proof from the smaller tree to the larger; None when it has none to give."""
    from vigie.backends.remote import RemoteProblem

    small, large = sorted((ours.size, parse_checkpoint(note).size))
    with _remote(keeper, server) as remote:
        try:
            return remote.download(f"/api/v1/audit/checkpoint?old={small}&size={large}").decode()
        except RemoteProblem as problem:
            if problem.status == 404:
                return None
            raise


def _remote(keeper: Witness, server: str) -> "Remote":
    import httpx

    from vigie.backends.remote import Remote

    token = (keeper.folder / TOKEN).read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Witness {token}", "Accept": "application/json, text/plain"}
    return Remote(httpx.Client(base_url=server.rstrip("/"), headers=headers, timeout=120, trust_env=False))


def _note_of(place: str) -> str:
    if not place.startswith(("http://", "https://")):
        return Path(place).read_text(encoding="utf-8")
    import httpx

    from vigie.backends.remote import RemoteProblem

    try:
        answer = httpx.get(place, timeout=60, trust_env=False)
    except httpx.HTTPError as error:
        raise RemoteProblem(0, f"{place} does not answer", str(error)) from error
    if not answer.is_success:
        raise RemoteProblem(answer.status_code, f"{place} answered {answer.status_code}", "")
    return answer.text


def _only(keeper: Witness) -> str:
    logs = keeper.logs()
    if len(logs) != 1:
        raise typer.BadParameter(f"name the log with --log: {', '.join(logs) or 'none is followed'}")
    return logs[0]


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _told() -> Iterator[None]:
    """A refusal to sign, two histories and missing files are sentences on standard error, and exit code 1."""
    try:
        yield
    except WitnessRefused as refused:
        typer.echo(f"NOT SIGNED: {refused.fault}: {refused}.", err=True)
        if refused.fault in BROKEN_PROMISES:
            typer.echo("What was shown is kept under `logs/…/evidence`. Tell the other witnesses.", err=True)
        raise typer.Exit(Exit.FAILURE) from refused
    except (OSError, CheckpointRefused, KeyTextRefused) as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(Exit.FAILURE) from error
