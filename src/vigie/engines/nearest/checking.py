"""What the files of a store say about themselves: every byte against its checksum, the dead bits against the logs."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from vigie.engines.nearest.files import SnapshotRefused, fault_of, open_array
from vigie.engines.nearest.index import Ids
from vigie.engines.nearest.log import Change, records_of
from vigie.engines.nearest.manifest import CHANGING, LogListing, locked, read_manifest
from vigie.engines.nearest.part import Listing, Part, Words, bit_words


def changed_ids(folder: Path, logs: Iterable[LogListing]) -> Ids:
    """Return the ids every record of the logs names: whatever the parts hold of them is dead, for logs are newer."""
    records = [record for log in logs for record in records_of(folder / log.file, log.promised)[0]]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *(record.ids for record in records)]))


def erasures_due(folder: Path, logs: Iterable[LogListing]) -> Ids:
    """Return the ids whose erasure is on record and whose files have not been rewritten since."""
    records = [record for log in logs for record in records_of(folder / log.file, log.promised)[0]]
    due = [record.ids for record in records if record.change == Change.ERASE]
    return np.unique(np.concatenate([np.zeros(0, np.uint64), *due]))


def sealed_bits(folder: Path, listing: Listing) -> Words:
    """Return the dead bits as they were when the manifest was written. Raises SnapshotRefused when any is changed."""
    fault = fault_of(folder, listing.dead)
    if fault is not None:
        raise SnapshotRefused(
            folder / listing.dead.file, fault.removeprefix(f"{folder / listing.dead.file}: ")
        )
    return open_array(folder / listing.dead.file, "<u8", bit_words(listing.rows)).copy()


def expected_bits(folder: Path, part: Part, changed: Ids) -> Words:
    """Return the dead bits the part must have: the sealed ones, and those of every id the logs name."""
    bits = sealed_bits(folder, part.listing)
    rows = part.rows_of(changed)
    np.bitwise_or.at(bits, rows >> 6, np.uint64(1) << (rows & 63).astype(np.uint64))
    return bits


def store_faults(folder: Path) -> Iterator[str]:
    """Yield in words what is wrong with the folder's files; nothing when every byte is as it was written."""
    try:
        manifest = read_manifest(folder)
    except SnapshotRefused as refused:
        yield str(refused)
        return
    for listing in manifest.parts:
        for listed in (*listing.arrays.values(), listing.dead):
            fault = fault_of(folder, listed)
            if fault is not None:
                yield fault
    yield from _faults_of_bits(folder)


def _faults_of_bits(folder: Path) -> Iterator[str]:
    with locked(folder, CHANGING):
        try:
            manifest = read_manifest(folder)
            if not manifest.logs:
                return  # a sealed copy: nobody has opened it to write, so there are no bits that change
            changed = changed_ids(folder, manifest.logs)
            for listing in manifest.parts:
                part = Part(folder, listing)
                if not np.array_equal(part.dead_bits, expected_bits(folder, part, changed)):
                    yield f"{folder / listing.live_dead}: the dead rows are not those the logs name"
        except SnapshotRefused as refused:
            yield str(refused)
