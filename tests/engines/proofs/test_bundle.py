"""The offline audit bundle: written from a log, judged with nothing but the file."""

import dataclasses
import io
import json
import random
import re
import shutil
import struct
import subprocess
import sys
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.time_stamps import TimeStampAuthority
from vigie.engines import proofs
from vigie.engines.proofs import (
    Fault,
    LogEntry,
    SigningKey,
    Stamp,
    WitnessKey,
    WitnessSigningKey,
    bundle,
    cosign,
    root,
    sign_checkpoint,
    stamp_request,
    verify_bundle,
    with_lines,
    write_bundle,
)
from vigie.engines.proofs.__main__ import main

KEY = SigningKey("log.example/audit", bytes(range(32)))
VERIFIER = KEY.verifier
MEMBERS = ["format", "key", "entries", "leaves", "checkpoints", "witnesses", "stamps"]


def entry(index: int, words: str = "seen") -> LogEntry:
    event_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{index} {words}"))
    payload = json.dumps({"id": event_id, "verb": words, "note": "ligne une\nligne deux"}, ensure_ascii=False)
    return LogEntry.of(index, event_id, payload.encode())


LOG = [entry(index) for index in range(25)]
HEADS = [sign_checkpoint(size, root(row.hash for row in LOG[:size]), KEY) for size in (10, 20, 25)]


def written(entries=LOG, checkpoints=HEADS) -> bytes:
    out = io.BytesIO()
    assert write_bundle(out, entries, checkpoints, VERIFIER) == len(entries)
    return out.getvalue()


WHOLE = written()


def parts(data: bytes = WHOLE) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out


def altered(name: str, data: bytes) -> io.BytesIO:
    return packed(parts() | {name: data})


def lines() -> list[bytes]:
    return parts()["entries"].splitlines(keepends=True)


def test_a_bundle_is_plain_files_a_person_can_read():
    members = parts()
    assert list(members) == MEMBERS
    assert members["format"] == b"vigie-audit-bundle/2\n"
    assert members["key"] == f"{VERIFIER}\n".encode()
    first = LOG[0]
    assert lines()[0] == b" ".join(
        [b"0", first.event_id.encode(), first.hash.hex().encode(), first.payload + b"\n"]
    )
    assert members["leaves"] == b"".join(row.hash for row in LOG)
    assert members["checkpoints"].decode().startswith(HEADS[0].note + "\n" + HEADS[1].note)


def test_the_same_log_gives_the_same_bytes():
    assert written() == WHOLE
    assert written(checkpoints=HEADS[::-1]) == WHOLE


def test_an_untouched_bundle_is_proven_and_says_against_whom(tmp_path):
    path = tmp_path / "log.zip"
    path.write_bytes(WHOLE)
    report = verify_bundle(path, VERIFIER)
    assert (report.ok, report.covered, report.uncovered, report.first_bad) == (True, 25, 0, None)
    assert report.detects == "detects change by anyone who does not hold the checkpoint key of this machine"
    assert "compare it with one you know" in verify_bundle(path).detects


def test_entries_after_the_last_checkpoint_are_counted():
    report = verify_bundle(io.BytesIO(written(checkpoints=HEADS[:2])), VERIFIER)
    assert (report.ok, report.covered, report.uncovered) == (True, 20, 5)


def test_a_damaged_log_can_be_carried_away_as_it_is():
    gone = dataclasses.replace(LOG[3], payload=None)
    report = verify_bundle(io.BytesIO(written([*LOG[:3], gone, *LOG[4:]])), VERIFIER)
    assert (report.first_bad, report.exact, report.fault) == (3, True, Fault.EVENT_MISSING)


@pytest.mark.parametrize(
    "unfit",
    [
        LogEntry.of(0, "two words", b"{}"),
        LogEntry.of(0, "a", b'{\n"id": "a"}'),
        LogEntry.of(0, "a", b"x" * (1 << 20)),
    ],
)
def test_what_does_not_fit_on_a_line_is_refused_at_writing(unfit):
    with pytest.raises(ValueError, match="entry 0 does not fit"):
        write_bundle(io.BytesIO(), [unfit], HEADS, VERIFIER)


def test_the_longest_event_that_fits_on_a_line_reads_back():
    longest = LogEntry.of(0, "a", b"x" * ((1 << 20) - 1 - len(b"0 a " + b"f" * 64 + b" ")))
    head = sign_checkpoint(1, root([longest.hash]), KEY)
    assert verify_bundle(io.BytesIO(written([longest], [head])), VERIFIER).covered == 1
    with pytest.raises(ValueError, match="does not fit"):
        written([LogEntry.of(0, "a", longest.payload + b"x")])


