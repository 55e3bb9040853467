"""Every exhibit of the plan handed in the real way: over HTTP, by a person of its unit, from manifest to match."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vigie.backends.remote import Login, RemoteProblem, open_remote, server_of
from vigie.backends.remote.client import Remote
from vigie.config.schema import Settings
from vigie.demo.plan import Case, Exhibit, Plan
from vigie.demo.preparing.directory import recorder_of, user_of
from vigie.demo.preparing.records import exhibit_reference
from vigie.kernel.actors import Clock
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.intake.client import Interrupted, ServerSaidNo, Summary, open_or_resume, send_folder
from vigie.rooms.intake.client.sending import Line

AT_ONCE: Final = 6
"""Exhibits underway at one time. A hand-in mostly waits for its answers, which are published at whole seconds."""
LABEL: Final = "demonstration"
SETTLING_SECONDS: Final = 600.0
"""How long an earlier start's files may take to be matched once the worker runs again."""
_POLL_SECONDS: Final = 1.0
Tell = Callable[[dict[str, Any]], None]
_FOLDER_PARTS: Final = 4
"""`units/<unit>/<case>/<exhibit>`: how deep an exhibit's folder lies in the drawn set."""


class NotHandedInError(RuntimeError):
    """An exhibit was not handed in as a whole; what arrived is kept, and the next start goes on with it."""


@dataclass(frozen=True)
class Parcel:
    """An exhibit on its way: whose it is, and where its drawn files lie."""

    case: Case
    exhibit: Exhibit
    reference: str
    folder: Path
    remote: Remote


def hand_in_held(
    plan: Plan,
    pictures: Path,
    settings: Settings,
    clock: Clock,
    *,
    matched: Callable[[int], None],
    settled: Callable[[Case, Exhibit], None],
) -> None:
    """Every exhibit of the plan's cases was handed in and matched, each once, however often this was begun before.

    `matched` is told how many more files were matched, from any thread; `settled` of each exhibit that is done, from
    this one. Raises NotHandedInError.
    """
    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as senders:
        remotes = {
            unit: stack.enter_context(remote_as(recorder_of(plan.people, unit).key, settings, clock))
            for unit in sorted({case.unit for case in plan.cases})
        }
        steps = _Steps(matched)
        underway = {senders.submit(_send, each, steps): each for each in _parcels(plan, pictures, remotes)}
        for future in as_completed(underway):
            future.result()
            settled(underway[future].case, underway[future].exhibit)


@contextmanager
def remote_as(person: str, settings: Settings, clock: Clock) -> Iterator[Remote]:
    """The running system as this person sees it over HTTP, with a token of their own."""
    issued = token_for(user_of(person), label=LABEL, confirmed_at=clock())
    login = Login(server_of(settings), issued.token, issued.expires_at.isoformat(), person)
    with open_remote(login.server, login, language="en") as remote:
        yield remote


def hand_in_folder(remote: Remote, *, case: str, exhibit: str, folder: Path, tell: Tell) -> Summary:
    """Everything below the folder was handed in under the exhibit of this reference and matched.

    Raises NotHandedInError when the line stayed cut or the server refused.
    """
    try:
        case_id, exhibit_id = _ids(remote, case, exhibit)
        line = Line(remote.http)
        return send_folder(line, open_or_resume(line, case=case_id, exhibit=exhibit_id), folder, tell)
    except (Interrupted, ServerSaidNo, RemoteProblem) as error:
        raise NotHandedInError(f"exhibit {exhibit} of case {case}: {error}") from error


def hand_in_once(
    remote: Remote, *, case: str, exhibit: str, folder: Path, files: int, tell: Tell
) -> dict[str, Any]:
    """The exhibit was handed in as a whole, by now or by an earlier start; returns how far that came.

    What an earlier start had sent and closed is waited for: sent again, its files would be found twice.
    Raises NotHandedInError when a file is missing or was not matched.
    """
    seen = _handed_in_before(remote, case, exhibit, files, tell)
    if seen is None:
        summary = hand_in_folder(remote, case=case, exhibit=exhibit, folder=folder, tell=tell)
        seen = remote.get(f"/api/v1/submissions/{summary.submission}")
    matched = seen["stages"]["matched"]
    if seen["stages"]["hashed"]["total"] != files or matched["done"] != matched["total"]:
        raise NotHandedInError(
            f"exhibit {exhibit} of case {case}: {matched['done']} of {files} files were handed in and matched"
        )
    return seen


def _handed_in_before(
    remote: Remote, case: str, exhibit: str, files: int, tell: Tell
) -> dict[str, Any] | None:
    """The oldest submission of all the exhibit's files that takes no more, once it is settled; None when there is none."""
    _, exhibit_id = _ids(remote, case, exhibit)
    waited = 0.0
    for one in reversed(remote.get("/api/v1/submissions", exhibit=exhibit_id)):
        while True:
            seen: dict[str, Any] = remote.get(f"/api/v1/submissions/{one['id']}")
            if seen["state"] == "open" or seen["stages"]["hashed"]["total"] != files:
                break
            tell({"event": "progress", "stages": seen["stages"]})
            if seen["state"] == "recorded" or waited > SETTLING_SECONDS:
                return seen
            time.sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS
    return None


def _ids(remote: Remote, case: str, exhibit: str) -> tuple[str, str]:
    """The public ids of a case and an exhibit by their references."""
    found = remote.get("/api/v1/cases/by-reference", reference=case)
    exhibits = remote.get(f"/api/v1/cases/{found['public_id']}/exhibits")
    there = next(each for each in exhibits if each["reference"] == exhibit)
    return str(found["public_id"]), str(there["public_id"])


def _parcels(plan: Plan, pictures: Path, remotes: dict[str, Remote]) -> Iterator[Parcel]:
    """The exhibits, those with most files first, so that all end together."""
    every = [
        Parcel(case, exhibit, exhibit_reference(number), pictures / _folder(exhibit), remotes[case.unit])
        for case in plan.cases
        for number, exhibit in enumerate(case.exhibits, 1)
    ]
    return iter(sorted(every, key=lambda parcel: -len(parcel.exhibit.files)))


def _folder(exhibit: Exhibit) -> Path:
    return Path(*Path(exhibit.files[0].path).parts[:_FOLDER_PARTS])


def _send(parcel: Parcel, steps: "_Steps") -> None:
    def tell(event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            steps.reached(parcel.exhibit.key, int(event["stages"]["matched"]["done"]))

    hand_in_once(
        parcel.remote,
        case=parcel.case.reference,
        exhibit=parcel.reference,
        folder=parcel.folder,
        files=len(parcel.exhibit.files),
        tell=tell,
    )


class _Steps:
    """Counts matched files over all exhibits, told by several threads."""

    def __init__(self, matched: Callable[[int], None]) -> None:
        self._matched = matched
        self._guard = threading.Lock()
        self._reached: dict[str, int] = {}

    def reached(self, exhibit: str, done: int) -> None:
        """So many files of this exhibit are matched."""
        with self._guard:
            more = done - self._reached.get(exhibit, 0)
            self._reached[exhibit] = done
            if more > 0:
                self._matched(more)
