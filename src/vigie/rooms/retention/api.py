"""Erasures over HTTP: order one, follow it, fetch its certificate."""

import uuid
from typing import Any

from django.http import HttpResponse
from ninja import Router, Status

from vigie.rooms.retention import operations, queries
from vigie.rooms.retention.schemas import Authority, ErasurePage, ErasureView
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["retention"])


class NewErasure(Frozen):
    """Contents to erase (public ids), on whose authority, and why in words."""

    contents: tuple[uuid.UUID, ...]
    authority: Authority
    words: str


class Ordered(Frozen):
    """The public id of an erasure."""

    id: uuid.UUID


@router.get("/erasures", response=ErasurePage, url_name="erasures")
def erasures(request: Any, after: uuid.UUID | None = None) -> Any:
    """The unit's erasures, newest first."""
    return queries.erasures(request.actor, after=after)


@router.post("/erasures", response={201: Ordered}, url_name="order_erasure")
def order(request: Any, erasure: NewErasure) -> Any:
    """Erase contents of the unit; they cannot be opened within seconds."""
    return Status(201, Ordered(id=operations.order_erasure(request.actor, **erasure.model_dump())))


@router.get("/erasures/{erasure}", response=ErasureView, url_name="erasure")
def erasure(request: Any, erasure: uuid.UUID) -> Any:
    """One erasure."""
    return queries.erasure(request.actor, erasure)


@router.get("/erasures/{erasure}/certificate", url_name="erasure_certificate")
def certificate(request: Any, erasure: uuid.UUID) -> HttpResponse:
    """The signed certificate of a finished erasure, as text."""
    note = queries.certificate(request.actor, erasure)
    return HttpResponse(note, content_type="text/plain; charset=utf-8")
