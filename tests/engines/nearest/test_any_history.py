"""Whatever the order of changes, merges, kills and reopenings, a store answers as a plain table of codes would."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from engines.nearest.stores import NARROW, crash, holds_code, merge_killed
from vigie.engines.nearest.index import Hit
from vigie.engines.nearest.log import Change, encoded, ended, noted
from vigie.engines.nearest.manifest import read_manifest
from vigie.engines.nearest.merging import rewrite
from vigie.engines.nearest.reader import CodeReader
from vigie.engines.nearest.store import CodeStore

# Few ids, codes and groups, so that additions meet deletions and codes meet near copies
IDS = st.integers(0, 30)
GROUPS = st.integers(0, 2)
CODES = st.builds(
    lambda family, noise: (family * int("5" * 64, 16) ^ noise).to_bytes(32),
    st.integers(0, 3),
    st.integers(0, 2**12 - 1),
)


class StoreMachine(RuleBasedStateMachine):
    """A writer and a reader beside the table both must equal."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="vigie-history-"))
        self.store = CodeStore.create(self.folder, NARROW)
        self.reader = CodeReader.open(self.folder)
        self.table: dict[int, tuple[bytes, int]] = {}
        self.noted = ""

    def teardown(self) -> None:
        self.reader.close()
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(rows=st.dictionaries(IDS, st.tuples(CODES, GROUPS), max_size=12))
    def add(self, rows: dict[int, tuple[bytes, int]]) -> None:
        codes = np.frombuffer(b"".join(code for code, _ in rows.values()), dtype=np.uint8).reshape(-1, 32)
        groups = np.array([group for _, group in rows.values()], dtype=np.uint16)
        self.store.add(codes, np.array(list(rows), dtype=np.uint64), groups)
        self.table.update(rows)

    @rule(ids=st.lists(IDS, max_size=5))
    def delete(self, ids: list[int]) -> None:
        gone = {number for number in ids if self.table.pop(number, None) is not None}
        assert self.store.delete(np.array(ids, dtype=np.uint64)) == len(gone)

    @rule(ids=st.lists(IDS, max_size=3))
    def erase(self, ids: list[int]) -> None:
        codes = [self.table[number][0] for number in ids if number in self.table]
        gone = {number for number in ids if self.table.pop(number, None) is not None}
        assert self.store.erase(np.array(ids, dtype=np.uint64)) == len(gone)
        kept = {code for code, _ in self.table.values()}
        content = b"".join(path.read_bytes() for path in self.folder.iterdir())
        assert not any(holds_code(content, code) for code in codes if code not in kept and code != bytes(32))

    @rule(text=st.text(max_size=5))
    def note(self, text: str) -> None:
        self.store.note(text)
        self.noted = text

    @rule()
    def merge(self) -> None:
        self.store.merge()

    @rule()
    def rewrite(self) -> None:
        rewrite(self.folder)

    @rule(step=st.integers(0, 9))
    def merge_is_killed(self, step: int) -> None:
        merge_killed(self.folder, step)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = CodeStore.open(self.folder)

    @rule(cut=st.integers(0, 40), change=st.sampled_from([Change.DELETE, Change.NOTE]))
    def crash_within_a_write(self, cut: int, change: Change) -> None:
        crash(self.store)
        record = noted("x") if change == Change.NOTE else ended(change, np.arange(31, dtype=np.uint64))
        data = encoded(record)
        with (self.folder / read_manifest(self.folder).logs[-1].file).open("ab") as log:
            log.write(data[: min(cut, len(data) - 1)])
        self.store = CodeStore.open(self.folder)

    @rule()
    def restart_of_the_reader(self) -> None:
        self.reader.close()
        self.reader = CodeReader.open(self.folder)

    @rule(
        code=CODES,
        radius=st.sampled_from([0, 4, 11, 31, 128, 256]),
        allowed=st.none() | st.sets(GROUPS),
    )
    def look_up(self, code: bytes, radius: int, allowed: set[int] | None) -> None:
        groups = None
        if allowed is not None:
            groups = np.zeros(65_536, dtype=np.bool_)
            groups[list(allowed)] = True
        expected = [
            Hit(key, (int.from_bytes(kept) ^ int.from_bytes(code)).bit_count())
            for key, (kept, group) in self.table.items()
            if allowed is None or group in allowed
        ]
        within = sorted(
            (hit for hit in expected if hit.distance <= radius), key=lambda hit: (hit.distance, hit.id)
        )
        assert self.reader.range(code, radius, groups) == within
        assert self.store.range(code, radius, groups) == within

    @invariant()
    def is_sound(self) -> None:
        assert len(self.store) == len(self.reader) == len(self.table)
        assert self.reader.noted() == self.store.noted() == self.noted
        assert self.store.verify().faults == ()


def test_any_history_equals_a_plain_table() -> None:
    run_state_machine_as_test(
        StoreMachine, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
