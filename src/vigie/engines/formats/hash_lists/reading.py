"""One door to every format: the kind of a list by its content, and its entries as a stream."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from vigie.engines.formats.hash_lists.entries import ListKind, ListRecord, ListRefused
from vigie.engines.formats.hash_lists.lines import encoding_of, head_text, numbered_lines
from vigie.engines.formats.hash_lists.plain import Reading64, looks_plain, read_plain, reading_of
from vigie.engines.formats.hash_lists.table import Header, header_of, read_table
from vigie.engines.formats.hash_lists.threatexchange import read_threatexchange
from vigie.engines.formats.hash_lists.vics import read_vics

_HEAD_LINES = 1_000
_TRIED_LINES = 50
_COMMENT = re.compile(r"\s*(?:#|;|//|$)")
_VICS_CONTEXT = re.compile(r"\"(?P<mark>@odata\.context|odata\.metadata)\"\s*:")
_VICS_MEMBERS = re.compile(r"\"(?:MediaID|MediaFiles|AlternativeHashes|MediaSize|PhotoDNA)\"\s*:")
_SIGNAL_MEMBERS = re.compile(
    r"\"(?:indicator|raw_indicator|signal_type|threat_updates|descriptors|signal_value)\"\s*:"
)


def detect(path: Path) -> ListKind:
    """Return the kind of a list from its content; its name is not looked at.

    Raises ListRefused, naming the file and the reason, for anything that is no list of known media; OSError as reading.
    """
    head = head_text(path)
    if not head.strip():
        raise ListRefused(path, "the file is empty")
    if head.lstrip()[0] in "{[":
        return _json_kind(path, head)
    header = _header(head)
    if header is not None:
        if header.is_icse:
            return ListKind.ICSE_CSV
        return ListKind.THREATEXCHANGE_CSV if header.is_signals else ListKind.CSV
    if any(looks_plain(line) for line in islice(_told_lines(head), _TRIED_LINES)):
        return ListKind.PLAIN
    raise ListRefused(
        path, "holds neither hashes, nor a table with a hash column, nor VICS or ThreatExchange records"
    )


def read_list(path: Path) -> Iterator[ListRecord]:
    """Yield the entries of a list, the faults in it and the items it takes back, in the order of the file.

    Memory does not grow with the file. Raises ListRefused, before anything is yielded, as `detect`.
    """
    kind = detect(path)
    if kind in {ListKind.VICS_1, ListKind.VICS_2, ListKind.THREATEXCHANGE_JSON}:
        return _read_json(path, kind)
    head = head_text(path)
    lines = numbered_lines(path)
    reading = _reading(head)
    if kind is ListKind.PLAIN:
        return read_plain(lines, reading)
    header = _header(head)
    assert header is not None  # detect has found it
    return read_table(_after_header(lines), header, reading)


def _read_json(path: Path, kind: ListKind) -> Iterator[ListRecord]:
    with path.open("rb") as file:
        encoding = encoding_of(file.read(4))
    with path.open(encoding=encoding, errors="replace") as text:
        yield from read_threatexchange(text) if kind is ListKind.THREATEXCHANGE_JSON else read_vics(text)


def _json_kind(path: Path, head: str) -> ListKind:
    context = _VICS_CONTEXT.search(head)
    if context is not None:
        return ListKind.VICS_2 if context["mark"] == "@odata.context" else ListKind.VICS_1
    if _SIGNAL_MEMBERS.search(head):
        return ListKind.THREATEXCHANGE_JSON
    if _VICS_MEMBERS.search(head):  # an export whose address line was taken off: 1.x keeps PhotoDNA elsewhere
        return ListKind.VICS_2
    raise ListRefused(path, "begins as JSON, but holds neither VICS nor ThreatExchange records")


def _told_lines(head: str) -> Iterator[str]:
    return (line for line in head.splitlines() if not _COMMENT.match(line))


def _header(head: str) -> Header | None:
    return header_of(
        next((line for line in head.splitlines() if line.strip() and not line.startswith("#")), "")
    )


def _after_header(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for _, line in lines:
        if line.strip() and not line.startswith("#"):
            break
    yield from lines


def _reading(head: str) -> Reading64:
    cells = (cell for line in head.splitlines() for cell in re.split(r"[,;\t|]", line))
    return reading_of(islice(cells, 20 * _HEAD_LINES))
