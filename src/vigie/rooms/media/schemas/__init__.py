"""What other rooms and shells may know of content."""

import enum
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import BinaryIO, NamedTuple

from vigie.engines.hashing.digests import Digests
from vigie.kernel.actors import Purpose
from vigie.kernel.policy import AnswerOutside, Audience, Handling, Visibility, stricter
from vigie.rooms.units.schemas import Frozen


class Kind(enum.StrEnum):
    """What sort of content a file is."""

    PICTURE = "picture"
    FILM = "film"
    OTHER = "other"


class Holding(enum.StrEnum):
    """Whether the unit has the bytes: verified here, or only claimed digests of them."""

    OWN_COPY = "own_copy"
    NOT_HELD = "not_held"


class ContentState(enum.StrEnum):
    """How far content can be looked at."""

    SHOWN = "shown"
    REFUSED = "refused"
    SEALED = "sealed"
    NOT_HELD = "not_held"


class Seal(enum.StrEnum):
    """How a file that its provider did not look at is kept until a legal authority is recorded."""

    COMPARED = "compared"
    """Its digests may be compared with those of known files."""
    CLOSED = "closed"
    """Not even that."""


class ClearReason(enum.StrEnum):
    """Why a person opens a clear picture: a closed list, written to the log."""

    VICTIM_IDENTIFICATION = "victim_identification"
    CONFIRM_MATCH = "confirm_match"
    CATEGORISE = "categorise"
    SAFEGUARDING = "safeguarding"
    COURT = "court"


class FilmFrames(NamedTuple):
    """How many frames of a film are on record, and where they stand: milliseconds from its beginning."""

    number: int
    firsts: tuple[int, ...]
    """The first frame of each part, parts being of a number of frames that was asked for."""
    last: int


class Sharing(Frozen):
    """An owner's choice of who sees a record; `listed` and `excluded` name units by id and countries by code."""

    owner_unit: uuid.UUID
    owner_country: str
    audience: Audience
    listed: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    answer_outside: AnswerOutside = AnswerOutside.CONTACT_ONLY

    @classmethod
    def of(cls, visibility: Visibility) -> "Sharing":
        """The same choice as the policy's own value."""
        return cls.model_validate(
            {name: getattr(visibility, name) for name in cls.model_fields},
        )

    @property
    def visibility(self) -> Visibility:
        """The choice as the policy's own value."""
        return Visibility(**{name: getattr(self, name) for name in type(self).model_fields})

    def columns(self) -> dict[str, object]:
        """The four columns a record keeps beside its owner."""
        return {
            "audience": self.audience.value,
            "listed": sorted(self.listed),
            "excluded": sorted(self.excluded),
            "answer_outside": self.answer_outside.value,
        }

    @property
    def while_sealed(self) -> "Sharing":
        """The unit alone until the file may be opened; outsiders learn what they would anyway, at most whom to ask."""
        return self.model_copy(update={"audience": Audience.UNIT, "listed": frozenset()})

    def stricter(self, other: "Sharing") -> "Sharing":
        """The choice for a record of this owner that joins two records: seen by those who see both."""
        return Sharing.of(stricter(self.visibility, other.visibility))


class Terms(Frozen):
    """What content takes over from the case it is handed in under."""

    sharing: Sharing
    legal_basis: str
    purpose: Purpose
    handling: Handling = Handling.ORCON


class Print(Frozen):
    """The PDQ of a picture (`frame_ms` -1) or of one frame of a film (milliseconds from its start)."""

    frame_ms: int = -1
    code: bytes
    quality: int
    dihedral: tuple[bytes, ...] = ()
    """The codes of its eight orientations in the order of `pdq.Variant`; a look-up tries each of them."""


class Veil(Frozen):
    """The veiled rendition before it is sealed: a PNG of at most 3 KB, its sides in pixels."""

    png: bytes
    width: int
    height: int


class NewContent(Frozen):
    """One file as it was verified and analysed; `refusal` says why nothing could be decoded."""

    digests: Digests
    source: Callable[[], BinaryIO]
    """Opens the file's bytes from the beginning; they are stored sealed."""
    kind: Kind
    format: str = ""
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    duration_ms: int | None = None
    refusal: str = ""
    analysed_with: str
    prints: tuple[Print, ...] = ()
    veil: Veil | None = None
    seal: Seal | None = None
    """A sealed file has digests and nothing else: no format, no sides, no prints, no veil."""


class Claimed(Frozen):
    """Digests somebody claims for bytes that are not here: never a fingerprint, and nobody becomes a holder by them."""

    digests: Digests


class Found(Frozen):
    """Where content was found: the exhibit's and manifest entry's row ids, the path's bytes, the medium's own time."""

    content_id: uuid.UUID
    exhibit_id: uuid.UUID
    entry_id: uuid.UUID
    path: bytes
    path_text: str
    modified_text: str


class ContentFacts(Frozen):
    """What may be said of one content to those who see it in full: never a path, a device, a case or an exhibit."""

    public_id: uuid.UUID
    owner_unit: uuid.UUID
    owner_country: str
    is_own: bool
    kind: Kind
    format: str
    width: int | None
    height: int | None
    duration_ms: int | None
    size: int
    sha256: str
    """In hexadecimal; empty while the file is sealed, for a digest on a screen says what it is."""
    state: ContentState
    refusal: str
    has_veil: bool
    handling: Handling
    recorded_at: datetime


class SealedFile(Frozen):
    """A sealed file of an exhibit: where it lay and how large it is. Nothing it could be recognised by."""

    public_id: uuid.UUID
    paths: tuple[str, ...]
    size: int
    recorded_at: datetime


class ContentPage(Frozen):
    """Contents in the order they were recorded; `after` is the cursor of the next page, None on the last."""

    contents: tuple[ContentFacts, ...]
    after: uuid.UUID | None


class ExhibitCounts(Frozen):
    """How many files were found on an exhibit, and how many of them differ."""

    files: int
    contents: int


class Place(Frozen):
    """Where a unit's own content was found. Never leaves the unit."""

    exhibit_public_id: uuid.UUID
    exhibit_reference: str
    case_public_id: uuid.UUID
    case_reference: str
    path: str
    modified: str


class ContentPrint(Frozen):
    """One fingerprint row of a unit's own content, with its row id: what a look-up asks with."""

    content_id: uuid.UUID
    public_id: uuid.UUID
    frame_ms: int
    sha256: bytes
    sha1: bytes
    md5: bytes
    size: int
    pdq: bytes | None
    quality: int


class Fault(Frozen):
    """One stored thing that is not what it should be."""

    content: uuid.UUID
    """Row id."""
    object_name: str
    """In the store; empty for a rendition, which lies in its row."""
    what: str
    """`original`, or the kind of rendition."""
    closed: bool
    """Whether only the country's key is missing: nothing may be wrong with the bytes."""
    why: str


class Checked(Frozen):
    """What a reading of stored media found."""

    contents: int = 0
    bytes: int = 0
    """Of the originals, in plaintext."""
    last: uuid.UUID | None = None
    """Row id to go on behind; None when there was nothing to read."""
    faults: tuple[Fault, ...] = ()


class Rewrapped(Frozen):
    """What one step of moving data keys did."""

    key_id: str
    """The wrapping key they are under now."""
    moved: int
    left: bool
    """Whether there may be more."""
