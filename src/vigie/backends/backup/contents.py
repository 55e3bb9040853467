"""What belongs to one state of the database beside its rows: sealed originals, parts of uploads, the log's root."""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from psycopg import Connection

from vigie.backends.backup.manifest import LogFacts
from vigie.config.home import Home
from vigie.engines.proofs import HASH_BYTES, Tree

NOT_KEPT: Final = ("django_session", "accounts_token")
"""Tables whose rows stay behind: after a restore everybody signs in anew, so that nothing ended since comes back."""
_ORIGINALS: Final = "SELECT name, commitment FROM media_originalkey"
_PARTS: Final = "SELECT submission_id, upload_id FROM intake_manifestentry WHERE state = 'sent'"
_STILL: Final = f"{_ORIGINALS} WHERE name = ANY(%s)"
_LAST: Final = "SELECT size, note, frontier FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
_LEAVES: Final = "SELECT hash FROM audit_leaf WHERE index >= %s ORDER BY index"
_AT_ONCE: Final = 5_000
_COMMITMENT_BYTES: Final = 16


class Kind(enum.StrEnum):
    """Where a stored object comes from and goes back to."""

    ORIGINAL = "original"
    PART = "part"
    """A file that was handed in and acknowledged, and waits for its turn; encrypted where it lies."""


_NAMES: Final = {
    Kind.ORIGINAL: re.compile(r"[0-9a-f]{48,128}"),  # a name of the store, and the commitment's 32 digits
    Kind.PART: re.compile(r"[0-9a-f]{64}"),
}


@dataclass(frozen=True, slots=True)
class Belonging:
    """One object a state of the database needs. `name` is its name in the backup, hexadecimal."""

    name: str
    kind: Kind

    @property
    def is_named(self) -> bool:
        """True for a name an object of this kind may bear: every other could lead out of its folder."""
        return isinstance(self.name, str) and _NAMES[self.kind].fullmatch(self.name) is not None

    @property
    def object_name(self) -> str:
        """The name in the installation's own store (an original)."""
        return self.name[: -2 * _COMMITMENT_BYTES]

    @property
    def part_place(self) -> Path:
        """Where a part lies below the folder of uploads."""
        return Path(self.name[:32], self.name[32:])

    def place(self, home: Home) -> Path:
        """The file it is in a home."""
        if self.kind is Kind.PART:
            return home.uploads / self.part_place
        own = self.object_name
        return home.blobs / own[:2] / own[2:4] / own


def _original(name: str, commitment: bytes) -> Belonging:
    # A name comes back when a file is erased and handed in again; with its data key's commitment it does not.
    return Belonging(name + commitment[:_COMMITMENT_BYTES].hex(), Kind.ORIGINAL)


def belongings(connection: Connection[Any]) -> Iterator[Belonging]:
    """Yield everything the state this connection sees needs, parts first: they are the shortest-lived."""
    for submission, upload in connection.execute(_PARTS):
        yield Belonging(submission.hex + upload.hex, Kind.PART)
    with connection.cursor(name="vigie_backup_originals") as cursor:
        cursor.itersize = _AT_ONCE
        for name, commitment in cursor.execute(_ORIGINALS):
            yield _original(name, bytes(commitment))


def still_needed(connection: Connection[Any], wanted: list[Belonging]) -> set[Belonging]:
    """Return which of these the database needs at this moment: the others were erased or replaced meanwhile."""
    originals = [one.object_name for one in wanted if one.kind is Kind.ORIGINAL]
    found = {_original(name, bytes(made)) for name, made in connection.execute(_STILL, (originals,))}
    found |= {Belonging(sub.hex + up.hex, Kind.PART) for sub, up in connection.execute(_PARTS)}
    return found & set(wanted)


def log_facts(connection: Connection[Any]) -> LogFacts:
    """Return size and root of the log in the state this connection sees, and its last signed checkpoint."""
    last = connection.execute(_LAST).fetchone()
    size, note, frontier = last if last is not None else (0, "", b"")
    tree = Tree(size, [bytes(frontier[at : at + HASH_BYTES]) for at in range(0, len(frontier), HASH_BYTES)])
    signed = size, tree.root().hex()
    tree.extend(bytes(row[0]) for row in connection.execute(_LEAVES, (size,)))
    return LogFacts(tree.size, tree.root().hex(), *signed, note)
