"""What lies on a medium of backups: whoever can write to it may have changed it, and knows for whom it is sealed."""

import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyrage import x25519

from fuzz.guidance import size, sources
from fuzz.mutation import Mutator
from fuzz.reader import Reader, holds
from fuzz.shapes import json_parts
from vigie.backends.backup import (
    BackupDamaged,
    FileFacts,
    LogFacts,
    Manifest,
    Medium,
    age,
    bring_secrets,
    medium,
    restoring,
)
from vigie.backends.backup import manifest as manifests
from vigie.backends.backup.age import IdentityRefused, SealRefused
from vigie.backends.backup.contents import Kind
from vigie.backends.backup.erasures import read_erasures
from vigie.backends.backup.medium import MANIFEST, OBJECTS, SECRETS, Line
from vigie.backends.blobs.store import require_name
from vigie.config.home import Home
from vigie.config.problems import SetupProblem
from vigie.engines.proofs import SigningKey

_KEY = SigningKey("backup.example/drawn", bytes(range(32)))
_NAME = "2026-11-29T03-00-00Z"
_AT = datetime(2026, 11, 29, 3, tzinfo=UTC)
_SIGNED = b"\1"
"""Before a manifest whose facts are signed as they stand: whoever writes to a medium can sign with a key of their own."""


def readers(stack: ExitStack) -> tuple[Reader, ...]:
    """Manifests, lists of objects and of erasures, the archive of secrets, sealed files and identities."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-fuzz-")))
    desk = _Desk(folder)
    files = sources(manifests, medium)
    return (
        Reader("backup manifests", _manifests, desk.manifest, declared=(BackupDamaged,), traced=files, shaped=json_parts(before=1), longest=16 * 1024, weight=0.5,
               tokens=(b'"taken_at": "2026-11-29T03:00"', b'"files": []', b'"files": {"../x": ', b'"bytes": "1"', b'"objects": {}', b'"missing": "x"', b"[" * 2000, b"\\ud800")),
        Reader("backup lists", _lists, desk.lists, declared=(BackupDamaged, SetupProblem), traced=files, shaped=json_parts(b"\n", before=1), longest=16 * 1024, weight=0.5,
               tokens=(b'"name": "../../../../x"', b'"name": 7', b'"kind": "part"', b'"bytes": -1', b'"sha256": null', b"vigie-erasures/1", b'"count": 1', b'"content": 7', b"[" * 2000)),
        Reader("backup secrets", _archives, desk.secrets, declared=(BackupDamaged,), traced=sources(restoring, tarfile), shaped=_archived_anew, longest=32 * 1024,
               tokens=(b"../", b"secrets/", b"keys/..", b"ustar\x0000", b"././@PaxHeader", b"21 path=/etc/x\n", b"GNU.sparse.size=99999999999\n", b"7" * 11, b"\x80\x00\x00\x7f")),
        Reader("age files", desk.sealed, desk.opened, declared=(SealRefused, IdentityRefused), traced=sources(age), weight=0.5,
               tokens=(b"age-encryption.org/v1\n", b"-> X25519 ", b"-> scrypt ", b" 63\n", b"--- ", b"AGE-SECRET-KEY-1")),
    )  # fmt: skip


class _Desk:
    """A medium with one backup, a home beside it, and an identity that opens what is sealed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._identity = x25519.Identity.generate()
        self._medium = Medium.prepared(folder / "backups")
        self._place = self._medium.place(_NAME, MANIFEST).parent
        self._place.mkdir(parents=True)
        self._manifest = _facts()

    def manifest(self, data: bytes) -> Hashable:
        """What the manifest says can be compared and shown."""
        if data[:1] == _SIGNED:
            said = data[1:].decode("latin-1")
            signature = _KEY.sign(b"vigie backup manifest 1\n" + said.encode()).hex()
            data = json.dumps({"manifest": said, "signature": signature}).encode()
        (self._place / MANIFEST).write_bytes(data)
        found = self._medium.manifest(_NAME)
        holds(found.taken_at <= datetime.now(UTC) or found.taken_at > _AT, "a time that cannot be compared")
        holds(all(_is_file(one) for one in found.files.values()), "facts of a file that are none")
        numbers = (found.objects, found.object_bytes, found.withdrawn, found.log.size, found.log.signed_size)
        holds(all(type(one) is int for one in numbers), "a count that is none")
        texts = (found.program, found.server, found.database, found.log.root, *found.recipients, *found.missing, *found.files)  # fmt: skip
        holds(all(isinstance(one, str) for one in texts), "a text that is none")
        return "manifest", len(found.files), len(found.missing)

    def lists(self, data: bytes) -> Hashable:
        """Every object of a list has a name it may bear and a place inside the home; an erasure has an id."""
        kind, text = data[:1], data[1:]
        if kind == b"e":
            (self._folder / "erasures").write_bytes(text)
            return "erasures", size(len(read_erasures(self._folder / "erasures")))
        (self._place / OBJECTS).write_bytes(text)
        home, count = Home(self._folder / "home"), 0
        for line in self._medium.lines(_NAME):
            count += 1
            require_name(line.name)
            place, root = line.belonging.place(home), home.uploads if line.kind is Kind.PART else home.blobs
            holds(".." not in place.parts and root in place.parents, f"a place outside the home: {place}")
            if line.kind is Kind.ORIGINAL:
                require_name(line.belonging.object_name)
            holds(place.name and place.parent != root, "an object in the place of a folder")
            holds(_is_file(FileFacts(line.bytes, line.sha256)), "facts of a file that are none")
        return "objects", size(count)

    def secrets(self, data: bytes) -> Hashable:
        """Nothing but files of secrets and keys, and settings, is written into the home."""
        home = Home(self._folder / "home")
        shutil.rmtree(home.root, ignore_errors=True)
        for place in (home.secrets, home.keys, home.blobs):
            place.mkdir(parents=True)
        with (self._place / SECRETS).open("wb") as out:
            age.seal_bytes(data, out, [self._identity.to_public()])
        beside = set(self._folder.iterdir())
        try:
            bring_secrets(self._medium, self._manifest, self._identity, home)
        finally:
            found = [path for path in home.root.rglob("*") if path.is_file() or path.is_symlink()]
            holds(set(self._folder.iterdir()) == beside, "a file beside the home")
            for path in found:
                holds(not path.is_symlink(), f"{path} leads elsewhere")
                parent = path.parent.relative_to(home.root).as_posix()
                holds(parent in {".", "secrets", "keys"}, f"a file in {parent}")
            holds(home.blobs.is_dir() and home.keys.is_dir(), "a folder that was replaced")
        return "brought", size(len(found))

    def sealed(self) -> Sequence[bytes]:
        """A file sealed for the identity, an identity as it is kept plain, and what is armoured."""
        out = io.BytesIO()
        age.seal_bytes(b"drawn " * 50, out, [self._identity.to_public()])
        return [b"s" + out.getvalue(), f"i# drawn\n{self._identity}\n".encode()]

    def opened(self, data: bytes) -> Hashable:
        """What opens is what was sealed."""
        if data[:1] == b"i":
            age.opened_identity(data[1:], lambda: "no passphrase")
            return ("identity",)
        plain = age.unseal_bytes(data[1:], self._identity)
        holds(plain == b"drawn " * 50, "a text that was not sealed")
        return ("opened",)


