"""Claims, verdicts and the states of a match: what each side moves, and what both together mean. Pure."""

import dataclasses
import enum
from datetime import datetime, timedelta


class Level(enum.StrEnum):
    """How much the asker may know, as the matcher said it last."""

    FULL = "full"
    CONTACT_ONLY = "contact_only"
    SILENT = "silent"
    """Only ever on the owner's side: the asker was told nothing."""


class Opinion(enum.StrEnum):
    """What a person says about a pair. A resemblance is a candidate until somebody does."""

    SAME_ITEM = "same_item"
    SAME_PLACE = "same_place"
    SAME_SESSION = "same_session"
    UNRELATED = "unrelated"
    CANNOT_TELL = "cannot_tell"


UNDONE = "undone"
"""The word of a verdict that takes the unit's earlier ones back; nothing is overwritten."""

SAYS_SAME = frozenset({Opinion.SAME_ITEM, Opinion.SAME_PLACE, Opinion.SAME_SESSION})


class State(enum.StrEnum):
    """Where a match stands for one of its two sides."""

    PROPOSED = "proposed"
    CONFIRMED_HERE = "confirmed_here"
    REJECTED_HERE = "rejected_here"
    AGREED = "agreed"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"
    """The owner keeps it to itself now, or has it no more."""
    ERASED = "erased"
    """The other unit erased its item: nothing but that is left to say."""


def state_here(mine: Opinion | None) -> State:
    """Where a match stands by this side's word alone."""
    if mine in SAYS_SAME:
        return State.CONFIRMED_HERE
    return State.REJECTED_HERE if mine is Opinion.UNRELATED else State.PROPOSED


def state_of(mine: Opinion | None, theirs: Opinion | None) -> State:
    """Where a match stands for the side whose word is `mine`: agreed and disputed need both sides' words.

    Nobody's word moves the other's record: without one of its own a side still sees a proposal.
    """
    here = state_here(mine)
    if here is State.PROPOSED or theirs is None or theirs is Opinion.CANNOT_TELL:
        return here
    if here is State.CONFIRMED_HERE:
        return State.AGREED if mine is theirs else State.DISPUTED
    return State.DISPUTED if theirs in SAYS_SAME else State.REJECTED_HERE


def publication(now: datetime) -> datetime:
    """The next whole second: when answers found at `now` may be seen, so that their making cannot be timed."""
    return now.replace(microsecond=0) + timedelta(seconds=1)


class ListRole(enum.StrEnum):
    """What a known list is for."""

    HIDE = "hide"
    """Files known to be harmless: they need no look."""
    FLAG = "flag"
    """Files known to matter."""


@dataclasses.dataclass(frozen=True, slots=True)
class Digests:
    """What identifies a file or a list's item; whatever its source did not give is None. Size in bytes."""

    sha256: bytes | None = None
    sha1: bytes | None = None
    md5: bytes | None = None
    size: int | None = None


def can_hide(item: Digests) -> bool:
    """True for SHA-256, and for MD5 with SHA-1 with the size: enough to hide a file by. A likeness never is."""
    return item.sha256 is not None or None not in (item.sha1, item.md5, item.size)


def hides(item: Digests, file: Digests) -> bool:
    """True when this item of a hiding list means this very file.

    Where both give SHA-256 nothing else counts: equal weak digests of other bytes are a collision somebody made.
    """
    if item.sha256 is not None and file.sha256 is not None:
        return item.sha256 == file.sha256
    if None in (item.sha1, item.md5, item.size):
        return False
    return (item.sha1, item.md5, item.size) == (file.sha1, file.md5, file.size)


def flags(item: Digests, file: Digests) -> str:
    """By which digest this item of a flagging list means this file: sha256, sha1, md5, or "" when it does not.

    A weak digest flags also where the list gives no size: a look too many is the smaller harm.
    """
    if item.sha256 is not None and file.sha256 is not None:
        return "sha256" if item.sha256 == file.sha256 else ""
    if item.size is not None and file.size is not None and item.size != file.size:
        return ""
    if item.sha1 is not None and item.sha1 == file.sha1:
        return "sha1"
    return "md5" if item.md5 is not None and item.md5 == file.md5 else ""
