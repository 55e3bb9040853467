"""What one backup says of itself: which files, which objects, which state of the log; signed by the installation."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict, TypeAdapter

from vigie.engines.proofs import KeyTextRefused, SigningKey, VerifierKey

FORMAT = "vigie-backup/1"
_SIGNED = b"vigie backup manifest 1\n"


class BackupDamaged(Exception):  # noqa: N818 - says what is so
    """A file of the backup is missing, cut or changed; the message names it."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Bytes and SHA-256 (hexadecimal) of one file of the backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LogFacts:
    """The log in the state that was kept: entries and root, and what the last checkpoint signed of it."""

    size: int
    root: str
    signed_size: int
    signed_root: str
    checkpoint: str
    """The signed note as it stood; empty before the first."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts of one backup; `name` is its folder's, and sorts by time (UTC)."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    taken_at: datetime
    program: str
    server: str
    database: str
    recipients: tuple[str, ...]
    files: dict[str, FileFacts]
    log: LogFacts
    objects: int
    object_bytes: int
    missing: tuple[str, ...] = ()
    """Objects the database needs and the store had not: their content does not open."""
    withdrawn: int = 0
    """Objects erased or replaced while the backup ran: rightly absent."""
    key: str = field(default="", compare=False)
    """The public key the manifest was signed with."""

    def text(self, key: SigningKey) -> bytes:
        """Return the signed file."""
        facts = asdict(self) | {"format": FORMAT, "taken_at": self.taken_at.isoformat()}
        facts["key"] = str(key.verifier)
        said = json.dumps(facts, sort_keys=True)
        signature = key.sign(_SIGNED + said.encode()).hex()
        return json.dumps({"manifest": said, "signature": signature}, indent=1).encode()

    @classmethod
    def parse(cls, file: bytes) -> Self:
        """Return the manifest, its signature checked against the key it names; `BackupDamaged`.

        Whoever can write to the medium can sign with a key of their own: compare `key` with one you trust.
        """
        try:
            outer = json.loads(file)
            said = outer["manifest"]
            facts: dict[str, Any] = json.loads(said)
            if facts.pop("format") != FORMAT:
                raise BackupDamaged("the manifest has another format than this program knows")
            key = VerifierKey.parse(facts["key"])
            if not key.verifies(_SIGNED + said.encode(), bytes.fromhex(outer["signature"])):
                raise BackupDamaged("the manifest was changed after it was signed")
            found = TypeAdapter(cls).validate_json(json.dumps(facts), strict=True)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, KeyTextRefused) as error:
            raise BackupDamaged(f"the manifest cannot be read: {error}") from error
        if found.taken_at.tzinfo is None:
            raise BackupDamaged("the manifest says a time and not in which zone")
        return found
