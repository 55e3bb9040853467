"""Looking up long lists: rows come and answers go as NDJSON, some thousand at a time, in their order.

Each stretch is one transaction with its own line in the log, counted when it is answered: whoever is cut off goes on
behind the last row that was answered, and nothing is counted that was not. Who asks is looked at anew each time.
"""

import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Final, cast

from django.apps import apps
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router
from pydantic import Field

from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import NotSignedIn, Unavailable, VigieError
from vigie.kernel.operation import act_as
from vigie.rooms.accounts.queries import actor_for, actor_for_token, person_of
from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.api.incoming import BodyCutError, Numbered, Spool, chunks, whole
from vigie.rooms.matching.apps import MatchingConfig
from vigie.rooms.matching.rules.lookups import Rows, Variants, read_rows, until_tick
from vigie.rooms.matching.schemas.lookups import LookUpLine, LookUpResult
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["matching"])
NDJSON: Final = "application/x-ndjson"
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {NDJSON: {"schema": {"type": "string", "description": "A row of hashes a line."}}},
    },
    "responses": {
        200: {
            "description": "An answer for each row, in order; then a line with `done`, or one with `stopped` and why.",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        }
    },
}


class Bulk(Frozen):
    """Under which case and exhibit, by which release (public ids), and the number of the first row that is sent."""

    case: uuid.UUID
    exhibit: uuid.UUID
    release: uuid.UUID
    first_row: Annotated[int, Field(ge=1, lt=2**53)] = 1
    variants: Variants = Variants.ONE

    @property
    def place(self) -> operations.Place:
        """The case and the exhibit."""
        return operations.Place(self.case, self.exhibit)


@router.post("/lookups/bulk", url_name="look_up_bulk", openapi_extra=_BODY)
def look_up_bulk(request: HttpRequest, asked: Query[Bulk]) -> Any:
    """Say what is known of a list of any length that a supervisor released, a row a line; go on with `first_row`."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the shell
    queries.require_release(actor, asked.release, case=asked.case, exhibit=asked.exhibit)
    places = cast("MatchingConfig", apps.get_app_config("matching")).streams
    if not places.acquire(blocking=False):
        raise Unavailable(
            _("Other long lists are being looked up. Nothing was counted; try again in a minute.")
        )
    asking = _Asking(_who_asks(request, actor), asked, translation.get_language())
    return StreamingHttpResponse(_Answers(asking, Spool(_reader(request)), places), content_type=NDJSON)


def _reader(request: HttpRequest) -> Callable[[int], bytes]:
    """The body as it comes. Django reads by Content-Length only; a body sent in chunks ends by itself (RFC 9112 7.1)."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return request.META["wsgi.input"].read  # type: ignore[no-any-return]  # PEP 3333: an input stream
    return whole(request.read, int(request.headers.get("Content-Length") or 0))


def _who_asks(request: HttpRequest, actor: Actor) -> Callable[[], Actor]:
    """Who asks at the moment of the call: rights that ended, and a sign-in that was ended, end the list."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")

    def now() -> Actor:
        if kind.lower() == "bearer":
            standing = actor_for_token(token.strip(), now=utc_now())
        else:
            user = person_of(actor.id)
            standing = actor_for(user, now=utc_now(), confirmed_at=actor.confirmed_at) if user else None
        if standing is None:
            raise NotSignedIn
        return standing

    return now


class _Asking:
    """One list being looked up."""

    def __init__(self, who: Callable[[], Actor], asked: Bulk, language: str | None) -> None:
        self._who = who
        self._asked = asked
        self._language = language
        self.last_row = asked.first_row - 1

    def answer(self, chunk: Sequence[Numbered]) -> bytes:
        """The lines for these rows; they are counted and logged when this returns."""
        with translation.override(self._language):
            rows = read_rows(chunk)
            found = self._found(rows) if rows.usable else ()
        said = b"".join(line.model_dump_json().encode() + b"\n" for line in _lines(chunk, rows, found))
        self.last_row = chunk[-1][0]
        return said

    def stopped(self, error: VigieError) -> bytes:
        """The last line of a list that ended early: why, and the last row that was answered."""
        with translation.override(self._language):
            said = {
                "type": f"/help/problems/{error.problem}",
                "title": str(error.title),
                "status": error.status,
                "code": error.code,
                "detail": str(error.detail),
            }
        return json.dumps({"stopped": said, "last_row": self.last_row}, ensure_ascii=False).encode() + b"\n"

    def _found(self, rows: Rows) -> tuple[LookUpResult, ...]:
        actor, asked = self._who(), self._asked
        with act_as(actor, clock=utc_now):
            return operations.look_up_released(actor, asked.place, rows, asked.variants, asked.release)


class _Answers:
    """The lines of a response; the framework closes it, also when nobody ever read from it."""

    def __init__(self, asking: _Asking, spool: Spool, places: threading.BoundedSemaphore) -> None:
        self._asking = asking
        self._spool = spool
        self._places: threading.BoundedSemaphore | None = places

    def __iter__(self) -> Iterator[bytes]:
        asking = self._asking
        try:
            for chunk in chunks(self._spool, asking.last_row + 1):
                said = asking.answer(chunk)
                time.sleep(until_tick(time.time()))
                yield said
            yield json.dumps({"done": True, "last_row": asking.last_row}).encode() + b"\n"
        except VigieError as error:
            yield asking.stopped(error)
        except BodyCutError:
            words = _("The list broke off. Go on behind the last row that was answered.")
            yield asking.stopped(Unavailable(words))

    def close(self) -> None:
        """Nothing of the body is kept, and the place is free for another list."""
        self._spool.close()
        places, self._places = self._places, None
        if places is not None:
            places.release()


def _lines(chunk: Sequence[Numbered], rows: Rows, found: Sequence[LookUpResult]) -> Iterator[LookUpLine]:
    results = {one.row: one for one in found}
    faults: dict[int, list[str]] = defaultdict(list)
    for fault in rows.faults:
        faults[fault.row].append(fault.reason)
    for row, _value in chunk:
        result = results.get(row)
        columns = {"row": row} if result is None else dict(result)
        yield LookUpLine.model_construct(
            **columns, asked=result is not None, faults=tuple(faults.get(row, ()))
        )
