"""The code of the decoders is covered without changing what it computes, and what it covers guides the loop."""

import subprocess
import sys
from collections.abc import Hashable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from engines.imaging.drawn import drawn, written
from factories import drawn_media as seeds
from fuzz import blocks, checking, covering
from fuzz.blocks import blocks_of, starts, why_uncovered
from fuzz.checking import answers, checked
from fuzz.covering import Coverage, CoveredProcess, objects_of
from fuzz.loop import Loop, Tried, tried
from fuzz.pools import LIMITS, Pools
from fuzz.reader import Reader
from fuzz.watching import Watch
from vigie.engines.imaging import MediaRefused
from vigie.engines.imaging.roles import Role

SMALL = ("_jpeg.", "_webp.")
"""Objects that are taken apart within two seconds."""
here = pytest.mark.skipif(why_uncovered() is not None, reason=why_uncovered() or "")
PROGRAM = """
int threefold(int number) {
    volatile int made = number;
    if (number > 10) made = number * 3;
    if (number > 100) made = made + 1;
    return made;
}
"""
CALLED = """
import ctypes, json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
sys.path.insert(0, {fuzz!r})
import covered_worker
library = ctypes.CDLL({library!r})
covered_worker.set_traps(json.loads(Path({setup!r}).read_text()))
with ThreadPoolExecutor(8) as threads:
    for line in sys.stdin:
        [answer] = set(threads.map(library.threefold, [int(line)] * 64))
        print(answer, flush=True)
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blocks")


@pytest.fixture(scope="module")
def library(cache: Path) -> Path:
    (cache / "drawn.c").write_text(PROGRAM)
    made = cache / "libdrawn.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(made), str(cache / "drawn.c")], check=True)
    return made


@pytest.fixture(scope="module")
def small() -> list[Path]:
    return [one for one in objects_of(Role.PICTURES) if one.name.startswith(SMALL)]


@pytest.fixture
def coverage(small: list[Path], cache: Path) -> Iterator[Coverage]:
    made = Coverage(Role.PICTURES, files=small, cache=cache)
    yield made
    made.close()


def test_blocks_begin_where_jumps_lead_and_behind_them() -> None:
    function = [
        (0, "endbr64", None), (4, "test", None), (6, "je", 14), (8, "add", None), (11, "jmp", 99), (13, "nopw", None),
        (14, "sub", None), (17, "ret", None), (18, "mov", None), (20, "ret", None),
    ]  # fmt: skip
    assert blocks_of(function) == {0, 8, 14, 18}


def test_a_function_with_bytes_that_are_no_instruction_is_left_alone() -> None:
    assert blocks_of([(0, "push", None), (1, "(bad)", None), (2, "je", 0), (4, "ret", None)]) == set()


@here
def test_code_without_an_entry_in_the_unwind_table_is_left_alone(tmp_path: Path) -> None:
    """Assembly written by hand, with a number between its instructions that reads like a jump."""
    source = tmp_path / "hand.S"
    source.write_text(".text\n.globl hand\nhand: xor %eax, %eax\n je 1f\n .byte 0x74, 0x00\n1: ret\n")
    made = tmp_path / "libhand.so"
    subprocess.run(["cc", "-shared", "-nostdlib", "-o", str(made), str(source)], check=True)
    assert starts(made) == []


@here
def test_a_block_is_noted_once_and_what_is_computed_stays_the_same(library: Path, cache: Path) -> None:
    coverage = Coverage(Role.PICTURES, files=[library], cache=cache)
    try:
        with _calling(library, coverage) as called:
            assert _ask(called, 5) == 5
            first = coverage.fresh()
            assert first
            assert _ask(called, 6) == 6
            assert coverage.fresh() == frozenset()
            assert _ask(called, 20) == 60
            second = coverage.fresh()
            assert second
            assert not second & first
            assert _ask(called, 200) == 601
        third = coverage.fresh()
        assert coverage.reached == len(first) + len(second) + len(third)
        assert int(coverage._count[0]) == coverage.reached  # threads that meet on a block note it once
        assert coverage.in_all == coverage.blocks > 0
        with _calling(library, coverage) as again:  # a worker that comes later passes what is known
            assert [_ask(again, number) for number in (5, 20, 200)] == [5, 60, 601]
        assert coverage.fresh() == frozenset()
    finally:
        coverage.close()


@here
def test_a_worker_answers_alike_with_and_without_the_traps(small: list[Path], cache: Path) -> None:
    given = [seeds.jpegs()[0], seeds.webps()[0], b"\xff\xd8\xff\xe0nothing"]
    found = checked(Role.PICTURES, files=small, given=given, cache=cache)
    assert found.coverage is not None
    found.coverage.close()
    assert (found.left_out, found.files) == ((), 3)


@here
def test_an_object_that_would_answer_otherwise_is_left_out_and_named(
    small: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As if its blocks began one byte later than they do."""
    real = covering.table

    def table(file: Path, cache: Path) -> Path:
        made = real(file, cache)
        if not file.name.startswith("_jpeg."):
            return made
        numbers = [
            int.from_bytes(made.read_bytes()[at : at + 4], "little") + 1
            for at in range(0, made.stat().st_size, 4)
        ]
        (tmp_path / "off").write_bytes(b"".join(one.to_bytes(4, "little") for one in numbers))
        return tmp_path / "off"

    monkeypatch.setattr(covering, "table", table)
    found = checked(Role.PICTURES, files=small, given=[seeds.jpegs()[0], seeds.webps()[0]], cache=cache)
    assert [name[:6] for name in found.left_out] == ["_jpeg."]
    assert found.coverage is not None
    assert found.document()["left_out"] == list(found.left_out)
    found.coverage.close()


