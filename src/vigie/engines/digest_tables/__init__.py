"""Exact look-up of digests: sorted, memory-mapped, durable, erasable; one process writes, any number read."""

from vigie.engines.digest_tables.reader import DigestReader, Matches
from vigie.engines.digest_tables.refusals import DigestsRefused
from vigie.engines.digest_tables.table import DigestTable

__all__ = ["DigestReader", "DigestTable", "DigestsRefused", "Matches"]
