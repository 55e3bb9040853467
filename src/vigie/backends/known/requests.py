"""The six requests and their replies as they travel: one envelope each, told apart by the name of the call."""

import uuid
from typing import Annotated, Literal

from pydantic import Field

from vigie.backends.known.messages import (
    LONGEST_CHUNK,
    LONGEST_LIST,
    MOST_IDS,
    WHOLE,
    Asker,
    Change,
    Claimed,
    Found,
    Item,
    ItemAnswers,
    Message,
    Shard,
    Snapshot,
    Verification,
)
from vigie.backends.known.wire import NONCE_BYTES


class Signed(Message):
    """What every request carries beside its own: who asks, when (Unix milliseconds), and a nonce used once.

    Also which shard is meant: a matcher that is another one refuses, so that part of an answer is never taken for all.
    """

    asker: Asker
    at: int
    nonce: Annotated[bytes, Field(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
    shard: Shard = WHOLE


class AddRequest(Signed):
    """`KnownMedia.add`."""

    call: Literal["add"] = "add"
    ids: Annotated[tuple[uuid.UUID, ...], Field(max_length=MOST_IDS)]


class DeleteRequest(Signed):
    """`KnownMedia.delete`."""

    call: Literal["delete"] = "delete"
    ids: Annotated[tuple[uuid.UUID, ...], Field(max_length=MOST_IDS)]


class RangeRequest(Signed):
    """`KnownMedia.range`."""

    call: Literal["range"] = "range"
    items: Annotated[tuple[Item, ...], Field(max_length=LONGEST_CHUNK)]


class LookUpRequest(Signed):
    """`KnownMedia.look_up`."""

    call: Literal["look_up"] = "look_up"
    hashes: Annotated[tuple[Claimed, ...], Field(max_length=LONGEST_LIST)]


class SnapshotRequest(Signed):
    """`KnownMedia.snapshot`."""

    call: Literal["snapshot"] = "snapshot"


class VerifyRequest(Signed):
    """`KnownMedia.verify`."""

    call: Literal["verify"] = "verify"


Request = Annotated[
    AddRequest | DeleteRequest | RangeRequest | LookUpRequest | SnapshotRequest | VerifyRequest,
    Field(discriminator="call"),
]


class Answers(Message):
    """The reply to `range`."""

    items: tuple[ItemAnswers, ...]


class FoundHashes(Message):
    """The reply to `look_up`."""

    found: tuple[Found, ...]


class Refusal(Message):
    """The request was read and not acted on."""

    refused: str


class Failure(Message):
    """The matcher cannot answer now."""

    unavailable: str


Reply = Change | Answers | FoundHashes | Snapshot | Verification | Refusal | Failure
