"""Every way out of a worker, tried for real: open outside the confinement, shut inside it.

Each attempt runs in a process of its own, because inside the confinement most of them end the process.
"""

import mmap
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faults.ways_out import WAYS, a_file_to_change
from vigie.engines.imaging import ConfinedPool, EncoderPool, MediaRefused, OuterLayer, process
from vigie.engines.imaging.confinement import landlock, lockdown, probes, seccomp
from vigie.engines.imaging.confinement.kernel_calls import forbid_new_privileges
from vigie.engines.imaging.confinement.lockdown import ConfinementFailed, lock_down, self_test

OPEN, REFUSED, UNCONFINED = 0, 77, 99
MEGABYTE = 1 << 20


MOST_DESCRIPTORS = 1 << 16


def in_a_process(*steps: Callable[[], object], keep: int = 3) -> int:
    """Run the steps in a child; returns `OPEN`, `REFUSED` (an OSError in the last), or minus a signal's number.

    Descriptors other tests left open are closed in it, `keep` is not: a confined process may hold few.
    """
    child = os.fork()
    if child == 0:
        os.closerange(3, keep)
        os.closerange(keep + 1, MOST_DESCRIPTORS)
        try:
            for step in steps[:-1]:
                step()
        except BaseException:  # noqa: BLE001 - a forked child must never return into the test run
            os._exit(UNCONFINED)
        try:
            steps[-1]()
        except (OSError, MemoryError):
            os._exit(REFUSED)
        except BaseException:  # noqa: BLE001 - a forked child must never return into the test run
            os._exit(UNCONFINED)
        os._exit(OPEN)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def mapped() -> int:
    """Bytes this process has mapped already: what other tests loaded into it counts against the limit as well."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def confine() -> None:
    lock_down(address_space=mapped() + 4096 * MEGABYTE, cpu_seconds=60)


@pytest.mark.parametrize("probe", probes.PROBES, ids=lambda probe: probe.name)
def test_a_way_out_is_open_outside_and_shut_inside(probe):
    assert in_a_process(probe.attempt) == OPEN
    inside = in_a_process(confine, probe.attempt)
    # Libraries may try harmlessly to open a file, which fails; nothing else of the list does a decoder ever try
    assert inside == (REFUSED if "file" in probe.name or "folder" in probe.name else -signal.SIGSYS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_another_way_out_is_open_outside_and_shut_inside(way):
    with a_file_to_change():
        if in_a_process(way.attempt) != OPEN:
            pytest.skip(f"on this machine nobody can {way.name}, inside or outside")
        assert in_a_process(confine, way.attempt) in {REFUSED, -signal.SIGSYS}


@pytest.mark.parametrize("probe", probes.PROBES, ids=lambda probe: probe.name)
def test_the_first_filter_alone_refuses_every_way_out(probe):
    """The self-test rests on this: it must live through every probe."""
    assert in_a_process(forbid_new_privileges, _hold, probe.attempt) == REFUSED


@pytest.mark.parametrize(
    "probe", [one for one in probes.PROBES if "file" in one.name or "folder" in one.name]
)
def test_landlock_alone_shuts_the_file_system(probe):
    assert in_a_process(forbid_new_privileges, _landlock, probe.attempt) == REFUSED


def test_landlock_alone_shuts_execution_and_signals_to_the_parent():
    shut = {"execute a program"} | ({"signal the parent"} if landlock.version() >= 6 else set())
    for probe in probes.PROBES:
        if probe.name in shut:
            assert in_a_process(forbid_new_privileges, _landlock, probe.attempt) == REFUSED


def test_threads_that_ran_before_are_shut_in_too():
    """Landlock does not reach older threads (measured); the system call filter must."""
    import threading

    def older_thread_tries() -> None:
        go, done, result = threading.Event(), threading.Event(), []

        def wait_and_try() -> None:
            go.wait(10)
            try:
                os.close(os.open("/", os.O_RDONLY))
            except OSError as error:
                result.append(error)
            done.set()

        threading.Thread(target=wait_and_try, daemon=True).start()
        confine()
        go.set()
        done.wait(10)
        if result:
            raise result[0]

    assert in_a_process(older_thread_tries) == REFUSED


def test_a_confined_process_may_still_start_a_thread():
    """libde265 decodes HEIC in one."""
    import threading

    def start_a_thread() -> None:
        ran: list[int] = []
        thread = threading.Thread(target=ran.append, args=(1,))
        thread.start()
        thread.join(10)
        assert ran == [1]

    assert in_a_process(confine, start_a_thread) == OPEN


def test_memory_ends_at_the_limit():
    assert in_a_process(confine, lambda: mmap.mmap(-1, 2000 * MEGABYTE)) == OPEN
    assert in_a_process(confine, lambda: mmap.mmap(-1, 4200 * MEGABYTE)) == REFUSED


def test_processor_time_ends_at_the_limit():
    def spin() -> None:
        while True:
            pass

    ended = in_a_process(lambda: lock_down(address_space=mapped() + 4096 * MEGABYTE, cpu_seconds=1), spin)
    assert ended in (-signal.SIGXCPU, -signal.SIGKILL)


def test_an_open_file_cannot_grow(tmp_path):
    descriptor = os.open(tmp_path / "open before", os.O_WRONLY | os.O_CREAT)
    assert in_a_process(lambda: os.write(descriptor, b"outside"), keep=descriptor) == OPEN
    assert in_a_process(confine, lambda: os.write(descriptor, b"inside"), keep=descriptor) == REFUSED
    os.close(descriptor)


def test_root_and_its_capabilities_are_left_behind():
    def require_nobody() -> None:
        if os.geteuid() == 0:
            raise OSError(1, "still root")

    if os.geteuid() == 0:
        assert in_a_process(require_nobody) == REFUSED
        assert in_a_process(lockdown._become_nobody, require_nobody) == OPEN
    status = Path("/proc/self/status")

    def capabilities_are_gone() -> None:
        held = [line for line in status.read_text().splitlines() if line.startswith("CapEff")]
        assert int(held[0].split()[1], 16) == 0

    assert in_a_process(lockdown.kernel_calls.drop_capabilities, capabilities_are_gone) == OPEN


def test_a_process_with_a_way_out_is_not_confined(monkeypatch):
    monkeypatch.setattr(
        probes, "PROBES", (probes.Probe("walk out of the door", lambda: None), *probes.PROBES[:1])
    )
    with pytest.raises(ConfinementFailed, match="walk out of the door, read a file"):
        self_test()


def test_layers_are_named_as_they_stand():
    both = ("system call filter", "resource limits")
    assert lockdown._named("", 7) == ("Landlock 7", *both)
    assert lockdown._named("bubblewrap", 0) == ("bubblewrap", *both)
    assert lockdown._named("bubblewrap", 4) == ("bubblewrap", "Landlock 4", *both)


@pytest.mark.parametrize("outer", list(OuterLayer))
def test_a_pool_states_the_layers_that_hold_it(outer):
    with ConfinedPool("FR", outer=outer) as pictures, EncoderPool("FR", outer=outer) as encoders:
        for layers in (pictures.layers(), encoders.layers()):
            assert layers[-2:] == ("system call filter", "resource limits")
            assert ("bubblewrap" in layers) == (pictures._wrap is not None)
            assert any(layer.startswith("Landlock") for layer in layers) or "bubblewrap" in layers


def test_where_nothing_confines_nothing_is_decoded(monkeypatch):
    monkeypatch.setattr(lockdown.sys, "platform", "darwin")
    with ConfinedPool("FR") as pool:
        for ask in (pool.analyse, pool.analyse_full, pool.clear, pool.clear_grey):
            with pytest.raises(MediaRefused, match=r"unsupported_here.*darwin"):
                ask(b"\xff\xd8\xff")
    monkeypatch.undo()
    monkeypatch.setattr(lockdown.seccomp, "this_machine", lambda: None)
    with ConfinedPool("FR") as pool, pytest.raises(MediaRefused, match="no system call table"):
        pool.analyse(b"\xff\xd8\xff")
    monkeypatch.undo()
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(ConfinementFailed, match="no Landlock"):
        lock_down(address_space=1, cpu_seconds=1)


def test_a_worker_that_does_not_become_ready_is_not_used(monkeypatch, tmp_path):
    """The start fails, and says so, before any file is handed over."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no decoder to load' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(process.sys, "executable", str(broken))
    with ConfinedPool("FR", outer=OuterLayer.NONE) as pool:
        with pytest.raises(MediaRefused, match="no decoder to load") as refused:
            pool.layers()
        assert refused.value.code == "unsupported_here"
        assert not pool._pictures._alive


