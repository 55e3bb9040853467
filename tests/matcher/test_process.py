"""The process: what is on disk, what a kill costs, how it ends, and what it may import."""

import os
import signal
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import typer

from engines.nearest.stores import holds_code
from factories.matching import (
    File,
    RunningMatcher,
    asker,
    change,
    hold,
    matcher_home,
    random_code,
    running_matcher,
    unit_of,
)
from support import database
from support.folders import open_folder
from support.postgres import child_environment
from vigie.backends.known import Item, MatcherUnavailable, channel_secret, is_listening, socket_path
from vigie.config.home import Home
from vigie.matcher.cli import matcher as matcher_command
from vigie.matcher.compiling import keep_compiled_code

pytestmark = pytest.mark.usefixtures("database")


def index_files(matcher: RunningMatcher) -> list[Path]:
    return [path for path in (matcher.home.index / "known").rglob("*") if path.is_file()]


def test_a_killed_matcher_loses_nothing() -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File(pdq=random_code())
    mine, theirs = hold(me, file), hold(other, file)
    with running_matcher() as matcher:
        [before] = matcher.client.range(asker(me), [Item(content=mine.content)])
        assert len(before.answers) == 1
        matcher.kill()
        with pytest.raises(MatcherUnavailable):
            matcher.client.range(asker(me), [Item(content=mine.content)])
        later = hold(unit_of("CAS"), file)
        matcher.start()
        [after] = matcher.client.range(asker(me), [Item(content=mine.content)])
        assert {one.holder_unit for one in after.answers} == {other.unit, later.owner.unit}
        assert before.answers[0] in after.answers, "keys and pairs outlive the process"
        assert matcher.client.verify(asker(me)).sound
        assert matcher.client.verify(asker(me)).rows == 3
    with database.administrator() as connection:
        told = connection.execute("SELECT content_id FROM match_delivery").fetchall()
    assert sorted(told) == sorted([(theirs.content,), (later.content,)])


def test_only_its_owner_may_open_the_socket_the_secrets_and_the_index_files() -> None:
    me = unit_of("ALV")
    hold(me, File(pdq=random_code()))
    with running_matcher() as matcher:
        assert matcher.client.snapshot(asker(me)).codes == 1
        place = socket_path(matcher.home)
        assert place is not None
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
        kept = [*index_files(matcher), *matcher.home.secrets.glob("matcher-*")]
        assert len(kept) >= 5
        assert {stat.S_IMODE(one.stat().st_mode) for one in kept} == {0o600}


def test_what_was_deleted_is_in_no_index_file() -> None:
    me = unit_of("ALV")
    code = random_code()
    held = hold(me, File(pdq=code))
    with running_matcher() as matcher:
        matcher.client.snapshot(asker(me))
        assert any(holds_code(one.read_bytes(), code) for one in index_files(matcher))
        assert matcher.client.delete(asker(me), [held.fingerprint]).present == 1, "the truth still holds it"
        change(held, withdrawn=True)
        assert matcher.client.delete(asker(me), [held.fingerprint]).gone == 1
        assert not any(holds_code(one.read_bytes(), code) for one in index_files(matcher))


def test_index_files_of_an_earlier_run_are_made_anew_at_the_start() -> None:
    me = unit_of("ALV")
    code = random_code()
    held = hold(me, File(pdq=code))
    with running_matcher() as matcher:
        matcher.client.snapshot(asker(me))
        matcher.kill()
        change(held, withdrawn=True)
        matcher.start()
        assert not any(holds_code(one.read_bytes(), code) for one in index_files(matcher))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_and_leaves_no_socket(number: signal.Signals) -> None:
    with running_matcher() as matcher:
        place = socket_path(matcher.home)
        assert place is not None
        matcher.client.range(asker(unit_of("ALV")), [])
        matcher.process.send_signal(number)
        assert matcher.process.wait(10) == 0
        assert not place.exists()
        assert socket_path(matcher.home) is None
        assert not is_listening(matcher.home)


def test_a_lost_database_is_read_anew_when_it_is_back() -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    mine = hold(me, file)
    with running_matcher() as matcher:
        with database.administrator() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'vigie_matcher' AND datname = current_database()"
            )
        hold(other, file)
        [answers] = matcher.client.range(asker(me), [Item(content=mine.content)])
        assert [one.holder_unit for one in answers.answers] == [other.unit]


def test_without_a_database_it_says_so_and_does_not_listen() -> None:
    with open_folder() as folder:
        home = matcher_home(folder)
        (home.run / "postgres-socket").unlink(missing_ok=True)
        (home.secrets / "vigie_matcher.password").unlink()
        program = (
            "from vigie.interfaces.cli.app import main; from vigie.matcher.cli import matcher; matcher()"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program],
            env=child_environment(VIGIE_HOME=str(home.root), VIGIE_DATABASE_NAME="nowhere"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode != 0
        assert "The matcher could not read what it searches" in ended.stderr
        assert not is_listening(home)
        assert channel_secret(home) is not None


def test_a_demonstration_may_tell_owners_at_once() -> None:
    me, other = unit_of("ALV"), unit_of("BOR")
    file = File()
    mine = hold(me, file)
    hold(other, file)
    with running_matcher(VIGIE_MATCH_DELAY_SECONDS="0") as matcher:
        matcher.client.range(asker(me), [Item(content=mine.content)])
    with database.administrator() as connection:
        assert connection.execute("SELECT deliver_after - at FROM match_delivery").fetchall() == [
            (timedelta(0),)
        ]


def test_it_loads_neither_django_nor_a_decoder() -> None:
    program = (
        "import sys, vigie.matcher.cli, vigie.matcher.process; "
        "print([name for name in ('django', 'PIL', 'av', 'simplejpeg', 'pi_heif') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], env=child_environment(), capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_it_may_read_fingerprints_and_nothing_else() -> None:
    import psycopg

    from vigie.backends.postgres import Role, connection_parameters

    parameters = connection_parameters(Role.MATCHER, database.settings())
    with psycopg.connect(**parameters, autocommit=True) as connection:  # type: ignore[arg-type]
        for statement in (
            "SELECT 1 FROM media_content",
            "SELECT 1 FROM cases_case",
            "SELECT 1 FROM match_delivery",
            "UPDATE media_fingerprint SET size = 0",
            "DELETE FROM match_delivery",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        assert connection.execute("SELECT count(*) FROM media_fingerprint").fetchone() == (0,)


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/2/3", ""])
def test_a_shard_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="second of four"):
        matcher_command(text)


def test_compiled_code_is_kept_in_the_home_where_the_program_s_folder_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numba

    before = numba.config.CACHE_DIR
    keep_compiled_code(Home(tmp_path))
    assert before == numba.config.CACHE_DIR
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    monkeypatch.setattr(numba.config, "CACHE_DIR", before)
    keep_compiled_code(Home(tmp_path))
    assert str(tmp_path / "index" / "compiled") == numba.config.CACHE_DIR
