"""PDQ, the perceptual picture hash published by Facebook in 2019, vectorised in numpy.

The hash is that of the public reference (github.com/facebook/ThreatExchange, ``pdq/``, and its write-up "The TMK+PDQF
Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm"): luma, two passes of a box filter along rows and
columns, one sample in each cell of a 64x64 grid, the 16x16 lowest non-constant frequencies of a cosine transform, and
one bit for each frequency that lies above their median.

The reference keeps running sums over every pixel. Both box passes and the sampling are linear and separable, so the
same raster is `rows @ luma @ columns`, where each of the 64 rows holds a short tent of weights: every pixel is read
once, and the filter costs less than the luma. The two differ by the rounding of the reference's sums, up to 0.005 in a
frequency; where that could decide a bit or the quality, the sums are run as the reference runs them (pictures up to
24 megapixels).
"""

from vigie.engines.hashing.pdq.codes import (
    CODE_BITS,
    CODE_BYTES,
    MATCH_DISTANCE,
    MATCH_QUALITY,
    RASTER_SIDE,
    Pdq,
    Raster,
    Variant,
    complement,
    distance,
    from_raster,
    undone,
    variants,
)
from vigie.engines.hashing.pdq.rasters import (
    downsample,
    downsample_rgb,
    downsample_scaled,
    luma_from_rgb,
    needs_every_pixel,
)

__all__ = [
    "CODE_BITS",
    "CODE_BYTES",
    "MATCH_DISTANCE",
    "MATCH_QUALITY",
    "RASTER_SIDE",
    "Pdq",
    "Raster",
    "Variant",
    "complement",
    "distance",
    "downsample",
    "downsample_rgb",
    "downsample_scaled",
    "from_raster",
    "luma_from_rgb",
    "needs_every_pixel",
    "undone",
    "variants",
]
