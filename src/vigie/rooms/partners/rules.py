"""How the hashes a partner writes down are read. Pure."""

import dataclasses
import re
from collections.abc import Iterable
from typing import Final

MOST_ROWS: Final = 10_000
"""Rows of one submission, as of one look-up."""
_BY_LENGTH: Final = {32: "md5", 40: "sha1", 64: "sha256"}
_HEX: Final = re.compile(r"[0-9a-fA-F]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Hashes:
    """The digests of one file, as far as they are known."""

    md5: bytes | None = None
    sha1: bytes | None = None
    sha256: bytes | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Lines:
    """What stands in a list: the rows that can be used, and the numbers of the lines that cannot (from 1)."""

    rows: tuple[Hashes, ...]
    bad: tuple[int, ...]


def hash_of(text: str) -> tuple[str, bytes] | None:
    """Which digest this is, told by its length, and its bytes; None for anything else."""
    name = _BY_LENGTH.get(len(text))
    return (name, bytes.fromhex(text)) if name and _HEX.fullmatch(text) else None


def read_lines(lines: Iterable[str]) -> Lines:
    """One file a line: its MD5, SHA-1 and SHA-256 as far as known, apart by blanks, commas or semicolons.

    Empty lines are passed over; a line with anything else, or with one kind twice, is bad as a whole.
    """
    rows, bad = list[Hashes](), list[int]()
    for number, line in enumerate(lines, 1):
        words = [word for word in re.split(r"[\s,;]+", line) if word]
        found = [hash_of(word) for word in words]
        named = dict(one for one in found if one is not None)
        if not words:
            continue
        if len(named) != len(words):
            bad.append(number)
        else:
            rows.append(Hashes(**named))
    return Lines(tuple(rows), tuple(bad))
