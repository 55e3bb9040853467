"""`python -m support.defusing FOLDER`: a process of its own reads every bomb of a folder, as a hand-in and its job do.

Prints a JSON document: what became of each and in how many seconds, and by how much this process grew.
"""

import io
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from engines.imaging.drawn import drawn, written
from vigie.engines.hashing import pdq
from vigie.engines.hashing.digests import digest_stream
from vigie.engines.imaging import HEAD_BYTES, ConfinedPool, MediaRefused, OuterLayer, kind_of, veil_png
from vigie.rooms.intake.archives import ArchiveBrokenError
from vigie.rooms.intake.client.walking import Unreadable, walk

MEGABYTE = 1 << 20


def main(folder: Path) -> dict[str, Any]:
    """What became of the files of a folder."""
    with ConfinedPool("bombs", outer=OuterLayer.NONE) as pool:
        _warm(pool)
        before = _largest()
        files = []
        for place in sorted(folder.iterdir()):
            began = time.monotonic()
            outcome = _archive(place) if "zip" in place.name else _media(pool, place)
            files.append(
                {"name": place.name, "outcome": outcome, "seconds": round(time.monotonic() - began, 2)}
            )
        return {"files": files, "grown_mb": round((_largest() - before) / MEGABYTE, 1)}


def _archive(place: Path) -> str:
    """Every member that is given is read to its end; the faults of the others are named."""
    faults, read = set(), 0
    for one in walk(place):
        if isinstance(one, Unreadable):
            faults.add(one.reason)
            continue
        try:
            with one.open() as opened:
                read += digest_stream(opened).size
        except ArchiveBrokenError as error:
            faults.add(error.fault.value)
    return f"refused: {', '.join(sorted(faults))}" if faults else f"read: {read}"


def _media(pool: ConfinedPool, place: Path) -> str:
    with place.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
        try:
            if kind is not None and kind.is_film:
                with pool.frames(file) as film:
                    return f"read: {sum(1 for _ in film)} frames"
            analysis = pool.analyse(file)
        except MediaRefused as refused:
            return f"refused: {refused.code}"
        pdq.from_raster(analysis.pdq_raster)
        veil_png(analysis.veil)
        return f"read: {analysis.width}x{analysis.height}, {analysis.frames} frames"


def _warm(pool: ConfinedPool) -> None:
    """Everything is loaded and used once before memory is measured."""
    from factories.drawn_media import film

    for name in ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"):
        analysis = pool.analyse(written(drawn(400, 300), name))
        pdq.from_raster(analysis.pdq_raster)
        veil_png(analysis.veil)
    with pool.frames(film("mp4")) as opened:
        list(opened)
    digest_stream(io.BytesIO(bytes(MEGABYTE)))


def _largest() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
