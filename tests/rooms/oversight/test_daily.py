"""The checkpoint of each day as files: the best attested of the day, written again when more is known of it."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from factories.oversight import kept_and_signed, outsider
from factories.people import add_person, add_unit
from factories.web import browser
from support.installed import checkpoint_key
from support.time_stamps import TimeStampAuthority
from vigie.engines.proofs import cosignatures, open_checkpoint, parse_checkpoint, stamp_request
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.oversight import operations, queries, tasks

pytestmark = pytest.mark.usefixtures("database")
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def key(database):
    with checkpoint_key() as made:
        yield made


@pytest.fixture
def board(key):
    add_unit("board", "ALV")
    return add_person("olga", "board", Role.OVERSIGHT, certified_days=0)


def test_an_empty_log_has_no_files(key, tmp_path):
    assert tasks.write_days(tmp_path / "days", NOON.date()) == []
    assert queries.checkpoint_of_day(NOON.date()) is None


def test_each_day_has_its_own_files_and_a_day_without_signing_none(board, key, tmp_path):
    first = kept_and_signed(key, at=NOON - timedelta(days=2))
    add_person("lea", "board")
    second = kept_and_signed(key, at=NOON)
    names = [path.name for path in tasks.write_days(tmp_path / "days", NOON.date())]
    assert names == ["2026-11-28.checkpoint", "2026-11-28.note", "2026-11-26.checkpoint", "2026-11-26.note"]
    kept = [open_checkpoint((tmp_path / "days" / name).read_text(), key.verifier).size for name in names]
    assert kept == [second.size, second.size, first.size, first.size]
    assert tasks.write_days(tmp_path / "days", NOON.date() - timedelta(days=20)) == []


def test_the_best_attested_checkpoint_of_the_day_is_the_one_kept(board, key, tmp_path):
    witness = outsider(tmp_path, "first.example/w", board, key)
    early = kept_and_signed(key, at=NOON)
    witness.hand_over(witness.pull().note)
    late = kept_and_signed(key, at=NOON + timedelta(hours=1))
    assert late.size > early.size
    found = queries.checkpoint_of_day(NOON.date())
    assert found.size == early.size
    assert len(parse_checkpoint(found.cosigned).signatures) == 2
    assert len(parse_checkpoint(found.note).signatures) == 1
    authority = TimeStampAuthority(tmp_path / "tsa")
    with act_as(board.actor, clock=utc_now):
        operations.record_stamp(
            board.actor,
            size=late.size,
            reply=authority.reply(stamp_request(late.note)),
            authorities=authority.certificates,
        )
    written = tasks.write_days(tmp_path / "days", NOON.date())
    assert [path.name for path in written] == [f"2026-11-28.{end}" for end in ("checkpoint", "note", "1.tsr")]
    [_, note, reply] = written
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-data", note, "-in", reply, "-CAfile", authority.certificates],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_job_writes_under_the_home_and_the_page_gives_todays(board, key):
    assert browser(board).get("/log/checkpoint/").status_code == 404
    signed = kept_and_signed(key)
    tasks.keep_checkpoints(0)
    today = utc_now().date()
    assert (settings.VIGIE_HOME.checkpoints / f"{today}.checkpoint").read_text().startswith("test\n")
    answer = browser(board).get("/log/checkpoint/")
    assert open_checkpoint(answer.content.decode(), key.verifier).size == signed.size
    assert f"vigie-{today}.checkpoint" in answer["Content-Disposition"]
    assert cosignatures(parse_checkpoint(answer.content.decode()), []) == ()
    assert "/log/checkpoint/" in browser(board).get("/log/").content.decode()
    assert browser(add_person("ines", "board")).get("/log/checkpoint/").status_code == 403
