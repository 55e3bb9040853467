"""The six-call port to known media, and how a call can fail."""

import uuid
from collections.abc import Sequence
from typing import Protocol

from vigie.backends.known.messages import (
    Asker,
    Change,
    Claimed,
    Found,
    Item,
    ItemAnswers,
    Snapshot,
    Verification,
)


class KnownMediaError(Exception):
    """A call to the matcher gave no answer; nothing was changed on the asker's side."""


class MatcherUnavailable(KnownMediaError):  # noqa: N818 - a state of the installation, named as the trade does
    """The matcher does not answer, or the database behind it does not. Asking again later is safe."""


class RequestRefused(KnownMediaError):  # noqa: N818 - a refusal with a reason, as the rest of Vigie names them
    """The matcher read the request and would not act on it; `reason` is one of its stable words."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the matcher refused the request: {reason}")
        self.reason = reason


class KnownMedia(Protocol):
    """Known media, searched on behalf of an asker. Calls raise KnownMediaError and can be repeated."""

    def add(self, asker: Asker, ids: Sequence[uuid.UUID]) -> Change:
        """These fingerprints answer as the truth has them now; returns how many are there and how many are not."""
        ...

    def delete(self, asker: Asker, ids: Sequence[uuid.UUID]) -> Change:
        """These fingerprints answer no more, here and in the index files, unless the truth still holds them.

        `gone` counts those that do not answer now, `present` those kept because the truth has them and they are not
        withdrawn: nobody hides a record by asking the matcher to forget it.
        """
        ...

    def range(self, asker: Asker, items: Sequence[Item]) -> list[ItemAnswers]:
        """What the asker may know about each item, by the truth at this moment, in the order of the items.

        Holders are told of each hit, also of one that is silent here. At most LONGEST_CHUNK items.
        """
        ...

    def look_up(self, asker: Asker, hashes: Sequence[Claimed]) -> list[Found]:
        """What the asker may know about files it does not hold, by hashes a person handed in, as `range` would say it.

        Only hashes about which something may be said are in the answer, in ascending place. Holders are told of each
        hit. Raises RequestRefused ("unfounded") unless the asker names case and exhibit. At most LONGEST_LIST hashes.
        """
        ...

    def snapshot(self, asker: Asker) -> Snapshot:
        """The index files are on disk as the index answers now."""
        ...

    def verify(self, asker: Asker) -> Verification:
        """The index was compared with the truth; nothing was changed."""
        ...
