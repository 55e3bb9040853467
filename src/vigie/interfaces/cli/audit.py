"""`vigie audit`: judge the log where it lies, write it to a bundle, judge a bundle anywhere."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vigie.config.environment import choose_django_settings
from vigie.engines.proofs import Verdict
from vigie.interfaces.cli.exits import Exit

audit = typer.Typer(no_args_is_help=True, help="Verify and export the log.")
LIMIT = "Without an outside witness this detects change by anyone who does not hold the checkpoint key of this machine."


@audit.command("verify")
def verify(
    bundle: Annotated[
        Path | None, typer.Option(help="A bundle to judge, instead of this installation's log.")
    ] = None,
    key: Annotated[str, typer.Option(help="The log's public key, from a place you trust.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say whether every entry is as signed; names the first bad one (exit code 1)."""
    verdict, detects = _of_bundle(bundle, key) if bundle else _of_this_log()
    if as_json:
        typer.echo(json.dumps({"ok": verdict.ok, "covered": verdict.covered, "uncovered": verdict.uncovered,
            "first_bad": verdict.first_bad, "between": verdict.between, "reason": verdict.reason, "detects": detects}))  # fmt: skip
    else:
        typer.echo(_sentence(verdict))
        typer.echo(detects)
    raise typer.Exit(Exit.OK if verdict.ok else Exit.FAILURE)


@audit.command("export")
def export(out: Path) -> None:
    """Write the log and its checkpoints to a bundle that `vigie audit verify --bundle` judges anywhere.

    Needs a sign-in with the right to export the log: being root on the server opens nothing.
    """
    from vigie.backends.remote import signed_in
    from vigie.config.schema import load_settings

    with signed_in(load_settings()) as remote:
        answer = remote.download("/api/v1/audit/bundle")
    out.write_bytes(answer)
    typer.echo(f"The bundle was written to {out}.", err=True)


def _of_bundle(bundle: Path, key: str) -> tuple[Verdict, str]:
    from vigie.engines.proofs import VerifierKey, verify_bundle

    report = verify_bundle(bundle, VerifierKey.parse(key) if key else None)
    return report, report.detects


def _of_this_log() -> tuple[Verdict, str]:
    _django()
    from vigie.kernel import sequencer
    from vigie.kernel.actors import utc_now
    from vigie.kernel.installation import checkpoint_key

    sequencer.sequence()
    verdict = sequencer.verify(checkpoint_key().verifier)
    if verdict.ok and sequencer.sign(checkpoint_key(), now=utc_now()) is not None:
        verdict = sequencer.verify(checkpoint_key().verifier)
    return verdict, LIMIT


def _sentence(verdict: Verdict) -> str:
    if verdict.ok:
        return f"{verdict.covered} entries are as signed; {verdict.uncovered} later ones are not covered by a checkpoint yet."
    return f"The log is not as signed: {verdict.reason}"


def _django() -> None:
    choose_django_settings()
    import django

    django.setup()
