"""Signed checkpoints in the C2SP form."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.engines.proofs import (
    EMPTY_ROOT,
    Checkpoint,
    CheckpointRefused,
    KeyTextRefused,
    NoteSignature,
    SigningKey,
    VerifierKey,
    leaf_hash,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)

# The key pair and the signature published in the documentation of golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = (
    b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
KEY = SigningKey("log.example/audit", bytes(range(32)))
ROOT = leaf_hash(b"an entry")
SIGNED = sign_checkpoint(20, ROOT, KEY)


def test_the_published_key_signs_as_published():
    blob = base64.b64decode(GO_SIGNATURE)
    signer, verifier = SigningKey.parse(GO_SKEY), VerifierKey.parse(GO_VKEY)
    assert signer.verifier == verifier
    assert verifier.key_id == blob[:4]
    assert signer.sign(GO_TEXT) == blob[4:]
    assert verifier.verifies(GO_TEXT, blob[4:])
    assert not verifier.verifies(GO_TEXT + b"\n", blob[4:])
    assert str(verifier) == GO_VKEY
    assert signer.secret_text() == GO_SKEY


@pytest.mark.parametrize(("parse", "text"), [(VerifierKey.parse, GO_VKEY), (SigningKey.parse, GO_SKEY)])
def test_no_part_or_change_of_a_key_line_is_taken_for_a_key(parse, text):
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if (start, end) != (0, len(text)):
                with pytest.raises(KeyTextRefused):
                    parse(text[start:end])
    for place, sign in enumerate(text):
        with pytest.raises(KeyTextRefused):
            parse(text[:place] + chr(ord(sign) + 1) + text[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
    ],
)
def test_keys_of_another_length_or_type_are_refused(text):
    with pytest.raises(KeyTextRefused):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "name", ["", "two words", "a+b", "line\nbreak", "nul\0byte", "no\N{NO-BREAK SPACE}break"]
)
def test_names_that_would_blur_the_lines_are_refused(name):
    with pytest.raises(KeyTextRefused):
        SigningKey.generate(name)


def test_a_public_key_of_another_length_is_refused():
    with pytest.raises(KeyTextRefused, match="32 bytes"):
        VerifierKey("log.example/audit", bytes(31))


def test_a_secret_key_does_not_show_itself():
    key = SigningKey.generate("log.example/audit")
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)
    assert SigningKey.parse(key.secret_text()) == key


def test_a_checkpoint_is_three_lines_and_a_signature():
    lines = SIGNED.note.split("\n")
    assert lines[:4] == ["log.example/audit", "20", base64.b64encode(ROOT).decode(), ""]
    assert lines[4].startswith("— log.example/audit ")
    assert lines[5:] == [""]


@settings(deadline=None)
@given(
    st.integers(1, 2**60),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1), max_size=3),
)
def test_a_checkpoint_reads_back_as_it_was_signed(size, top, extensions):
    signed = sign_checkpoint(size, top, KEY, tuple(extensions))
    assert open_checkpoint(signed.note, KEY.verifier) == signed
    assert (signed.origin, signed.size, signed.root) == (KEY.name, size, top)


def test_the_empty_log_has_a_checkpoint_of_its_own():
    assert sign_checkpoint(0, EMPTY_ROOT, KEY).size == 0
    with pytest.raises(CheckpointRefused, match="root"):
        sign_checkpoint(0, ROOT, KEY)


@settings(deadline=None)
@given(st.data())
def test_a_note_with_any_character_changed_removed_or_added_is_refused(data):
    note = SIGNED.note
    place = data.draw(st.integers(0, len(note) - 1))
    sign = data.draw(st.characters().filter(lambda drawn: drawn != note[place]))
    changed = data.draw(
        st.sampled_from(
            [
                note[:place] + sign + note[place + 1 :],
                note[:place] + note[place + 1 :],
                note[:place] + sign + note[place:],
                note[:place],
            ]
        )
    )
    with pytest.raises(CheckpointRefused):
        open_checkpoint(changed, KEY.verifier)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", "a text, an empty line"),
        (SIGNED.text + "\n", "a text, an empty line"),
        (SIGNED.note.removesuffix("\n"), "a text, an empty line"),
        (SIGNED.note + "x" * 128 * 1024 + "\n", "a text, an empty line"),
        (SIGNED.note.replace("\n20\n", "\n"), "an origin, a size and a root"),
        (SIGNED.note.replace("\n20\n", "\n20\n\n"), "an origin, a size and a root"),
        (SIGNED.note.replace("audit\n", "audit\t\n"), "odd lines"),
        (SIGNED.note.replace("\n20\n", "\n020\n"), "number of entries"),
        (SIGNED.note.replace("\n20\n", "\n٢٠\n"), "number of entries"),
        (SIGNED.note.replace("=\n\n", "\n\n"), "root"),
        (SIGNED.note.replace("— log", "- log"), "signature line"),
        (SIGNED.note.replace("— log.example/audit ", "— log+audit "), "signature line"),
        (SIGNED.text + "\n— log.example/audit AAAAAA==\n", "signature line"),
        (SIGNED.text + "\n— log.example/audit\n", "signature line"),
    ],
)
def test_misshapen_notes_are_refused_with_the_reason(note, why):
    with pytest.raises(CheckpointRefused, match=why):
        parse_checkpoint(note)


def test_signatures_of_others_are_passed_over_but_never_stand_in():
    witness = SigningKey.generate("witness.example/w1")
    theirs = NoteSignature(witness.name, witness.verifier.key_id, witness.sign(SIGNED.text.encode()))
    both = Checkpoint(KEY.name, 20, ROOT, (), (theirs, *SIGNED.signatures))
    assert open_checkpoint(both.note, KEY.verifier) == both
    with pytest.raises(CheckpointRefused, match="no signature of the key"):
        verify_checkpoint(Checkpoint(KEY.name, 20, ROOT, (), (theirs,)), KEY.verifier)


def test_one_false_signature_of_the_key_spoils_the_note():
    false = NoteSignature(KEY.name, KEY.verifier.key_id, bytes(64))
    with pytest.raises(CheckpointRefused, match="does not belong"):
        verify_checkpoint(Checkpoint(KEY.name, 20, ROOT, (), (*SIGNED.signatures, false)), KEY.verifier)


def test_a_checkpoint_of_another_log_or_key_is_refused():
    with pytest.raises(CheckpointRefused, match="speaks for log"):
        verify_checkpoint(SIGNED, SigningKey("log.example/other", KEY.seed).verifier)
    with pytest.raises(CheckpointRefused, match="no signature of the key"):
        verify_checkpoint(SIGNED, SigningKey.generate(KEY.name).verifier)
