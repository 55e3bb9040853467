"""A certificate is checked anywhere with the log's public key, and a changed one is told."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from vigie.engines.notes import open_note, sign_note
from vigie.engines.proofs import CheckpointRefused, SigningKey
from vigie.rooms.retention.cli import erasure

KEY = SigningKey.generate("vigie")
TEXT = 'vigie erasure certificate 1\n{\n "count": 2,\n "done_at": "2026-11-29T03:00:00+00:00",\n "gone_from_backups_on": "2026-12-30"\n}\n'


def checked(tmp_path: Path, note: str, key: str = str(KEY.verifier)) -> tuple[int, str]:
    place = tmp_path / "certificate.txt"
    place.write_text(note, encoding="utf-8")
    done = CliRunner().invoke(erasure, ["verify", str(place), "--key", key])
    return done.exit_code, done.output


def test_a_certificate_that_holds_is_said_in_words(tmp_path: Path) -> None:
    code, said = checked(tmp_path, sign_note(TEXT, KEY))
    assert code == 0
    assert "2 files erased" in said
    assert "2026-12-30" in said


def test_a_changed_certificate_does_not_hold(tmp_path: Path) -> None:
    note = sign_note(TEXT, KEY)
    other = str(SigningKey.generate("vigie").verifier)
    for changed, key in (
        (note.replace('"count": 2', '"count": 1'), str(KEY.verifier)),
        (note, other),
        (note, "no key"),
        ("", str(KEY.verifier)),
    ):
        code, said = checked(tmp_path, changed, key)
        assert code == 1
        assert "does not hold" in said


def test_the_signature_of_another_key_beside_ours_is_passed_over() -> None:
    other = SigningKey.generate("witness")
    both = sign_note(TEXT, KEY) + sign_note(TEXT, other).rpartition("\n\n")[2]
    assert open_note(both, KEY.verifier) == open_note(both, other.verifier) == TEXT


@pytest.mark.parametrize("text", ["", "no newline", "two\n\nparts\n", "a\ttab\n"])
def test_a_text_that_could_be_read_two_ways_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="lines"):
        sign_note(text, KEY)


@pytest.mark.parametrize("note", ["", "text\n", "text\n\nno signature\n", f"{TEXT}\n— vigie AAAA\n"])
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    with pytest.raises(CheckpointRefused):
        open_note(note, KEY.verifier)
