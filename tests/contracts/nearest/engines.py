"""The engines that keep the contract of `NearestIndex`. A new one is added here and nowhere else."""

from vigie.engines.nearest.flat import FlatIndex
from vigie.engines.nearest.index import NearestIndex

ENGINES: dict[str, type[NearestIndex]] = {"flat": FlatIndex}
