"""Using every decoder once, so that nothing has to be loaded after the process is shut in."""

import io

from PIL import Image

from vigie.engines.imaging.decoding.analysing import analyse, analyse_full, clear_picture
from vigie.engines.imaging.decoding.pictures import prepare
from vigie.engines.imaging.kinds import Kind
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.rasters import RGB

_SIDE = 64
_WRITTEN_AS = {
    Kind.JPEG: "JPEG",
    Kind.PNG: "PNG",
    Kind.WEBP: "WEBP",
    Kind.GIF: "GIF",
    Kind.BMP: "BMP",
    Kind.TIFF: "TIFF",
    Kind.AVIF: "AVIF",
}


def warm_up(limits: Limits) -> None:
    """Decode one drawn picture of each format in every way a request may ask for."""
    prepare(limits)
    gradient = Image.linear_gradient("L").resize((_SIDE, _SIDE)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind, name in _WRITTEN_AS.items():
        written = io.BytesIO()
        gradient.save(written, name, exif=exif)
        for use in (analyse, analyse_full):
            use(written.getvalue(), kind, limits)
        clear_picture(written.getvalue(), kind, limits, RGB)
