"""What is asked of the installation: rows of look-ups as they arrive, lists partners paste, certificates, the matcher."""

import io
import json
import re
import socket
import uuid
from collections.abc import Hashable, Sequence

from pydantic import TypeAdapter, ValidationError

from fuzz.guidance import said, size, sources
from fuzz.reader import Reader, holds
from fuzz.shapes import json_parts
from vigie.backends.known import messages, requests, wire
from vigie.backends.known.messages import Asker, Claimed, Shard
from vigie.backends.known.requests import LookUpRequest, Reply
from vigie.backends.known.wire import Direction, FrameBroken
from vigie.engines.formats import certificates
from vigie.engines.formats.certificates import fingerprint_of
from vigie.engines.hashing.pdq import MATCH_QUALITY
from vigie.matcher import gate
from vigie.matcher.gate import Gate, Turned, nonce_of
from vigie.rooms.matching.api import incoming
from vigie.rooms.matching.api.incoming import LONGEST_LINE, BodyCutError, Spool, chunks, whole
from vigie.rooms.matching.rules import lookups
from vigie.rooms.matching.rules.lookups import read_rows
from vigie.rooms.partners import rules
from vigie.rooms.partners.rules import read_lines

_SECRET = bytes(range(32))
_NOW = 1_800_000_000.0
_SIGNED, _FRAMED, _REPLY = b"\0", b"\1", b"\2"
_REPLIES: TypeAdapter[object] = TypeAdapter(Reply)
_DIGEST = re.compile(r"[0-9a-f]{64}")