def flip(line: bytes, place: int) -> bytes:
    place %= len(line)
    return line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(["flip", "forge", "delete", "insert", "double", "swap", "move", "event gone", "respell"]),
    st.integers(0, 24),
    st.integers(0, 24),
    st.integers(0, 400),
)
def test_after_any_single_change_of_the_entries_exactly_the_first_bad_one_is_named(how, here, there, place):
    rows = lines()
    forged = b" ".join(bundle._spelling(entry(here, "forged"))) + b" forged\n"
    if how == "flip":  # any one byte of a line, its end and its separators included
        rows[here] = flip(rows[here], place)
    elif how == "forge":
        rows[here] = forged
    elif how == "delete":
        del rows[here]
    elif how == "insert":
        rows.insert(here, forged)
    elif how == "double":
        rows.insert(there, rows[here])
    elif how == "swap":
        rows[here], rows[there] = rows[there], rows[here]
    elif how == "move":
        rows.insert(there, rows.pop(here))
    elif how == "event gone":
        rows[here] = b" ".join(rows[here].split(b" ")[:3]) + b"\n"
    else:
        rows[here] = rows[here].replace(b" ", b"  ", 1) if place % 2 else b"0" + rows[here]
    before, after = lines(), b"".join(rows).splitlines(keepends=True)
    expected = next((n for n, line in enumerate(before) if after[n : n + 1] != [line]), None)
    if expected is None and len(after) > len(before):
        expected = len(before)
    report = verify_bundle(altered("entries", b"".join(rows)), VERIFIER)
    assert report.first_bad == expected
    assert report.exact == (expected is not None)
    assert report.ok == (expected is None)


@settings(deadline=None)
@given(st.integers(0, 24), st.sampled_from(["edit", "delete", "double", "cut"]))
def test_after_any_single_change_of_the_leaf_list_exactly_the_place_is_named(index, how):
    leaves = parts()["leaves"]
    start, end = 32 * index, 32 * index + 32
    changed = {
        "edit": leaves[:start] + bytes(32) + leaves[end:],
        "delete": leaves[:start] + leaves[end:],
        "double": leaves[:end] + leaves[start:],
        "cut": leaves[: end - 5],
    }[how]
    report = verify_bundle(altered("leaves", changed), VERIFIER)
    place = index + 1 if how == "double" else index
    assert (report.first_bad, report.exact) == (place, True)
    assert report.fault is (Fault.MISSING if place == 25 else Fault.LIST_ALTERED)


def test_an_entry_and_its_leaf_changed_alike_are_named_as_the_range_between_two_checkpoints():
    forged = written([*LOG[:14], entry(14, "forged"), *LOG[15:]])
    report = verify_bundle(io.BytesIO(forged), VERIFIER)
    assert (report.ok, report.first_bad, report.between) == (False, None, (10, 20))


def test_a_bundle_signed_anew_is_shown_by_the_trusted_key_and_believed_without_it():
    other = SigningKey(KEY.name, bytes(32))
    rows = [entry(index, "forged") for index in range(25)]
    out = io.BytesIO()
    write_bundle(out, rows, [sign_checkpoint(25, root(row.hash for row in rows), other)], other.verifier)
    assert verify_bundle(out).ok
    report = verify_bundle(out, VERIFIER)
    assert (report.ok, report.fault, report.covered) == (False, Fault.CHECKPOINT_REFUSED, 0)


def test_a_bundle_cut_back_is_shown_by_a_checkpoint_kept_elsewhere():
    short = io.BytesIO(written(LOG[:10], HEADS[:1]))
    assert verify_bundle(short, VERIFIER).ok
    report = verify_bundle(short, VERIFIER, kept=[HEADS[2]])
    assert (report.ok, report.first_bad, report.fault) == (False, 10, Fault.MISSING)


def test_a_bundle_without_checkpoints_proves_nothing_and_is_not_ok():
    report = verify_bundle(io.BytesIO(written(checkpoints=[])), VERIFIER)
    assert (report.ok, report.fault) == (False, Fault.NOT_SIGNED)


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (packed({"format": b"vigie-audit-bundle/2\n"}), "members are not format, key"),
        (packed(parts() | {"more": b""}), "members are not format, key"),
        (packed(parts(), zipfile.ZIP_LZMA), "unusual way"),
        (altered("format", b"vigie-audit-bundle/3\n"), "format is not"),
        (altered("format", b"x" * 5000), "format is too long"),
        (altered("key", b"no key\n"), "not an Ed25519 key"),
        (altered("key", b"\xff\n"), "utf-8"),
        (altered("checkpoints", b"nothing of the kind\n"), "signature lines"),
        (io.BytesIO(WHOLE[:-30]), "damaged"),
        (io.BytesIO(b""), "damaged"),
        (Path("no such file.zip"), "damaged: .*No such file"),
    ],
)
def test_what_is_not_a_bundle_is_refused_with_the_reason(spoilt, why):
    report = verify_bundle(spoilt, VERIFIER)
    assert (report.ok, report.fault, report.covered, report.uncovered) == (False, Fault.UNREADABLE, 0, 0)
    assert re.search(why, report.reason)


