"""Confined decoding of untrusted media, renditions rebuilt from pixels.

Everything here runs outside the confined workers and imports no decoder.
"""

from vigie.engines.imaging.film import OpenFilm
from vigie.engines.imaging.keeping import KeptPools
from vigie.engines.imaging.kinds import HEAD_BYTES, Kind, kind_of
from vigie.engines.imaging.limits import Limits
from vigie.engines.imaging.png import veil_png
from vigie.engines.imaging.pool import ConfinedPool, EncoderPool, OuterLayer
from vigie.engines.imaging.rasters import Analysis, FilmFrame, Raster
from vigie.engines.imaging.refusals import MediaRefused, RefusalCode

__all__ = [
    "HEAD_BYTES",
    "Analysis",
    "ConfinedPool",
    "EncoderPool",
    "FilmFrame",
    "KeptPools",
    "Kind",
    "Limits",
    "MediaRefused",
    "OpenFilm",
    "OuterLayer",
    "Raster",
    "RefusalCode",
    "kind_of",
    "veil_png",
]