@pytest.mark.parametrize("outer", list(OuterLayer))
def test_a_closed_pool_leaves_no_process(outer):
    pool = ConfinedPool("FR", outer=outer)
    pool.layers()
    with pool._pictures.worker() as worker:
        pid = worker.pid
    before = _descendants(pid)
    assert before
    pool.close()
    _wait_until_gone(before)


@pytest.mark.parametrize("outer", list(OuterLayer))
def test_a_worker_ends_with_its_parent(outer):
    """Killed like a crash: nobody tells the worker, it sees its pipe end."""
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        pool = ConfinedPool("FR", outer=outer)
        with pool._pictures.worker() as worker:
            os.write(write, str(worker.pid).encode())
        time.sleep(60)
        os._exit(0)
    processes = _descendants(int(os.read(read, 20)))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    _wait_until_gone(processes)
    os.close(read)
    os.close(write)


def _hold() -> None:
    machine = seccomp.this_machine()
    assert machine is not None
    seccomp.install(machine, seccomp.holding_program(machine))


def _landlock() -> None:
    landlock.restrict(landlock.version())


def _descendants(pid: int) -> set[int]:
    found = {pid}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found |= _descendants(int(child))
    return found


def _wait_until_gone(processes: set[int]) -> None:
    deadline = time.monotonic() + 10
    while left := {pid for pid in processes if _runs(pid)}:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
