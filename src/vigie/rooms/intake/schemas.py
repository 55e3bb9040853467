"""What crosses the border of intake: manifests, answers, progress."""

import base64
import enum
import uuid
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

from vigie.rooms.intake.rules import AuthorityKind, EntryState, Reason, Status, SubmissionState
from vigie.rooms.matching.schemas import MatchView
from vigie.rooms.media.schemas import SealedFile
from vigie.rooms.units.schemas import Frozen


def _from_hex(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError as error:
            raise ValueError("digests are written in hexadecimal") from error
    return value


_HEX = (BeforeValidator(_from_hex), PlainSerializer(lambda value: value.hex(), return_type=str))
Md5 = Annotated[bytes, *_HEX, Field(min_length=16, max_length=16)]
Sha1 = Annotated[bytes, *_HEX, Field(min_length=20, max_length=20)]
Sha256 = Annotated[bytes, *_HEX, Field(min_length=32, max_length=32)]


PathBytes = bytes
"""`bytes`, under a name that a field called `bytes` does not hide."""


class ManifestLine(Frozen):
    """One file as its client found it. `entry` is the client's own number for it, kept over repeated runs.

    `path_base64` carries the path's bytes when they are no text; `path` is then what is shown.
    """

    entry: Annotated[int, Field(ge=0, lt=2**53)]
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    path_base64: Annotated[str, Field(max_length=8192)] | None = None
    bytes: Annotated[int, Field(ge=0, lt=2**63)]
    modified: Annotated[str, Field(max_length=60)] | None = None
    md5: Md5
    sha1: Sha1
    sha256: Sha256
    sealed: bool = False
    """Its provider did not view it: it stays closed until a legal authority is recorded, as the unit's country has it."""

    @property
    def path_bytes(self) -> PathBytes:
        """The path's bytes as the client read them. ValueError when `path_base64` is none."""
        if self.path_base64 is None:
            return self.path.encode()
        return base64.b64decode(self.path_base64, validate=True)


class ManifestResult(Frozen):
    """The answer to one entry; `upload` is where its bytes go when they are wanted."""

    entry: int
    status: Status
    reason: Reason | None = None
    upload: str | None = None


class UploadTarget(Frozen):
    """Where one upload stands; `size` in bytes."""

    entry_id: uuid.UUID
    submission_id: uuid.UUID
    upload_id: uuid.UUID
    size: int
    sha256: bytes
    state: EntryState


class ParcelStatus(enum.StrEnum):
    """What became of one file of a parcel."""

    SENT = "sent"
    """Its bytes are here, checked and durable."""
    REFUSED = "refused"
    BUSY = "busy"
    """Somebody else is sending the same file; send it again later."""


class ParcelResult(Frozen):
    """The answer to one file of a parcel."""

    entry: int
    status: ParcelStatus
    reason: str = ""


class ParcelAnswer(Frozen):
    """The answers, in the order of the files."""

    results: tuple[ParcelResult, ...]


class StageCount(Frozen):
    """How many files passed a stage, of how many that have to."""

    done: int
    total: int


class Stages(Frozen):
    """The six stages of a hand-in."""

    hashed: StageCount
    checked: StageCount
    sent: StageCount
    verified: StageCount
    analysed: StageCount
    matched: StageCount


class Refusal(Frozen):
    """One file that was refused, or recorded without being opened."""

    entry: int
    path: str
    bytes: int
    sha256: str
    reason: str


class Progress(Frozen):
    """How far a submission has come, from what its own unit may see."""

    id: uuid.UUID
    exhibit: uuid.UUID
    exhibit_reference: str
    case: uuid.UUID
    case_reference: str
    state: SubmissionState
    opened_at: datetime
    closed_at: datetime | None
    first_answer_at: datetime | None
    stages: Stages
    known: int
    new: int
    refused: int
    sealed: int
    """Files nobody has opened, because their provider did not view them."""
    bytes_total: int
    bytes_saved: int
    refusals: tuple[Refusal, ...]
    """The first of them; the whole list is the CSV of failures."""


class SubmissionStatus(Progress):
    """How far a submission has come, with the newest published answers about what it brought in."""

    answers: tuple[MatchView, ...]


class SubmissionSummary(Frozen):
    """A submission in a list."""

    id: uuid.UUID
    exhibit: uuid.UUID
    state: SubmissionState
    source: str
    opened_at: datetime
    opened_by: uuid.UUID


class NewAuthority(Frozen):
    """What lets sealed files of an exhibit be opened; `files` names them by public id, all of them when it is empty."""

    kind: AuthorityKind
    reference: str
    issuer: str
    issued_on: date | None = None
    files: tuple[uuid.UUID, ...] = ()


class Authority(Frozen):
    """An authority on record, with how many files it opens; `opened_at` is None while that is under way."""

    id: uuid.UUID
    kind: AuthorityKind
    reference: str
    issuer: str
    issued_on: date | None
    files: int
    recorded_by: uuid.UUID
    recorded_at: datetime
    opened_at: datetime | None


class AuthorityRecorded(Frozen):
    """The authority that was recorded, and how many files are being opened by it."""

    id: uuid.UUID
    files: int


class SealedPage(Frozen):
    """Sealed files as recorded; `after` is the cursor of the next page, None on the last."""

    files: tuple[SealedFile, ...]
    after: uuid.UUID | None


class NewSubmission(Frozen):
    """What opens a submission: the public ids of case and exhibit, and where the material comes from."""

    case: uuid.UUID
    exhibit: uuid.UUID
    source: str = "command_line"


class SubmissionOpened(Frozen):
    """The submission that was opened."""

    id: uuid.UUID


class ManifestRequest(Frozen):
    """A manifest, or a part of one."""

    entries: tuple[ManifestLine, ...]


class ManifestAnswer(Frozen):
    """The answers, in the order of the entries."""

    results: tuple[ManifestResult, ...]
