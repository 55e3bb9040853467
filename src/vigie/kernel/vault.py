"""Bytes: grant → key → plaintext. Nothing else in the program can decrypt.

Every content has two data keys: one for the original, one for what is derived from it. Both are random, wrapped by
the owner country's key, and bound to object, owner and layer, so that nothing can be opened in another's place.
"""

import contextlib
import dataclasses
import hashlib
import hmac
import io
import secrets
import uuid
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import BinaryIO, cast

from django.utils.translation import gettext_lazy as _

from vigie.backends.blobs import BlobStore, BlobStoreError
from vigie.backends.keys import KeyMissing, KeyProvider, KeyProviderError, WrappedKey
from vigie.engines import sealing
from vigie.kernel import operation
from vigie.kernel.errors import GuardMissing, Unavailable
from vigie.kernel.permissions import Permission

_FORMAT = b"vigie-1"
_OPENS_ORIGINALS = frozenset(
    {Permission.MEDIA_CLEAR_VIEW, Permission.MEDIA_ORIGINAL_EXPORT, Permission.MEDIA_ORIGINAL_PROCESS}
)
_OPENS_DERIVED = _OPENS_ORIGINALS | {Permission.MEDIA_VEIL_VIEW}
_CHECKS = frozenset({Permission.MEDIA_ORIGINAL_CHECK})
"""Reads every byte and hands none out."""
_GRANTING = object()
PartCipher = sealing.PartCipher
"""What `Vault.part_cipher` gives; the rooms have it from here, for sealing is the vault's alone."""


class CountryClosed(Unavailable):
    """The wrapping key of one country is not here: its media stay closed, and everything else works."""

    def __init__(self, country: str) -> None:
        words = _("The key of %(country)s is not here, so its media stay closed. Everything else works.")
        super().__init__(words % {"country": country})


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """Whose bytes they are."""

    unit: uuid.UUID
    country: str


@dataclasses.dataclass(frozen=True, slots=True)
class KeyRecord:
    """A wrapped data key as a row keeps it; destroying it makes the bytes unreadable."""

    key_id: str
    wrapped: bytes
    commitment: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """A stored original: its name in the store, its wrapped key, its size in plaintext bytes."""

    name: str
    key: KeyRecord
    size: int


class Grant:
    """The right to open these contents, which exists only after its audit line was written."""

    __slots__ = ("contents", "event", "permission")

    def __init__(
        self, made_by: object, permission: Permission, contents: frozenset[uuid.UUID], event: uuid.UUID
    ):
        if made_by is not _GRANTING:
            raise GuardMissing("a grant is made by vault.grant() inside an operation")
        self.permission = permission
        self.contents = contents
        self.event = event


def grant(*contents: uuid.UUID) -> Grant:
    """The right to open these contents in the running operation; its audit line is written first.

    GuardMissing outside an operation, or inside one whose permission opens no bytes.
    """
    running = operation.in_progress()
    if running.permission not in _OPENS_DERIVED | _CHECKS:
        raise GuardMissing(f"{running.permission} opens no bytes")
    return Grant(_GRANTING, running.permission, frozenset(contents), operation.write_line_now())