@here
def test_an_input_that_reaches_new_code_is_kept_and_another_is_not(coverage: Coverage) -> None:
    """Both are answered alike: only the code tells them apart."""
    plain, other = written(drawn(64, 48), "JPEG"), written(drawn(64, 48), "JPEG", progressive=True)
    with Pools(coverages={Role.PICTURES: coverage}) as pools:

        def read(data: bytes) -> str:
            pools.patient.analyse(data)
            return "analysed"

        reader = Reader("jpeg", lambda: [plain], read, coverage=coverage)
        loop = Loop(reader, "blocks")
        assert blocks_in(tried(reader, plain)) == set()
        loop._take(other)
        assert loop._kept[-1] == other
        assert blocks_in(tried(reader, other)) == set()
        watch = Watch()
        assert watch.look(pools.workers()) == []
        report = loop.run(inputs=0).document()
    reached = report["blocks"]["reached"]  # type: ignore[index]  # a dictionary of the document
    assert 0 == reached["before"] < reached["by_seeds"] < reached["by_now"] <= report["blocks"]["in_all"]  # type: ignore[index]  # as above
    assert report["guidance"] == "blocks of the decoders' code, and answers of the confined worker"


@here
def test_the_walls_close_around_a_covered_worker_as_around_any_other(coverage: Coverage) -> None:
    worker = CoveredProcess(Role.PICTURES, LIMITS, coverage)
    try:
        assert "system call filter" in worker.greet()
        assert Watch().look([worker.pid]) == []
    finally:
        worker.stop()


def test_what_is_absent_is_said_and_decoders_are_guided_by_their_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(blocks.shutil, "which", lambda tool: None if tool == "cc" else f"/usr/bin/{tool}")
    monkeypatch.setattr(blocks.platform, "machine", lambda: "x86_64")
    assert why_uncovered() == "there is no cc on this machine"
    with ExitStack() as stack:
        covered, told = checking.coverages(stack)
    assert covered == {}
    assert told == {"uncovered": "decoders are guided by their answers only: there is no cc on this machine"}
    assert "guided by their answers only" in capsys.readouterr().err
    monkeypatch.setattr(blocks.platform, "machine", lambda: "aarch64")
    assert "aarch64" in (why_uncovered() or "")


@here
def test_a_worker_that_cannot_set_the_traps_says_so(coverage: Coverage) -> None:
    coverage.setup.write_text('{"shim": "/nowhere.so"}')
    with (
        Pools(coverages={Role.PICTURES: coverage}) as pools,
        pytest.raises(MediaRefused, match="did not start"),
    ):
        pools.patient.analyse(seeds.jpegs()[0])
    assert answers(Role.PICTURES, [seeds.jpegs()[0]], None)


def blocks_in(result: Tried) -> set[Hashable]:
    return {one for one in result.features if isinstance(one, tuple) and one[0] == "block"}


class _Calling:
    """A process that calls a library, one number a line."""

    def __init__(self, command: Sequence[str]) -> None:
        self.running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.running.communicate(timeout=20)


def _calling(library: Path, coverage: Coverage) -> _Calling:
    facts = {
        "fuzz": str(Path(covering.__file__).parent),
        "library": str(library),
        "setup": str(coverage.setup),
    }
    return _Calling([sys.executable, "-c", CALLED.format(**facts)])


def _ask(called: _Calling, number: int) -> int:
    assert called.running.stdin is not None
    assert called.running.stdout is not None
    called.running.stdin.write(f"{number}\n")
    called.running.stdin.flush()
    return int(called.running.stdout.readline())
