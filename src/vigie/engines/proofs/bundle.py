r"""The offline audit bundle: a log with all that is needed to judge it, in one file.

Format `vigie-audit-bundle/2`: a ZIP of exactly seven members, in this order, all of them plain:

- `format`: the line `vigie-audit-bundle/2`.
- `key`: one line, the public key of the log in the vkey form.
- `entries`: a line for each entry, in log order: index (decimal), event id, leaf hash (lower-case hexadecimal)
  and the event's canonical bytes as they are, with one space between. A line of three fields is an entry
  whose event was already gone when the bundle was written. The leaf hash is RFC 6962's of event id, newline,
  canonical bytes.
- `leaves`: the leaf hashes once more, 32 bytes each, nothing between. This second copy is what lets a verifier
  name an entry that was replaced as a whole.
- `checkpoints`: the signed notes, oldest first, an empty line between; outside witnesses' cosignatures stand in
  them as further signature lines (C2SP tlog-cosignature).
- `witnesses`: the public keys of the witnesses, a vkey on each line.
- `stamps`: a line for each RFC 3161 time stamp: the size of the checkpoint, a space, the reply in base64. It is a
  stamp of the note without cosignatures.

Format `vigie-audit-bundle/1` lacks the last two and is still read.

What can be named: after any single edit, deletion, insertion or move of entries up to the last checkpoint,
exactly the first bad entry. The same holds for any number of changes as long as, between two checkpoints,
either the entries' events, their hashes or `leaves` are as they were. If a forger changed an entry and its
leaf alike, only the checkpoints around it can be named, as a range: he cannot sign new ones. What nothing in
the bundle can show: entries after the last checkpoint changed alike in both places, a bundle cut back to an
older checkpoint (pass a checkpoint kept elsewhere), and a bundle signed anew with another key (pass the key you
trust).
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, cast

from .checkpoint import Checkpoint, CheckpointRefused, parse_checkpoint
from .keys import KeyTextRefused, VerifierKey, WitnessKey, decode, encode
from .stamp import Stamp, StampRefused, verify_stamp
from .tree import HASH_BYTES
from .verdict import Fault, LogEntry, Verdict, first_bad
from .witnessed import Witnessed, sentence, witnessed

FORMAT = "vigie-audit-bundle/2"
DETECTS_WITH_TRUSTED_KEY = "detects change by anyone who does not hold the checkpoint key of this machine"
DETECTS_WITH_OWN_KEY = (
    "detects change by anyone who does not sign the whole anew: the key came with the bundle, so compare it "
    "with one you know"
)

WITNESS_KEYS_FROM_BUNDLE = "the witnesses' keys came with the bundle, so compare them with ones you know"

_MEMBERS = ["format", "key", "entries", "leaves", "checkpoints", "witnesses", "stamps"]
_FORMATS = {FORMAT: _MEMBERS, "vigie-audit-bundle/1": _MEMBERS[:5]}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# An event is a few hundred bytes; the limits keep a hostile bundle from filling memory.
_LINE_BYTES = 1 << 20
_SMALL_MEMBER_BYTES = 1 << 12
_CHECKPOINTS_BYTES = 1 << 26
# What zipfile and zlib were seen to raise on damaged bytes: 600,000 random changes, and places no file can have.
_DAMAGE = (
    OSError, EOFError, RuntimeError, ValueError, ArithmeticError, IndexError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_UNREADABLE = LogEntry(-1, "", b"", None)


class BundleRefused(ValueError):  # noqa: N818 - says what it is
    """The file is not an audit bundle, or is damaged as a file."""


@dataclass(frozen=True, slots=True)
class StampReport:
    """What became of one time stamp: the time the authority states (UTC), or why it says nothing."""

    size: int
    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class BundleReport(Verdict):
    """The verdict on a bundle, against whom it holds, who witnessed the log and what dates it."""

    detects: str
    witnessed: tuple[Witnessed, ...] = ()
    stamps: tuple[StampReport, ...] = ()


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a bundle holds beside the log itself."""

    key: VerifierKey
    checkpoints: list[Checkpoint]
    witnesses: list[WitnessKey]
    stamps: list[Stamp]


