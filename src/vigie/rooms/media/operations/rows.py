"""What the rows of a content say of it, made from what was found in its file."""

from collections.abc import Mapping, Sequence
from typing import Any

from vigie.kernel.vault import KeyRecord
from vigie.rooms.media.models import Content, Fingerprint, Rendition
from vigie.rooms.media.queries import VEIL
from vigie.rooms.media.schemas import NewContent, Print, Veil

SHARED = ("audience", "listed", "excluded", "answer_outside")
"""The columns renditions and fingerprints keep equal to their content's."""


def fingerprints(row: Content, prints: Sequence[Print]) -> list[Fingerprint]:
    """Always one row of the file itself, so that equality by digest is answered; frames of a film beside it."""
    whole = next((one for one in prints if one.frame_ms == -1), None)
    frames = [one for one in prints if one.frame_ms != -1]
    copied = (*SHARED, "public_id", "sha256", "sha1", "md5", "size")
    columns = {
        name: getattr(row, name)
        for name in (*copied, "owner_unit", "owner_country", "recorded_by", "recorded_at")
    }
    made = [Fingerprint(content=row, sealed=row.sealed, **(pdq_columns(whole) if whole else {}), **columns)]
    made += [Fingerprint(content=row, frame_ms=one.frame_ms, **pdq_columns(one), **columns) for one in frames]
    return made


def veil_row(
    row: Content, veil: Veil, sealed: tuple[KeyRecord, bytes], columns: Mapping[str, Any]
) -> Rendition:
    """The veiled rendition of a content, seen by whoever sees the content; `sealed` is its key and its ciphertext."""
    key, ciphertext = sealed
    return Rendition(
        content=row,
        kind=VEIL,
        media_type="image/png",
        width=veil.width,
        height=veil.height,
        ciphertext=ciphertext,
        **key_columns(key),
        **{name: getattr(row, name) for name in SHARED},
        **columns,
    )


def key_columns(key: KeyRecord) -> dict[str, Any]:
    """A wrapped data key as a row keeps it."""
    return {"key_id": key.key_id, "wrapped": key.wrapped, "commitment": key.commitment}


def pdq_columns(one: Print) -> dict[str, Any]:
    """The code of a picture or frame as its fingerprint keeps it."""
    return {"pdq": one.code, "quality": one.quality, "dihedral": b"".join(one.dihedral) or None}


def analysis_columns(item: NewContent) -> dict[str, Any]:
    """What was found in a file, or that nobody may look, as its content keeps it."""
    names = ("format", "width", "height", "orientation", "duration_ms", "refusal", "analysed_with")
    found = {name: getattr(item, name) for name in names}
    return {"kind": item.kind.value, "sealed": item.seal is not None, **found}
