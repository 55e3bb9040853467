"""Cosignatures: what C2SP's tlog-cosignature says, byte for byte, and nothing else is one."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vigie.engines.proofs import (
    CheckpointRefused,
    KeyTextRefused,
    NoteSignature,
    SigningKey,
    VerifierKey,
    WitnessKey,
    WitnessSigningKey,
    cosign,
    cosignatures,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    with_lines,
)

LOG = SigningKey("log.example/audit", bytes(range(32)))
SECRET = WitnessSigningKey("witness.example/w1", bytes(range(1, 33)))
WITNESS = WitnessKey.parse(str(SECRET.verifier))
HEAD = sign_checkpoint(7, hashlib.sha256(b"root").digest(), LOG, ("an extension",))
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def cosigned(at=NOON):
    return with_lines(HEAD, [cosign(HEAD, SECRET, at=at)])


def test_the_line_is_the_one_of_the_specification():
    """Key id and message are written out here from the specification's text, with the library's bare Ed25519."""
    line = cosigned().note.splitlines()[-1]
    name, blob = line.removeprefix("— ").split(" ")
    data = base64.b64decode(blob)
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    public = private.public_key()
    assert name == "witness.example/w1"
    assert data[:4] == hashlib.sha256(b"witness.example/w1\n\x04" + public.public_bytes_raw()).digest()[:4]
    assert int.from_bytes(data[4:12], "big") == 1795953600
    root = base64.b64encode(hashlib.sha256(b"root").digest()).decode()
    message = f"cosignature/v1\ntime 1795953600\nlog.example/audit\n7\n{root}\nan extension\n"
    public.verify(data[12:], message.encode())
    assert str(WITNESS).split("+", 2)[2] == base64.b64encode(b"\x04" + public.public_bytes_raw()).decode()


def test_it_is_found_again_with_its_time_and_the_logs_own_signature_stays():
    note = parse_checkpoint(cosigned().note)
    [found] = cosignatures(note, [WITNESS])
    assert (found.witness, found.at) == ("witness.example/w1", NOON)
    assert open_checkpoint(cosigned().note, LOG.verifier).size == 7


def test_a_witness_that_signed_twice_counts_once_with_its_newest_time():
    twice = with_lines(cosigned(NOON + timedelta(hours=1)), [cosign(HEAD, SECRET, at=NOON)])
    assert [one.at for one in cosignatures(twice, [WITNESS])] == [NOON + timedelta(hours=1)]


def test_a_line_is_kept_once():
    line = cosign(HEAD, SECRET, at=NOON)
    assert with_lines(with_lines(HEAD, [line]), [line]) == cosigned()


def test_lines_of_others_are_passed_over():
    stranger = WitnessSigningKey("witness.example/w1", bytes(32))
    assert cosignatures(cosigned(), [WitnessKey.parse(str(stranger.verifier))]) == ()


@pytest.mark.parametrize("place", [0, 7, 8, 40, 71])
def test_a_changed_line_under_a_known_name_and_id_is_refused(place):
    line = cosign(HEAD, SECRET, at=NOON)
    changed = bytearray(line.signature)
    changed[place] ^= 1
    note = with_lines(HEAD, [NoteSignature(line.name, line.key_id, bytes(changed))])
    with pytest.raises(CheckpointRefused, match=r"witness\.example/w1"):
        cosignatures(note, [WITNESS])


def test_a_cosignature_of_another_checkpoint_is_refused():
    other = sign_checkpoint(8, HEAD.root, LOG)
    with pytest.raises(CheckpointRefused):
        cosignatures(with_lines(other, [cosign(HEAD, SECRET, at=NOON)]), [WITNESS])


@pytest.mark.parametrize("seconds", [0, 1 << 62])
def test_a_time_no_clock_shows_is_refused(seconds):
    message = f"cosignature/v1\ntime {seconds}\n{HEAD.text}".encode()
    line = NoteSignature(
        SECRET.name, SECRET.verifier.key_id, seconds.to_bytes(8, "big") + SECRET.sign(message)
    )
    with pytest.raises(CheckpointRefused):
        cosignatures(with_lines(HEAD, [line]), [WITNESS])


def test_a_logs_key_and_a_witnesss_key_are_never_taken_for_each_other():
    with pytest.raises(KeyTextRefused):
        WitnessKey.parse(str(LOG.verifier))
    with pytest.raises(KeyTextRefused):
        VerifierKey.parse(str(WITNESS))
    with pytest.raises(KeyTextRefused):
        SigningKey.parse(SECRET.secret_text())
    assert WitnessSigningKey.parse(SECRET.secret_text()) == SECRET
    assert WitnessKey(LOG.name, LOG.verifier.public) != LOG.verifier
