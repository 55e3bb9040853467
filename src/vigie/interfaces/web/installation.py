"""Pages about the installation itself: its health, what it is and is not, and help for each kind of problem."""

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from vigie.kernel.errors import NotFound, Unavailable
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.requests import actor_of

EXAMINATION_SECONDS = 60
_WEIGHTS = {"failure": 0, "warning": 1, "fine": 2}

PROBLEMS: dict[str, dict[str, Any]] = {
    "not-signed-in": {
        "title": _("Please sign in"),
        "happened": _(
            "Nobody is signed in, or the sign-in has ended: after 15 minutes of silence, or after 8 hours."
        ),
        "safe": _("What you had sent is kept. What you were writing is still in the page you came from."),
        "next": _("Sign in again; you come back to the same place."),
    },
    "refused": {
        "title": _("This is not allowed"),
        "happened": _(
            "The rules said no: the agreement of your organisation, your role, your certificate, or the owner."
        ),
        "safe": _("Nothing was opened and nothing was changed. That you asked is written in the log."),
        "next": _(
            "The page names what is missing. Your supervisor can have it put right, or the desk of the owner can."
        ),
    },
    "two-persons": {
        "title": _("This needs another person"),
        "happened": _(
            "Some acts take two people: one proposes, another approves. Two accounts of one person count as one."
        ),
        "safe": _("Nothing was done. The proposal waits until it ends, 24 hours after it was made."),
        "next": _("Ask a colleague the message fits. The page Approvals shows what waits, and for how long."),
    },
    "proposal-closed": {
        "title": _("This proposal stands no longer"),
        "happened": _(
            "It was decided already, its 24 hours are over, or what it is about changed since it was proposed."
        ),
        "safe": _("Nothing was done now, and nothing is done twice."),
        "next": _("Look at the record as it is today, then propose it anew if it is still right."),
    },
    "quota-spent": {
        "title": _("No more look-ups for now"),
        "happened": _("What one person, or one unit, may look up in a day has been looked up."),
        "safe": _(
            "What was answered stays answered. Nothing else is held up: files are handed in and matched as ever."
        ),
        "next": _(
            "Go on after the time the message names, or ask your supervisor whether so many are needed."
        ),
    },
    "release-needed": {
        "title": _("This needs a supervisor's release"),
        "happened": _("Looking up in bulk is released by a supervisor, for one person, one case and a time."),
        "safe": _("Nothing was looked up."),
        "next": _(
            "Ask your supervisor for a release that covers as many hashes, or look up fewer in one call."
        ),
    },
    "step-up-needed": {
        "title": _("Please confirm it is you"),
        "happened": _("This act needs a sign-in younger than five minutes."),
        "safe": _("Nothing was opened and nothing was changed."),
        "next": _("Confirm with your second factor; then do it again."),
    },
    "not-found": {
        "title": _("There is nothing at this address"),
        "happened": _(
            "There is no such record, or it is not for you to see. The answer is the same on purpose."
        ),
        "safe": _("Nothing was changed."),
        "next": _("Check the address, or start from the first page."),
    },
    "conflict": {
        "title": _("This no longer fits what is stored"),
        "happened": _("The record changed in the meantime, or exists already for your unit."),
        "safe": _("What was stored stays as it is. Nothing was overwritten."),
        "next": _("Look at the record as it is now, then decide again."),
    },
    "invalid": {
        "title": _("This cannot be accepted as it is"),
        "happened": _("Something that was handed in cannot be understood or kept."),
        "safe": _("What was stored before is untouched."),
        "next": _("The message names what is wrong. Correct it and send it again."),
    },
    "too-large": {
        "title": _("Too large"),
        "happened": _("What was handed in is larger than this installation takes."),
        "safe": _("Nothing of it was kept, and nothing else was touched."),
        "next": _("Hand it in in parts, or ask your administrator to raise the limit."),
    },
    "unavailable": {
        "title": _("Part of the system is not answering"),
        "happened": _("A part of this installation does not answer: the database, the matcher, or the keys."),
        "safe": _("Everything that was acknowledged is on disk. Work under way goes on by itself."),
        "next": _("Try again in a minute. If it stays, your administrator looks at the page Health."),
    },
    "failure": {
        "title": _("Something failed"),
        "happened": _("The program made a mistake of its own."),
        "safe": _("Whatever you were doing was taken back as a whole; nothing is half done."),
        "next": _("Try again. If it happens again, tell your administrator what you did and when."),
    },
}
"""Every kind of problem an answer may name, by the last part of its type (RFC 9457)."""


@require_GET
def doctor(request: HttpRequest) -> HttpResponse:
    """What is wrong with the installation and what to do about it: what `vigie doctor` says, worst first."""
    require(actor_of(request), Permission.SYSTEM_HEALTH_READ)
    found = _findings()
    found.sort(key=lambda finding: _WEIGHTS[finding["weight"]])
    faults = sum(finding["weight"] == "failure" for finding in found)
    advice = sum(finding["weight"] == "warning" for finding in found)
    return render(request, "doctor.html", {"findings": found, "faults": faults, "advice": advice})


@require_GET
def about(request: HttpRequest) -> HttpResponse:
    """Which version runs, under which licence, what it does not do, and who could technically open everything."""
    shown = {
        "version": _version(),
        "licence": _licence(),
        "translations": _translations(),
        "python": sys.version.split()[0],
    }
    return render(request, "about.html", shown)


@require_GET
def problem(request: HttpRequest, kind: str) -> HttpResponse:
    """What this kind of problem means, what is safe, and what to do next."""
    if kind not in PROBLEMS:
        raise NotFound
    return render(request, "help_problem.html", {"kind": kind, "problem": PROBLEMS[kind]})


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """Every kind of problem the pages and the programs may name."""
    return render(request, "help.html", {"problems": PROBLEMS.items()})


def _findings() -> list[dict[str, Any]]:
    """The findings of `vigie doctor`, run as a program of its own.

    It looks at the database with an administrator's rights; the web server's process never holds those.
    """
    command = [sys.executable, "-m", "vigie", "doctor", "--json"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=EXAMINATION_SECONDS, check=False
        )
        findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    except (subprocess.TimeoutExpired, OSError, ValueError, KeyError) as error:
        raise Unavailable(_("The examination did not finish. Run `vigie doctor` on the server.")) from error
    return findings


def _version() -> str:
    try:
        return version("vigie")
    except PackageNotFoundError:
        return str(_("unreleased"))


def _licence() -> str:
    try:
        return str(metadata("vigie").json.get("license_expression") or "Apache-2.0")
    except PackageNotFoundError:
        return "Apache-2.0"


def _translations() -> list[dict[str, Any]]:
    """For each language but English, how many texts a person has reviewed: `locale/reviewed.json`, {code: {reviewed, total}}.

    Without that file nobody has reviewed anything.
    """
    try:
        read: Any = json.loads((Path(settings.LOCALE_PATHS[0]) / "reviewed.json").read_text(encoding="utf-8"))
        counted = read if isinstance(read, dict) else {}
    except (OSError, ValueError):
        counted = {}
    return [{"name": name, **_counts(counted.get(code))} for code, name in settings.LANGUAGES if code != "en"]


def _counts(entry: Any) -> dict[str, int | None]:
    if not isinstance(entry, dict):
        return {"reviewed": 0, "total": None, "unreviewed": None}
    reviewed, total = int(entry.get("reviewed", 0)), int(entry.get("total", 0))
    return {"reviewed": reviewed, "total": total, "unreviewed": max(0, total - reviewed)}