def readers() -> tuple[Reader, ...]:
    """Rows in a stream, lines and certificates in a form, frames on the matcher's socket."""
    return (
        Reader("look-up rows", _rows_seeds, _rows, declared=(BodyCutError,), traced=sources(incoming, lookups), shaped=json_parts(b"\n"), longest=20 * 1024, weight=0.5,
               tokens=(b'"md5":', b'"pdq":', b'"quality":', b'"size":', b'"dihedral":', b"\n", b"\n" * 50, b"1" * 5000, b"[" * 2000, b"\\ud800", b"1e400", b"NaN", b"true")),
        Reader("pasted texts", _pasted_seeds, _pasted, traced=sources(rules, certificates), longest=20 * 1024, weight=0.5,
               tokens=(b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----", b":MII", b"%3A", b"%ff", b"\xef\xbc\x91", b"\xc2\xa0", b"\xe2\x80\xa8", b",;")),
        Reader("matcher messages", _message_seeds, _message, declared=(Turned, FrameBroken, ValidationError), traced=sources(gate, messages, requests, wire), shaped=json_parts(before=1), longest=16 * 1024, weight=0.5,
               tokens=(b'"call":', b'"nonce":', b'"asker":', b'"shard":[1,1]', b'"items":', b'"claimed":', b'"frames":[0,', b'"at":', b"[" * 2000, b"\x00\x00\x00\x20")),
    )  # fmt: skip


def _rows_seeds() -> Sequence[bytes]:
    md5, pdq = "0a" * 16, "b4" * 32
    rows = [
        {"md5": md5, "sha1": "1b" * 20, "sha256": "2c" * 32, "size": 10},
        {"pdq": pdq, "quality": 88, "dihedral": [pdq, *("c5" * 32 for _ in range(7))]},
        {"md5": md5, "colour": "red"},
    ]
    return [b"\n".join(json.dumps(row).encode() for row in rows), b"\n\n{}\nnull\n"]


def _rows(data: bytes) -> Hashable:
    """Every row that can be asked about carries whole hashes; every fault is short and names a row there is."""
    body = io.BytesIO(data)
    spool = Spool(whole(body.read, len(data)))
    usable = faults = 0
    try:
        for numbered in chunks(spool, 1):
            read = read_rows(numbered)
            given = {row for row, _ in numbered}
            holds({one.row for one in (*read.usable, *read.faults)} <= given, "a row nobody sent")
            for one in read.usable:
                holds(one.kinds, "a row that asks nothing")
                holds(one.pdq is None or len(one.pdq) == 32, "a code that is none")
                holds(
                    one.pdq is None or one.quality is None or one.quality >= MATCH_QUALITY, "a flat picture"
                )
                holds(one.dihedral is None or len(one.dihedral) == 256, "orientations that are none")
                holds(one.canonical, "a row without a form")
            for fault in read.faults:
                holds(len(fault.reason) < 400, "a fault longer than a line")
                fault.reason.encode()
            usable, faults = usable + len(read.usable), faults + len(read.faults)
    finally:
        spool.close()
    holds(usable <= data.count(b"\n") + 1, "more rows than lines")
    return "rows", size(usable), size(faults), size(len(data) // LONGEST_LINE)


def _pasted_seeds() -> Sequence[bytes]:
    lines = f"{'0a' * 16} {'1b' * 20}\n{'2c' * 32};{'0A' * 16}\n\nno hash\n"
    der = "MIIBszCCAVmgAwIBAgIUdrawn0123456789abcdefghijklmnopqrstuvwxyz"
    return [
        b"l" + lines.encode(),
        b"c:MIIB" + b"A" * 64 + b":",
        f"c-----BEGIN CERTIFICATE-----\n{der}AAA\n-----END CERTIFICATE-----\n".encode(),
        b"c" + b":".join([b"AB"] * 32),
    ]


def _pasted(data: bytes) -> Hashable:
    text = data[1:].decode("utf-8", "surrogateescape")
    if data[:1] == b"c":
        found = fingerprint_of(text)
        holds(found is None or _DIGEST.fullmatch(found), "a fingerprint that is none")
        return "certificate", found is None
    read = read_lines(text.splitlines())
    holds(set(read.bad) <= set(range(1, len(text.splitlines()) + 1)), "a line nobody wrote")
    for row in read.rows:
        lengths = [None if one is None else len(one) for one in (row.md5, row.sha1, row.sha256)]
        holds(lengths != [None] * 3, "a row without a hash")
        holds(
            all(one in {None, size} for one, size in zip(lengths, (16, 20, 32), strict=True)), "half a hash"
        )
    return "lines", size(len(read.rows)), size(len(read.bad))


def _message_seeds() -> Sequence[bytes]:
    asker = Asker(
        unit=uuid.UUID(int=1), country="ALV", person=None, service="drawn", case=uuid.UUID(int=2), exhibit=uuid.UUID(int=3), purpose="look-up"
    )  # fmt: skip
    hashes = (Claimed(md5=bytes(16), size=3), Claimed(pdq=bytes(32), quality=90, variants="all"))
    asked = LookUpRequest(asker=asker, at=int(_NOW * 1000), nonce=bytes(16), shard=Shard(1, 1), hashes=hashes)
    body = asked.model_dump_json().encode()
    mac = wire.sign(_SECRET, Direction.REQUEST, body)
    return [
        _SIGNED + body,
        _FRAMED + (len(body) + 32).to_bytes(4) + mac + body,
        _REPLY + b'{"found":[{"place":0,"answers":[],"own":[]}]}',
        _REPLY + b'{"present":1,"gone":0}',
        _REPLY + b'{"rows":1,"codes":1,"faults":["x"]}',
    ]


def _message(data: bytes) -> Hashable:
    """A frame is taken only with its signature; a body signed by a caller is a request of one of six kinds, or turned."""
    kind, body = data[:1], data[1:]
    if kind == _REPLY:
        return "reply", type(_REPLIES.validate_json(body)).__name__
    if kind == _FRAMED:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.settimeout(5)
            ours.setblocking(False)
            ours.send(body[: 1 << 15])
            ours.shutdown(socket.SHUT_WR)
            got = wire.receive(theirs, _SECRET, Direction.REQUEST)
        holds(got is None or got == _message_seeds()[0][1:], "a frame nobody signed")
        return "frame", got is None
    nonce = nonce_of(body)
    try:
        request = Gate(lambda: _NOW).read(body)
    except Turned as turned:
        return *said(turned), size(len(nonce))
    holds(request.nonce == nonce, "an answer that would be signed for another question")
    return "request", type(request).__name__
