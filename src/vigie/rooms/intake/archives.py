"""ZIP files read as folders: members are listed and opened where they lie, and nothing is ever unpacked to a path.

What a ZIP says about itself is an attacker's words: names may climb out of the folder, sizes may lie, a small file
may hold terabytes, its members may lie over each other, archives may hold archives without end. Source of the format:
PKWARE APPNOTE 6.3.
"""

import dataclasses
import io
import lzma
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, TypeVar, cast

T = TypeVar("T")

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What zipfile and its decompressors raise for archives nobody wrote honestly."""
UTF8_NAME = 0x800
"""General purpose bit 11: the member's name is UTF-8; else its bytes are in an unknown encoding."""
ENCRYPTED = 0x1
_IN_MEMORY = 16 * 1024**2
"""Bytes of an archive inside another held in memory; a longer one lies in a file without a name while it is read."""


@dataclasses.dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """The most one archive may hold, archives inside it counted with it."""

    ratio: int = 200
    """Bytes out for each byte in, from 1 MB out on."""
    members: int = 1_000_000
    total_bytes: int = 200 * 1024**3
    depth: int = 3
    nested_bytes: int = 256 * 1024**2
    """Of an archive inside an archive, which is unpacked whole to be read."""


class Fault(StrEnum):
    """Why a member, or the rest of an archive, is not read."""

    BROKEN = "archive_broken"
    UNSAFE_NAME = "archive_unsafe_name"
    NOT_A_FILE = "archive_not_a_file"
    ENCRYPTED = "archive_encrypted"
    RATIO = "archive_ratio"
    TOO_MANY = "archive_too_many"
    TOO_LARGE = "archive_too_large"
    TOO_DEEP = "archive_too_deep"


class ArchiveBrokenError(OSError):
    """A member's bytes are not what the archive says of them."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A file inside an archive: the bytes of its path there, its size as stated, its time as written (no zone)."""

    path: bytes
    size: int
    modified: str
    opened: "_Archive"
    info: zipfile.ZipInfo

    def open(self) -> BinaryIO:
        """The member's bytes, seekable; reading raises ArchiveBrokenError when they exceed or miss what is stated."""
        try:
            return cast("BinaryIO", _Guarded(self.opened.zip().open(self.info), self.size))
        except _BROKEN as error:
            raise ArchiveBrokenError(Fault.BROKEN) from error


@dataclasses.dataclass(frozen=True, slots=True)
class Refused:
    """A member that is not read, or the archive itself when `path` is empty."""

    path: bytes
    fault: Fault


@dataclasses.dataclass(slots=True, eq=False)
class _Archive:
    """An archive that is read. Of those inside others only one a level is held, and it is unpacked again when needed."""

    file: BinaryIO | Member
    depth: int
    held: dict[int, "_Archive"]
    """The archive of each level that was read last."""
    kept: zipfile.ZipFile | None = None

    def zip(self) -> zipfile.ZipFile:
        """The archive, open; raises what zipfile raises, and ArchiveBrokenError for one that cannot be unpacked."""
        opened = self.kept
        if opened is None:
            opened = zipfile.ZipFile(_unpacked(self.file) if isinstance(self.file, Member) else self.file)
            before, self.held[self.depth] = self.held.get(self.depth), self
            if before is not None and before is not self:
                before.kept = (
                    None  # whoever reads a member of it still holds it: it goes with the last of them
                )
            self.kept = opened
        return opened


@dataclasses.dataclass(slots=True)
class _Spent:
    members: int = 0
    total: int = 0


def is_archive(head: bytes) -> bool:
    """True for the first bytes of a ZIP with members."""
    return head.startswith(b"PK\x03\x04")


def members(file: BinaryIO, limits: ArchiveLimits | None = None) -> Iterator[Member | Refused]:
    """The files of a ZIP, of the ZIPs inside it too, and what is not read with its fault; nothing is raised.

    `file` stays open while members are read; of the archives inside it one a level is held at a time. Names keep their
    bytes, whatever encoding they are in.
    """
    yield from _walk(_Archive(file, 1, {}), b"", limits or ArchiveLimits(), _Spent())


