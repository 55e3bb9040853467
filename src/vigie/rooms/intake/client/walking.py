"""Every file below a folder, ZIPs opened as folders, and what could not be read with its reason."""

import dataclasses
import hashlib
import os
import stat
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO, Self, cast

from vigie.rooms.intake.archives import (
    ArchiveBrokenError,
    Fault,
    Member,
    Refused,
    is_archive,
    members,
)

_ENTRY_BITS = 52
"""Width of an entry's number: below 2^53, which JSON carries everywhere; a million files share one in 10,000 runs."""
_OPEN_ARCHIVES = 4


@dataclasses.dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to hand in: its path as it will be recorded (bytes), size in bytes, time as the medium gave it."""

    entry: int
    path: bytes
    size: int
    modified: str
    open: Callable[[], BinaryIO]

    @property
    def shown(self) -> str:
        """The path as text; bytes that are none are replaced."""
        return self.path.decode(errors="replace")


@dataclasses.dataclass(frozen=True, slots=True)
class Unreadable:
    """Something below the folder that is not handed in, and why."""

    path: bytes
    reason: str

    @property
    def shown(self) -> str:
        """The path as text; bytes that are none are replaced."""
        return self.path.decode(errors="replace")


def walk(root: Path) -> Iterator[FoundFile | Unreadable]:
    """Every file below `root` (or `root` itself), in the order of the bytes of their names; links are not followed.

    A file's number is made from its whole path, so that it is the same in every run from the same place, whatever
    was added or removed beside it.
    """
    whole = root.absolute()
    numbers, archives = _Numbers(), _Archives()
    for path in _below(whole):
        if isinstance(path, Unreadable):
            yield path
        else:
            yield from _opened(path, _recorded(path, whole), numbers, archives)


def _below(whole: Path) -> Iterator[Path | Unreadable]:
    waiting = [whole]
    while waiting:
        path = waiting.pop()
        try:
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                waiting.extend(sorted(path.iterdir(), key=os.fsencode, reverse=True))
                continue
        except OSError as error:
            yield Unreadable(_recorded(path, whole), _why(error))
            continue
        yield path if stat.S_ISREG(mode) else Unreadable(_recorded(path, whole), "not_a_file")


def _read_from(path: Path) -> BinaryIO:
    return path.open("rb")


def _recorded(path: Path, whole: Path) -> bytes:
    """The path's bytes from the name of the folder that was handed in on."""
    return os.fsencode(path.relative_to(whole.parent))


def _opened(
    path: Path, recorded: bytes, numbers: "_Numbers", archives: "_Archives"
) -> Iterator[FoundFile | Unreadable]:
    try:
        facts = path.stat()
        with path.open("rb") as file:
            archive = is_archive(file.read(4))
        listed = archives.listed(path) if archive else []
    except OSError as error:
        yield Unreadable(recorded, _why(error))
        return
    whole = os.fsencode(path)
    if not archive:
        modified = datetime.fromtimestamp(facts.st_mtime, UTC).isoformat()
        yield FoundFile(numbers.of(whole), recorded, facts.st_size, modified, partial(_read_from, path))
    for place, member in enumerate(listed):
        inside = recorded + b"/" + member.path if member.path else recorded
        if isinstance(member, Refused):
            yield Unreadable(inside, member.fault.value)
            continue
        number = numbers.of(whole + b"/" + member.path)
        yield FoundFile(number, inside, member.size, member.modified, partial(archives.open, path, place))


class _Archives:
    """Archives opened when one of their members has its turn; a few stay open, because members come in a row."""

    def __init__(self) -> None:
        self._index = lru_cache(maxsize=_OPEN_ARCHIVES)(_Index)

    def listed(self, path: Path) -> list[Member | Refused]:
        """What an archive holds."""
        return self._index(path).listed

    def open(self, path: Path, place: int) -> BinaryIO:
        """The member at this place of the list; an OSError when the archive is another one by now."""
        index = self._index(path)
        if place >= len(index.listed) or isinstance(index.listed[place], Refused):
            raise ArchiveBrokenError(Fault.BROKEN)
        member = index.listed[place]
        assert isinstance(member, Member)
        return cast("BinaryIO", _Held(member.open(), index))


class _Index:
    """One open archive and the list of its members; closed when nobody needs it any more."""

    def __init__(self, path: Path) -> None:
        file = path.open("rb")
        weakref.finalize(self, file.close)
        self.listed = list(members(file))


class _Held:
    """An open member that keeps its archive open."""

    def __init__(self, member: BinaryIO, index: _Index) -> None:
        self._member = member
        self._index = index

    def read(self, size: int = -1) -> bytes:
        return self._member.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._member.seek(offset, whence)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._member.close()


class _Numbers:
    """Gives each path its number; two that fall on one are told apart by the order of the walk."""

    def __init__(self) -> None:
        self._given: set[int] = set()

    def of(self, path: bytes) -> int:
        number = int.from_bytes(hashlib.sha256(path).digest()[:8]) >> (64 - _ENTRY_BITS)
        while number in self._given:
            number = (number + 1) % (1 << _ENTRY_BITS)
        self._given.add(number)
        return number


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no_permission"
    return "gone" if isinstance(error, FileNotFoundError) else "unreadable"
