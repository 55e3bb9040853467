"""Whatever the order of changes, snapshots and restarts, an engine answers as a plain table of codes would."""

import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from contracts.nearest.engines import ENGINES
from vigie.engines.nearest.index import Hit, NearestIndex

# Few ids and few codes, so that additions meet deletions and codes meet near copies
IDS = st.integers(0, 12)
CODES = st.builds(
    lambda family, noise: (family * int("5" * 64, 16) ^ noise).to_bytes(32),
    st.integers(0, 3),
    st.integers(0, 2**12 - 1),
)


class IndexMachine(RuleBasedStateMachine):
    """An index beside the table it must equal, and the table its last snapshot holds."""

    def __init__(self, engine: type[NearestIndex]) -> None:
        super().__init__()
        self.engine = engine
        self.index = engine()
        self.table: dict[int, bytes] = {}
        self.saved: dict[int, bytes] | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="vigie-nearest-"))

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(rows=st.dictionaries(IDS, CODES, max_size=6))
    def add(self, rows: dict[int, bytes]) -> None:
        codes = np.frombuffer(b"".join(rows.values()), dtype=np.uint8).reshape(-1, 32)
        self.index.add(codes, np.array(list(rows), dtype=np.uint64))
        self.table.update(rows)

    @rule(ids=st.lists(IDS, max_size=4))
    def delete(self, ids: list[int]) -> None:
        gone = {number for number in ids if self.table.pop(number, None) is not None}
        assert self.index.delete(np.array(ids, dtype=np.uint64)) == len(gone)

    @rule()
    def snapshot(self) -> None:
        self.index.snapshot(self.folder)
        self.saved = dict(self.table)

    @rule()
    def restart(self) -> None:
        if self.saved is None:
            return
        self.index = self.engine.open(self.folder)
        self.table = dict(self.saved)

    @rule(code=CODES, radius=st.sampled_from([0, 4, 31, 128, 256]))
    def look_up(self, code: bytes, radius: int) -> None:
        number = int.from_bytes(code)
        expected = [Hit(key, (int.from_bytes(kept) ^ number).bit_count()) for key, kept in self.table.items()]
        within = [hit for hit in expected if hit.distance <= radius]
        assert self.index.range(code, radius) == sorted(within, key=lambda hit: (hit.distance, hit.id))

    @invariant()
    def is_sound(self) -> None:
        assert len(self.index) == len(self.table)
        assert self.index.verify().faults == ()


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_any_sequence_of_changes_equals_a_plain_table(engine: type[NearestIndex]) -> None:
    run_state_machine_as_test(
        partial(IndexMachine, engine),
        settings=settings(max_examples=40, stateful_step_count=25, deadline=None),
    )
