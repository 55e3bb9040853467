"""What a list of known media yields, and how the texts of one record become an entry."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

HASH_BYTES: Final = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}

# Lists hold these by accident; each would make every empty file a known one.
_EMPTY_FILE: Final = frozenset(
    bytes.fromhex(digest)
    for digest in (
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    )
)


class ListKind(StrEnum):
    """The formats of lists of known media, as told from their content."""

    PLAIN = "plain"
    CSV = "csv"
    ICSE_CSV = "icse_csv"
    VICS_1 = "vics_1"
    VICS_2 = "vics_2"
    THREATEXCHANGE_JSON = "threatexchange_json"
    THREATEXCHANGE_CSV = "threatexchange_csv"


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One known file: how its list names it, its hashes as bytes, and what the list says about it.

    `item` is unique in the list only. `category` is the list's own code or word, "0" included; None where it says
    nothing. `pdq_quality` is 0..100, `size` in bytes.
    """

    item: str
    md5: bytes | None = None
    sha1: bytes | None = None
    sha256: bytes | None = None
    pdq: bytes | None = None
    pdq_quality: int | None = None
    category: str | None = None
    series: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ListFault:
    """Something in a list that could not be used: where ("line 12", "record 3") and why. The rest of it was read."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListWithdrawal:
    """The list takes back an item it gave earlier, in this file or in one before it."""

    item: str


ListRecord = ListEntry | ListFault | ListWithdrawal


class ListRefused(Exception):  # noqa: N818 - it is a refusal with a reason, as the rest of Vigie names them
    """A file is no list of known media that can be read; names the file and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RecordTexts:
    """The texts of one record as the file has them; `hashes` maps names of `HASH_BYTES` to texts, empty ones included."""

    where: str
    item: str
    hashes: dict[str, str]
    pdq_quality: str = ""
    category: str = ""
    series: str = ""
    size: str = ""


def entry_of(texts: RecordTexts) -> Iterator[ListEntry | ListFault]:
    """Yield a fault for each text that cannot be used, then the entry if a usable hash remains."""
    hashes, faults = hashes_of(texts.hashes)
    quality = quality_of(texts.pdq_quality, faults)
    size = whole_number(texts.size, "size", faults)
    if not hashes and not faults:
        faults.append("no md5, sha1, sha256 or pdq hash")
    yield from (ListFault(texts.where, reason) for reason in faults)
    if hashes:
        yield ListEntry(
            item=texts.item,
            md5=hashes.get("md5"),
            sha1=hashes.get("sha1"),
            sha256=hashes.get("sha256"),
            pdq=hashes.get("pdq"),
            pdq_quality=quality,
            category=texts.category.strip() or None,
            series=texts.series.strip() or None,
            size=size,
        )


def hashes_of(texts: Mapping[str, str]) -> tuple[dict[str, bytes], list[str]]:
    """Return the hashes that can be used by their names of `HASH_BYTES`, and why each of the others cannot.

    Empty texts are neither.
    """
    hashes: dict[str, bytes] = {}
    faults: list[str] = []
    for name, text in texts.items():
        if not text.strip():
            continue
        value = hash_value(text, HASH_BYTES[name])
        if value is None:
            faults.append(f"{name} is not {HASH_BYTES[name] * 2} hexadecimal digits: {shown(text)}")
        elif value in _EMPTY_FILE:
            faults.append(f"{name} is that of an empty file and would match every empty file")
        else:
            hashes[name] = value
    return hashes, faults


def hash_value(text: str, length: int) -> bytes | None:
    """Return the `length` bytes a text stands for, in hexadecimal of either case or base64; None for anything else."""
    plain = text.strip()
    digits = plain[2:] if plain[:2] in ("0x", "0X") else plain
    if len(digits) == 2 * length:
        # `fromhex` passes over spaces between bytes: what is shorter then is no hash in hexadecimal digits
        try:
            value = bytes.fromhex(digits)
        except ValueError:
            value = b""
        if len(value) == length:
            return value
    try:
        value = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if len(value) == length else None


def quality_of(text: str, faults: list[str]) -> int | None:
    """Return the quality of a PDQ code, 0 to 100; None for an empty text, or with a fault for any other."""
    quality = whole_number(text, "pdq quality", faults)
    if quality is not None and quality > 100:
        faults.append(f"pdq quality is not 0 to 100: {quality}")
        return None
    return quality


def whole_number(text: str, name: str, faults: list[str]) -> int | None:
    """Return the number a text of up to 18 digits stands for; None for an empty one, or with a fault for any other."""
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 18):
        faults.append(f"{name} is not a whole number: {shown(text)}")
        return None
    return int(plain)


def shown(text: str) -> str:
    """Return the text as a report may show it: short, and with nothing a terminal would act on."""
    return repr(text if len(text) <= 72 else text[:69] + "...")
