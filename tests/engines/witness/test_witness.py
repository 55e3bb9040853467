"""A witness: what it signs, what it refuses and by which name, and what it keeps."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vigie.engines import proofs
from vigie.engines.proofs import (
    SigningKey,
    VerifierKey,
    WitnessKey,
    consistency_proof,
    cosignatures,
    open_checkpoint,
    root,
    sign_checkpoint,
)
from vigie.engines.witness import Fault, Request, RequestMalformed, Witness, WitnessRefused, parse_request
from vigie.engines.witness import __main__ as command
from vigie.engines.witness.program import compare, init, status

LOG = SigningKey("log.example/audit", bytes(range(32)))
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def leaves(count: int, word: str = "") -> list[bytes]:
    """The honest log's leaves; with a word, another history that parts from it after the tenth."""
    return [hashlib.sha256(f"{n}{word if n >= 10 else ''}".encode()).digest() for n in range(count)]


def asked(old: int, size: int, word: str = "", key: SigningKey = LOG) -> str:
    """What the log sends a witness that signed `old` entries before."""
    there = leaves(size, word)
    proof = consistency_proof(old, there) if old <= size else ()
    return Request(old, proof, sign_checkpoint(size, root(there), key)).text


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return init(tmp_path / "w", "witness.example/w1", LOG.verifier)[0]


def refused(witness: Witness, text: str) -> Fault:
    with pytest.raises(WitnessRefused) as caught:
        witness.sign(text, at=NOON)
    return caught.value.fault


def evidence(witness: Witness) -> list[str]:
    return sorted(path.read_text() for path in witness.folder.glob("logs/*/evidence/*"))


def test_it_signs_a_log_that_grows_and_remembers_the_last_tree(witness):
    assert status(witness) == ["log.example/audit: nothing signed yet"]
    for old, size in ((0, 5), (5, 12), (12, 12), (12, 40)):
        signed = witness.sign(asked(old, size), at=NOON)
        key = witness.key.verifier
        assert [one.at for one in cosignatures(signed, [WitnessKey(key.name, key.public)])] == [NOON]
        assert open_checkpoint(signed.note, LOG.verifier).size == size
    assert witness.last(LOG.name) == signed
    assert status(witness) == ["log.example/audit: 40 entries signed at 2026-11-29 12:00:00 UTC"]
    assert evidence(witness) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (asked(12, 11), Fault.SMALLER),
        (asked(11, 11), Fault.SMALLER),
        (asked(12, 12, "other"), Fault.FORKED),
        (asked(12, 20, "other"), Fault.INCONSISTENT),
        (asked(0, 20), Fault.OTHER_START),
        (asked(13, 20), Fault.OTHER_START),
        (asked(12, 20, key=SigningKey(LOG.name, bytes(32))), Fault.WRONG_SIGNATURE),
        (asked(12, 20, key=SigningKey("elsewhere.example", bytes(range(32)))), Fault.UNKNOWN_LOG),
        ("old 12\n", Fault.MALFORMED),
    ],
)
def test_it_refuses_by_name_and_goes_on_from_where_it_was(witness, text, fault):
    witness.sign(asked(0, 12), at=NOON)
    assert refused(witness, text) is fault
    assert witness.last(LOG.name).size == 12
    kept = fault in {Fault.SMALLER, Fault.FORKED, Fault.INCONSISTENT}
    assert len(evidence(witness)) == kept
    if kept:
        assert text in evidence(witness)[0]
        assert witness.last(LOG.name).note in evidence(witness)[0]
    assert witness.sign(asked(12, 20), at=NOON).size == 20


def test_a_proof_with_a_step_too_many_or_too_few_is_refused(witness):
    witness.sign(asked(0, 12), at=NOON)
    request = parse_request(asked(12, 20))
    for proof in (request.proof[:-1], (*request.proof, bytes(32)), ()):
        assert refused(witness, Request(12, proof, request.checkpoint).text) is Fault.INCONSISTENT
    assert refused(Witness(witness.folder), asked(0, 0)) is Fault.SMALLER


def test_an_empty_log_needs_no_proof(witness):
    assert witness.sign(asked(0, 0), at=NOON).size == 0
    assert witness.sign(asked(0, 3), at=NOON).size == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 1\n\n",
        "new 1\n\n" + asked(0, 3).split("\n\n", 1)[1],
        "old 01\n\n" + asked(0, 3).split("\n\n", 1)[1],
        "old 1\nAAAA\n\n" + asked(0, 3).split("\n\n", 1)[1],
        "old 1\n" + "x\n" * 64 + "\n" + asked(0, 3).split("\n\n", 1)[1],
        asked(0, 3).replace("log.example/audit\n3", "log.example/audit\nthree"),
    ],
)
def test_what_is_no_request_is_refused(text):
    with pytest.raises(RequestMalformed):
        parse_request(text)


