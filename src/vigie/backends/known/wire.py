"""The socket's frames: four bytes of length, 32 bytes of HMAC-SHA256, JSON. Signed in both directions.

A request carries its time and a random nonce; a reply is signed together with the nonce it answers, so that neither
can be forged, changed, moved to another request or, within the window the server keeps, sent again.
"""

import hashlib
import hmac
import secrets
import socket
import struct
from enum import Enum
from typing import Final

MAC_BYTES: Final = 32
NONCE_BYTES: Final = 16
LARGEST_FRAME: Final = 16 * 1024 * 1024
"""Bytes; a chunk of 256 items takes 40 KB, and the largest answer is bounded by what one unit may see in full."""
_LENGTH: Final = struct.Struct(">I")


class Direction(Enum):
    """Keeps a signed reply from being used as a request, and the other way round."""

    REQUEST = b"vigie-known-request-1"
    REPLY = b"vigie-known-reply-1"


class FrameBroken(Exception):  # noqa: N818 - the state of a connection
    """What came is no whole frame with a good signature; the connection is of no further use."""


def fresh_nonce() -> bytes:
    """Sixteen random bytes, used for one request."""
    return secrets.token_bytes(NONCE_BYTES)


def sign(secret: bytes, direction: Direction, body: bytes, nonce: bytes = b"") -> bytes:
    """The HMAC-SHA256 of a frame's body; a reply's covers the nonce of its request (RFC 2104)."""
    context = direction.value + b"\0" + nonce + b"\0"
    return hmac.new(secret, context + body, hashlib.sha256).digest()


def send(
    connection: socket.socket, secret: bytes, direction: Direction, body: bytes, nonce: bytes = b""
) -> None:
    """The signed frame was handed to the socket."""
    mac = sign(secret, direction, body, nonce)
    connection.sendall(_LENGTH.pack(len(body) + MAC_BYTES) + mac + body)


def receive(
    connection: socket.socket, secret: bytes, direction: Direction, nonce: bytes = b""
) -> bytes | None:
    """The body of the next frame, its signature checked; None when the other side has closed between frames.

    Raises FrameBroken for a cut, oversized or wrongly signed frame. A body is read only up to LARGEST_FRAME.
    """
    head = _exactly(connection, _LENGTH.size, first=True)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if not MAC_BYTES <= length <= LARGEST_FRAME:
        raise FrameBroken(f"a frame of {length} bytes")
    frame = _exactly(connection, length, first=False)
    assert frame is not None
    mac, body = frame[:MAC_BYTES], frame[MAC_BYTES:]
    if not hmac.compare_digest(mac, sign(secret, direction, body, nonce)):
        raise FrameBroken("a wrong signature")
    return body


def _exactly(connection: socket.socket, count: int, *, first: bool) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        piece = connection.recv(min(count - len(parts), 1 << 20))
        if not piece:
            if first and not parts:
                return None
            raise FrameBroken(f"cut off after {len(parts)} of {count} bytes")
        parts += piece
    return bytes(parts)
