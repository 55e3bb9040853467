"""Everything that can answer, in mapped files: numbers by code and by digest, and which fingerprint each stands for.

The files hold no wishes, no content, nothing to answer with: a hit is a number, and what it says is read from the
database at the moment of the answer. They are made from the database and can be thrown away.
"""

import contextlib
import itertools
import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from vigie.backends.known.messages import CODE_BYTES
from vigie.engines.digest_tables import DigestsRefused, DigestTable
from vigie.engines.nearest import merging
from vigie.engines.nearest.files import SnapshotRefused
from vigie.engines.nearest.index import Codes, GroupNumbers
from vigie.engines.nearest.store import CodeStore
from vigie.matcher.names import UNKNOWN, Names, Numbers
from vigie.matcher.records import Record, Sealer
from vigie.matcher.wishes import Wishes

WIDTHS: Final = {"sha256": 32, "sha1": 20, "md5": 16}
"""The digests of a file that can be looked up, and their bytes."""
_MANY_RUNS: Final = 12  # sorted files of one digest table, each searched by every look-up
_log = logging.getLogger(__name__)
_AT_ONCE: Final = 5_000  # fingerprints compared with the truth at a time


class Library:
    """The files of one folder, which one process keeps. Used from one thread at a time."""

    def __init__(
        self, folder: Path, codes: CodeStore, tables: dict[str, DigestTable], names: Names, wishes: Wishes
    ) -> None:
        self.folder = folder
        self.codes = codes
        self.tables = tables
        self.names = names
        self.wishes = wishes
        self._sealer = Sealer()
        self._withdrawn: set[uuid.UUID] = set()
        self._tidying: threading.Thread | None = None

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Nothing answers yet."""
        folder.mkdir(mode=0o700, parents=True)
        tables = {name: DigestTable.create(folder / name, width) for name, width in WIDTHS.items()}
        return cls(
            folder,
            CodeStore.create(folder / "codes"),
            tables,
            Names.create(folder / "names"),
            Wishes.create(folder / "wishes"),
        )

    @classmethod
    def open(cls, folder: Path) -> Self:
        """What answered when the folder was last used. Raises SnapshotRefused or DigestsRefused for damaged files."""
        with contextlib.ExitStack() as opened:
            wishes = Wishes.open(folder / "wishes")
            names = Names.open(folder / "names")
            opened.callback(names.close)
            tables: dict[str, DigestTable] = {}
            for name in WIDTHS:
                tables[name] = DigestTable.open(folder / name)
                opened.callback(tables[name].close)
            library = cls(folder, CodeStore.open(folder / "codes"), tables, names, wishes)
            opened.pop_all()
            return library

    def __len__(self) -> int:
        return len(self.names)

    @property
    def cursor(self) -> str:
        """Up to where the truth was followed, as `follow` was last told; empty before."""
        return self.codes.noted()

    def follow(self, changes: Iterable[Iterable[Record]], cursor: Callable[[], str]) -> None:
        """These records answer as they are now, in place of what they were; the truth was followed up to the cursor.

        The cursor is asked for when the last change was taken. Durable. Rows that are as they were cost a look-up each.
        """
        if sum([self.put(some) for some in changes]):
            self.codes.note(cursor())

    def put(self, records: Iterable[Record]) -> int:
        """These records answer as they are now; returns how many were not on file so."""
        rows = list({record.id: record for record in records}.values())
        if not rows:
            return 0
        seals = np.array([self._sealer.seal(record) for record in rows], dtype=np.uint64)
        kept = self.names.of([record.id for record in rows])
        changed = np.flatnonzero(seals != kept.seals)
        if not len(changed):
            return 0
        rows = [rows[place] for place in changed.tolist()]
        numbers = kept.numbers[changed]
        fresh = numbers == UNKNOWN
        if not fresh.all():
            self.names.open_up(numbers[~fresh])
        if fresh.any():
            numbers[fresh] = self.names.give(list(itertools.compress((row.id for row in rows), fresh)))
        self._put_all(rows, numbers, ~fresh)
        self.names.seal([row.id for row in rows], numbers, seals[changed])
        self._withdrawn.difference_update(row.id for row in rows)
        self._withdrawn.update(
            row.id for row, new in zip(rows, fresh, strict=True) if row.withdrawn and not new
        )
        self._tidy_if_due()
        return len(rows)

    def put_all_but_codes(self, rows: Sequence[Record]) -> tuple[list[Record], Numbers, GroupNumbers]:
        """These new records are named and answer by digest; returned are those with a code, their numbers and groups."""
        numbers = self.names.give([row.id for row in rows])
        none_known = np.zeros(len(rows), dtype=np.bool_)
        for name, table in self.tables.items():
            _put_digests(table, [_digest(row, name) for row in rows], numbers, none_known)
        seals = np.array([self._sealer.seal(row) for row in rows], dtype=np.uint64)
        self.names.seal([row.id for row in rows], numbers, seals)
        there = [row.searchable is not None for row in rows]
        searchable = list(itertools.compress(rows, there))
        groups = self.wishes.groups_of(row.visibility for row in searchable)
        return searchable, numbers[np.array(there)], groups

    def erase(self, withdrawn: Iterable[uuid.UUID], gone: Iterable[uuid.UUID]) -> None:
        """No file of the folder says anything about codes and digests of these records, nor about who is gone.

        Records withdrawn before go with them: writing the files anew costs the same for one and for thousands.
        """
        gone_numbers = self._numbers(gone)
        numbers = np.union1d(self._numbers({*withdrawn, *self._withdrawn}), gone_numbers)
        if not len(numbers):
            return
        self.codes.erase(numbers)
        for table in self.tables.values():
            table.erase(numbers)
        if len(gone_numbers):
            self.names.erase(gone_numbers)
        self._withdrawn.clear()

    def erase_withdrawn(self) -> None:
        """As `erase`, for the records that were withdrawn since the library was opened."""
        if self._withdrawn:
            self.erase(self._withdrawn, ())

    def faults(self, truth: Iterable[Record]) -> Iterator[str]:
        """In words, where what answers differs from the truth: rows, codes, and the files' own checks."""
        seen = np.zeros(self.names.last + 1, dtype=np.bool_)
        codes = 0
        rows = iter(truth)
        while some := list(itertools.islice(rows, _AT_ONCE)):
            kept = self.names.of([record.id for record in some])
            seen[kept.numbers.astype(np.int64)] = True
            codes += sum(record.searchable is not None for record in some)
            for record, seal in zip(some, kept.seals.tolist(), strict=True):
                if self._sealer.seal(record) != seal:
                    yield f"fingerprint {record.id} answers otherwise than it is stored"
        named = self.names.named()
        unseen = named[~seen[named.astype(np.int64)]]
        stale = self.names.ids_of(unseen)
        # a number given by a process that died at once names an id that has another number since: it answers nothing
        answering = self.names.of(stale).numbers == unseen
        for one in itertools.compress(stale, answering):
            yield f"fingerprint {one} answers and is not stored"
        if codes != len(self.codes):
            yield f"{len(self.codes)} codes answer, {codes} are stored"
        yield from self.codes.verify().faults
        for table in self.tables.values():
            yield from table.verify()
        yield from self.names.faults()

    def close(self) -> None:
        """The files are closed."""
        if self._tidying is not None:
            self._tidying.join()
        self.codes.close()
        self.names.close()
        for table in self.tables.values():
            table.close()

    def _numbers(self, ids: Iterable[uuid.UUID]) -> Numbers:
        numbers = self.names.of(list(set(ids))).numbers
        known: Numbers = numbers[numbers != UNKNOWN]
        return known

    def _put_all(self, rows: Sequence[Record], numbers: Numbers, known: npt.NDArray[np.bool_]) -> None:
        """Each index is told, all at once: what takes time is the disk, and it takes four changes as fast as one."""
        with ThreadPoolExecutor(len(self.tables)) as pool:
            digests = [
                pool.submit(_put_digests, table, [_digest(row, name) for row in rows], numbers, known)
                for name, table in self.tables.items()
            ]
            self._put_codes(rows, numbers, numbers[known])
            for one in digests:
                one.result()

    def _put_codes(self, rows: Sequence[Record], numbers: Numbers, known: Numbers) -> None:
        there = [row.searchable is not None for row in rows]
        searchable = list(itertools.compress(rows, there))
        gone = np.setdiff1d(known, numbers[np.array(there)])
        if len(gone):
            self.codes.delete(gone)
        if searchable:
            groups = self.wishes.groups_of(row.visibility for row in searchable)
            self.codes.add(codes_of(searchable), numbers[np.array(there)], groups)

    def _tidy_if_due(self) -> None:
        """Long tails and many runs are merged in the background, where the engines allow it beside all calls."""
        crowded = [table for table in self.tables.values() if table.runs > _MANY_RUNS]
        if not (crowded or self.codes.merge_due) or (self._tidying and self._tidying.is_alive()):
            return

        def tidy() -> None:
            try:
                if self.codes.merge_due:
                    merging.merge(self.codes.folder, 1)
                for table in crowded:
                    table.merge()
            except (OSError, SnapshotRefused, DigestsRefused) as error:
                # nothing is lost by it: the files stand as they were, and whoever searches them hears of damage
                _log.warning("index files were not merged: %s", error)

        self._tidying = threading.Thread(target=tidy, name="tidy")
        self._tidying.start()


def codes_of(records: Sequence[Record]) -> Codes:
    """The codes of searchable records, N x 32 bytes."""
    return np.frombuffer(b"".join(one.searchable or b"" for one in records), np.uint8).reshape(-1, CODE_BYTES)


def _digest(record: Record, name: str) -> bytes | None:
    if not record.answers_by_digest:
        return None
    digest: bytes = getattr(record, name)
    return digest if len(digest) == WIDTHS[name] else None


def _put_digests(
    table: DigestTable, digests: Sequence[bytes | None], numbers: Numbers, known: npt.NDArray[np.bool_]
) -> None:
    """Each number that has a digest answers to this one, and those that have none to no other."""
    there = np.array([digest is not None for digest in digests])
    some = np.frombuffer(b"".join(filter(None, digests)), dtype=np.uint8).reshape(-1, table.width)
    if known.any():
        found = table.look_up(some)
        right = found.rows[numbers[there][found.which] == found.rows]
        stale = np.setdiff1d(numbers[known], right)
        if len(stale):
            table.delete(stale)
        table.add(some, numbers[there])
    else:
        table.add_new(some, numbers[there])
