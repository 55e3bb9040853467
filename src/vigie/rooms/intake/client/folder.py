"""A whole folder: listed, hashed, asked about, sent, and followed until it is matched."""

import base64
import dataclasses
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from vigie.engines.hashing.digests import Digests, digest_stream
from vigie.rooms.intake.client.parcels import SMALL_BYTES, parcels, send_parcel
from vigie.rooms.intake.client.sending import FileFailed, Interrupted, Line, Order, ServerSaidNo, send_file
from vigie.rooms.intake.client.walking import FoundFile, Unreadable, walk
from vigie.rooms.intake.rules import HowSeen

HASHING_THREADS = 2
SENDING_THREADS = 2
BATCH = 1_000
"""Files of one manifest call; the first is smaller, so that the first file is on its way at once."""
FIRST_BATCH = 50
_POLL_SECONDS = 1.0
_STUCK_SECONDS = 600.0
Event = dict[str, Any]


@dataclasses.dataclass(slots=True)
class Summary:
    """What came of a hand-in: files and bytes. `failed` never reached the server, `refused` was refused by it."""

    submission: str
    files: int = 0
    known: int = 0
    new: int = 0
    refused: int = 0
    failed: int = 0
    unfinished: int = 0
    bytes_total: int = 0
    bytes_sent: int = 0
    bytes_saved: int = 0

    @property
    def exit_status(self) -> int:
        """0 when every file was handed in and matched, 6 when some were not."""
        return 6 if self.failed or self.refused or self.unfinished else 0


def open_or_resume(line: Line, *, case: str, exhibit: str) -> str:
    """The address of this exhibit's open submission (public ids), or of a new one.

    A run that was killed left its submission open: the same command finds it and goes on.
    """
    found = _json(line.ask("GET", "/api/v1/submissions", params={"exhibit": exhibit, "state": "open"}))
    for submission in found:
        if submission["source"] == "command_line":
            return f"/api/v1/submissions/{submission['id']}"
    body = {"case": case, "exhibit": exhibit, "source": "command_line"}
    opened = _json(line.ask("POST", "/api/v1/submissions", json=body))
    return f"/api/v1/submissions/{opened['id']}"


def send_folder(
    line: Line,
    submission: str,
    path: Path,
    tell: Callable[[Event], None],
    seen: HowSeen = HowSeen.NOT_SAID,
) -> Summary:
    """Everything below `path` is handed in under the submission at this address, closed, and matched as far as it went.

    `tell` gets one event after another, fit for NDJSON: listed, failed, answered, sent, progress, summary. Raises
    Interrupted when the line stays cut, ServerSaidNo when the server refuses the run: the same call goes on later.
    """
    run = _Run(line, submission, tell, seen)
    files = run.listed(path)
    if (
        run.is_open()
    ):  # it is closed only after everything was handed in: then there is nothing left but to follow
        run.hand_in(files)
    run.close_and_follow()
    tell({"event": "summary", **dataclasses.asdict(run.summary), "exit_status": run.summary.exit_status})
    return run.summary


