"""ZIPs read as folders, and the walk of a hand-in over them."""

import io
import stat
import struct
import tempfile
import zipfile
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from pathlib import Path

from fuzz.guidance import said, size, sources
from fuzz.mutation import Mutator
from fuzz.reader import Reader, holds
from vigie.rooms.intake import archives
from vigie.rooms.intake.archives import ArchiveBrokenError, Member, Refused, members
from vigie.rooms.intake.client import walking
from vigie.rooms.intake.client.walking import FoundFile, walk

_PIECE = 1 << 16
_NAMES = (
    "a.jpg", "/", "..", "../x", "a/../../x", "C:/x", "\\\\h\\s", "in.zip", "a" * 300, "é\u202egpj.exe", "x/", "=1+1", "\r\n",
)  # fmt: skip
_TOKENS = (
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"\x01\x00\x10\x00",
    b".zip",
    b"../",
)


def readers(stack: ExitStack) -> tuple[Reader, ...]:
    """The members of an archive, whose every byte is read; the same from a folder, as a hand-in walks it."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-fuzz-")))

    def walked(data: bytes) -> Hashable:
        (folder / "exhibit.zip").write_bytes(data)
        found = list(walk(folder))
        shown = {one.shown for one in found}
        numbers = [one.entry for one in found if isinstance(one, FoundFile)]
        holds(len(set(numbers)) == len(numbers), "two files with one number")
        return "walked", size(len(found)), size(len(shown))

    # not zipfile's own lines: they are a third of the time, and what they decide is decided again here
    traced = sources(archives)
    return (
        Reader("archives", _seeds, _read, traced=traced | sources(zipfile), tokens=_TOKENS, shaped=_packed_anew, weight=2.0),
        Reader("walks", _seeds, walked, traced=sources(archives, walking), tokens=_TOKENS, shaped=_packed_anew),
    )  # fmt: skip


def _read(data: bytes) -> Hashable:
    faults: set[Hashable] = set()
    count = total = 0
    for one in members(io.BytesIO(data)):
        count += 1
        if isinstance(one, Refused):
            faults.add(one.fault.value)
            continue
        holds(one.path and b"\0" not in one.path, "a member without a name")
        got, broken = _bytes_of(one)
        holds(got <= one.size, "a member of more bytes than it states")
        holds(broken or got == one.size, "a member of fewer bytes than it states")
        total += got
    holds(total <= 201 * len(data) + 1_000_000 * count, "more bytes than the ratio allows")
    return "listed", size(count), size(total), tuple(sorted(map(str, faults)))


def _bytes_of(member: Member) -> tuple[int, object]:
    got = 0
    try:
        with member.open() as file:
            while piece := file.read(_PIECE):
                got += len(piece)
    except ArchiveBrokenError as error:
        return got, said(error)
    return got, None


def _zip(entries: Sequence[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def _seeds() -> Sequence[bytes]:
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    inner = _zip([("deep.jpg", b"deep" * 50)])
    files = [("a/1.jpg", b"one" * 40), ("b.jpg", bytes(range(256)))]
    return [
        _zip(files),
        _zip(files, zipfile.ZIP_STORED),
        _zip([*files, ("in.zip", inner), ("called.zip", b"no archive")]),
        _zip([("x.zip", _zip([("y.zip", inner)]))]),
        _zip(files, zipfile.ZIP_BZIP2),
        _zip(files, zipfile.ZIP_LZMA),
        _zip([("zeros", bytes(1_500_000)), (link, b"/etc"), ("é.jpg", b"x"), ("../up", b"x")]),
        _with_zip64(_zip(files)),
        _zip(files).replace(b"b.jpg", b"\0.jpg"),
    ]


def _with_zip64(data: bytes) -> bytes:
    """The same archive with the end record of large ones before its own."""
    at = data.rindex(b"PK\x05\x06")
    count, length, offset = struct.unpack_from("<HII", data, at + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:at] + record + locator + end


def _packed_anew(data: bytes, mutator: Mutator, others: Sequence[bytes]) -> bytes:
    """Members changed, renamed, added, packed whole: what a hostile writer with a good ZIP library makes."""
    chance = mutator.chance
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [(info.filename or "x", archive.read(info)[:4096]) for info in archive.infolist()[:20]]
    except Exception:  # noqa: BLE001 - not one that can be opened: it is changed as bytes
        return mutator.changed(data, others)
    found = found or [("x", b"x")]
    place = chance.randrange(len(found))
    name, content = found[place]
    if chance.random() < 0.4:
        name = chance.choice(_NAMES)
    found[place] = (name, mutator.changed(content))
    if chance.random() < 0.2:
        found.append((f"{chance.randrange(9)}.zip", chance.choice(others) if others else b""))
    packed = _zip(found, chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    return mutator.changed(packed) if chance.random() < 0.3 else packed