def _is_file(facts: Any) -> bool:
    return isinstance(facts, FileFacts) and type(facts.bytes) is int and isinstance(facts.sha256, str)


def _facts() -> Manifest:
    log = LogFacts(2, "aa", 1, "bb", "note")
    files = {name: FileFacts(1, "cc") for name in (SECRETS, OBJECTS)}
    return Manifest(_NAME, _AT, "vigie", "18.4", "vigie", ("age1x",), files, log, 1, 3, ("dd",), 1)


def _manifests() -> Sequence[bytes]:
    whole = _facts().text(_KEY)
    return [whole, _SIGNED + json.loads(whole)["manifest"].encode()]


def _lists() -> Sequence[bytes]:
    lines = [Line("a" * 96, Kind.ORIGINAL, 3, "0" * 64), Line("b" * 64, Kind.PART, 0, "1" * 64)]
    erased = [
        {"format": "vigie-erasures/1", "written_at": "2026-11-29T03:00:00+00:00", "count": 1},
        {"content": "00000000-0000-0000-0000-000000000001", "object": "ab", "erased_at": "2026-11-28"},
    ]
    return [
        b"o" + "".join(line.text() for line in lines).encode(),
        b"e" + "\n".join(map(json.dumps, erased)).encode(),
    ]


def _archive(members: Sequence[tuple[str, bytes, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(content)
            info.linkname = "/etc/hostname" if kind in {tarfile.SYMTYPE, tarfile.LNKTYPE} else ""
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _archives() -> Sequence[bytes]:
    file = tarfile.REGTYPE
    return [
        _archive(
            [("secrets/app", file, b"word"), ("keys/master.json", file, b"{}"), ("vigie.toml", file, b"")]
        ),
        _archive([(f"keys/{'k' * 120}.json", file, b"{}")]),
    ]


_NAMES = (
    "secrets/a", "keys/b.json", "vigie.toml", "../x", "secrets/../../x", "/etc/x", "secrets", "keys", "blobs/x", "keys/.x", "a" * 300, "secrets/" + "a" * 300, "", ".", "secrets/\x00x", "secrets//a",
)  # fmt: skip
_KINDS = (tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE, tarfile.CONTTYPE)  # fmt: skip


def _archived_anew(data: bytes, mutator: Mutator, _others: Sequence[bytes]) -> bytes:
    """Members of names and kinds a hostile writer would choose, in an archive that is whole."""
    chance = mutator.chance
    members = [
        (chance.choice(_NAMES), chance.choice(_KINDS) if chance.random() < 0.5 else tarfile.REGTYPE, b"x")
        for _ in range(chance.randrange(1, 4))
    ]
    made = _archive(members)
    return mutator.changed(made) if chance.random() < 0.3 else made
