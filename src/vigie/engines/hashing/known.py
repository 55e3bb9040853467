"""Whether a file is on a list of known media: equal by digest, or alike by PDQ in any orientation."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

import numpy as np

from vigie.engines.formats.hash_lists import ListEntry, ListFault, ListRecord, ListWithdrawal
from vigie.engines.hashing.digests import Digests
from vigie.engines.hashing.pdq import MATCH_DISTANCE, MATCH_QUALITY, Pdq, Variant, undone, variants
from vigie.engines.nearest.flat import FlatIndex
from vigie.engines.nearest.index import NearestIndex

By = Literal["sha256", "sha1", "md5", "pdq"]

_DIGESTS: Final[tuple[Literal["sha256", "sha1", "md5"], ...]] = ("sha256", "sha1", "md5")  # strongest first
_STRENGTH: Final[dict[By, int]] = {"sha256": 0, "sha1": 1, "md5": 2, "pdq": 3}
_BATCH: Final = 65_536  # codes given to the index at a time


@dataclass(frozen=True, slots=True)
class KnownHit:
    """One item of one list that a file is, or looks like.

    `by` is the strongest digest that is equal, else "pdq". `distance` counts differing bits, 0 for a digest. `variant`
    says how the item's picture was turned to become the file's, and `quality` is the lower PDQ quality of the two
    sides (the file's own where the list gives none); both None for a digest.
    """

    list: str
    item: str
    by: By
    distance: int
    variant: Variant | None
    quality: int | None
    category: str | None
    series: str | None


class KnownLists:
    """Loaded lists of known media, searched together. `index` is the engine for PDQ codes, empty at first.

    An item whose list gives a PDQ quality below `MATCH_QUALITY` is found by its digests only; one without a quality
    is searched, since the tools that write such lists leave poor pictures out.
    """

    def __init__(self, index: NearestIndex | None = None) -> None:
        self._index: NearestIndex = FlatIndex() if index is None else index
        self._items: list[tuple[str, ListEntry] | None] = []
        self._rows: dict[bytes, tuple[int, ...]] = {}

    def __len__(self) -> int:
        """Return how many items answer."""
        return sum(item is not None for item in self._items)

    def add_list(
        self, name: str, records: Iterable[ListRecord], on_fault: Callable[[ListFault], None]
    ) -> None:
        """Load a list under a name; faults in it are handed on, items it takes back no longer answer."""
        first = len(self._items)
        withdrawn: set[int] = set()
        rows_of: dict[str, list[int]] = {}
        for record in records:
            match record:
                case ListFault():
                    on_fault(record)
                case ListWithdrawal(item):
                    withdrawn.update(rows_of.pop(item, ()))
                case ListEntry():
                    rows_of.setdefault(record.item, []).append(len(self._items))
                    self._items.append((name, record))
        for row in withdrawn:
            self._items[row] = None
        self._list_digests(first)
        self._index_codes(first)

    def look_up(self, digests: Digests, pdq: Pdq | None) -> tuple[KnownHit, ...]:
        """Return every item the file is or looks like, each once: equal ones first, then by distance.

        `pdq` is None for a file that is no picture; a picture below `MATCH_QUALITY` is looked up by digest only.
        """
        hits = dict(self._equal(digests))
        if pdq is not None and pdq.may_match:
            for row, hit in self._alike(pdq):
                hits.setdefault(row, hit)
        return tuple(
            sorted(hits.values(), key=lambda hit: (_STRENGTH[hit.by], hit.distance, hit.list, hit.item))
        )

    def _list_digests(self, first: int) -> None:
        for row, entry in self._loaded(first):
            for value in {entry.md5, entry.sha1, entry.sha256} - {None}:
                assert value is not None
                self._rows[value] = (*self._rows.get(value, ()), row)

    def _index_codes(self, first: int) -> None:
        codes = (
            (row, entry.pdq)
            for row, entry in self._loaded(first)
            if entry.pdq is not None and _searched(entry)
        )
        while batch := list(islice(codes, _BATCH)):
            joined = np.frombuffer(b"".join(code for _, code in batch), dtype=np.uint8)
            self._index.add(
                joined.reshape(len(batch), -1), np.array([row for row, _ in batch], dtype=np.uint64)
            )

    def _loaded(self, first: int) -> Iterator[tuple[int, ListEntry]]:
        for row in range(first, len(self._items)):
            item = self._items[row]
            if item is not None:
                yield row, item[1]

    def _equal(self, digests: Digests) -> Iterator[tuple[int, KnownHit]]:
        for by in reversed(_DIGESTS):  # weakest first: a stronger one takes its place
            value: bytes = getattr(digests, by)
            for row in self._rows.get(value, ()):
                item = self._items[row]
                if item is not None and getattr(item[1], by) == value:
                    yield row, _hit(item, by=by, distance=0)

    def _alike(self, pdq: Pdq) -> Iterator[tuple[int, KnownHit]]:
        names, codes = zip(*variants(pdq), strict=True)
        turned = np.frombuffer(b"".join(codes), dtype=np.uint8).reshape(len(codes), -1)
        nearest: dict[int, tuple[int, Variant]] = {}
        for variant, hits in zip(names, self._index.range_many(turned, MATCH_DISTANCE), strict=True):
            for row, distance in hits:
                if row not in nearest or distance < nearest[row][0]:
                    nearest[row] = (distance, undone(variant))
        for row, (distance, variant) in nearest.items():
            item = self._items[row]
            if item is not None:
                yield (
                    row,
                    _hit(item, by="pdq", distance=distance, variant=variant, quality=_lower(pdq, item[1])),
                )


def _searched(entry: ListEntry) -> bool:
    return entry.pdq_quality is None or entry.pdq_quality >= MATCH_QUALITY


def _lower(pdq: Pdq, entry: ListEntry) -> int:
    return pdq.quality if entry.pdq_quality is None else min(pdq.quality, entry.pdq_quality)


def _hit(
    item: tuple[str, ListEntry],
    *,
    by: By,
    distance: int,
    variant: Variant | None = None,
    quality: int | None = None,
) -> KnownHit:
    name, entry = item
    return KnownHit(name, entry.item, by, distance, variant, quality, entry.category, entry.series)
