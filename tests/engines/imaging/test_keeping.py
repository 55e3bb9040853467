"""Confined workers kept ready: the same ones for the same owner, never another owner's, and not for ever."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.imaging.drawn import drawn, written
from vigie.engines.imaging import ConfinedPool, KeptPools, OuterLayer

PICTURE = written(drawn(64, 48), "JPEG")


def start(owner: str) -> ConfinedPool:
    return ConfinedPool(owner, outer=OuterLayer.NONE)


@pytest.fixture
def kept() -> Iterator[KeptPools[ConfinedPool]]:
    pools = KeptPools(start, idle_seconds=30, most_idle=2)
    yield pools
    pools.close()


def children() -> set[int]:
    """The processes this one has started and not collected."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    return {int(pid) for pid in listed.split()}


def started_by(work: Callable[[], object]) -> set[int]:
    before = children()
    work()
    return children() - before


def use(pools: KeptPools[ConfinedPool], owner: str) -> None:
    with pools.of(owner) as pool:
        assert pool.owner == owner
        pool.analyse(PICTURE)


def test_the_second_use_meets_the_worker_of_the_first(kept: KeptPools[ConfinedPool]) -> None:
    assert len(started_by(lambda: use(kept, "FR"))) == 1
    assert started_by(lambda: use(kept, "FR")) == set()


def test_another_owner_never_meets_it(kept: KeptPools[ConfinedPool]) -> None:
    use(kept, "FR")
    assert len(started_by(lambda: use(kept, "KE"))) == 1
    with kept.of("FR") as ours, kept.of("KE") as theirs:
        assert ours is not theirs


def test_those_unused_for_longest_make_room(kept: KeptPools[ConfinedPool]) -> None:
    for owner in ("FR", "KE", "PE"):
        use(kept, owner)
    assert len(started_by(lambda: use(kept, "FR"))) == 1
    assert started_by(lambda: use(kept, "PE")) == set()


def test_nothing_stands_ready_for_ever() -> None:
    pools = KeptPools(start, idle_seconds=0.2)
    before = children()
    use(pools, "FR")
    assert children() != before
    until = time.monotonic() + 10
    while children() != before and time.monotonic() < until:
        time.sleep(0.05)
    assert children() == before


def test_one_in_use_is_not_ended_by_time() -> None:
    pools = KeptPools(start, idle_seconds=0.1)
    use(pools, "FR")
    with pools.of("FR") as pool:
        time.sleep(0.4)
        pool.analyse(PICTURE)
    pools.close()


def test_a_worker_that_died_while_it_waited_costs_no_file_a_try(kept: KeptPools[ConfinedPool]) -> None:
    [waiting] = started_by(lambda: use(kept, "FR"))
    os.kill(waiting, signal.SIGKILL)
    time.sleep(0.1)
    use(kept, "FR")
