"""Signed notes: what may be signed may be opened, and nothing else."""

import pytest

from vigie.engines.notes import open_note, sign_note
from vigie.engines.proofs import CheckpointRefused, SigningKey

KEY = SigningKey("log.example/drawn", bytes(range(32)))
TEXT = "Certificate\nid 1\n"


def test_a_note_that_was_signed_opens() -> None:
    assert open_note(sign_note(TEXT, KEY), KEY.verifier) == TEXT


@pytest.mark.parametrize("body", ["a\ud800\n", "a\n\nb\n", "a\x1b\n", "\u202ea\n", "\n"])
def test_a_text_nobody_could_sign_is_refused_by_its_form(body: str) -> None:
    """A lone surrogate cannot even be encoded: it must not get as far as the signature."""
    signature = sign_note(TEXT, KEY).rpartition("\n\n")[2]
    with pytest.raises(CheckpointRefused, match="none of them empty or odd"):
        open_note(f"{body}\n{signature}", KEY.verifier)
    with pytest.raises(ValueError, match="none of them empty"):
        sign_note(body, KEY)
