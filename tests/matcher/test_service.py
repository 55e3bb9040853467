"""When the truth and what answers differ, or the truth is out of reach."""

import time
from pathlib import Path

import pytest

from factories.matching import File, RunningMatcher, asker, hold, random_code, unit_of
from support import database
from vigie.backends.known import Change
from vigie.backends.known.requests import Failure, RangeRequest, Signed
from vigie.backends.known.wire import fresh_nonce
from vigie.config.schema import Settings
from vigie.matcher.answering import Keys
from vigie.matcher.gate import Gate
from vigie.matcher.service import Matcher
from vigie.matcher.truth import Truth, TruthLost

pytestmark = pytest.mark.usefixtures("database")


def ask() -> bytes:
    request = RangeRequest(
        asker=asker(unit_of("ALV")), at=time.time_ns() // 1_000_000, nonce=fresh_nonce(), items=()
    )
    return request.model_dump_json().encode()


def in_process(settings: Settings, folder: Path) -> tuple[Matcher, Truth]:
    truth = Truth(settings)
    return Matcher(truth, Keys(b"k"), folder, gate=Gate()), truth


def test_a_row_that_left_the_truth_is_named_and_can_be_forgotten(matcher: RunningMatcher) -> None:
    me = asker(unit_of("ALV"))
    held = hold(unit_of("BOR"), File(pdq=random_code()))
    assert matcher.client.verify(me).sound
    with database.administrator() as connection:
        connection.execute("DELETE FROM media_fingerprint WHERE id = %s", [held.fingerprint])
    report = matcher.client.verify(me)
    assert f"fingerprint {held.fingerprint} answers and is not stored" in report.faults
    assert any("codes answer" in fault for fault in report.faults)
    assert matcher.client.delete(me, [held.fingerprint]) == Change(present=0, gone=1)
    assert matcher.client.verify(me).sound


def test_a_row_changed_behind_the_trigger_is_named_and_add_reads_it_anew(matcher: RunningMatcher) -> None:
    me = asker(unit_of("ALV"))
    held = hold(unit_of("BOR"), File(pdq=random_code()))
    matcher.client.range(me, [])
    with database.administrator() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE media_fingerprint SET size = 9 WHERE id = %s", [held.fingerprint])
    assert f"fingerprint {held.fingerprint} answers otherwise than it is stored" in (
        matcher.client.verify(me).faults
    )
    matcher.client.add(me, [held.fingerprint])
    assert matcher.client.verify(me).sound


def test_without_a_database_the_answer_says_so_and_the_next_question_tries_again(tmp_path: Path) -> None:
    good = database.settings()
    service, truth = in_process(good.model_copy(update={"database_name": "nowhere"}), tmp_path)
    assert service.answer(ask()) == Failure(unavailable="the database does not answer")
    truth._settings = good
    assert service.answer(ask()).model_dump_json() == '{"items":[]}'
    truth.close()


def test_half_a_library_is_never_followed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hold(unit_of("BOR"), File())
    service, truth = in_process(database.settings(), tmp_path)

    def broken(self: Truth) -> None:
        raise TruthLost("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr(Truth, "everything", broken)
        assert service.answer(ask()) == Failure(unavailable="in the middle")
    assert not truth.connected
    service.refresh()
    assert len(service._following.library) == 1
    truth.close()


def test_what_is_read_over_a_closed_connection_is_lost(tmp_path: Path) -> None:
    _, truth = in_process(database.settings(), tmp_path)
    with pytest.raises(TruthLost):
        next(truth.changes())


def test_a_request_nobody_answers_is_a_fault_of_ours(tmp_path: Path) -> None:
    service, _ = in_process(database.settings(), tmp_path)
    with pytest.raises(NotImplementedError, match="Signed"):
        service._call(Signed(asker=asker(unit_of("ALV")), at=0, nonce=fresh_nonce()))
