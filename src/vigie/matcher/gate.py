"""Which requests are acted on: signed by a caller of this home, made just now, never seen before."""

import heapq
import json
import re
import time
from collections.abc import Callable
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from vigie.backends.known.messages import WHOLE, Shard
from vigie.backends.known.requests import LookUpRequest, RangeRequest, Request, Signed

WINDOW_SECONDS: Final = 30.0
"""How far a request's time may lie from ours, and how long its nonce is remembered after that."""

# as our own side writes it; inside a text of JSON the quotes would have a stroke before them
_NONCE: Final = re.compile(rb'"nonce":"((?:[0-9a-f]{2})+)"')


class Turned(Exception):  # noqa: N818 - a refusal with a reason
    """The request is not acted on; `reason` is a stable word (malformed, expired, replayed ...)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Gate:
    """Reads requests whose signature the frame already proved. Used under the service's lock."""

    def __init__(self, clock: Callable[[], float] = time.time, shard: Shard = WHOLE) -> None:
        self._shard = shard
        self._clock = clock
        self._request: TypeAdapter[Any] = TypeAdapter(Request)
        self._seen: set[bytes] = set()
        self._order: list[tuple[float, bytes]] = []

    def read(self, body: bytes) -> Signed:
        """The request, seen for the first time and within the window. Raises Turned."""
        try:
            request: Signed = self._request.validate_json(body)
        except ValidationError as error:
            raise Turned("malformed") from error
        if request.shard != self._shard:
            raise Turned("other_shard")
        if _is_about_what_is_not_held(request) and None in (request.asker.case, request.asker.exhibit):
            raise Turned("unfounded")  # whoever looks up hashes says for which case and exhibit
        now = self._clock()
        if (
            abs(int(now * 1000) - request.at) > WINDOW_SECONDS * 1000
        ):  # whole numbers: one too large for a clock is far off
            raise Turned("expired")
        self._forget_before(now)
        if request.nonce in self._seen:
            raise Turned("replayed")
        self._seen.add(request.nonce)
        heapq.heappush(self._order, (request.at / 1000 + WINDOW_SECONDS, request.nonce))
        return request

    def _forget_before(self, now: float) -> None:
        while self._order and self._order[0][0] < now:
            self._seen.discard(heapq.heappop(self._order)[1])


def _is_about_what_is_not_held(request: Signed) -> bool:
    """True for hashes somebody brings along; contents on record stand under their case and exhibit already."""
    if isinstance(request, RangeRequest):
        return any(item.claimed is not None for item in request.items)
    return isinstance(request, LookUpRequest)


def nonce_of(body: bytes) -> bytes:
    """The nonce of a signed body that may be malformed otherwise; empty when it has none."""
    if found := _NONCE.search(body):
        return bytes.fromhex(found[1].decode("ascii"))
    try:
        return bytes.fromhex(json.loads(body)["nonce"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return b""
