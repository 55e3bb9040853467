"""Looking up handed-in hashes over HTTP, and the releases for doing so in bulk."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from ninja import Router, Status

from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.rules.lookups import TICK_SECONDS, until_tick
from vigie.rooms.matching.schemas.lookups import (
    LookUpAnswer,
    LookUpProposed,
    LookUpReleased,
    LookUpReleaseView,
    LookUpRequest,
    NewLookUpRelease,
)

router = Router(tags=["matching"])


@router.post("/lookups", response=LookUpAnswer, url_name="look_up")
def look_up(request: Any, body: LookUpRequest) -> Any:
    """Say what is known of up to 10,000 rows of hashes. Rows that cannot be used are named; the others are answered."""
    not_before = time.time() + TICK_SECONDS
    limits = operations.DailyLimits(settings.VIGIE.lookups_person_day, settings.VIGIE.lookups_unit_day)
    place = operations.Place(body.case, body.exhibit)
    answer = operations.look_up_hashes(request.actor, place, body.entries, body.variants, limits)
    content = answer.model_dump_json().encode()
    response = StreamingHttpResponse(_at_the_tick(content, not_before), content_type="application/json")
    response["Content-Length"] = str(len(content))
    return response


def _at_the_tick(content: bytes, not_before: float) -> Iterator[bytes]:
    """The answer, once its moment has come: the transaction has ended by then, and nothing waits for the sleeper."""
    time.sleep(until_tick(time.time(), not_before))
    yield content


@router.get("/lookups/releases", response=list[LookUpReleaseView], url_name="look_up_releases")
def releases(request: Any) -> Any:
    """The releases for looking up in bulk: the unit's for a supervisor, one's own otherwise."""
    return list(queries.releases(request.actor))


@router.post(
    "/lookups/releases", response={201: LookUpReleased, 202: LookUpProposed}, url_name="release_look_ups"
)
def release(request: Any, body: NewLookUpRelease) -> Any:
    """Release a person of the unit to look up so many hashes in one case; very many wait for a second supervisor."""
    facts = {name: getattr(body, name) for name in type(body).model_fields}
    words, alone = facts.pop("words"), settings.VIGIE.lookups_release_alone
    if body.most_hashes > alone:
        waits = operations.propose_release(request.actor, **facts, words=words)
        return Status(202, LookUpProposed(proposal=waits.public_id))
    return Status(
        201, LookUpReleased(id=operations.release_lookups(request.actor, **facts, alone_up_to=alone))
    )


@router.delete("/lookups/releases/{release}", response={204: None}, url_name="revoke_look_ups")
def revoke(request: Any, release: uuid.UUID) -> Any:
    """Take a release back; a list under way ends with its next rows."""
    operations.revoke_release(request.actor, release)
    return Status(204, None)