def test_a_file_with_any_damaged_byte_never_raises_and_is_never_proven_wrongly():
    draw = random.Random(20261121)
    for _ in range(600):
        data = bytearray(WHOLE)
        for _ in range(draw.choice([1, 1, 4])):
            data[draw.randrange(len(data))] = draw.randrange(256)
        report = verify_bundle(io.BytesIO(bytes(data)), VERIFIER)
        if report.ok:  # the bytes that changed say nothing: a date, a flag, the same value
            assert report.covered == 25


def test_the_command_prints_the_report_and_answers_with_its_exit_status(tmp_path, capsys):
    path = tmp_path / "log.zip"
    path.write_bytes(WHOLE)
    (tmp_path / "kept").write_text(HEADS[2].note, encoding="utf-8")
    assert main([str(path), "--key", str(VERIFIER), "--kept", str(tmp_path / "kept")]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "ok: every covered entry is as signed",
        "proven entries: 25",
        "later entries not covered by a checkpoint: 0",
    ]
    rows = lines()
    path.write_bytes(altered("entries", b"".join(rows[:7] + rows[8:])).getvalue())
    assert main([str(path)]) == 1
    assert capsys.readouterr().out.startswith("NOT OK: entry 7: ")


def test_the_verifier_runs_from_its_folder_alone(tmp_path):
    shutil.copytree(
        Path(proofs.__file__).parent, tmp_path / "alone", ignore=shutil.ignore_patterns("__pycache__")
    )
    path = tmp_path / "log.zip"
    path.write_bytes(WHOLE)
    # Run where only that folder can be found; vigie itself is made unimportable.
    script = (
        "import sys, runpy; sys.modules['vigie'] = None; sys.argv = ['alone', sys.argv[1]]; "
        "runpy.run_module('alone', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ok: every covered entry is as signed")
    renamed = subprocess.run(
        [sys.executable, "-m", "vigie.engines.proofs", str(tmp_path / "missing")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (renamed.returncode, renamed.stdout.split(":")[0]) == (1, "NOT OK")


WITNESSES = [
    WitnessSigningKey(f"witness.example/{name}", bytes([at + 1] * 32)) for at, name in enumerate("ab")
]
KNOWN = [WitnessKey.parse(str(key.verifier)) for key in WITNESSES]
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def witnessed_by(at_ten: int = 2, at_last: int = 1) -> list:
    """The checkpoints, that of 10 entries cosigned by so many witnesses, the last one by so many."""

    def lines(head, count):
        return [cosign(head, key, at=NOON) for key in WITNESSES[:count]]

    return [
        with_lines(HEADS[0], lines(HEADS[0], at_ten)),
        HEADS[1],
        with_lines(HEADS[2], lines(HEADS[2], at_last)),
    ]


def carrying(checkpoints=None, entries=LOG, witnesses=KNOWN, stamps=()) -> io.BytesIO:
    out = io.BytesIO()
    write_bundle(out, entries, checkpoints or witnessed_by(), VERIFIER, witnesses=witnesses, stamps=stamps)
    out.seek(0)
    return out


def test_the_report_says_who_saw_how_much_and_whose_keys_were_believed():
    report = verify_bundle(carrying(), VERIFIER, witnesses=KNOWN)
    assert [(one.witness, one.size, one.at) for one in report.witnessed] == [
        ("witness.example/a", 25, NOON),
        ("witness.example/b", 10, NOON),
    ]
    assert "witness.example/a saw 25 entries (2026-11-29 12:00:00 UTC)" in report.detects
    assert "came with the bundle" not in report.detects
    assert "the witnesses' keys came with the bundle" in verify_bundle(carrying(), VERIFIER).detects
    assert verify_bundle(carrying(HEADS), VERIFIER, witnesses=KNOWN).witnessed == ()


def test_a_witness_named_by_the_operator_alone_counts_for_nobody_who_names_the_ones_they_trust():
    assert [one.witness for one in verify_bundle(carrying(), VERIFIER, witnesses=KNOWN[1:]).witnessed] == [
        "witness.example/b"
    ]


def test_nothing_is_witnessed_past_the_first_bad_entry():
    bad = [*LOG[:15], entry(15, "changed"), *LOG[16:]]
    report = verify_bundle(carrying(entries=bad), VERIFIER, witnesses=KNOWN)
    assert not report.ok
    assert {one.size for one in report.witnessed} == {10}


def test_a_witnesss_own_note_shows_a_log_cut_back_or_rewritten():
    note = witnessed_by()[2]
    cut = verify_bundle(carrying(HEADS[:2], LOG[:20]), VERIFIER, [note], witnesses=KNOWN)
    assert (cut.fault, cut.first_bad) == (Fault.MISSING, 20)
    other = [*LOG[:20], *[entry(index, "other") for index in range(20, 25)]]
    resigned = [*HEADS[:2], sign_checkpoint(25, root(row.hash for row in other), KEY)]
    split = verify_bundle(carrying(resigned, other), VERIFIER, [note], witnesses=KNOWN)
    assert split.fault is Fault.CHECKPOINT_REFUSED
    assert split.reason == "the key signed two different logs of 25 entries"
    assert split.witnessed == ()


def test_a_cosignature_that_does_not_hold_is_said():
    bent = dataclasses.replace(HEADS[2], signatures=(*HEADS[2].signatures, *witnessed_by()[0].signatures[1:]))
    report = verify_bundle(carrying([*HEADS[:2], bent]), VERIFIER, witnesses=KNOWN)
    assert report.fault is Fault.UNREADABLE
    assert "witness.example/a does not belong" in report.reason


def test_a_bundle_of_the_first_format_is_still_read():
    old = {name: data for name, data in parts().items() if name not in {"witnesses", "stamps"}}
    report = verify_bundle(packed(old | {"format": b"vigie-audit-bundle/1\n"}), VERIFIER)
    assert (report.ok, report.covered, report.witnessed, report.stamps) == (True, 25, (), ())
    mixed = verify_bundle(packed(parts() | {"format": b"vigie-audit-bundle/1\n"}), VERIFIER)
    assert mixed.fault is Fault.UNREADABLE


@pytest.mark.parametrize("line", [b"ten AAAA\n", b"10 ?\n", b"10\n\n"])
def test_a_line_that_is_no_stamp_is_refused(line):
    assert "stamps" in verify_bundle(altered("stamps", line), VERIFIER).reason


def test_stamps_are_verified_by_openssl_against_the_certificates_one_trusts(tmp_path):
    authority, stranger = TimeStampAuthority(tmp_path / "tsa"), TimeStampAuthority(tmp_path / "other")
    stamp = Stamp(10, authority.reply(stamp_request(HEADS[0].note)))
    bundle_of = partial(carrying, stamps=[stamp, Stamp(20, stamp.reply), Stamp(11, stamp.reply)])
    good, wrong, nowhere = verify_bundle(bundle_of(), VERIFIER, authorities=authority.certificates).stamps
    assert good.reason == "verified"
    assert abs(good.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert wrong.at is None
    assert wrong.reason != "verified"
    assert nowhere.reason == "it belongs to no checkpoint that was proven"
    [foreign, *_] = verify_bundle(bundle_of(), VERIFIER, authorities=stranger.certificates).stamps
    assert foreign.at is None
    [unasked, *_] = verify_bundle(bundle_of(), VERIFIER).stamps
    assert unasked.reason == "not checked: name the certificates you trust"


def test_the_program_says_witnesses_and_stamps(tmp_path, capsys):
    authority = TimeStampAuthority(tmp_path / "tsa")
    stamp = Stamp(10, authority.reply(stamp_request(HEADS[0].note)))
    path = tmp_path / "log.zip"
    path.write_bytes(carrying(stamps=[stamp]).getvalue())
    named = [part for key in KNOWN for part in ("--witness", str(key))]
    asked = [str(path), "--key", str(VERIFIER), *named, "--authorities", str(authority.certificates)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "witness.example/b saw 10 entries" in said
    assert re.search(r"time stamp of 10 entries: 20\d\d-", said)
    path.write_bytes(WHOLE)
    assert main([str(path), "--key", str(VERIFIER)]) == 0
    assert "no outside witness signed any of it" in capsys.readouterr().out


def test_a_member_that_lies_beyond_every_file_is_damage_and_no_crash():
    """An offset of 2**63 and more, as only the fields of large archives can state it."""
    data = bytearray(WHOLE)
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as archive:
        entry = archive.getinfo("key")
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    assert data[at + 46 : at + 49] == b"key"
    assert entry.header_offset == int.from_bytes(data[at + 42 : at + 46], "little")
    extra = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)
    data[at + 42 : at + 46] = b"\xff" * 4
    data[at + 30 : at + 32] = struct.pack("<H", len(extra))
    data[at + 49 : at + 49] = extra
    end = data.rindex(b"PK\x05\x06")
    (length,) = struct.unpack_from("<I", data, end + 12)
    data[end + 12 : end + 16] = struct.pack("<I", length + len(extra))
    report = verify_bundle(io.BytesIO(bytes(data)), VERIFIER)
    assert report.fault is Fault.UNREADABLE
