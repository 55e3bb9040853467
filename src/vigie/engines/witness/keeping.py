"""Where a witness keeps its key, the last tree it signed of each log, and the proof of what a log did wrong.

folder/key                    the secret key (skey form), readable by its owner only
folder/logs/<hash>/key        the log's public key; <hash> is SHA-256 of its name
folder/logs/<hash>/checkpoint the last checkpoint signed, with this witness's line: what others may read
folder/logs/<hash>/evidence/  what the log signed and could not stand by
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..proofs.checkpoint import Checkpoint, NoteSignature, open_checkpoint
from ..proofs.cosignature import cosign, with_lines
from ..proofs.keys import VerifierKey, WitnessSigningKey
from ..proofs.tree import EMPTY_ROOT
from .judging import BROKEN_PROMISES, Fault, Seen, WitnessRefused, require_signable
from .request import RequestMalformed, parse_request


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness's folder; make a new one with `create`."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, name: str) -> "Witness":
        """Return the witness of a new folder with a fresh key; FileExistsError when a key lies there already."""
        key = WitnessSigningKey.generate(name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(key.secret_text() + "\n")
            file.flush()
            os.fsync(descriptor)
        return cls(folder)

    @property
    def key(self) -> WitnessSigningKey:
        """The secret key; FileNotFoundError when the folder has none."""
        return WitnessSigningKey.parse((self.folder / "key").read_text(encoding="utf-8").rstrip("\n"))

    def follow(self, log: VerifierKey) -> None:
        """The log's checkpoints are judged from now on; FileExistsError when its name is followed with another key."""
        place = self._place(log.name)
        place.mkdir(parents=True, exist_ok=True)
        if (place / "key").exists() and self.log_key(log.name) != log:
            raise FileExistsError(f"{log.name} is followed already, with another key")
        _write(place / "key", f"{log}\n")

    def logs(self) -> list[str]:
        """The names of the logs followed, in order."""
        places = (self.folder / "logs").glob("*/key")
        return sorted(
            VerifierKey.parse(place.read_text(encoding="utf-8").rstrip("\n")).name for place in places
        )

    def log_key(self, log: str) -> VerifierKey:
        """The key a log is followed by; `WitnessRefused` for a log that is not followed."""
        try:
            text = (self._place(log) / "key").read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise WitnessRefused(Fault.UNKNOWN_LOG, f"no log named {log} is followed") from error
        return VerifierKey.parse(text.rstrip("\n"))

    def last(self, log: str) -> Checkpoint | None:
        """The last checkpoint signed, with its lines; None when none was."""
        try:
            note = (self._place(log) / "checkpoint").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return open_checkpoint(note, self.log_key(log))

    def sign(self, text: str, *, at: datetime) -> Checkpoint:
        """Return the checkpoint of a request with this witness's line, after it was kept for the next time.

        `WitnessRefused` when it may not be signed; what speaks against the log is then kept as evidence.
        """
        try:
            request = parse_request(text)
        except RequestMalformed as error:
            raise WitnessRefused(Fault.MALFORMED, str(error)) from error
        log = request.checkpoint.origin
        key = self.log_key(log)
        with self._alone(log):
            last = self.last(log)
            try:
                require_signable(request, key, Seen(last.size, last.root) if last else Seen(0, EMPTY_ROOT))
            except WitnessRefused as refused:
                self.keep_evidence(log, refused.fault, text, last.note if last else "", at=at)
                raise
            own = [line for line in request.checkpoint.signatures if line.key_id == key.key_id]
            signed = with_lines(_bare(request.checkpoint), [*own, self._line(request.checkpoint, at)])
            _write(self._place(log) / "checkpoint", signed.note)
        return signed

    def keep_evidence(self, log: str, fault: Fault, shown: str, kept: str, *, at: datetime) -> None:
        """What the log showed and what it had signed before lie side by side; nothing for a mere mistake."""
        if fault not in BROKEN_PROMISES:
            return
        place = self._place(log) / "evidence"
        place.mkdir(exist_ok=True)
        _write(place / f"{at:%Y%m%dT%H%M%S%f}-{fault}.txt", f"shown:\n{shown}\nsigned before:\n{kept}")

    def _line(self, checkpoint: Checkpoint, at: datetime) -> NoteSignature:
        return cosign(checkpoint, self.key, at=at)

    def _place(self, log: str) -> Path:
        return self.folder / "logs" / hashlib.sha256(log.encode()).hexdigest()

    @contextmanager
    def _alone(self, log: str) -> Iterator[None]:
        # Two runs at once must not sign a larger and then a smaller tree (tlog-witness: the check is atomic).
        with (self._place(log) / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _bare(checkpoint: Checkpoint) -> Checkpoint:
    return Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.extensions)


def _write(place: Path, text: str) -> None:
    """The file holds the text, and would after a power cut: nothing is signed away that is not remembered."""
    unfinished = place.with_name(f"{place.name}.new")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