def test_a_request_reads_back_as_it_was_written():
    text = asked(12, 20)
    assert parse_request(text).text == text
    assert text.startswith("old 12\n")


def test_the_key_is_closed_to_others_and_never_made_twice(witness):
    assert stat.S_IMODE((witness.folder / "key").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        Witness.create(witness.folder, "again")
    again, public = init(witness.folder, "another name", SigningKey("second.example", bytes(32)).verifier)
    assert public == str(witness.key.verifier)
    assert again.logs() == ["log.example/audit", "second.example"]
    with pytest.raises(FileExistsError, match="another key"):
        witness.follow(VerifierKey(LOG.name, bytes(32)))


def test_two_witnesses_who_were_shown_one_log_agree(tmp_path):
    first, second = (init(tmp_path / name, name, LOG.verifier)[0] for name in ("a", "b"))
    assert "nothing to compare" in compare(first, LOG.name, "", None, at=NOON)
    first.sign(asked(0, 12), at=NOON)
    note = second.sign(asked(0, 20), at=NOON).note
    assert compare(first, LOG.name, note, asked(12, 20), at=NOON) == "one history: 12 entries here, 20 there"
    first.sign(asked(12, 20), at=NOON)
    assert compare(first, LOG.name, note, None, at=NOON) == "one history: 20 entries here, 20 there"


@pytest.mark.parametrize(
    ("size", "proof", "fault"),
    [
        (12, None, Fault.FORKED),
        (20, None, Fault.SPLIT),
        (20, asked(12, 20), Fault.SPLIT),
        (20, asked(12, 20, "other"), Fault.SPLIT),
        (20, asked(11, 20, "other"), Fault.SPLIT),
        (11, asked(11, 12, "other"), Fault.SPLIT),
    ],
)
def test_two_histories_shown_to_two_witnesses_are_named_and_kept(tmp_path, size, proof, fault):
    first, second = (init(tmp_path / name, name, LOG.verifier)[0] for name in ("a", "b"))
    ours = first.sign(asked(0, 12), at=NOON)
    theirs = second.sign(asked(0, size, "other"), at=NOON)
    with pytest.raises(WitnessRefused, match="two histories") as caught:
        compare(first, LOG.name, theirs.note, proof, at=NOON)
    assert caught.value.fault is fault
    [kept] = evidence(first)
    assert ours.note in kept
    assert theirs.note in kept


def test_a_note_the_log_never_signed_proves_nothing_against_it(tmp_path, witness):
    witness.sign(asked(0, 12), at=NOON)
    forged = sign_checkpoint(12, bytes(32), SigningKey(LOG.name, bytes(32))).note
    for note, fault in ((forged, Fault.WRONG_SIGNATURE), ("no note", Fault.MALFORMED)):
        with pytest.raises(WitnessRefused) as caught:
            compare(witness, LOG.name, note, None, at=NOON)
        assert caught.value.fault is fault
    assert evidence(witness) == []


def run(folder: Path, *arguments: str) -> int:
    return command.main(["--folder", str(folder), *arguments])


def test_the_program_works_on_files_alone(tmp_path, capsys):
    folder, request, out = tmp_path / "w", tmp_path / "request", tmp_path / "out"
    assert run(folder, "init", "w1", str(LOG.verifier)) == 0
    assert WitnessKey.parse(capsys.readouterr().out.strip()).name == "w1"
    request.write_text(asked(0, 12))
    assert run(folder, "sign", str(request), str(out)) == 0
    assert open_checkpoint(out.read_text(), LOG.verifier).size == 12
    assert run(folder, "status") == 0
    assert "12 entries signed" in capsys.readouterr().out
    request.write_text(asked(12, 12, "other"))
    assert run(folder, "sign", str(request), str(out)) == 1
    assert "NOT SIGNED: forked: the log signed two different trees of 12 entries" in capsys.readouterr().err
    other = tmp_path / "note"
    other.write_text(sign_checkpoint(20, root(leaves(20)), LOG).note)
    request.write_text(asked(12, 20))
    assert run(folder, "compare", LOG.name, str(other), "--proof", str(request)) == 0
    assert run(folder, "compare", LOG.name, str(other)) == 1
    assert "split" in capsys.readouterr().err
    assert run(tmp_path / "none", "sign", str(request), str(out)) == 1


def test_it_runs_alone_with_the_folder_of_proofs_beside_it(tmp_path):
    engines = Path(proofs.__file__).parents[1]
    for name in ("proofs", "witness"):
        shutil.copytree(
            engines / name, tmp_path / "alone" / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    (tmp_path / "alone" / "__init__.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "alone.witness", "--folder", "w", "init", "w1", str(LOG.verifier)],
        cwd=tmp_path, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("w1+")
