"""How a file moves from its claimed digests to its match, what is refused, and how much is taken at once. Pure."""

import enum

LARGEST_MANIFEST = 10_000
"""Entries of one manifest call."""
LARGEST_FILE = 16 * 1024**3
"""Bytes of one file that are taken in."""
LARGEST_PARCEL = 16 * 1024**2
"""Bytes of one parcel of small files."""
PARCEL_FILES = 64
"""Files of one parcel."""
BATCH_FILES = 64
BATCH_SECONDS = 1.0
"""A batch is one transaction: this many files, or as many as this many seconds allow."""
FIRST_BATCH_FILES = 4
"""The first batch of a submission is smaller, so that its first answer comes within three seconds."""
JOB_FILES = 256
"""Files one run of the job takes before it makes room for other submissions."""
MATCH_FILES = 64
"""Contents asked about at once when no answer is awaited impatiently."""
READ_AGAIN_FILES = 16
"""Pictures read at every pixel in one transaction: two seconds at 12 megapixels."""
KILLS_BEFORE_QUARANTINE = 2
"""A file that ended this many confined workers is not opened again."""
MATCHER_PAUSE_SECONDS = 10
ROOM_PAUSE_SECONDS = 20
"""How long work waits when originals find no room; nothing is lost meanwhile, and a person must make some."""
RESERVE_BYTES = 256 * 1024**2
"""Room that uploads leave: the database and the log share the disk, and must be able to say that it is full."""
ORPHAN_HOURS = 1
ABANDONED_DAYS = 7
"""Parts nobody added to for so long are removed; their files must be sent again."""


class SubmissionState(enum.StrEnum):
    """How far a hand-in has come."""

    OPEN = "open"
    CLOSED = "closed"
    """Nothing more comes in; what came is being worked on."""
    RECORDED = "recorded"
    """Every file is settled and the chain of custody says so."""


class HowSeen(enum.Enum):
    """Whether the provider that reported the files had looked at them."""

    NOT_SAID = enum.auto()
    UNVIEWED = enum.auto()


class AuthorityKind(enum.StrEnum):
    """By what right a sealed file is opened: a closed list, for the log and for statistics."""

    WARRANT = "warrant"
    COURT_ORDER = "court_order"
    CONSENT = "consent"
    """Of whoever the account belongs to."""
    VIEWED = "viewed"
    """The provider has said since that a person there looked at the file."""
    EMERGENCY = "emergency"
    """A child is in danger now; the law of the country allows it without a judge, for a time."""


class EntryState(enum.StrEnum):
    """How far one file has come: wanted, sent, recorded, matched; or known, matched; or refused."""

    WANTED = "wanted"
    SENT = "sent"
    RECORDED = "recorded"
    MATCHED = "matched"
    KNOWN = "known"
    REFUSED = "refused"
    ERASED = "erased"
    """Its content was erased since: the entry keeps its number, and nothing of the file."""


ACKNOWLEDGED = frozenset({EntryState.SENT, EntryState.RECORDED, EntryState.MATCHED, EntryState.ERASED})
"""States of a file whose bytes the server has said it has."""


STORED = frozenset({EntryState.RECORDED, EntryState.MATCHED, EntryState.ERASED})
"""States of a file whose original is stored, or was: its part is done with. A refused file may be sent again."""


class Held(enum.StrEnum):
    """Why a file need not travel, as answered to its manifest entry."""

    NOT_HELD = "not_held"
    OWN_COPY = "own_copy"
    TWIN = "twin"
    """Another entry of the same submission carries the same bytes."""
    LISTED = "listed"
    """A known list of the unit names the file by its SHA-256."""


class Status(enum.StrEnum):
    """The answer to one manifest entry."""

    KNOWN = "known"
    WANTED = "wanted"
    REFUSED = "refused"


class Reason(enum.StrEnum):
    """Why a file was refused or set aside; stored and translated, so the words never change."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    CHANGED_SINCE = "changed_since"
    DIGEST_DIFFERS = "digest_differs"
    NOT_SENT = "not_sent"
    PART_MISSING = "part_missing"
    OTHER_PURPOSE = "other_purpose"
    QUARANTINED = "quarantined"
    NO_ROOM = "no_room"
    """Said to whoever sends, never stored: the file stays wanted."""


_MEDIA_NAMES = frozenset(
    [
        "3gp",
        "asf",
        "avi",
        "avif",
        "bmp",
        "flv",
        "gif",
        "heic",
        "heif",
        "jfif",
        "jpe",
        "jpeg",
        "jpg",
        "m2ts",
        "m4v",
        "mkv",
        "mov",
        "mp4",
        "mpeg",
        "mpg",
        "mts",
        "ogv",
        "png",
        "tif",
        "tiff",
        "ts",
        "vob",
        "webm",
        "webp",
        "wmv",
    ]
)


def is_worth_saying(refusal: str, path: str) -> bool:
    """True when a file that could not be opened should have been: documents among the pictures need no word."""
    if refusal != "unknown_format":
        return bool(refusal)
    return path.rpartition(".")[2].lower() in _MEDIA_NAMES


MAY_BE_SENT_AGAIN = frozenset({Reason.DIGEST_DIFFERS, Reason.NOT_SENT, Reason.PART_MISSING})
"""Refusals that end when the same file is handed in again."""


def size_refusal(size: int) -> Reason | None:
    """Why a file of this many bytes is not taken; None when it is."""
    if size == 0:
        return Reason.EMPTY
    return Reason.TOO_LARGE if size > LARGEST_FILE else None


def lock_of(submission_id: object) -> str:
    """The queueing lock of a submission's work: one job waits at a time, however many files arrive."""
    return f"intake:{submission_id}"
