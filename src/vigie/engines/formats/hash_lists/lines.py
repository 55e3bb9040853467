"""Lines of a text whose encoding nobody states: UTF-8, UTF-16 or Latin-1, told by its bytes, read as a stream."""

import codecs
from collections.abc import Iterator
from pathlib import Path

HEAD_BYTES = 1 << 18
LONGEST_LINE = 1 << 20  # characters; a longer one is cut into several, so that memory stays bounded
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(head: bytes) -> str:
    """Return "utf-8", "utf-16-le" or "utf-16-be" for the first bytes of a text.

    Latin-1 is "utf-8" too: each line that is not valid UTF-8 is read as Latin-1, for one such name in a file of a
    million lines is the usual case. UTF-16 without a mark shows by the zero byte beside each ASCII letter.
    """
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 <= len(head):
        return "utf-8"
    return "utf-16-le" if odd > even else "utf-16-be"


def head_text(path: Path) -> str:
    """Return the beginning of a text file, up to `HEAD_BYTES`, with what may be a cut-off last character dropped."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    encoding = encoding_of(head)
    text = head.decode(encoding, errors="ignore") if encoding != "utf-8" else _decoded(head)
    return text.removeprefix("\ufeff")


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file with their numbers from 1, without their line ends."""
    with path.open("rb") as file:
        encoding = encoding_of(file.read(HEAD_BYTES))
    lines = _eight_bit_lines(path) if encoding == "utf-8" else _sixteen_bit_lines(path, encoding)
    for number, line in enumerate(lines, start=1):
        text = line.removeprefix("\ufeff") if number == 1 else line
        yield number, text.rstrip("\r\n")


def _eight_bit_lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            yield _decoded(line)


def _sixteen_bit_lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, errors="replace", newline="\n") as file:
        while line := file.readline(LONGEST_LINE):
            yield line


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as broken:
        if broken.start >= len(line) - 3 and len(line) >= HEAD_BYTES:
            return line[: broken.start].decode("utf-8")
        return line.decode("latin-1")
