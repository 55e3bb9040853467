"""The port to known media: six calls, and the socket that carries them to the matcher process."""

from vigie.backends.known.address import channel_secret, socket_path
from vigie.backends.known.client import MatcherSocket, is_listening
from vigie.backends.known.messages import (
    LONGEST_CHUNK,
    LONGEST_LIST,
    WHOLE,
    Answer,
    Asker,
    By,
    Change,
    Claim,
    Claimed,
    ContactAnswer,
    Found,
    FullAnswer,
    Item,
    ItemAnswers,
    OwnMatch,
    Shard,
    Snapshot,
    Verification,
)
from vigie.backends.known.port import KnownMedia, KnownMediaError, MatcherUnavailable, RequestRefused
from vigie.backends.known.shards import ShardedMedia

__all__ = [
    "LONGEST_CHUNK",
    "LONGEST_LIST",
    "WHOLE",
    "Answer",
    "Asker",
    "By",
    "Change",
    "Claim",
    "Claimed",
    "ContactAnswer",
    "Found",
    "FullAnswer",
    "Item",
    "ItemAnswers",
    "KnownMedia",
    "KnownMediaError",
    "MatcherSocket",
    "MatcherUnavailable",
    "OwnMatch",
    "RequestRefused",
    "Shard",
    "ShardedMedia",
    "Snapshot",
    "Verification",
    "channel_secret",
    "is_listening",
    "socket_path",
]
