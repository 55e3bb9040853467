"""The fuzzer finds what is broken, and finds nothing in a moment's run over every reader."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engines.imaging.drawn import drawn, written
from fuzz.guidance import sources
from fuzz.keeping import KEPT, LARGEST, folder_of, keep, kept
from fuzz.loop import HUNG_SECONDS, Fault, Loop, smaller, tried
from fuzz.mutation import LARGEST as LONGEST_INPUT
from fuzz.reader import Reader, holds
from fuzz.readers import MEDIA, Pools, all_readers
from fuzz.watching import Watch
from vigie.engines.imaging import MediaRefused, RefusalCode, pool
from vigie.engines.imaging.protocol.messages import BadMessage

SEED = "the suite"
INPUTS = 60
"""Of each reader without a decoder; those with one are slower and get fewer."""
MEDIA_INPUTS = 25


@pytest.fixture(scope="module")
def pools() -> Iterator[Pools]:
    with Pools() as running:
        yield running


@pytest.fixture(scope="module")
def readers(pools: Pools) -> Iterator[dict[str, Reader]]:
    with ExitStack() as stack:
        yield {reader.name: reader for reader in all_readers(stack, pools)}


NAMES = (
    *MEDIA, "worker answers", "hash lists", "json cursor", "archives", "walks", "log bundles", "signed notes", "time stamps",
    "sealed objects", "upload headers", "parcels", "manifests", "command line answers", "hand-in answers", "look-up answers", "kept sign-ins",
    "look-up rows", "pasted texts", "matcher messages", "provider answers", "backup manifests", "backup lists", "backup secrets", "age files",
)  # fmt: skip


def test_every_reader_is_fuzzed_here(readers: dict[str, Reader]) -> None:
    assert set(readers) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_moment_of_fuzzing_finds_nothing(readers: dict[str, Reader], pools: Pools, name: str) -> None:
    watch = Watch()
    loop = Loop(readers[name], SEED)
    seeds = loop.report.inputs
    report = loop.run(inputs=MEDIA_INPUTS if name in MEDIA else INPUTS)
    assert report.faults == {}
    assert report.inputs == seeds + (MEDIA_INPUTS if name in MEDIA else INPUTS)
    assert watch.look(pools.workers()) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_broke_a_reader_once_breaks_it_no_more(readers: dict[str, Reader], name: str) -> None:
    for kept_as, data in kept(name):
        assert len(data) <= LARGEST
        assert tried(readers[name], data).fault is None, kept_as


def test_every_input_that_is_kept_belongs_to_a_reader() -> None:
    assert {place.name for place in KEPT.iterdir() if place.is_dir()} <= {folder_of(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_seeds_are_read_and_not_refused(readers: dict[str, Reader], name: str) -> None:
    """A fuzzer whose seeds are refused fuzzes nothing but the first lines of a reader."""
    reader = readers[name]
    results = [tried(reader, data) for data in reader.seeds()]
    refused = [one.answer for one in results if one.fault or _is_refusal(one.answer, reader)]
    assert len(refused) <= SEEDS_REFUSED.get(name, 0), refused


SEEDS_REFUSED = {"command line answers": 8, "hand-in answers": 8, "look-up answers": 2, "provider answers": 2}
"""Answers of a server are seeds of many ways to ask; each fits one of them, and refusals are seeds too. Of four sign-ins at
a provider two are signed by nobody: they lead to keys of other families."""


def _is_refusal(answer: object, reader: Reader) -> bool:
    kinds = {one.__name__ for one in reader.declared}
    return isinstance(answer, tuple) and bool(answer) and answer[0] in kinds


def broken(data: bytes) -> str:
    """A reader with a fault behind four doors, of which chance alone opens none in the tries given."""
    if data[:1] != b"V":
        return "no"
    if data[1:2] != b"G":
        return "one door"
    if data[2:3] < b"\xf0":
        return "two doors"
    if len(data) < 20:
        return "three doors"
    return {}[data]


def _broken(traced: frozenset[str]) -> Reader:
    return Reader("broken", lambda: [b"drawn"], broken, traced=traced)


def test_a_fault_behind_four_doors_is_found_and_made_small() -> None:
    reader = _broken(sources(sys.modules[__name__]))
    loop = Loop(reader, SEED)
    while not loop.report.faults and loop.report.inputs < 60_000:
        loop.run(inputs=500)
    [fault] = loop.report.faults.values()
    assert (fault.kind, "KeyError" in fault.words, "in broken" in fault.where) == ("fault", True, True)
    least = smaller(reader, fault)
    assert least.data[:2] == b"VG"
    assert 20 <= len(least.data) <= len(fault.data)


def test_two_promises_that_were_not_kept_are_two_faults() -> None:
    def promising(data: bytes) -> None:
        holds(data != b"x", "not x")
        holds(data != b"y", "not y")

    reader = Reader("promising", lambda: [b"x", b"y"], promising)
    assert {one.words for one in Loop(reader, SEED).report.faults.values()} == {
        "Wrong: not x",
        "Wrong: not y",
    }


def test_the_same_seed_makes_the_same_inputs() -> None:
    met: list[list[bytes]] = [[], []]
    for heard in met:
        Loop(Reader("same", lambda: [b"drawn"], lambda data, heard=heard: heard.append(data)), SEED).run(
            inputs=50
        )
    assert met[0] == met[1]
    assert len(set(met[0])) > 40
    assert max(map(len, met[0])) <= LONGEST_INPUT


def test_a_coordinator_that_trips_over_an_answer_is_found(
    readers: dict[str, Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the reading of answers had an error the protocol does not know."""
    real = pool.unpack_analysis

    def careless(payload: bytes, **more: object) -> object:
        found = real(payload, **more)  # type: ignore[arg-type]  # handed on as given
        if found.frames > 1:
            raise IndexError("frames")
        return found

    monkeypatch.setattr(pool, "unpack_analysis", careless)
    report = Loop(readers["gif"], SEED).run(inputs=20)
    assert [fault.words for fault in report.faults.values()] == ["IndexError: frames"]


