"""Coverage of the decoders' own code, seen by the fuzzer while confined workers run it: which blocks ran for the first time."""

import importlib.util
import json
import mmap
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fuzz.blocks import CACHE, shim, table
from vigie.engines.imaging import process
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.process import WorkerProcess
from vigie.engines.imaging.roles import Role

OBJECTS = {
    Role.PICTURES: (
        "simplejpeg/_jpeg.*", "PIL/_imaging.*", "PIL/_webp.*", "PIL/_avif.*", "_pi_heif.*", "pillow.libs/libjpeg-*", "pillow.libs/libtiff-*",
        "pillow.libs/libwebp-*", "pillow.libs/libwebpdemux-*", "pillow.libs/libwebpmux-*", "pillow.libs/libavif-*", "pillow.libs/liblzma-*", "pillow.libs/libzstd-*", "pillow.libs/libz*",
        "pi_heif.libs/libheif-*", "pi_heif.libs/libde265-*",
    ),
    Role.FILMS: (
        "av.libs/libavformat-*", "av.libs/libavcodec-*", "av.libs/libavutil-*", "av.libs/libswscale-*", "av.libs/libdav1d-*", "av.libs/libvpx-*",
        "simplejpeg/_jpeg.*", "PIL/_imaging.*",
    ),
}  # fmt: skip
"""The shared objects a file's bytes pass through, by the role that loads them; encoders and the network's are left out."""
MOST_OBJECTS = 56
_HEAD = 8 + MOST_OBJECTS
_WORKER = Path(__file__).with_name("covered_worker.py")
_SHARED = Path("/dev/shm")
"""Memory, not a disk: what a worker notes there is not counted as written."""


def objects_of(role: Role) -> list[Path]:
    """The files of a role's decoders on this machine, in the order they are named."""
    place = importlib.util.find_spec("PIL")
    assert place is not None
    assert place.origin is not None
    site = Path(place.origin).parents[1]
    found = [path for pattern in OBJECTS[role] for path in sorted(site.glob(pattern)) if ".so" in path.name]
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Covered:
    """One object: its file, its table, and the number of its first block among those of all."""

    file: Path
    table: Path
    first: int
    blocks: int


class Coverage:
    """What one role's workers note, life after life. Close it."""

    def __init__(self, role: Role, *, files: Sequence[Path] | None = None, cache: Path = CACHE) -> None:
        self.role = role
        self.objects: list[Covered] = []
        self.blocks = 0
        for file in objects_of(role) if files is None else files:
            made = table(file, cache)
            count = made.stat().st_size // 4
            self.objects.append(Covered(file, made, self.blocks, count))
            self.blocks += count
        self._folder = tempfile.TemporaryDirectory(prefix="vigie-fuzz-")
        self._map, self._path = self._shared()
        self._count = np.frombuffer(self._map, dtype=np.uint64, count=1)
        self._loaded = np.frombuffer(self._map, dtype=np.uint8, count=MOST_OBJECTS, offset=8)
        self._noted = np.frombuffer(self._map, dtype=np.uint32, count=self.blocks, offset=_HEAD)
        known = _HEAD + 4 * self.blocks
        self._known = np.frombuffer(self._map, dtype=np.uint8, count=self.blocks, offset=known)
        self._read = 0
        self.setup = Path(self._folder.name) / "setup.json"
        self.setup.write_text(json.dumps(self._facts(shim(cache))))

    def _shared(self) -> tuple[mmap.mmap, Path]:
        handle, name = tempfile.mkstemp(prefix="vigie-fuzz-", dir=_SHARED if _SHARED.is_dir() else None)
        try:
            os.ftruncate(handle, _HEAD + 5 * self.blocks)
            return mmap.mmap(handle, _HEAD + 5 * self.blocks), Path(name)
        finally:
            os.close(handle)

    def _facts(self, made: Path) -> dict[str, Any]:
        named = [{"name": one.file.name, "table": str(one.table), "first": one.first} for one in self.objects]
        return {"shim": str(made), "shared": str(self._path), "blocks": self.blocks, "objects": named}

    def fresh(self) -> frozenset[int]:
        """The numbers of blocks that ran since this was last asked, and never before; later workers pass them untold."""
        end = min(int(self._count[0]), self.blocks)
        if end == self._read:
            return frozenset()
        noted = self._noted[self._read : end]
        noted = noted[noted > 0] - 1
        self._read = end
        found = np.unique(noted[self._known[noted] == 0])
        self._known[found] = 1
        return frozenset(found.tolist())

    @property
    def reached(self) -> int:
        """How many blocks ran so far."""
        return int(self._known.sum())

    @property
    def in_all(self) -> int:
        """How many blocks the objects have that a worker of this role has loaded."""
        return sum(one.blocks for one, loaded in zip(self.objects, self._loaded, strict=False) if loaded)

    def document(self) -> dict[str, object]:
        """The numbers of blocks of each object, as they are printed."""
        each = [
            {
                "object": one.file.name,
                "blocks": one.blocks,
                "reached": int(self._known[one.first : one.first + one.blocks].sum()),
            }
            for one, loaded in zip(self.objects, self._loaded, strict=False)
            if loaded
        ]
        return {"blocks": self.in_all, "reached": self.reached, "objects": each}

    def close(self) -> None:
        """Nothing is noted any more, and the shared memory is gone once its workers are."""
        del self._count, self._loaded, self._noted, self._known
        self._map.close()
        self._path.unlink(missing_ok=True)
        self._folder.cleanup()


class CoveredProcess(WorkerProcess):
    """The program's confined worker, started by a module that sets the traps before the walls close."""

    def __init__(self, role: Role, limits: Limits, coverage: Coverage) -> None:
        self.served = 0
        self._limits = limits
        self._inner = None
        command = [sys.executable, "-s", "-P", "-B", str(_WORKER), role.value, limits.to_argument(), ""]
        self._process = process._spawn([*command, str(coverage.setup)], ())
        self._requests, self._answers = process._pipes(self._process)
