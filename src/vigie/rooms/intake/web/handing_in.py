"""Handing in without script: the same manifest, the same parts, the same digest check as the resumable way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from vigie.engines.hashing.digests import digest_stream
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid
from vigie.rooms.cases.schemas import ExhibitSummary
from vigie.rooms.intake import operations, queries
from vigie.rooms.intake.parts import PartBusyError, part_of
from vigie.rooms.intake.rules import HowSeen, Status
from vigie.rooms.intake.schemas import ManifestLine

_CHUNK = 1 << 20


def hand_in(
    actor: Actor,
    exhibit: ExhibitSummary,
    files: Sequence[UploadedFile[Any]],
    seen: HowSeen = HowSeen.NOT_SAID,
) -> int:
    """The files are handed in under the exhibit and the submission is closed; returns how many there were.

    Invalid when there is none. What arrived is synced and its SHA-256 compared again before it is acknowledged.
    """
    if not files:
        raise Invalid(_("Choose at least one file."))
    submission = operations.open_submission(
        actor, case=exhibit.case_public_id, exhibit=exhibit.public_id, source="browser", client="plain form"
    )
    lines = [_line(number, file, seen) for number, file in enumerate(files)]
    for line, result in zip(lines, operations.manifest(actor, submission, lines), strict=True):
        if result.status is Status.WANTED:
            target = queries.upload_for(actor, submission, line.entry)
            part = part_of(target.submission_id, target.upload_id)
            part.create()
            try:
                with part.locked() as opened:
                    opened.append(_pieces(files[line.entry]))
                    opened.sync()
            except PartBusyError as error:
                raise Conflict(_("This file is being sent by somebody else at the moment.")) from error
            with part.open() as plain:
                arrived = digest_stream(plain).sha256
            if arrived == target.sha256:
                operations.file_sent(actor, target.upload_id)
            else:
                operations.file_differs(actor, target.upload_id)
                part.remove()
    operations.close_submission(actor, submission)
    return len(lines)


def _line(number: int, file: UploadedFile[Any], seen: HowSeen) -> ManifestLine:
    file.seek(0)
    digests = digest_stream(cast("BinaryIO", file))
    return ManifestLine(
        entry=number,
        path=file.name or f"file-{number + 1}",
        bytes=digests.size,
        md5=digests.md5,
        sha1=digests.sha1,
        sha256=digests.sha256,
        sealed=seen is HowSeen.UNVIEWED,
    )


def _pieces(file: UploadedFile[Any]) -> Iterator[bytes]:
    file.seek(0)
    yield from file.chunks(_CHUNK)
