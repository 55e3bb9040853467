"""Time stamps: asked for and judged by the real OpenSSL, and clear words when it is not there."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from support.time_stamps import TimeStampAuthority
from vigie.engines.proofs import Stamp, StampRefused, stamp_request, verify_stamp

NOTE = "log.example/audit\n7\nroot\n\n— log.example/audit AAAA\n"


@pytest.fixture
def authority(tmp_path):
    return TimeStampAuthority(tmp_path / "tsa")


def test_a_stamp_of_the_note_gives_the_authoritys_time(authority):
    at = verify_stamp(Stamp(7, authority.reply(stamp_request(NOTE))), NOTE, authority.certificates)
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)


def test_what_was_not_stamped_by_a_trusted_authority_is_refused(authority, tmp_path):
    reply = authority.reply(stamp_request(NOTE))
    with pytest.raises(StampRefused):
        verify_stamp(Stamp(7, reply), NOTE + " ", authority.certificates)
    with pytest.raises(StampRefused):
        verify_stamp(Stamp(7, reply[:-4] + b"\0\0\0\0"), NOTE, authority.certificates)
    with pytest.raises(StampRefused):
        verify_stamp(Stamp(7, reply), NOTE, TimeStampAuthority(tmp_path / "other").certificates)
    with pytest.raises(StampRefused):
        verify_stamp(Stamp(7, b"no reply"), NOTE, authority.certificates)


def test_a_missing_or_silent_openssl_is_said(monkeypatch, tmp_path):
    def missing(*_, **__):
        raise FileNotFoundError

    def silent(*_, **__):
        raise subprocess.TimeoutExpired("openssl", 30)

    for behaviour, words in ((missing, "not installed"), (silent, "did not answer")):
        monkeypatch.setattr(subprocess, "run", behaviour)
        with pytest.raises(StampRefused, match=words):
            stamp_request(NOTE)


def test_a_reply_that_names_no_time_is_refused(monkeypatch, tmp_path):
    done = subprocess.CompletedProcess([], 0, stdout="Verification: OK", stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(StampRefused, match="names no time"):
        verify_stamp(Stamp(7, b""), NOTE, tmp_path)
