"""Series over HTTP."""

import uuid
from typing import Any

from ninja import Router, Status

from vigie.kernel.actors import Purpose
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.series import operations, queries
from vigie.rooms.series.rules import Basis
from vigie.rooms.series.schemas import SeriesPage, SeriesSummary
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["series"])


class NewSeries(Frozen):
    """A series to create."""

    name: str
    legal_basis: str
    purpose: Purpose = Purpose.VICTIM_IDENTIFICATION
    audience: Audience
    listed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    answer_outside: AnswerOutside = AnswerOutside.CONTACT_ONLY


class NewMember(Frozen):
    """A content of the own unit that belongs to a series."""

    content: uuid.UUID
    basis: Basis


class Made(Frozen):
    """The public id of what was made."""

    id: uuid.UUID


@router.get("/series", response=SeriesPage, url_name="series_list")
def series_list(request: Any, after: uuid.UUID | None = None) -> Any:
    """The series the actor sees, newest first."""
    return queries.series_list(request.actor, after=after)


@router.post("/series", response={201: Made}, url_name="create_series")
def create_series(request: Any, series: NewSeries) -> Any:
    """Create a series."""
    return Status(201, Made(id=operations.create_series(request.actor, **series.model_dump())))


@router.get("/series/{series}", response=SeriesSummary, url_name="series")
def series(request: Any, series: uuid.UUID) -> Any:
    """One series."""
    return queries.series(request.actor, series)


@router.get("/series/{series}/members", response=list[uuid.UUID], url_name="series_members")
def members(request: Any, series: uuid.UUID) -> Any:
    """The public ids of the members the actor sees."""
    return list(queries.members(request.actor, series))


@router.post("/series/{series}/members", response={204: None}, url_name="add_member")
def add_member(request: Any, series: uuid.UUID, member: NewMember) -> Any:
    """Add a content of the own unit."""
    operations.add_member(request.actor, series=series, content=member.content, basis=member.basis)
    return Status(204, None)
