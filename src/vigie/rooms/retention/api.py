"""Erasures over HTTP: order one, follow it, fetch its certificate."""

import uuid
from datetime import date
from typing import Any

from django.http import HttpResponse
from ninja import Router, Status

from vigie.rooms.retention import operations, queries
from vigie.rooms.retention.schemas import Answer, Authority, ErasurePage, ErasureView, ReviewView
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["retention"])


class NewErasure(Frozen):
    """Contents to erase (public ids), on whose authority, and why in words."""

    contents: tuple[uuid.UUID, ...]
    authority: Authority
    words: str


class GivenAnswer(Frozen):
    """The answer to a review; `last_day` when the case is kept."""

    answer: Answer
    words: str
    last_day: date | None = None


class Proposed(Frozen):
    """The public id of the proposal a second supervisor decides on."""

    proposal: uuid.UUID


@router.get("/erasures", response=ErasurePage, url_name="erasures")
def erasures(request: Any, after: uuid.UUID | None = None) -> Any:
    """The unit's erasures, newest first."""
    return queries.erasures(request.actor, after=after)


@router.get("/reviews", response=list[ReviewView], url_name="reviews")
def reviews(request: Any) -> Any:
    """The cases whose last day is near and that wait for an answer."""
    return list(queries.reviews(request.actor))


@router.post("/reviews/{review}", response={204: None}, url_name="answer_review")
def answer_review(request: Any, review: uuid.UUID, given: GivenAnswer) -> Any:
    """Keep the case until a day, or erase it now."""
    operations.answer_review(request.actor, review, **given.model_dump())
    return Status(204, None)


@router.post("/erasures", response={202: Proposed}, url_name="propose_erasure")
def order(request: Any, erasure: NewErasure) -> Any:
    """Propose to erase contents of the unit: a second supervisor decides."""
    waits = operations.propose_erasure(request.actor, **erasure.model_dump())
    return Status(202, Proposed(proposal=waits.public_id))


@router.get("/erasures/{erasure}", response=ErasureView, url_name="erasure")
def erasure(request: Any, erasure: uuid.UUID) -> Any:
    """One erasure."""
    return queries.erasure(request.actor, erasure)


@router.get("/erasures/{erasure}/certificate", url_name="erasure_certificate")
def certificate(request: Any, erasure: uuid.UUID) -> HttpResponse:
    """The signed certificate of a finished erasure, as text."""
    note = queries.certificate(request.actor, erasure)
    return HttpResponse(note, content_type="text/plain; charset=utf-8")