class Vault:
    """The one door to encrypted media."""

    def __init__(self, keys: KeyProvider, blobs: BlobStore, store_key: bytes) -> None:
        self._keys = keys
        self._blobs = blobs
        self._store_key = store_key

    def object_name(self, owner: Owner, sha256: bytes) -> str:
        """The name of an original in the store: HMAC-SHA256(store key, owner | SHA-256), in hexadecimal.

        A plain digest as a file name would let anyone with a directory listing test it against known lists.
        """
        return hmac.new(self._store_key, owner.unit.bytes + sha256, hashlib.sha256).hexdigest()

    def store_original(self, owner: Owner, sha256: bytes, source: BinaryIO) -> Stored:
        """The bytes of `source` are sealed and durable; returns what its row must keep.

        Only inside an operation. An object of the same name is an orphan of a run that died before its row was
        written (the row is unique per owner and digest): it is replaced.
        """
        operation.in_progress()
        name = self.object_name(owner, sha256)
        data_key = secrets.token_bytes(sealing.KEY_BYTES)
        if self._blobs.exists(name):
            self._blobs.delete(name)
        counted = _Counted(source)
        chunks = sealing.sealed_chunks(
            cast("BinaryIO", counted), data_key, _bound(owner, b"original", sha256)
        )
        self._blobs.put(name, chunks)
        return Stored(name, self._wrap(owner, b"original", sha256, data_key), counted.count)

    def seal_derived(self, owner: Owner, content_id: uuid.UUID, plain: bytes) -> tuple[KeyRecord, bytes]:
        """A rendition's ciphertext and its wrapped key. Only inside an operation."""
        operation.in_progress()
        data_key = secrets.token_bytes(sealing.KEY_BYTES)
        ciphertext = sealing.seal_bytes(plain, data_key, _bound(owner, b"derived", content_id.bytes))
        return self._wrap(owner, b"derived", content_id.bytes, data_key), ciphertext

    def open_original(
        self, granted: Grant, owner: Owner, content_id: uuid.UUID, sha256: bytes, key: KeyRecord
    ) -> BinaryIO:
        """The plaintext of an original, whole, every segment checked; SealBroken when anything was changed."""
        _require(granted, content_id, _OPENS_ORIGINALS)
        data_key = self._unwrap(owner, b"original", sha256, key)
        out = io.BytesIO()
        with self._blobs.open(self.object_name(owner, sha256)) as sealed:
            sealing.unseal(sealed, out, data_key, _bound(owner, b"original", sha256))
        out.seek(0)
        return out

    def open_derived(
        self, granted: Grant, owner: Owner, content_id: uuid.UUID, key: KeyRecord, ciphertext: bytes
    ) -> bytes:
        """The plaintext of a rendition; SealBroken when it was changed or belongs elsewhere."""
        _require(granted, content_id, _OPENS_DERIVED)
        data_key = self._unwrap(owner, b"derived", content_id.bytes, key)
        return sealing.unseal_bytes(ciphertext, data_key, _bound(owner, b"derived", content_id.bytes))

    def check(
        self, granted: Grant, owner: Owner, content: uuid.UUID, key: KeyRecord, *, sha256: bytes, veil: bytes
    ) -> str:
        """What is wrong with a stored original, or with a rendition if `veil` is its ciphertext; empty when nothing is.

        Every byte is read and none handed out. CountryClosed when the key is not here: nothing may be wrong then.
        """
        _require(granted, content, _CHECKS)
        layer, subject = (b"derived", content.bytes) if veil else (b"original", sha256)
        name, found = self.object_name(owner, sha256), hashlib.sha256()
        try:
            data_key = self._unwrap(owner, layer, subject, key)
            with io.BytesIO(veil) if veil else self._blobs.open(name) as sealed:
                reading = cast("BinaryIO", SimpleNamespace(write=found.update))
                sealing.unseal(sealed, reading, data_key, _bound(owner, layer, subject))
        except (sealing.SealBroken, BlobStoreError, KeyProviderError) as error:
            return str(error)
        return "" if veil or found.digest() == sha256 else "it opens, and has another digest than its row"

    def newest_key(self, country: str) -> str:
        """The id of the wrapping key that new data keys of this country are wrapped by; CountryClosed."""
        with _of_country():
            return self._keys.newest(country)

    def rewrap(
        self, owner: Owner, key: KeyRecord, *, original: bytes = b"", derived: uuid.UUID | None = None
    ) -> KeyRecord:
        """The same data key under its country's newest wrapping key. Only inside an operation; CountryClosed, KeyRefused.

        It is that of an original (its SHA-256), or of what is derived from a content (its row id).
        """
        operation.in_progress()
        layer, subject = (b"original", original) if derived is None else (b"derived", derived.bytes)
        return self._wrap(owner, layer, subject, self._unwrap(owner, layer, subject, key))

    def remove_original(self, name: str) -> None:
        """The object of this name is gone from the store; nothing happens when it was not there.

        Only inside an operation. By its name: when the bytes go, the row that held their digest is gone already.
        """
        operation.in_progress()
        if self._blobs.exists(name):
            self._blobs.delete(name)

    def clear_partials(self, before: datetime) -> int:
        """What writers that died before that time left half-written is gone; returns how many files."""
        return self._blobs.clear_partials(before)

    def part_cipher(self, upload_id: uuid.UUID) -> PartCipher:
        """The cipher of one upload's part."""
        return PartCipher(hmac.new(self._store_key, b"part" + upload_id.bytes, hashlib.sha256).digest())

    def _wrap(self, owner: Owner, layer: bytes, subject: bytes, data_key: bytes) -> KeyRecord:
        with _of_country():
            wrapped = self._keys.wrap(owner.country, data_key, _bound(owner, layer, subject))
        return KeyRecord(wrapped.key_id, wrapped.sealed, wrapped.commitment)

    def _unwrap(self, owner: Owner, layer: bytes, subject: bytes, key: KeyRecord) -> bytes:
        wrapped = WrappedKey(key.key_id, key.wrapped, key.commitment)
        with _of_country():
            return self._keys.unwrap(wrapped, _bound(owner, layer, subject))


class _Counted(io.RawIOBase):
    """A source that knows how many bytes were read from it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.count += len(data)
        return data


def _bound(owner: Owner, layer: bytes, subject: bytes) -> bytes:
    """The associated data: format, layer, owner and object, each of fixed length or separated."""
    return b"|".join((_FORMAT, layer, owner.unit.bytes, owner.country.encode(), subject))


@contextlib.contextmanager
def _of_country() -> Iterator[None]:
    """A key that is not here closes its country, in words a person is told."""
    try:
        yield
    except KeyMissing as error:
        raise CountryClosed(error.country) from error


def _require(granted: Grant, content_id: uuid.UUID, permissions: frozenset[Permission]) -> None:
    if not isinstance(granted, Grant):
        raise GuardMissing("bytes open with a grant only")
    if granted.permission not in permissions or content_id not in granted.contents:
        raise GuardMissing("this grant does not open these bytes")
