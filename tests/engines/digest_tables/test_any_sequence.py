"""Whatever the order of additions, deletions, erasures, merges, crashes and restarts: the table is a set of pairs."""

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from vigie.engines.digest_tables import DigestReader, DigestTable, files, table
from vigie.engines.digest_tables.columns import Bytes, Rows

WIDTH = 20
# few digests, some with the same first eight bytes, and few rows, so that all meet
ALL = [bytes([head]) * 8 + bytes([tail]) * (WIDTH - 8) for head in range(17, 21) for tail in range(161, 165)]
DIGESTS = st.sampled_from(ALL)
PAIRS = st.lists(st.tuples(DIGESTS, st.integers(0, 9)), max_size=8)


class Crash(BaseException):
    """The process ends here."""


def columns(pairs: list[tuple[bytes, int]]) -> tuple[Bytes, Rows]:
    digests = np.frombuffer(b"".join(digest for digest, _ in pairs), dtype=np.uint8).reshape(-1, WIDTH)
    return digests, np.array([row for _, row in pairs], dtype=np.uint64)


class TableMachine(RuleBasedStateMachine):
    """A table and a reader of it beside the set they must equal."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.patch = patch
        self.folder = Path(tempfile.mkdtemp(prefix="vigie-digests-"))
        self.table = DigestTable.create(self.folder, WIDTH)
        self.reader = DigestReader.open(self.folder)
        self.pairs: set[tuple[bytes, int]] = set()

    def teardown(self) -> None:
        self.reader.close()
        self.table.close()
        shutil.rmtree(self.folder)

    @rule(pairs=PAIRS)
    def add(self, pairs: list[tuple[bytes, int]]) -> None:
        self.table.add(*columns(pairs))
        self.pairs |= set(pairs)

    @rule(pairs=st.lists(st.tuples(DIGESTS, st.integers(0, 9)), max_size=8, unique_by=lambda pair: pair[1]))
    def add_new(self, pairs: list[tuple[bytes, int]]) -> None:
        known = {row for _, row in self.pairs}
        fresh = [(digest, row) for digest, row in pairs if row not in known]
        self.table.add_new(*columns(fresh))
        self.pairs |= set(fresh)

    @rule(rows=st.lists(st.integers(0, 9), max_size=4), trace=st.sampled_from(["left", "none"]))
    def forget(self, rows: list[int], trace: str) -> None:
        wanted = np.array(rows, dtype=np.uint64)
        gone = self.table.delete(wanted) if trace == "left" else self.table.erase(wanted)
        there = {row for _, row in self.pairs}
        assert gone == len(there & set(rows))
        lost = {digest for digest, row in self.pairs if row in rows}
        self.pairs = {(digest, row) for digest, row in self.pairs if row not in rows}
        for digest in lost - {digest for digest, _ in self.pairs}:
            self.in_no_file(digest)

    def in_no_file(self, digest: bytes) -> None:
        number = int.from_bytes(digest[:8]).to_bytes(8, "little")
        for path in self.folder.iterdir():
            data = path.read_bytes()
            assert digest not in data
            if path.suffix == ".run" and all(kept[:8] != digest[:8] for kept, _ in self.pairs):
                assert number not in data

    @rule()
    def merge(self) -> None:
        self.table.merge()
        assert self.table.runs <= 1

    @rule()
    def restart(self) -> None:
        self.table.close()
        self.table = DigestTable.open(self.folder)

    @rule(pairs=PAIRS, rows=st.lists(st.integers(0, 9), min_size=1, max_size=4), after=st.integers(0, 12))
    def crash(self, pairs: list[tuple[bytes, int]], rows: list[int], after: int) -> None:
        """The process dies after some system calls of a change; the change is there whole or not at all."""
        before = set(self.pairs)
        added = before | set(pairs)
        left = {(digest, row) for digest, row in added if row not in rows}
        calls = 0

        def dying(real: object) -> object:
            def call(*arguments: object, **named: object) -> object:
                nonlocal calls
                calls += 1
                if calls > after:
                    raise Crash
                return real(*arguments, **named)  # type: ignore[operator]

            return call

        with self.patch.context() as patch:
            for name in ("pwrite", "fsync", "fdatasync"):
                patch.setattr(os, name, dying(getattr(os, name)))
            patch.setattr(Path, "replace", dying(Path.replace))
            patch.setattr(Path, "unlink", dying(Path.unlink))
            try:
                self.table.add(*columns(pairs))
                self.table.erase(np.array(rows, dtype=np.uint64))
            except Crash:
                pass
        self.table.close()
        self.table = DigestTable.open(self.folder)
        found = self.found(self.table)
        assert found in (before, added, left)
        self.pairs = found

    def found(self, table: DigestReader) -> set[tuple[bytes, int]]:
        digests, _ = columns([(digest, 0) for digest in ALL])
        matches = table.look_up(digests)
        pairs = [(ALL[which], int(row)) for which, row in zip(matches.which, matches.rows, strict=True)]
        assert pairs == sorted(pairs, key=lambda pair: (ALL.index(pair[0]), pair[1]))
        assert len(pairs) == len(set(pairs))
        return set(pairs)

    @invariant()
    def equals_the_set(self) -> None:
        self.reader.refresh()
        for one in (self.table, self.reader):
            assert self.found(one) == self.pairs
            assert len(one) == len(self.pairs)
            assert one.verify() == ()


def test_any_sequence_of_changes_equals_a_set_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "TAIL_RECORDS", 12)
    monkeypatch.setattr(table, "TAIL_RECORDS", 6)
    monkeypatch.setattr(files, "_TOGETHER", 3)
    run_state_machine_as_test(
        partial(TableMachine, monkeypatch),
        settings=settings(max_examples=120, stateful_step_count=25, deadline=None),
    )
