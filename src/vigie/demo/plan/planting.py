"""The links planted in the exhibit of the day: which held picture is handed in again, and how it was changed."""

from dataclasses import dataclass

from vigie.demo.plan.records import Copy


@dataclass(frozen=True)
class Planting:
    """A copy to be put into the incoming exhibit: of the place's picture in `view`, changed by `change`."""

    place: str
    view: int
    change: Copy
    quality: int | None = None


PLANTINGS = (
    Planting("Harbour", 0, "plain"),
    Planting("Harbour", 1, "mirrored", 78),
    Planting("Market street", 0, "plain", 42),
    Planting("Market street", 1, "rotated", 80),
    Planting("Brick corner", 0, "plain"),
    Planting("Brick corner", 1, "plain", 38),
    Planting("Brick corner", 0, "mirrored", 76),
    Planting("Brick corner", 1, "rotated", 82),
    Planting("Long corridor", 0, "plain"),
    Planting("Long corridor", 1, "plain", 45),
    Planting("Stairwell", 0, "mirrored", 80),
    Planting("Stairwell", 1, "rotated", 80),
)
# How the held picture must be turned to give the copy, in the words of the matching engine.
VARIANTS: dict[Copy, str] = {"plain": "original", "mirrored": "flip_y", "rotated": "rotate180"}
