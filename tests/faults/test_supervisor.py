"""Kills for real: of the database, of a child, of the supervisor, of everything at once. Nothing acknowledged is lost.

The rounds marked `faults` repeat with several writers; one short round of each runs with every test run.
"""

import os
import signal
import threading
import time
from contextlib import suppress

import psycopg
import pytest

from support.folders import open_folder
from support.system import direct_children, free_port, living, running_system, seconds_until
from vigie.config.home import Home


@pytest.fixture
def home():
    with open_folder() as folder:
        yield Home(folder / "home")


class Writer(threading.Thread):
    """Inserts numbers one commit at a time and remembers each that was acknowledged; reconnects after a failure."""

    def __init__(self, system, first):
        super().__init__(daemon=True)
        self.system, self.next = system, first
        self.acknowledged = []
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            try:
                with self.system.connect() as connection:
                    while not self.stopped.is_set():
                        number, self.next = self.next, self.next + 1
                        connection.execute("INSERT INTO written VALUES (%s)", (number,))
                        self.acknowledged.append(number)
            except psycopg.Error:
                time.sleep(0.02)

    def stop(self):
        self.stopped.set()
        self.join(30)
        assert not self.is_alive()


def start_writers(system, count, offset=0):
    writers = [Writer(system, offset + index * 1_000_000_000) for index in range(count)]
    for writer in writers:
        writer.start()
    for writer in writers:
        seconds_until(lambda writer=writer: len(writer.acknowledged) >= 20, 30)
    return writers


def kept(system):
    with system.connect() as connection:
        return {number for (number,) in connection.execute("SELECT n FROM written")}


def kill_database_under_writers(home, *, rounds, writers, record):
    with running_system(home, free_port()) as system:
        running = start_writers(system, writers)
        before = system.child_pids()
        for _ in range(rounds):
            killed = system.child_pids()["postgres"]
            os.kill(killed, signal.SIGKILL)
            recovery = seconds_until(lambda old=killed: system.child_pids().get("postgres", old) != old, 30)
            before_kill = sum(len(writer.acknowledged) for writer in running)
            recovery += seconds_until(
                lambda then=before_kill: sum(len(writer.acknowledged) for writer in running) > then + 20, 60
            )
            record("recovery_s", round(recovery, 2))
        for writer in running:
            writer.stop()
        promised = {number for writer in running for number in writer.acknowledged}
        assert promised <= kept(system)
        record("acknowledged", len(promised))
        after = system.child_pids()
        assert {name: after[name] for name in ("web", "worker", "matcher")} == {
            name: before[name] for name in ("web", "worker", "matcher")
        }


def kill_everything_under_writers(home, *, rounds, writers, record):
    port = free_port()
    promised = set()
    for turn in range(rounds):
        with running_system(home, port) as system:
            running = start_writers(system, writers, offset=(turn + 1) * 1_000_000_000_000)
            assert promised <= kept(system)
            everything = system.all_pids()
            for pid in everything:
                with suppress(ProcessLookupError):  # it died of its parent's death meanwhile
                    os.kill(pid, signal.SIGKILL)
            for writer in running:
                writer.stop()
                promised.update(writer.acknowledged)
            seconds_until(lambda killed=everything: not living(killed), 5)
    began = time.monotonic()
    with running_system(home, port) as system:
        record("restart_s", round(time.monotonic() - began, 2))
        assert promised <= kept(system)
        record("acknowledged", len(promised))


def test_a_database_killed_under_a_writer_comes_back_with_every_acknowledged_commit(home, record_property):
    kill_database_under_writers(home, rounds=1, writers=1, record=record_property)


def test_a_system_killed_as_a_whole_starts_again_with_every_acknowledged_commit(home, record_property):
    kill_everything_under_writers(home, rounds=1, writers=1, record=record_property)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_a_hundred_kills_of_the_database_under_four_writers(home, record_property):
    kill_database_under_writers(home, rounds=100, writers=4, record=record_property)


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_ten_kills_of_the_whole_system_under_four_writers(home, record_property):
    kill_everything_under_writers(home, rounds=10, writers=4, record=record_property)


def test_a_killed_database_worker_is_recovered_from_even_if_the_system_is_stopped_at_once(
    home, record_property
):
    with running_system(home, free_port()) as system:
        backend = min(direct_children(system.child_pids()["postgres"]))
        os.kill(backend, signal.SIGKILL)
        began = time.monotonic()
        system.process.send_signal(signal.SIGTERM)
        assert system.process.wait(30) == 0
        record_property("stop_s", round(time.monotonic() - began, 2))
        assert time.monotonic() - began < 10


def test_each_killed_child_is_started_again_and_the_others_stay(home, record_property):
    with running_system(home, free_port()) as system:
        for victim in ("matcher", "web", "worker"):
            before = system.child_pids()
            os.kill(before[victim], signal.SIGKILL)
            took = seconds_until(lambda v=victim, b=before: system.child_pids().get(v, b[v]) != b[v], 10)
            record_property(f"{victim}_restart_s", round(took, 2))
            others = {name: pid for name, pid in system.child_pids().items() if name != victim}
            assert others == {name: pid for name, pid in before.items() if name != victim}


def test_a_killed_supervisor_takes_its_children_with_it_and_the_next_one_starts(home, record_property):
    port = free_port()
    with running_system(home, port) as system:
        with system.connect() as connection:
            connection.execute("INSERT INTO written VALUES (1)")
        children = system.all_pids() - {system.process.pid}
        assert len(children) > 4
        system.process.kill()
        took = seconds_until(lambda: not living(children), 10)
        record_property("children_gone_s", round(took, 2))
        assert took <= 2
    with running_system(home, port) as system:
        assert kept(system) == {1}