def _walk(
    archive: _Archive, prefix: bytes, limits: ArchiveLimits, spent: _Spent
) -> Iterator[Member | Refused]:
    try:
        opened = archive.zip()
        listed, unclaimed = opened.infolist(), _length(opened)
    except _BROKEN:
        yield Refused(prefix.removesuffix(b"/"), Fault.BROKEN)
        return
    for info in listed:
        if info.filename.endswith("/"):  # ZipInfo.is_dir fails for a name of no characters (Python 3.11)
            continue
        name = _name_bytes(info)
        unclaimed -= info.compress_size
        fault = _fault(info, name, limits, spent) or (Fault.RATIO if unclaimed < 0 else None)
        if fault in {Fault.TOO_MANY, Fault.TOO_LARGE}:
            yield Refused(prefix.removesuffix(b"/"), fault)
            return
        if fault is not None:
            yield Refused(prefix + name, fault)
            continue
        member = Member(prefix + name, info.file_size, _modified(info), archive, info)
        yield from _nested(member, limits, spent) if _is_nested(member) else [member]


def _length(opened: zipfile.ZipFile) -> int:
    """Bytes of the whole archive: its members have no more together, unless they lie over each other."""
    assert opened.fp is not None
    return opened.fp.seek(0, io.SEEK_END)


def _nested(member: Member, limits: ArchiveLimits, spent: _Spent) -> Iterator[Member | Refused]:
    outer = member.opened
    if outer.depth >= limits.depth:
        yield Refused(member.path, Fault.TOO_DEEP)
        return
    if member.size > limits.nested_bytes:
        yield Refused(member.path, Fault.TOO_LARGE)
        return
    inner = _Archive(member, outer.depth + 1, outer.held)
    yield from _walk(inner, member.path + b"/", limits, spent)


def _unpacked(member: Member) -> BinaryIO:
    """The whole bytes of an archive inside another, checked, as a seekable file that is gone when nobody holds it."""
    plain = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by whoever holds it last
    with member.open() as inside:
        shutil.copyfileobj(inside, plain)
    plain.seek(0)
    return cast("BinaryIO", plain)


def _is_nested(member: Member) -> bool:
    if not member.path.lower().endswith(b".zip"):
        return False
    try:
        with member.open() as inside:
            return is_archive(inside.read(4))
    except OSError:
        return False


def _fault(info: zipfile.ZipInfo, name: bytes, limits: ArchiveLimits, spent: _Spent) -> Fault | None:
    spent.members += 1
    if spent.members > limits.members:
        return Fault.TOO_MANY
    if not _is_safe(name):
        return Fault.UNSAFE_NAME
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        return Fault.NOT_A_FILE
    if info.flag_bits & ENCRYPTED:
        return Fault.ENCRYPTED
    if info.file_size > 1_000_000 and info.file_size > limits.ratio * max(1, info.compress_size):
        return Fault.RATIO
    spent.total += info.file_size
    return Fault.TOO_LARGE if spent.total > limits.total_bytes else None


def _is_safe(name: bytes) -> bool:
    """True for a path that stays below its archive, by the rules of Unix and of Windows."""
    parts = name.replace(b"\\", b"/").split(b"/")
    return bool(parts[0]) and b"\x00" not in name and b".." not in parts and not parts[0].endswith(b":")


def _name_bytes(info: zipfile.ZipInfo) -> bytes:
    """The name's own bytes: zipfile decodes those without the UTF-8 mark as cp437, which loses nothing."""
    name = info.orig_filename
    return name.encode() if info.flag_bits & UTF8_NAME else name.encode("cp437")


def _modified(info: zipfile.ZipInfo) -> str:
    try:
        return datetime(*info.date_time).isoformat()  # noqa: DTZ001 - a ZIP's times have no zone, and none is invented
    except ValueError:
        return ""


class _Guarded(io.RawIOBase):
    """A member that gives no more bytes than it stated, and says so when it gives fewer."""

    def __init__(self, inner: object, size: int) -> None:
        self._inner = cast("BinaryIO", inner)
        self._size = size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._guarded(lambda: self._inner.seek(offset, whence))

    def tell(self) -> int:
        return self._inner.tell()

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._inner.tell()
        data = self._guarded(lambda: self._inner.read(left + 1 if size < 0 else min(size, left + 1)))
        if len(data) > left or (not data and left and size != 0):
            raise ArchiveBrokenError(Fault.BROKEN)
        return data

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # any writable buffer, as the io module passes
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()

    def _guarded(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except _BROKEN as error:
            raise ArchiveBrokenError(Fault.BROKEN) from error
