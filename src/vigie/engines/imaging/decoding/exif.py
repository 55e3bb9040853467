"""What a file states about itself, as short texts under fixed names."""

from collections.abc import Iterator
from contextlib import suppress

from PIL import ExifTags, Image

from vigie.engines.imaging.protocol.results import FACT_CHARACTERS, FACTS

_BASE = {
    ExifTags.Base.Make: "make",
    ExifTags.Base.Model: "model",
    ExifTags.Base.Software: "software",
}
_DETAIL = {
    ExifTags.Base.DateTimeOriginal: "taken",
    ExifTags.Base.OffsetTimeOriginal: "taken_offset",
    ExifTags.Base.BodySerialNumber: "serial",
    ExifTags.Base.LensModel: "lens",
}
_UPRIGHT = 1


def orientation_of(exif: Image.Exif) -> int:
    """Return the EXIF orientation, 1..8; 1 when none or an impossible one is stated."""
    stated = exif.get(ExifTags.Base.Orientation, _UPRIGHT)
    return stated if isinstance(stated, int) and 1 <= stated <= 8 else _UPRIGHT


def facts_of(exif: Image.Exif) -> dict[str, str]:
    """Return what the EXIF block says, each value cut to `FACT_CHARACTERS`; a damaged block gives what can be read."""
    found: dict[str, str] = {}
    with suppress(Exception):  # written by any device ever made: a broken part never refuses the picture
        found.update(_stated(exif))
    return clean(found)


def clean(facts: dict[str, str]) -> dict[str, str]:
    """Return the facts with known names, without empty values, NULs or unpaired surrogates."""
    kept = {}
    for name, value in facts.items():
        text = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8").strip()[:FACT_CHARACTERS]
        if text and name in FACTS:
            kept[name] = text
    return kept


def _stated(exif: Image.Exif) -> Iterator[tuple[str, str]]:
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    for block, names in ((exif, _BASE), (detail, _DETAIL)):
        for tag, name in names.items():
            if tag in block:
                yield name, str(block[tag])
    if ExifTags.Base.DateTimeOriginal not in detail and ExifTags.Base.DateTime in exif:
        yield "created", str(exif[ExifTags.Base.DateTime])
    yield from _position(exif.get_ifd(ExifTags.IFD.GPSInfo))


def _position(gps: dict[int, object]) -> Iterator[tuple[str, str]]:
    for name, value_tag, side_tag, negative in (
        ("latitude", ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S"),
        ("longitude", ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W"),
    ):
        value = gps.get(value_tag)
        if isinstance(value, tuple) and len(value) == 3:
            degrees, minutes, seconds = (float(part) for part in value)
            place = degrees + minutes / 60 + seconds / 3600
            yield name, f"{-place if gps.get(side_tag) == negative else place:.6f}"
