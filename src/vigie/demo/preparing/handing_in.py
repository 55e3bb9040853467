"""Every exhibit of the plan handed in the real way: over HTTP, by a person of its unit, from manifest to match."""

import threading
from collections.abc import Callable, Iterator, Sequence
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


def hand_in_folder(
    remote: Remote, *, case: str, exhibit: str, folder: Path, tell: Callable[[dict[str, Any]], None]
) -> Summary:
    """Everything below the folder was handed in under the exhibit of this reference and matched.

    Raises NotHandedInError when the line stayed cut or the server refused.
    """
    try:
        found = remote.get("/api/v1/cases/by-reference", reference=case)
        exhibits = remote.get(f"/api/v1/cases/{found['public_id']}/exhibits")
        there = next(each for each in exhibits if each["reference"] == exhibit)
        line = Line(remote.http)
        address = open_or_resume(line, case=found["public_id"], exhibit=there["public_id"])
        return send_folder(line, address, folder, tell)
    except (Interrupted, ServerSaidNo, RemoteProblem) as error:
        raise NotHandedInError(f"exhibit {exhibit} of case {case}: {error}") from error


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
    done = _matched_before(parcel)
    if done is not None:
        steps.reached(parcel.exhibit.key, done)
        return

    def tell(event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            steps.reached(parcel.exhibit.key, int(event["stages"]["matched"]["done"]))

    summary = hand_in_folder(
        parcel.remote,
        case=parcel.case.reference,
        exhibit=parcel.reference,
        folder=parcel.folder,
        tell=tell,
    )
    if summary.exit_status:
        raise NotHandedInError(
            f"exhibit {parcel.reference} of case {parcel.case.reference}: of {summary.files} files "
            f"{summary.failed + summary.refused} failed and {summary.unfinished} were not finished"
        )


def _matched_before(parcel: Parcel) -> int | None:
    """How many files an earlier start handed in and matched; None when it did not finish this exhibit."""
    case = parcel.remote.get("/api/v1/cases/by-reference", reference=parcel.case.reference)
    exhibits = parcel.remote.get(f"/api/v1/cases/{case['public_id']}/exhibits")
    there = next(each for each in exhibits if each["reference"] == parcel.reference)
    submissions: Sequence[dict[str, Any]] = parcel.remote.get(
        "/api/v1/submissions", exhibit=there["public_id"], state="recorded"
    )
    for one in submissions:
        seen = parcel.remote.get(f"/api/v1/submissions/{one['id']}")
        if seen["stages"]["matched"]["done"] == len(parcel.exhibit.files):
            return len(parcel.exhibit.files)
    return None


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
