"""A drawn set on disk, with the plan it was drawn from."""

from dataclasses import dataclass
from pathlib import Path

from vigie.demo.plan import Plan

SEED = 7


@dataclass(frozen=True)
class DrawnSet:
    folder: Path
    plan: Plan
    steps: list[tuple[int, int]]
