"""The engines that keep the contract of `NearestIndex`. A new one is added here and nowhere else."""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import ClassVar, Self

from vigie.engines.nearest.flat import FlatIndex
from vigie.engines.nearest.index import Codes, GroupNumbers, Groups, Hit, Ids, NearestIndex, Report
from vigie.engines.nearest.layout import Layout
from vigie.engines.nearest.manifest import Limits
from vigie.engines.nearest.reader import CodeReader
from vigie.engines.nearest.store import CodeStore


class StoredIndex:
    """A `CodeStore` behind the port: every change is merged at once, every answer is a reader's, not the writer's."""

    limits: ClassVar[Limits]

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="vigie-store-"))
        weakref.finalize(self, shutil.rmtree, self.home)
        self.sealed: Path | None = None
        self._use(CodeStore.create(self.home / "store", self.limits))

    def _use(self, store: CodeStore) -> None:
        self.store, self.reader = store, CodeReader.open(store.folder)

    def __len__(self) -> int:
        return len(self.reader)

    def add(self, codes: Codes, ids: Ids, groups: GroupNumbers | None = None) -> None:
        self.store.add(codes, ids, groups)
        if self.store.merge_due:
            self.store.merge()

    def delete(self, ids: Ids) -> int:
        return self.store.delete(ids)

    def range(self, code: bytes, radius: int, groups: Groups | None = None) -> list[Hit]:
        return self.reader.range(code, radius, groups)

    def range_many(self, codes: Codes, radius: int, groups: Groups | None = None) -> list[list[Hit]]:
        return self.reader.range_many(codes, radius, groups, threads=2)

    def snapshot(self, folder: Path) -> None:
        self.store.snapshot(folder)
        self.sealed = folder

    @classmethod
    def open(cls, folder: Path) -> Self:
        index = cls.__new__(cls)
        index.home = Path(tempfile.mkdtemp(prefix="vigie-store-"))
        weakref.finalize(index, shutil.rmtree, index.home)
        index._use(CodeStore.restore(folder, index.home / "store"))
        index.sealed = folder
        return index

    def verify(self) -> Report:
        report = self.store.verify()
        if self.sealed is None:
            return report
        sealed = CodeStore.sealed_faults(self.sealed)
        return Report(report.live, report.deleted, (*report.faults, *sealed))


class NarrowStore(StoredIndex):
    """Few rows make a part and a base, with small tables: what a test can fill a hundred times over."""

    limits = Limits(tail_rows=3, segment_rows=8, segment=Layout(16, 8), base=Layout(11, 11))


class TrueStore(StoredIndex):
    """The layouts as they are used, but for a base, whose tables take 190 MB (tests/engines/nearest/test_parts.py)."""

    limits = Limits(tail_rows=10_000)


ENGINES: dict[str, type[NearestIndex]] = {"flat": FlatIndex, "narrow": NarrowStore, "store": TrueStore}
