"""Pictures, films and what they say of themselves, through the program's own confined workers.

The decoders run where they always run: in a confined process, reached through `ConfinedPool`. What comes back is used
as intake uses it: the code is computed from the raster and the veil is written.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from engines.imaging.drawn import png_chunk
from factories import drawn_media as seeds
from fuzz.mutation import Mutator
from fuzz.pools import Pools
from fuzz.reader import Reader
from vigie.engines.imaging import MediaRefused
from vigie.engines.imaging.roles import Role

NAMES = ("jpeg", "png", "gif", "webp", "tiff", "bmp", "heic", "avif", "exif", "films")


def role_of(name: str) -> Role:
    """The role of the workers that read what the reader of this name is given."""
    return Role.FILMS if name == "films" else Role.PICTURES


def readers(pools: Pools) -> tuple[Reader, ...]:
    """One reader for each format of pictures, one for what they say of themselves, one for films."""

    def reader(name: str, seeds_of: Any, read: Any = pools.picture, **more: Any) -> Reader:
        coverage = pools.coverages.get(role_of(name))
        return Reader(name, seeds_of, read, declared=(MediaRefused,), coverage=coverage, **more)

    return (
        reader("jpeg", seeds.jpegs, weight=3.0, tokens=(b"\xff\xd8", b"\xff\xdb", b"\xff\xc4", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xdd", b"\xff\xd0", b"\xff\xd9", b"\xff\xe1", b"\xff\xee")),
        reader("png", seeds.pngs, shaped=_png, weight=2.0, tokens=(b"IHDR", b"IDAT", b"PLTE", b"tRNS", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"acTL", b"fcTL", b"fdAT", b"IEND")),
        reader("gif", seeds.gifs, weight=1.5, tokens=(b"!\xf9\x04", b"!\xff\x0bNETSCAPE2.0", b",", b";", b"GIF87a")),
        reader("webp", seeds.webps, weight=2.0, tokens=(b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP", b"XMP ")),
        reader("tiff", seeds.tiffs, weight=2.5, tokens=(b"II*\x00", b"MM\x00*", b"\x00\x01\x00\x04", b"\x11\x01\x04\x00", b"\x03\x01\x03\x00")),
        reader("bmp", seeds.bmps, weight=0.5),
        reader("heic", seeds.heics, weight=2.5, tokens=(b"ftypheic", b"meta", b"iloc", b"iinf", b"infe", b"hvcC", b"ispe", b"ipma", b"grid", b"idat", b"iref")),
        reader("avif", seeds.avifs, weight=2.5, tokens=(b"ftypavif", b"meta", b"iloc", b"av1C", b"ispe", b"ipma", b"auxC", b"colr")),
        reader("exif", lambda: [seeds.exif().tobytes()[6:], seeds.exif(make="é" * 300).tobytes()[6:]], pools.exif, tokens=(b"\x69\x87", b"\x25\x88", b"\x12\x01", b"\x0f\x01", b"II*\x00", b"MM\x00*")),
        reader("films", lambda: [seeds.film(name) for name in seeds.FILMS], pools.film, weight=6.0, tokens=(b"moov", b"trak", b"stsz", b"stco", b"stts", b"mdat", b"elst", b"\x1aE\xdf\xa3", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"G\x40\x00", b"RIFF", b"idx1", b"movi")),
    )  # fmt: skip


def _png(data: bytes, mutator: Mutator, others: Sequence[bytes]) -> bytes:
    """A change inside one chunk, whose checksum is written anew; behind it the file goes on as it was."""
    chunks = list(_chunks(data))
    if not chunks:
        return mutator.changed(data, others)
    place = mutator.chance.randrange(len(chunks))
    name, content = chunks[place]
    if name == b"IDAT" and mutator.chance.random() < 0.5:
        content = _repacked(content, mutator)
    else:
        content = mutator.changed(content)
    chunks[place] = (name, content)
    if mutator.chance.random() < 0.2:
        chunks.insert(mutator.chance.randrange(len(chunks)), mutator.chance.choice(chunks))
    return data[:8] + b"".join(png_chunk(*chunk) for chunk in chunks)


def _repacked(content: bytes, mutator: Mutator) -> bytes:
    try:
        return zlib.compress(mutator.changed(zlib.decompress(content)))
    except zlib.error:
        return mutator.changed(content)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length