def write_bundle(
    out: BinaryIO,
    entries: Iterable[LogEntry],
    checkpoints: Sequence[Checkpoint],
    key: VerifierKey,
    *,
    witnesses: Sequence[WitnessKey] = (),
    stamps: Sequence[Stamp] = (),
) -> int:
    """Write a bundle and return the number of entries in it.

    Damaged logs are written as they are: judging them is the reader's task. `ValueError` when an id holds a space
    or an event a line break, which canonical JSON never does.
    """
    leaves, count = bytearray(), 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_member("format"), f"{FORMAT}\n")
        archive.writestr(_member("key"), f"{key}\n")
        with archive.open(_member("entries"), "w", force_zip64=True) as lines:
            for entry in entries:
                lines.write(_line(entry))
                leaves += entry.hash
                count += 1
        archive.writestr(_member("leaves"), bytes(leaves))
        notes = (checkpoint.note for checkpoint in sorted(checkpoints, key=lambda known: known.size))
        archive.writestr(_member("checkpoints"), "\n".join(notes))
        archive.writestr(_member("witnesses"), "".join(f"{witness}\n" for witness in witnesses))
        archive.writestr(_member("stamps"), "".join(f"{s.size} {encode(s.reply)}\n" for s in stamps))
    return count


def verify_bundle(
    source: Path | BinaryIO,
    trusted_key: VerifierKey | None = None,
    kept: Sequence[Checkpoint] = (),
    *,
    witnesses: Sequence[WitnessKey] = (),
    authorities: Path | None = None,
) -> BundleReport:
    """Return the report on a bundle; nothing but the file and what you trust is used. Never raises for a bad bundle.

    Without `trusted_key` the bundle's own key is believed, and `detects` says so; the same holds for `witnesses`.
    `kept` are checkpoints from elsewhere (a witness, a printed page): they show a log cut back or split.
    `authorities` is a PEM file of the certificates time stamps are verified against; without it they are not judged.
    """
    detects = DETECTS_WITH_TRUSTED_KEY if trusted_key else DETECTS_WITH_OWN_KEY
    try:
        verdict, carried = _judge(source, trusted_key, kept)
        signed = [*carried.checkpoints, *kept]
        found = witnessed(signed, trusted_key or carried.key, witnesses or carried.witnesses, verdict.covered)
    except (BundleRefused, CheckpointRefused, KeyTextRefused, UnicodeDecodeError) as error:
        verdict = _no_verdict(Fault.UNREADABLE, f"not a readable audit bundle: {error}")
        return BundleReport(**asdict(verdict), detects=detects)
    except _DAMAGE as error:
        verdict = _no_verdict(Fault.UNREADABLE, f"the file is damaged: {error}")
        return BundleReport(**asdict(verdict), detects=detects)
    if found:
        detects = "; ".join([detects, sentence(found), *([] if witnesses else [WITNESS_KEYS_FROM_BUNDLE])])
    stamps = tuple(
        _judge_stamp(stamp, carried.checkpoints, verdict.covered, authorities) for stamp in carried.stamps
    )
    return BundleReport(**asdict(verdict), detects=detects, witnessed=found, stamps=stamps)


def _judge(
    source: Path | BinaryIO, trusted_key: VerifierKey | None, kept: Sequence[Checkpoint]
) -> tuple[Verdict, _Carried]:
    with zipfile.ZipFile(source) as archive:
        carried = _carried(archive)
        checkpoints = [*carried.checkpoints, *kept]
        if not checkpoints:
            nothing = "the bundle holds no checkpoint: nothing in it is proven"
            return _no_verdict(Fault.NOT_SIGNED, nothing), carried
        with archive.open("entries") as lines, archive.open("leaves") as leaves:
            key = trusted_key or carried.key
            return first_bad(
                _entries(_buffered(lines)), checkpoints, key, leaves=_hashes(_buffered(leaves))
            ), carried


