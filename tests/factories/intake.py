"""Submissions and files on their way, made through the program's own operations."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from factories.cases import opened_exhibit
from vigie.engines.hashing.digests import digest_bytes
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Unavailable
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.operation import act_as
from vigie.rooms.cases import queries as cases
from vigie.rooms.intake import operations, tasks
from vigie.rooms.intake.models import Submission
from vigie.rooms.intake.parts import part_of
from vigie.rooms.intake.queries import progress, upload_for
from vigie.rooms.intake.schemas import ManifestLine, ManifestResult, Progress
from vigie.rooms.intake.tasks import working


def line(entry: int, data: bytes, path: str = "", **changes: Any) -> ManifestLine:
    """The manifest entry of these bytes."""
    digests = digest_bytes(data)
    facts: dict[str, Any] = {
        "entry": entry,
        "path": path or f"DCIM/{entry:04d}.jpg",
        "bytes": len(data),
        "md5": digests.md5,
        "sha1": digests.sha1,
        "sha256": digests.sha256,
    }
    return ManifestLine(**(facts | changes))


def opened_submission(actor: Actor, exhibit: uuid.UUID | None = None, **case: Any) -> uuid.UUID:
    """A submission under an exhibit, made when none is given; its public id."""
    under = exhibit or opened_exhibit(actor, **case)
    with act_as(actor, clock=utc_now):
        return operations.open_submission(
            actor, case=cases.exhibit(actor, under).case_public_id, exhibit=under, source="command_line"
        )


def answered(actor: Actor, submission: uuid.UUID, *lines: ManifestLine) -> list[ManifestResult]:
    """The answers to a manifest."""
    with act_as(actor, clock=utc_now):
        return list(operations.manifest(actor, submission, lines))


def row_id_of(actor: Actor, submission: uuid.UUID) -> uuid.UUID:
    """The row id of a submission, which jobs carry."""
    with act_as(actor, clock=utc_now):
        found: uuid.UUID = Submission.objects.for_actor(actor).get(public_id=submission).id
    return found


def arrived(actor: Actor, submission: uuid.UUID, entry: int, data: bytes) -> uuid.UUID:
    """The bytes of one wanted entry lie in its part and are acknowledged; the upload's id."""
    with act_as(actor, clock=utc_now):
        target = upload_for(actor, submission, entry)
        part = part_of(target.submission_id, target.upload_id)
        part.create()
        with part.locked() as opened:
            opened.append([data])
            opened.sync()
        operations.file_sent(actor, target.upload_id)
    return target.upload_id


def handed_in(actor: Actor, submission: uuid.UUID, *files: bytes) -> None:
    """These files were named in a manifest, numbered from 0, and those that were wanted have arrived."""
    answers = answered(actor, submission, *(line(entry, data) for entry, data in enumerate(files)))
    for answer, data in zip(answers, files, strict=True):
        if answer.status == "wanted":
            arrived(actor, submission, answer.entry, data)


def closed(actor: Actor, submission: uuid.UUID) -> None:
    """Nothing more comes in."""
    with act_as(actor, clock=utc_now):
        operations.close_submission(actor, submission)


def worked(actor: Actor, submission: uuid.UUID) -> None:
    """One run of the submission's job, in this process."""
    tasks.work(on_behalf=OnBehalf.of(actor).as_arguments(), submission=str(row_id_of(actor, submission)))


def seen(actor: Actor, submission: uuid.UUID) -> Progress:
    """How far the submission has come."""
    with act_as(actor, clock=utc_now):
        return progress(actor, submission)


def sha256(data: bytes) -> bytes:
    """The SHA-256 of these bytes."""
    return hashlib.sha256(data).digest()


class Neighbour:
    """Stands where the matching room answers, and remembers what it was asked: that room has tests of its own."""

    def __init__(self) -> None:
        self.asked: list[list[uuid.UUID]] = []
        self.away = False

    def match(
        self, _actor: Actor, _submission: uuid.UUID, contents: Sequence[uuid.UUID]
    ) -> Sequence[uuid.UUID]:
        """Nothing is known of these, so nothing lies near the limit."""
        if self.away:
            raise Unavailable
        self.asked.append(list(contents))
        return ()


@contextmanager
def neighbour_in_place(patch: pytest.MonkeyPatch) -> Iterator[Neighbour]:
    """The matching room is a neighbour that only listens."""
    neighbour = Neighbour()
    patch.setattr(working, "_match_contents", neighbour.match)
    yield neighbour
