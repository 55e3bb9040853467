"""What the log's auditors and witnesses are handed: bundles, signed notes, requests, keys, time stamps."""

import io
import tempfile
import zipfile
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from fuzz.guidance import said, size, sources
from fuzz.mutation import Mutator
from fuzz.reader import Reader, holds
from support.time_stamps import TimeStampAuthority
from vigie.engines import notes
from vigie.engines.proofs import (
    CheckpointRefused,
    KeyTextRefused,
    LogEntry,
    SigningKey,
    Stamp,
    StampRefused,
    VerifierKey,
    WitnessKey,
    WitnessSigningKey,
    bundle,
    checkpoint,
    consistency_proof,
    cosign,
    cosignature,
    cosignatures,
    keys,
    open_checkpoint,
    parse_checkpoint,
    root,
    sign_checkpoint,
    stamp,
    stamp_request,
    tree,
    verdict,
    verify_bundle,
    verify_checkpoint,
    verify_stamp,
    with_lines,
    write_bundle,
)
from vigie.engines.witness import (
    RequestMalformed,
    Seen,
    WitnessRefused,
    judging,
    parse_request,
    request,
    require_signable,
)

KEY = SigningKey("log.example/drawn", bytes(range(32)))
WITNESS = WitnessSigningKey("witness.example", bytes(range(32, 64)))
OUTSIDE = WitnessKey(WITNESS.name, WITNESS.verifier.public)
_AT = datetime(2026, 1, 2, tzinfo=UTC)
_LOG = [LogEntry.of(at, f"event-{at}", f'{{"verb":"seen","number":{at}}}'.encode()) for at in range(12)]
_HASHES = [entry.hash for entry in _LOG]
_DASH = "\N{EM DASH} ".encode()


def readers(stack: ExitStack) -> tuple[Reader, ...]:
    """The bundle, the texts, and stamps judged by openssl."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vigie-fuzz-"))) / "authority"
    authority = TimeStampAuthority(folder)
    note = _head(12).note
    reply = authority.reply(stamp_request(note))

    def stamped(data: bytes) -> Hashable:
        return "verified", verify_stamp(Stamp(12, data), note, authority.certificates).year

    return (
        Reader(
            "log bundles", lambda: [_bundle(stamps=[Stamp(12, reply)]), _bundle(count=0)], _judged, shaped=_packed_anew, weight=1.5,
            traced=sources(bundle, checkpoint, keys, tree, verdict, cosignature),
            tokens=(b"PK\x01\x02", b"PK\x06\x06", b"vigie-audit-bundle/1", _DASH),
        ),
        Reader(
            "signed notes", _texts, _opened, declared=(CheckpointRefused, KeyTextRefused, RequestMalformed, WitnessRefused),
            traced=sources(checkpoint, cosignature, keys, notes, request, judging, tree), tokens=(_DASH, b"\n\n", b"old 0\n", b"+", b"PRIVATE+KEY+"),
        ),
        Reader("time stamps", lambda: [reply], stamped, declared=(StampRefused,), traced=sources(stamp), weight=0.5),
    )  # fmt: skip


def _head(count: int) -> checkpoint.Checkpoint:
    head = sign_checkpoint(count, root(_HASHES[:count]), KEY)
    return with_lines(head, [cosign(head, WITNESS, at=_AT)])


def _bundle(count: int = 12, stamps: Sequence[Stamp] = ()) -> bytes:
    out = io.BytesIO()
    heads = [_head(at) for at in (5, count)] if count else []
    write_bundle(out, _LOG[:count], heads, KEY.verifier, witnesses=[OUTSIDE], stamps=stamps)
    return out.getvalue()


def _judged(data: bytes) -> Hashable:
    """A bundle is judged and never raises; only the log as it was signed is called good."""
    report = verify_bundle(io.BytesIO(data), KEY.verifier, witnesses=[OUTSIDE])
    holds(report.covered <= len(_LOG), "more entries proven than were signed")
    holds(not report.ok or report.covered in (5, 12), "a log called good that nobody signed")
    return "judged", report.fault, report.ok, said(ValueError(report.reason))[1]


def _packed_anew(data: bytes, mutator: Mutator, others: Sequence[bytes]) -> bytes:
    """One member changed, the ZIP around it whole."""
    chance = mutator.chance
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # noqa: BLE001 - not one that can be opened: it is changed as bytes
        return mutator.changed(data, others)
    if not found:
        return mutator.changed(data, others)
    name = chance.choice(sorted(found))
    found[name] = mutator.changed(found[name])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in found.items():
            archive.writestr(member or "x", content)
    return out.getvalue()


def _texts() -> Sequence[bytes]:
    head = _head(12)
    proof = consistency_proof(5, _HASHES)
    asked = request.Request(5, tuple(proof), head).text
    return [
        b"\0" + head.note.encode(),
        b"\1" + notes.sign_note("Certificate\nid 1\n", KEY).encode(),
        b"\2" + asked.encode(),
        b"\3" + str(KEY.verifier).encode(),
        b"\4" + str(OUTSIDE).encode(),
        b"\5" + KEY.secret_text().encode(),
    ]


def _opened(data: bytes) -> Hashable:
    """A text of any kind is taken apart as far as it goes; what verifies was signed by the key."""
    kind, text = data[0] % 6 if data else 0, data[1:].decode("utf-8", "surrogateescape")
    if kind == 0:
        head = parse_checkpoint(text)
        found = cosignatures(head, [OUTSIDE])
        verify_checkpoint(head, KEY.verifier)
        holds(open_checkpoint(head.note, KEY.verifier) == head, "a note that does not read back as it was")
        holds(head.size == 12, "a tree that nobody signed")
        return "checkpoint", len(found), size(len(head.signatures))
    if kind == 1:
        holds(notes.open_note(text, KEY.verifier) == "Certificate\nid 1\n", "a text that nobody signed")
        return ("note",)
    if kind == 2:
        asked = parse_request(text)
        require_signable(asked, KEY.verifier, Seen(5, root(_HASHES[:5])))
        holds(asked.checkpoint.size == 12, "a tree that nobody signed")
        return "request", len(asked.proof)
    if kind == 3:
        return "key", str(VerifierKey.parse(text)) == text
    if kind == 4:
        return "witness", str(WitnessKey.parse(text)) == text
    return "secret", SigningKey.parse(text).secret_text() == text