def _carried(archive: zipfile.ZipFile) -> _Carried:
    names = archive.namelist()
    if names[:1] != ["format"]:
        raise BundleRefused(f"its members are not {', '.join(_MEMBERS)}")
    if any(member.compress_type not in _METHODS for member in archive.infolist()):
        raise BundleRefused("it is packed in an unusual way")
    members = _FORMATS.get(_text(archive, "format", _SMALL_MEMBER_BYTES).removesuffix("\n"))
    if members is None:
        raise BundleRefused(f"its format is not {FORMAT}, nor an older one that is still read")
    if names != members:
        raise BundleRefused(f"its members are not {', '.join(members)}")
    later = dict.fromkeys(_MEMBERS[5:], "")
    later |= {name: _text(archive, name, _CHECKPOINTS_BYTES) for name in members[5:]}
    return _Carried(
        VerifierKey.parse(_text(archive, "key", _SMALL_MEMBER_BYTES).removesuffix("\n")),
        _checkpoints(_text(archive, "checkpoints", _CHECKPOINTS_BYTES)),
        [WitnessKey.parse(line) for line in later["witnesses"].splitlines()],
        [_stamp(line) for line in later["stamps"].splitlines()],
    )


def _stamp(line: str) -> Stamp:
    size, _, encoded = line.partition(" ")
    reply = decode(encoded)
    if not size.isdecimal() or reply is None:
        raise BundleRefused("a line of its stamps is not a size and base64")
    return Stamp(int(size), reply)


def _judge_stamp(
    stamp: Stamp, checkpoints: Sequence[Checkpoint], covered: int, authorities: Path | None
) -> StampReport:
    """Judge a stamp by the note as the log signed it, which is its first signature line."""
    notes = [one for one in checkpoints if one.size == stamp.size <= covered]
    if not notes:
        return StampReport(stamp.size, None, "it belongs to no checkpoint that was proven")
    if authorities is None:
        return StampReport(stamp.size, None, "not checked: name the certificates you trust")
    try:
        at = verify_stamp(stamp, replace(notes[0], signatures=notes[0].signatures[:1]).note, authorities)
    except StampRefused as error:
        return StampReport(stamp.size, None, str(error))
    return StampReport(stamp.size, at, "verified")


def _no_verdict(fault: Fault, reason: str) -> Verdict:
    return Verdict(0, 0, None, None, fault, reason)


def _member(name: str) -> zipfile.ZipInfo:
    # A fixed date: the same log gives the same bundle, byte for byte.
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _line(entry: LogEntry) -> bytes:
    fields = _spelling(entry)
    line = b" ".join(fields if entry.payload is None else [*fields, entry.payload])
    if any(b" " in field for field in fields) or b"\n" in line or len(line) >= _LINE_BYTES:
        raise ValueError(f"entry {entry.index} does not fit on a line of an audit bundle")
    return line + b"\n"


def _spelling(entry: LogEntry) -> list[bytes]:
    """Return the one way the first three fields are written."""
    return [str(entry.index).encode(), entry.event_id.encode(), entry.hash.hex().encode()]


def _buffered(member: IO[bytes]) -> io.BufferedReader:
    # zipfile's own readline and short reads are Python, one call an entry: a million of them took half the time.
    return io.BufferedReader(cast("io.RawIOBase", member), _LINE_BYTES)


def _entries(lines: IO[bytes]) -> Iterator[LogEntry]:
    while line := lines.readline(_LINE_BYTES):
        yield _entry(line)


def _entry(line: bytes) -> LogEntry:
    """Return the entry of a line; for a line spelt in any other way, an entry that no log accepts."""
    fields = line.removesuffix(b"\n").split(b" ", 3)
    try:
        index, event_id, known = int(fields[0]), fields[1].decode(), bytes.fromhex(fields[2].decode())
    except (IndexError, ValueError):
        return _UNREADABLE
    if not line.endswith(b"\n") or b"%d" % index != fields[0] or known.hex().encode() != fields[2]:
        return _UNREADABLE
    return LogEntry(index, event_id, known, fields[3] if len(fields) > 3 else None)


def _hashes(leaves: IO[bytes]) -> Iterator[bytes]:
    while block := leaves.read(HASH_BYTES << 10):
        yield from (block[at : at + HASH_BYTES] for at in range(0, len(block), HASH_BYTES))


def _checkpoints(text: str) -> list[Checkpoint]:
    # A checkpoint has no empty line but the one before its signatures, so the parts alternate.
    parts = text.removesuffix("\n").split("\n\n") if text else []
    return [parse_checkpoint("\n\n".join(parts[at : at + 2]) + "\n") for at in range(0, len(parts), 2)]


def _text(archive: zipfile.ZipFile, name: str, limit: int) -> str:
    with archive.open(name) as member:
        data = member.read(limit + 1)
    if len(data) > limit:
        raise BundleRefused(f"its {name} is too long")
    return data.decode()