def test_a_reader_that_does_not_end_is_stopped_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.loop.HUNG_SECONDS", 0.3)

    def endless(data: bytes) -> None:
        while data:
            pass

    fault = tried(Reader("endless", lambda: [b""], endless), b"x").fault
    assert fault is not None
    assert fault.kind == "hung"
    assert HUNG_SECONDS == 15


def test_an_input_that_was_late_once_is_read_again_before_it_is_called_hung(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fuzz.loop.HUNG_SECONDS", 0.2)
    late = [0.3, 0.0, 0.3, 0.3, 0.0]
    reader = Reader("late", lambda: [b"x"], lambda data: time.sleep(late.pop(0) if late else 0.0))
    report = Loop(reader, SEED).run(inputs=2)
    assert [fault.kind for fault in report.faults.values()] == ["hung"]
    assert late == []


def test_a_reader_that_takes_all_memory_is_named() -> None:
    fault = tried(
        Reader("greedy", lambda: [b""], lambda data: len(bytearray(b"x" * 300_000_000))), b"x"
    ).fault
    assert fault is not None
    assert fault.kind == "grown"


def test_a_refusal_that_was_declared_is_no_fault_and_another_is() -> None:
    def refusing(data: bytes) -> None:
        raise BadMessage("no") if data == b"x" else ValueError("no")

    reader = Reader("refusing", lambda: [b"x"], refusing, declared=(BadMessage,))
    assert tried(reader, b"x").fault is None
    assert tried(reader, b"y").fault is not None


def test_the_watch_sees_a_process_a_worker_started_and_one_that_was_not_ended(pools: Pools) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '30'])"])
    left = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(30)", "vigie.engines.imaging.worker"]
    )
    try:
        watch, signs = Watch(), []
        deadline = time.monotonic() + 60
        while len(signs) < 2 and time.monotonic() < deadline:
            seen = watch.look([*pools.workers(), parent.pid])
            signs += [one for one in seen if "started process" in one or "still runs" in one]
        assert any("sleep" in one for one in signs)
        assert any(str(left.pid) in one for one in signs)
    finally:
        for child in (*_below(parent.pid), parent.pid, left.pid):
            os.kill(child, 9)
        parent.wait()
        left.wait()


def test_the_watch_sees_a_worker_without_its_walls() -> None:
    """An ordinary process has none of them, and holds a file open that no worker was given."""
    child = subprocess.Popen(
        [
            "setpriv",
            "--no-new-privs",
            sys.executable,
            "-c",
            "import time; held = open('/etc/hostname'); time.sleep(30)",
        ]
    )
    try:
        watch, signs = Watch(), ""
        watch._wrote[child.pid] = -1  # as if it had written since it was first seen
        deadline = time.monotonic() + 60
        while "hostname" not in signs and time.monotonic() < deadline:
            signs += " ".join(watch.look([child.pid]))
        assert "has Seccomp 0" in signs
        assert "wrote to a disk" in signs
        assert "holds /etc/hostname open" in signs
    finally:
        child.kill()
        child.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="workers run as nobody only where the program is root")
def test_the_watch_sees_a_file_nobody_wrote(pools: Pools) -> None:
    place = Path("/tmp") / f"vigie-fuzz-{os.getpid()}"
    watch = Watch()
    assert watch.look(pools.workers()) == []
    place.write_text("x")
    os.chown(place, 65_534, 65_534)
    try:
        assert watch.look(pools.workers()) == [f"nobody wrote {place}"]
        assert watch.look(pools.workers()) == []
    finally:
        place.unlink()


def test_a_file_that_ends_a_worker_is_named_with_whether_it_does_so_without_traps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if the first worker had been killed over it, and the second not."""
    with Pools() as pools:
        data = written(drawn(40, 30), "PNG")
        killed = MediaRefused(RefusalCode.WORKER_KILLED, "it ended the worker (status -11)")
        for lane in ("patient", "whole"):
            for way in ("analyse", "analyse_full", "clear", "clear_grey"):
                monkeypatch.setattr(getattr(pools, lane), way, _raising(killed))
        with pytest.raises(MediaRefused):
            pools.picture(data)
        [found] = pools.autopsies()
        assert (found.reader, found.data, found.without_traps) == ("png", data, True)
        assert found.words == "pictures: worker_killed: it ended the worker (status -11)"
        monkeypatch.undo()
        [found] = pools.autopsies()
        assert not found.without_traps
        assert pools.deaths == 1


def _raising(error: Exception) -> Callable[[bytes], None]:
    def ask(_data: bytes) -> None:
        raise error

    return ask


def test_inputs_are_kept_under_their_reader_and_long_ones_are_not(tmp_path: Path) -> None:
    short, long = (Fault("log bundles", "fault", "x", "y", bytes(length)) for length in (5, LARGEST + 1))
    place = keep(short, tmp_path)
    assert place == tmp_path / "log-bundles" / f"{short.name}.bin"
    assert list(kept("log bundles", tmp_path)) == [(short.name, bytes(5))]
    assert keep(long, tmp_path) is None


def _below(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