class _Run:
    def __init__(self, line: Line, submission: str, tell: Callable[[Event], None], seen: HowSeen) -> None:
        self._line = line
        self._is_sealed = seen is HowSeen.UNVIEWED
        self._address = submission.rstrip("/")
        self._id = self._address.rsplit("/", 1)[-1]
        self._tell = tell
        self._guard = threading.Lock()
        self.summary = Summary(self._id)

    def listed(self, path: Path) -> list[FoundFile]:
        """The files to hand in; what cannot be read is told and counted."""
        files = []
        for found in walk(path):
            if isinstance(found, Unreadable):
                self._fail(found.shown, found.reason)
            else:
                files.append(found)
        self.summary.files = len(files)
        self.summary.bytes_total = sum(file.size for file in files)
        self._tell({"event": "listed", "files": len(files), "bytes": self.summary.bytes_total})
        return files

    def is_open(self) -> bool:
        """True while files may still come in under the submission."""
        return bool(_json(self._line.ask("GET", self._address))["state"] == "open")

    def hand_in(self, files: list[FoundFile]) -> None:
        """Files are hashed, asked about and sent, all three at once."""
        with ThreadPoolExecutor(SENDING_THREADS) as senders:
            underway: deque[Future[None]] = deque()
            for batch in _batches(self._hashed(files)):
                wanted = list(self._answered(batch))
                small = [file for file, place in wanted if place is None and file.size <= SMALL_BYTES]
                underway += [senders.submit(self._send_parcel, row) for row in parcels(small)]
                alone = [
                    (file, place) for file, place in wanted if place is not None or file.size > SMALL_BYTES
                ]
                underway += [senders.submit(self._send, file, place) for file, place in alone]
                while underway and (len(underway) > 4 * BATCH or underway[0].done()):
                    underway.popleft().result()
            for future in underway:
                future.result()

    def _hashed(self, files: list[FoundFile]) -> Iterator[tuple[FoundFile, Digests]]:
        """Files with their digests, in order; two are hashed at a time, and few wait to be asked about."""
        with ThreadPoolExecutor(HASHING_THREADS) as hashers:
            waiting: queue.SimpleQueue[tuple[FoundFile, Future[Digests]]] = queue.SimpleQueue()
            ahead = iter(files)
            for file in itertools.islice(ahead, 8):
                waiting.put((file, hashers.submit(_digests, file)))
            while not waiting.empty():
                file, future = waiting.get()
                following = next(ahead, None)
                if following is not None:
                    waiting.put((following, hashers.submit(_digests, following)))
                try:
                    digests = future.result()
                except OSError as error:
                    self._fail(file.shown, getattr(getattr(error, "fault", None), "value", "unreadable"))
                    continue
                yield file, digests

    def _answered(self, batch: list[tuple[FoundFile, Digests]]) -> Iterator[tuple[FoundFile, str | None]]:
        entries = [_entry(file, digests) | {"sealed": self._is_sealed} for file, digests in batch]
        answer = _json(self._line.ask("POST", f"{self._address}/manifest", json={"entries": entries}))
        results = {result["entry"]: result for result in answer["results"]}
        statuses = [result["status"] for result in results.values()]
        counts = {status: statuses.count(status) for status in ("known", "wanted", "refused")}
        self._tell({"event": "answered", "files": len(batch), **counts})
        for file, _ in batch:
            result = results[file.entry]
            if result["status"] == "wanted":
                yield file, result["upload"]

    def _send(self, file: FoundFile, place: str | None) -> None:
        order = Order(self._id, file.entry, file.size, place)
        try:
            with file.open() as opened:
                send_file(self._line, order, opened, self._count)
        except FileFailed as failure:
            self._fail(file.shown, failure.reason)
        except OSError:
            self._fail(file.shown, "unreadable")
        else:
            self._tell_safely({"event": "sent", "path": file.shown, "bytes": file.size})

    def _send_parcel(self, files: list[FoundFile]) -> None:
        try:
            for outcome in send_parcel(self._line, self._address, files, self._count):
                if outcome.reason:
                    self._fail(outcome.file.shown, outcome.reason)
                else:
                    self._tell_safely(
                        {"event": "sent", "path": outcome.file.shown, "bytes": outcome.file.size}
                    )
        except FileFailed:
            for file in files:
                self._send(file, None)

    def close_and_follow(self) -> None:
        """The submission is closed and followed until every file is settled, or nothing has moved for ten minutes."""
        seen = _json(self._line.ask("POST", f"{self._address}/close"))
        waited = 0.0
        while seen["state"] != "recorded" and waited < _STUCK_SECONDS:
            self._tell({"event": "progress", "stages": seen["stages"]})
            self._line.pause(_POLL_SECONDS)
            now = _json(self._line.ask("GET", self._address))
            waited = waited + _POLL_SECONDS if now == seen else 0.0
            seen = now
        self._take_over(seen)

    def _take_over(self, seen: Event) -> None:
        self._tell({"event": "progress", "stages": seen["stages"]})
        for refusal in seen["refusals"]:
            self._tell({"event": "refused", "path": refusal["path"], "reason": refusal["reason"]})
        for name in ("known", "new", "refused", "bytes_saved"):
            setattr(self.summary, name, seen[name])
        matched = seen["stages"]["matched"]
        self.summary.unfinished = matched["total"] - matched["done"]

    def _count(self, sent: int) -> None:
        with self._guard:
            self.summary.bytes_sent += sent

    def _fail(self, path: str, reason: str) -> None:
        with self._guard:
            self.summary.failed += 1
            self._tell({"event": "failed", "path": path, "reason": reason})

    def _tell_safely(self, event: Event) -> None:
        with self._guard:
            self._tell(event)


def _batches(
    files: Iterable[tuple[FoundFile, Digests]],
) -> Iterator[list[tuple[FoundFile, Digests]]]:
    batch: list[tuple[FoundFile, Digests]] = []
    size = FIRST_BATCH
    for file in files:
        batch.append(file)
        if len(batch) == size:
            yield batch
            batch, size = [], BATCH
    if batch:
        yield batch


def _digests(file: FoundFile) -> Digests:
    with file.open() as opened:
        return digest_stream(opened)


def _entry(file: FoundFile, digests: Digests) -> Event:
    entry = {
        "entry": file.entry,
        "path": file.shown,
        "bytes": digests.size,
        "modified": file.modified,
        "md5": digests.md5.hex(),
        "sha1": digests.sha1.hex(),
        "sha256": digests.sha256.hex(),
    }
    if file.shown.encode() != file.path:
        entry["path_base64"] = base64.b64encode(file.path).decode()
    return entry


def _json(answer: Any) -> Any:
    if answer.status_code >= 400:
        body = answer.json() if answer.content else {}
        raise ServerSaidNo(
            answer.status_code, str(body.get("detail") or body.get("title") or answer.status_code)
        )
    return answer.json()


__all__ = ["Interrupted", "Summary", "open_or_resume", "send_folder"]
