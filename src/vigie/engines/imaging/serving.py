"""The worker's side of the protocol: read a request, do it, answer; nothing here knows a decoder."""

import os
import signal
from collections.abc import Callable, Mapping

from vigie.engines.imaging.protocol.messages import (
    ANSWER_BYTES,
    LONGEST_REFUSAL,
    REQUEST_BYTES,
    Asked,
    Request,
    Status,
    pack_answer,
    unpack_request,
)
from vigie.engines.imaging.refusals import MediaRefused

# A worker whose parent has died in the middle of a job ends by itself this long after the job's time is up
_GRACE_SECONDS = 5

Handler = Callable[[Request, bytearray], bytes]


def serve(requests: int, answers: int, handlers: Mapping[Asked, Handler], *, most_bytes: int) -> None:
    """Answer requests from one file descriptor on another until the first ends or breaks the protocol.

    A request longer than `most_bytes` or without a handler ends the loop: the parent checks both, so whoever sent it
    is not our parent. After an answer of any kind the worker is ready for the next request.
    """
    while header := _read(requests, REQUEST_BYTES):
        request = unpack_request(bytes(header))
        handler = handlers.get(request.asked)
        if handler is None or request.length > most_bytes:
            return
        payload = _read(requests, request.length)
        if len(payload) != request.length:
            return
        signal.setitimer(signal.ITIMER_REAL, request.seconds + _GRACE_SECONDS)
        status, answer = _done(handler, request, payload)
        signal.setitimer(signal.ITIMER_REAL, 0)
        del payload
        write_answer(answers, status, answer)


def write_answer(answers: int, status: Status, answer: bytes) -> None:
    """Write one answer completely; raises BrokenPipeError when the parent has gone."""
    for part in (pack_answer(status, len(answer)), answer):
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(answers, rest) :]


def refusal(refused: MediaRefused) -> bytes:
    """Return a refusal as the payload of an answer."""
    return f"{refused.code}\n{refused.message}".encode("utf-8", "replace")[: LONGEST_REFUSAL - ANSWER_BYTES]


def _done(handler: Handler, request: Request, payload: bytearray) -> tuple[Status, bytes]:
    try:
        return Status.DONE, handler(request, payload)
    except MediaRefused as refused:
        return Status.REFUSED, refusal(refused)


def _read(source: int, length: int) -> bytearray:
    """Return `length` bytes, fewer at the end of the pipe."""
    taken = bytearray(length)
    view = memoryview(taken)
    at = 0
    while at < length:
        count = os.readv(source, [view[at:]])
        if count == 0:
            break
        at += count
    view.release()
    del taken[at:]
    return taken
