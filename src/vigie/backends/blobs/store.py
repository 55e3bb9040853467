"""The port to stored bytes: what every blob store promises, and the errors it answers with."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, Protocol

_NAME = re.compile(r"[0-9a-f]{16,128}", re.ASCII)


class BlobStoreError(Exception):
    """A blob store could not do what was asked; nothing acknowledged before is affected."""


class BlobNameRefused(BlobStoreError, ValueError):  # noqa: N818 - says what happened
    """The name is not 16 to 128 lower-case hexadecimal digits."""


class BlobExists(BlobStoreError):  # noqa: N818 - says what is so
    """An object of that name is there already; it was left as it is."""


class BlobMissing(BlobStoreError):  # noqa: N818 - says what is so
    """There is no object of that name."""


class BlobStoreFull(BlobStoreError):  # noqa: N818 - says what is so
    """There is no room left; no part of the object was kept and everything stored before is intact."""


class BlobStore(Protocol):
    """Sealed bytes by name. Names are lower-case hexadecimal; objects are written once and never changed.

    A store SHALL refuse names of another form (`BlobNameRefused`) and SHALL NOT look at the bytes.
    """

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Keep the chunks as one object and return its size in bytes; when this returns, a power cut loses nothing.

        All or nothing: if `chunks` or the store fails half-way, there is no such object. `BlobExists` when the
        name is taken, `BlobStoreFull` when there is no room.
        """
        ...

    def get(self, name: str) -> bytes:
        """Return the whole object; `BlobMissing` when there is none."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Return the object as a seekable file for reading; `BlobMissing` when there is none."""
        ...

    def delete(self, name: str) -> None:
        """Make sure, durably, that there is no such object; that there was none is no error."""
        ...

    def exists(self, name: str) -> bool:
        """Return whether there is an object of that name."""
        ...

    def names(self) -> Iterator[str]:
        """Yield the names of all objects, in order."""
        ...

    def clear_partials(self, before: datetime) -> int:
        """Remove what writers that died left behind before that time; return how many."""
        ...


def require_name(name: str) -> None:
    """Return only if the name is one that objects may bear; else `BlobNameRefused`."""
    if not _NAME.fullmatch(name):
        raise BlobNameRefused(f"{name!r} is not a name of 16 to 128 lower-case hexadecimal digits")
