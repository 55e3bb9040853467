"""Logs and parts rewritten into fewer, larger parts, beside a store that goes on answering and changing.

At any moment the manifest lists a whole generation: the old one until the rename, the new one after it. A merge that
is killed leaves files no manifest names; the next one removes them. A disk that fills up ends the merge with an
OSError that names the file; the old generation stands.
"""

import mmap
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vigie.engines.nearest.building import write_dead, write_part
from vigie.engines.nearest.checking import changed_ids, erasures_due
from vigie.engines.nearest.erasing import overwrite
from vigie.engines.nearest.files import open_array
from vigie.engines.nearest.index import Ids
from vigie.engines.nearest.log import Change, Record, make_log, records_of
from vigie.engines.nearest.manifest import (
    CHANGING,
    MERGING,
    STATE,
    LogListing,
    Manifest,
    clear_unlisted,
    locked,
    read_manifest,
    write_manifest,
)
from vigie.engines.nearest.part import Listing, Part, Rows, Words
from vigie.engines.nearest.tail import Tail

Choice = Callable[[Part, int], bool]

_STEP = 4  # a part at most this many times larger than what is merged joins in: parts stay few, rewriting stays rare
_DEAD_SHARE = 8  # a part with more than one dead row in this many is rewritten
_BLOCK_ROWS = 1 << 20
_TO_WRITE = mmap.PROT_READ | mmap.PROT_WRITE


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a merge began with: the generation, the logs it takes in, their rows, and the note in them."""

    manifest: Manifest
    logs: tuple[LogListing, ...]
    tail: Tail
    noted: str
    erased: Ids


def merge(folder: Path, threads: int = 2) -> Manifest:
    """The rows of the logs lie in parts, as few as pay; erasures on record are finished. Raises OSError.

    To be run by any process or thread beside the writer and the readers; one merge at a time, the second one waits.
    """
    return _rewrite(folder, threads, _worth_it)


def rewrite(folder: Path, threads: int = 2) -> Manifest:
    """All rows that answer lie in one part, and no file holds a row that does not. Raises OSError."""
    return _rewrite(folder, threads, lambda _part, _rows: True)


def publish(folder: Path, manifest: Manifest, length: int) -> None:
    """Readers see at their next call that there is this generation, and so many bytes of its newest log."""
    state = open_array(folder / STATE, "<u8", 2, _TO_WRITE)
    state[1] = length
    state[0] = manifest.generation


def new_log(folder: Path) -> LogListing:
    """An empty log lies in the folder, for the next manifest to list."""
    name = f"log-{secrets.token_hex(8)}.records"
    make_log(folder / name)
    return LogListing(name, 0)


def _worth_it(part: Part, rows: int) -> bool:
    return part.rows <= _STEP * rows or part.dead_count() * _DEAD_SHARE > part.rows


def _rewrite(folder: Path, threads: int, wanted: Choice) -> Manifest:
    with locked(folder, MERGING):
        clear_unlisted(folder, read_manifest(folder))
        inputs = _begin(folder)
        parts = [Part(folder, listing) for listing in inputs.manifest.parts]
        taken = _taken(parts, inputs, wanted)
        if not taken and not inputs.logs:
            return inputs.manifest
        alive = [(part, part.alive()) for part in taken]
        count = len(inputs.tail) + sum(int(np.count_nonzero(mask)) for _, mask in alive)
        layout = inputs.manifest.limits.layout_for(count)
        try:
            blocks = _blocks(inputs.tail, alive)
            written = write_part(folder, layout, count, blocks, threads) if count else None
            manifest = _swap(folder, inputs, [part.listing for part in taken], written)
        except OSError:
            clear_unlisted(folder, read_manifest(folder))
            raise
        if len(inputs.erased):
            overwrite(folder, manifest, [part.listing for part in taken], inputs.logs, inputs.erased)
        clear_unlisted(folder, manifest)
        return manifest


def _begin(folder: Path) -> _Inputs:
    """Changes go to a new log from here; the older logs are what the merge takes in."""
    with locked(folder, CHANGING):
        manifest = read_manifest(folder)
        newest = manifest.logs[-1]
        length = records_of(folder / newest.file, newest.promised)[1]
        if length:
            logs = (*manifest.logs[:-1], LogListing(newest.file, length), new_log(folder))
            manifest = manifest.after(parts=manifest.parts, logs=logs, noted=manifest.noted)
            write_manifest(folder, manifest)
            publish(folder, manifest, 0)
    tail, noted = Tail(), manifest.noted
    for log in manifest.logs[:-1]:
        for record in records_of(folder / log.file, log.promised)[0]:
            noted = _replay(tail, record, noted)
    return _Inputs(manifest, manifest.logs[:-1], tail, noted, erasures_due(folder, manifest.logs[:-1]))


def _replay(tail: Tail, record: Record, noted: str) -> str:
    if record.change == Change.NOTE:
        return record.note
    if record.change == Change.ADD:
        tail.add(record.codes, record.ids, record.groups)
    else:
        tail.bury(record.ids)
    return noted


def _taken(parts: list[Part], inputs: _Inputs, wanted: Choice) -> list[Part]:
    """Return the parts to rewrite: those that hold erased rows, and from the smallest on those that are wanted."""
    rows = len(inputs.tail)
    taken: list[Part] = []
    for part in sorted(parts, key=lambda each: each.rows):
        if len(part.rows_of(inputs.erased)) or wanted(part, rows):
            taken.append(part)
            rows += part.rows
    return parts if rows > inputs.manifest.limits.segment_rows else taken


def _blocks(tail: Tail, alive: list[tuple[Part, npt.NDArray[np.bool_]]]) -> Iterator[Rows]:
    for part, mask in alive:
        for begin in range(0, part.rows, _BLOCK_ROWS):
            span = slice(begin, begin + _BLOCK_ROWS)
            kept = mask[span]
            words = part.array("codes").reshape(-1, 4)
            yield Rows(words[span][kept], part.ids[span][kept], part.array("groups")[span][kept])
    yield tail.alive()


def _swap(folder: Path, inputs: _Inputs, taken: list[Listing], written: Listing | None) -> Manifest:
    """The new generation is the one that counts; what changed while it was written is dead in it where it must be."""
    gone = {listing.name for listing in taken}
    with locked(folder, CHANGING):
        manifest = read_manifest(folder)
        active = manifest.logs[-1]
        kept = tuple(_resealed(folder, one) for one in manifest.parts if one.name not in gone)
        if written is not None:
            part = Part(folder, written, _TO_WRITE)
            part.bury(part.rows_of(changed_ids(folder, (active,))))
            kept = (*kept, written)
        length = records_of(folder / active.file, active.promised)[1]
        manifest = manifest.after(parts=kept, logs=(LogListing(active.file, length),), noted=inputs.noted)
        write_manifest(folder, manifest)
        publish(folder, manifest, length)
        return manifest


def _resealed(folder: Path, listing: Listing) -> Listing:
    """Return the listing with its dead bits of now sealed: the logs that named them are about to go."""
    bits: Words = Part(folder, listing).dead_bits
    return Listing(
        listing.name, listing.layout, listing.rows, listing.arrays, write_dead(folder, listing.name, bits)
    )
