"""Lists of one hash a line: bare, as `md5sum` and its kin write them, labelled, or as PDQ tools write them."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum

from vigie.engines.formats.hash_lists.entries import HASH_BYTES, ListEntry, ListFault, RecordTexts, entry_of

_COMMENT = re.compile(r"\s*(?:#|;|//|$)")
_BSD = re.compile(r"(?P<name>[A-Za-z0-9-]+)\s*\(.*\)\s*=\s*(?P<hash>\S+)\s*")  # md5 -r, shasum --tag
_LABELLED = re.compile(
    r"(?![0-9a-fA-F]{32})(?P<name>[A-Za-z][A-Za-z0-9_-]*)\s*[:=\s]\s*(?P<hash>[0-9a-fA-F]{32,})\b\s*"
)
_FIRST = re.compile(r"[\"']?(?:0[xX])?(?P<hash>[0-9a-fA-F]+)[\"']?(?P<rest>$|[\s,;|*].*)")
_QUALITY = re.compile(r"\s*,\s*(?P<quality>\d{1,3})(?:\s*$|\s*,.*)")  # pdq-photo-hasher: hash,quality,file
_BY_DIGITS = {32: "md5", 40: "sha1"}
_AMBIGUOUS_DIGITS = 64
_ENOUGH = 20  # hashes of which half with exactly 128 bits set are no accident in SHA-256: below 1 in 10**7

LABELS = {
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "pdq": "pdq",
    "hashmd5": "md5",
    "hashsha1": "sha1",
    "hashsha256": "sha256",
    "hashpdq": "pdq",
    "imagepdq": "pdq",
    "videomd5": "md5",
    "hashvideomd5": "md5",
}


class Reading64(Enum):
    """What 64 bare hexadecimal digits stand for in a list."""

    SHA256 = ("sha256",)
    PDQ = ("pdq",)
    EITHER = ("sha256", "pdq")


def label_of(name: str) -> str | None:
    """Return which hash a label such as "SHA-256" or "HASH_PDQ" means; None for one Vigie does not compare."""
    return LABELS.get(re.sub(r"[^a-z0-9]", "", name.lower()))


def reading_of(lines: Iterable[str]) -> Reading64:
    """Return how a list's bare 64 digits are to be read, from its first lines.

    SHA-256 and PDQ have the same length. A PDQ code has exactly 128 bits set unless frequencies tie, a SHA-256 has so
    one time in twenty. A short list that looks like PDQ is read as both: a SHA-256 taken for a PDQ code lies within 31
    bits of nothing, and nothing is missed.
    """
    bare = [found["hash"] for line in lines if (found := _FIRST.fullmatch(line.strip()))]
    codes = [digits for digits in bare if len(digits) == _AMBIGUOUS_DIGITS]
    halves = sum(int(code, 16).bit_count() == 128 for code in codes)
    if not codes or halves * 2 < len(codes):
        return Reading64.SHA256
    return Reading64.PDQ if len(codes) >= _ENOUGH else Reading64.EITHER


def read_plain(lines: Iterable[tuple[int, str]], reading: Reading64) -> Iterator[ListEntry | ListFault]:
    """Yield an entry or a fault for every numbered line that is neither blank nor a comment."""
    for number, line in lines:
        if _COMMENT.match(line):
            continue
        yield from _entry(f"line {number}", line.strip(), reading)


def looks_plain(line: str) -> bool:
    """Return whether a line, not blank, could stand in a list of one hash a line."""
    return not any(isinstance(found, ListFault) for found in _entry("", line.strip(), Reading64.SHA256))


def _entry(where: str, line: str, reading: Reading64) -> Iterator[ListEntry | ListFault]:
    if named := _BSD.fullmatch(line) or _LABELLED.match(line):
        label = label_of(named["name"])
        if label is None:
            yield ListFault(where, f"{named['name'][:40]} is a kind of hash that is not compared")
            return
        yield from entry_of(RecordTexts(where, where, {label: named["hash"]}))
        return
    first = _FIRST.fullmatch(line)
    if first is None:
        yield ListFault(where, f"does not begin with a hash: {line[:60]!r}")
        return
    yield from _bare(where, first["hash"], first["rest"], reading)


def _bare(where: str, digits: str, rest: str, reading: Reading64) -> Iterator[ListEntry | ListFault]:
    quality = _QUALITY.fullmatch(rest)
    if len(digits) == _AMBIGUOUS_DIGITS and quality and int(quality["quality"]) <= 100:
        yield from entry_of(RecordTexts(where, where, {"pdq": digits}, pdq_quality=quality["quality"]))
        return
    if len(digits) == _AMBIGUOUS_DIGITS:
        # "hash  file" and "hash *file" come from sha256sum, whatever the bits look like
        names = ("sha256",) if rest.startswith(("  ", " *")) else reading.value
        yield from entry_of(RecordTexts(where, where, dict.fromkeys(names, digits)))
        return
    label = _BY_DIGITS.get(len(digits))
    if label is None:
        lengths = ", ".join(str(2 * length) for length in sorted(set(HASH_BYTES.values())))
        yield ListFault(where, f"{len(digits)} hexadecimal digits are no hash: {lengths} are")
        return
    yield from entry_of(RecordTexts(where, where, {label: digits}))
