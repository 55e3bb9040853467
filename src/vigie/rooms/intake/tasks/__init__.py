"""The jobs of intake: files from part to match, what was left behind, and sealed files that may be opened."""

from vigie.rooms.intake.tasks.opening import open_sealed
from vigie.rooms.intake.tasks.working import sweep, work

__all__ = ["open_sealed", "sweep", "work"]
