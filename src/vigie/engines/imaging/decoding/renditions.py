"""Pictures for people, as raw pixels: the veil, and the clear picture."""

from PIL import Image, ImageFilter

from vigie.engines.imaging.protocol.results import CLEAR_SIDE, VEIL_SIDE
from vigie.engines.imaging.rasters import GREY, RGB, Raster

_UPRIGHT_BY = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SOFTNESS = (
    1.2  # pixels of the veil, Gaussian: faces and print of 96 pixels lose their features, the scene stays
)

# How many times `side` is left for the filter after whole pixels were averaged (Pillow's reducing_gap). The veil is
# softened afterwards, so averages nearly as coarse as itself lose it nothing: 0.10 instead of 0.28 ms at 512x512.
_VEIL_GAP = 1.0
_CLEAR_GAP = 2.0


def veil(picture: Image.Image, orientation: int) -> Raster:
    """Return a grey or RGB picture as grey, at most `VEIL_SIDE` pixels long, softened and upright."""
    small = _fit(picture, VEIL_SIDE, _VEIL_GAP).convert("L")
    soft = small.filter(ImageFilter.GaussianBlur(_SOFTNESS))
    return _raster(_upright(soft, orientation), GREY)


def clear(picture: Image.Image, orientation: int, channels: int) -> Raster:
    """Return a grey or RGB picture with `channels` (1 or 3), at most `CLEAR_SIDE` pixels long and upright."""
    fitting = _fit(picture, CLEAR_SIDE, _CLEAR_GAP).convert("RGB" if channels == RGB else "L")
    return _raster(_upright(fitting, orientation), channels)


def _fit(picture: Image.Image, side: int, gap: float) -> Image.Image:
    longest = max(picture.size)
    if longest <= side:
        return picture
    width, height = (max(1, round(one * side / longest)) for one in picture.size)
    return picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=gap)


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    turn = _UPRIGHT_BY.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _raster(picture: Image.Image, channels: int) -> Raster:
    return Raster(picture.width, picture.height, channels, picture.tobytes())
