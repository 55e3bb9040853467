"""Identifiers: time-ordered UUIDv7 for rows, random UUIDv4 for what crosses owners."""

import secrets
import time
import uuid


def uuid7() -> uuid.UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 74 random bits (RFC 9562 section 5.7).

    Row ids sort by creation, which keeps b-tree inserts at the right edge. They never leave their owner:
    their time would tell another country when something was recorded.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return uuid.UUID(int=value | 0b10 << 62 | secrets.randbits(62))


def public_id() -> uuid.UUID:
    """A new random UUIDv4, the only identifier other owners ever see."""
    return uuid.uuid4()
