"""The supervisor with real, tiny children: small Python programs that say on a pipe or a file what they do."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from vigie.backends.processes import Action, Child, Lifetime, Supervisor, start_child
from vigie.backends.processes.child import ending
from vigie.backends.processes.supervisor import Happening, pause_before_restart
from vigie.config.problems import SetupProblem

STAYS = "import time\nwhile True: time.sleep(60)"
STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\n" + STAYS
)


def child(name="child", code=STAYS, **options):
    return Child(
        name=name, command=(sys.executable, "-S", "-c", code), environment=dict(os.environ), **options
    )


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def eventually(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class Watcher:
    """Collects notices, and runs one thing in another thread once the system is ready."""

    def __init__(self):
        self.notices = []
        self.supervisor = Supervisor(self.notices.append)
        self.failures = []

    def told(self):
        return [(notice.name, notice.happening) for notice in self.notices]

    def run(self, steps, then=lambda: None):
        def act():
            try:
                then()
            except BaseException as error:  # noqa: BLE001 - handed to the test below
                self.failures.append(error)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)

        self.supervisor.run(steps, on_ready=lambda: threading.Thread(target=act).start())
        assert self.failures == []


def test_steps_come_up_in_order_and_go_down_in_reverse(tmp_path):
    watcher = Watcher()
    ready = tmp_path / "ready"
    first = child(
        "first", f"import pathlib; pathlib.Path({str(ready)!r}).touch()\n{STAYS}", ready=ready.exists
    )
    seen = []
    watcher.run([first, Action("between", lambda: seen.append(ready.exists())), child("second")])
    assert seen == [True]
    assert watcher.told() == [
        ("first", Happening.READY),
        ("between", Happening.READY),
        ("second", Happening.READY),
        ("second", Happening.STOPPED),
        ("first", Happening.STOPPED),
    ]


def test_a_step_that_runs_once_has_ended_before_the_next_begins(tmp_path):
    watcher = Watcher()
    done = tmp_path / "done"
    once = child(
        "migrate",
        f"import time, pathlib; time.sleep(0.2); pathlib.Path({str(done)!r}).touch()",
        lifetime=Lifetime.RUNS_ONCE,
    )
    seen = []
    watcher.run([once, Action("next", lambda: seen.append(done.exists()))])
    assert seen == [True]
    assert watcher.told() == [("migrate", Happening.READY), ("next", Happening.READY)]


def test_steps_can_be_gone_through_without_staying(tmp_path):
    watcher = Watcher()
    done = []
    assert (
        watcher.supervisor.run_through([child("postgres"), Action("roles", lambda: done.append(1))]) is True
    )
    assert done == [1]
    assert watcher.told()[-1] == ("postgres", Happening.STOPPED)


def test_going_through_the_steps_says_when_it_was_cut_short():
    watcher = Watcher()
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert watcher.supervisor.run_through([child("slow", ready=lambda: False)]) is False


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_a_failed_step_stops_what_was_started_before_it(code):
    watcher = Watcher()
    with pytest.raises(SetupProblem, match=r"ended with (exit code 3|signal SIGKILL)"):
        watcher.run([child("first"), child("migrate", code, lifetime=Lifetime.RUNS_ONCE)])
    assert watcher.told()[-1] == ("first", Happening.STOPPED)
    assert watcher.supervisor.pids == {}


def test_a_child_that_dies_before_it_is_ready_is_reported_with_its_log(tmp_path):
    broken = child(code="raise SystemExit(4)", ready=lambda: False, log=tmp_path / "child.log")
    with pytest.raises(SetupProblem, match=r"exit code 4 before it was ready.*child\.log"):
        Watcher().run([broken])


def test_a_child_that_is_never_ready_is_given_up_and_ended():
    running = start_child(child(ready=lambda: False, ready_within=0.1))
    with pytest.raises(SetupProblem, match="not ready after"):
        running.wait_ready()
    assert not alive(running.pid)


def test_a_program_that_does_not_exist_is_a_clear_refusal(tmp_path):
    missing = Child(name="web", command=(str(tmp_path / "missing"),), environment={})
    with pytest.raises(SetupProblem, match="web process could not be started"):
        start_child(missing)


def test_a_dead_child_is_started_again_and_the_others_stay():
    watcher = Watcher()

    def kill_one():
        before = watcher.supervisor.pids
        os.kill(before["web"], signal.SIGKILL)
        eventually(lambda: watcher.supervisor.pids.get("web", before["web"]) != before["web"])
        assert watcher.supervisor.pids["worker"] == before["worker"]

    watcher.run([child("worker"), child("web")], kill_one)
    assert ("web", Happening.DIED) in watcher.told()
    assert ("web", Happening.RESTARTED) in watcher.told()
    assert "signal SIGKILL" in next(
        each.detail for each in watcher.notices if each.happening is Happening.DIED
    )


def test_what_runs_before_a_start_runs_before_a_restart_too_and_may_fail(tmp_path):
    calls = []

    def clear():
        calls.append(len(calls))
        if len(calls) == 2:
            raise SetupProblem("still in use", safe="-", remedy="-")

    watcher = Watcher()

    def kill_it():
        first = watcher.supervisor.pids["postgres"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: watcher.supervisor.pids.get("postgres", first) != first)

    watcher.run([child("postgres", before_start=clear)], kill_it)
    assert calls == [0, 1, 2]
    assert ("postgres", Happening.NOT_RESTARTED) in watcher.told()


def test_the_pause_before_a_restart_doubles_up_to_five_seconds():
    assert [pause_before_restart(deaths) for deaths in (1, 2, 3, 4)] == [0.25, 0.5, 1.0, 2.0]
    assert pause_before_restart(8) == pause_before_restart(1000) == 5.0


def test_a_child_that_ignores_the_signal_is_killed_with_its_own_children(tmp_path):
    pid_file = tmp_path / "grandchild"
    code = (
        "import subprocess, sys, pathlib\n"
        f"p = subprocess.Popen([sys.executable, '-S', '-c', {STAYS!r}])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(p.pid))\n" + STUBBORN
    )
    running = start_child(
        child(
            code=code,
            ready=lambda: b"up" in log.read_bytes(),
            log=(log := tmp_path / "log"),
            stop_ladder=((signal.SIGTERM, 0.2),),
        )
    )
    running.wait_ready()
    began = time.monotonic()
    assert running.stop() == -signal.SIGKILL
    assert time.monotonic() - began < 5
    eventually(lambda: not alive(int(pid_file.read_text())))


def test_the_ladder_of_signals_is_climbed(tmp_path):
    code = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\nsignal.pause()"
    log = tmp_path / "log"
    running = start_child(
        child(
            code=code + "\n" + STAYS,
            ready=lambda: b"up" in log.read_bytes(),
            log=log,
            stop_ladder=((signal.SIGTERM, 0.2), (signal.SIGQUIT, 5.0)),
        )
    )
    running.wait_ready()
    assert running.stop() == -signal.SIGQUIT


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_signal_to_stop_also_ends_a_start_that_is_not_finished(number):
    watcher = Watcher()
    threading.Timer(0.3, os.kill, (os.getpid(), number)).start()
    began = time.monotonic()
    watcher.run([child("slow", ready=lambda: False, ready_within=60), child("never")])
    assert time.monotonic() - began < 10
    assert watcher.told() == [("slow", Happening.STOPPED)]


def test_signal_handlers_are_given_back():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD)
    Watcher().run([])
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD)) == before


def test_a_signal_ignored_by_whoever_started_us_stays_ignored(monkeypatch):
    """`nohup vigie up &` must outlive its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        watcher = Watcher()
        watcher.run([child("web")], lambda: (os.kill(os.getpid(), signal.SIGHUP), time.sleep(0.3)))
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_output_goes_to_a_private_log_that_is_turned_over_when_it_is_big(tmp_path):
    log = tmp_path / "child.log"
    with log.open("wb") as big:
        big.truncate(11 * 1024 * 1024)
    start_child(child(code="print('hello')", log=log, lifetime=Lifetime.RUNS_ONCE)).wait_ready()
    assert log.read_text() == "hello\n"
    assert log.stat().st_mode & 0o077 == 0
    assert (tmp_path / "child.log.1").stat().st_size == 11 * 1024 * 1024


def test_output_without_a_log_never_reaches_standard_output(capfd):
    start_child(child(code="print('hello')", lifetime=Lifetime.RUNS_ONCE)).wait_ready()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


def test_endings_are_told_in_words():
    assert ending(3) == "exit code 3"
    assert ending(-9) == "signal SIGKILL"
    assert ending(-250) == "signal 250"
