"""`vigie intake`: hand in a folder or an archive, and hear what others hold."""

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from vigie.backends.remote import Remote, place_of_login, signed_in
from vigie.config.schema import load_settings
from vigie.rooms.intake.client import Interrupted, ServerSaidNo, Summary, open_or_resume, send_folder
from vigie.rooms.intake.client.sending import Line
from vigie.rooms.intake.rules import HowSeen

_EVERY_SECONDS = 0.2
_REFUSED, _NOT_SIGNED_IN, _NETWORK = 8, 3, 7


def intake(
    path: Annotated[Path, typer.Argument(help="A folder, an archive or a file.", exists=True)],
    case: Annotated[str, typer.Option(help="The case's reference.")],
    exhibit: Annotated[
        str, typer.Option(help="The exhibit's reference; it is added when the case has none.")
    ],
    description: Annotated[str, typer.Option(help="What the exhibit is, when it is added.")] = "",
    *,
    sealed: Annotated[
        bool,
        typer.Option(
            "--sealed",
            help="Their provider did not view these files: they stay closed until an authority is recorded.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one event a line.")] = False,
    no_progress: Annotated[
        bool, typer.Option("--no-progress", help="Say nothing on standard error.")
    ] = False,
) -> None:
    """Hand in everything below a path: hashed first, sent only where wanted, resumed after any cut."""
    with signed_in(load_settings()) as remote:
        places = _places(remote, case, exhibit, description)
        teller = Teller(as_json=as_json, quiet=no_progress)
        try:
            line = Line(remote.http)
            note = _note(str(remote.http.base_url), places[1], path)
            submission = _noted(line, note) or open_or_resume(line, case=places[0], exhibit=places[1])
            note.write_text(submission, encoding="utf-8")
            seen = HowSeen.UNVIEWED if sealed else HowSeen.NOT_SAID
            summary = send_folder(line, submission, path, teller, seen)
            note.unlink(missing_ok=True)
        except Interrupted as error:
            _say(f"{error}.", "What was acknowledged is stored.", "Run the same command again: it goes on.")
            raise typer.Exit(_NETWORK) from error
        except ServerSaidNo as error:
            _say(
                f"The server refused: {error}.",
                "What was acknowledged is stored.",
                "Run `vigie login`, then again.",
            )
            raise typer.Exit(_NOT_SIGNED_IN if error.status == 401 else _REFUSED) from error
        answers = remote.get("/api/v1/matches", submission=summary.submission)
        teller.end(summary, answers)
    raise typer.Exit(summary.exit_status)


def _note(server: str, exhibit: str, path: Path) -> Path:
    """Where this terminal notes the submission of a run that is under way.

    A run killed after its last file but before its end would otherwise be taken for a second hand-in of the same files.
    """
    folder = place_of_login(load_settings()).parent / "intake"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / hashlib.sha256(f"{server}|{exhibit}|{path.resolve()}".encode()).hexdigest()


def _noted(line: Line, note: Path) -> str | None:
    """The address of the submission a killed run left, when the server still knows it."""
    try:
        address = note.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return address if line.ask("GET", address).status_code == 200 else None


def _places(remote: Remote, case: str, exhibit: str, description: str) -> tuple[str, str]:
    """The public ids of the case and of its exhibit, which is added when it is new."""
    found = remote.get("/api/v1/cases/by-reference", reference=case)
    for known in remote.get(f"/api/v1/cases/{found['public_id']}/exhibits"):
        if known["reference"] == exhibit:
            return str(found["public_id"]), str(known["public_id"])
    body = {"reference": exhibit, "description": description}
    added = remote.post(f"/api/v1/cases/{found['public_id']}/exhibits", body)
    return str(found["public_id"]), str(added["id"])


class Teller:
    """Events on standard output as NDJSON where asked for; counts, rate and remaining time on standard error."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json = as_json
        self._shows = not quiet and sys.stderr.isatty()
        self._start = time.monotonic()
        self._told = 0.0
        self._files = 0
        self._sent = 0

    def __call__(self, event: dict[str, Any]) -> None:
        """One event of the hand-in."""
        if self._as_json:
            sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        if event["event"] in {"failed", "refused"}:
            typer.echo(f"{event['path']}: {event['reason']}", err=True)
        self._files = event.get("files", self._files) if event["event"] == "listed" else self._files
        self._sent += event["event"] == "sent"
        self._show(event)

    def _show(self, event: dict[str, Any]) -> None:
        now = time.monotonic()
        if not self._shows or now - self._told < _EVERY_SECONDS:
            return
        self._told = now
        if event["event"] == "progress":
            stages = event["stages"]
            words = " · ".join(f"{name} {stages[name]['done']}/{stages[name]['total']}" for name in stages)
        else:
            rate = self._sent / (now - self._start)
            left = f" · about {(self._files - self._sent) / rate:.0f} s left" if rate else ""
            words = f"sent {self._sent} of at most {self._files} · {rate:.1f} files/s{left}"
        sys.stderr.write(f"\r\x1b[K{words}")
        sys.stderr.flush()

    def end(self, summary: Summary, answers: list[dict[str, Any]]) -> None:
        """What came of it, and what others hold."""
        if self._shows:
            sys.stderr.write("\n")
        if self._as_json:
            sys.stdout.write(json.dumps({"event": "answers", "answers": answers}, ensure_ascii=False) + "\n")
            return
        typer.echo(
            f"{summary.files} files: {summary.known} known and not sent, {summary.new} new, "
            f"{summary.refused + summary.failed} not taken; {summary.bytes_sent} bytes sent, "
            f"{summary.bytes_saved} saved."
        )
        for answer in answers:
            typer.echo(_sentence(answer))


def _sentence(answer: dict[str, Any]) -> str:
    desk = answer.get("desk") or {}
    whom = f"{desk.get('unit_name', '')}, {desk.get('phone') or desk.get('mail') or desk.get('country', '')}"
    if answer["level"] == "contact_only":
        return f"Another unit holds something {answer['claim']}: ask {whom}"
    how = f"{answer['distance']} bits of 256" if answer["distance"] is not None else "equal"
    return f"{answer['claim']} ({how}): held by {whom}"


def _say(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)
