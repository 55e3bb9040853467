"""Cases and exhibits over HTTP."""

import uuid
from datetime import date
from typing import Any

from ninja import Router, Status

from vigie.kernel.actors import Purpose
from vigie.kernel.policy import AnswerOutside
from vigie.rooms.cases import operations, queries
from vigie.rooms.cases.schemas import (
    CaseDetail,
    CasePage,
    CustodyVerdict,
    ExhibitSummary,
    Hold,
    Sending,
    Share,
)
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["cases"])


class NewCase(Frozen):
    """A case to open; `listed` and `excluded` name countries by code and units by id."""

    reference: str
    title: str = ""
    legal_basis: str
    purpose: Purpose = Purpose.VICTIM_IDENTIFICATION
    share: Share
    listed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    answer_outside: AnswerOutside = AnswerOutside.CONTACT_ONLY
    sending: Sending = Sending.WHAT_IS_NEW


class NewExhibit(Frozen):
    """An exhibit to add to a case."""

    reference: str
    description: str = ""
    seized_in: str = ""
    seized_at_text: str = ""


class NewHold(Frozen):
    """A legal hold to set; without `until` it stands until it is lifted."""

    ordered_by: str
    why: str
    until: date | None = None


class Made(Frozen):
    """The public id of what was made."""

    id: uuid.UUID


@router.get("/cases", response=CasePage, url_name="cases")
def cases(request: Any, after: uuid.UUID | None = None) -> Any:
    """The unit's cases, newest first."""
    return queries.cases(request.actor, after=after)


@router.post("/cases", response={201: Made}, url_name="open_case")
def open_case(request: Any, case: NewCase) -> Any:
    """Open a case."""
    return Status(201, Made(id=operations.open_case(request.actor, **case.model_dump())))


@router.get("/cases/by-reference", response=CaseDetail, url_name="case_by_reference")
def case_by_reference(request: Any, reference: str) -> Any:
    """The unit's case of this reference."""
    return queries.case_by_reference(request.actor, reference)


@router.get("/cases/{case}", response=CaseDetail, url_name="case")
def case(request: Any, case: uuid.UUID) -> Any:
    """One case."""
    return queries.case(request.actor, case)


@router.get("/cases/{case}/exhibits", response=list[ExhibitSummary], url_name="exhibits")
def exhibits(request: Any, case: uuid.UUID) -> Any:
    """The exhibits of a case."""
    return list(queries.exhibits(request.actor, case))


@router.post("/cases/{case}/exhibits", response={201: Made}, url_name="add_exhibit")
def add_exhibit(request: Any, case: uuid.UUID, exhibit: NewExhibit) -> Any:
    """Add an exhibit to a case."""
    return Status(201, Made(id=operations.add_exhibit(request.actor, case=case, **exhibit.model_dump())))


@router.get("/cases/{case}/holds", response=list[Hold], url_name="holds")
def holds(request: Any, case: uuid.UUID) -> Any:
    """The legal holds that stand on a case."""
    return list(queries.holds(request.actor, case))


@router.post("/cases/{case}/holds", response={201: Made}, url_name="set_hold")
def set_hold(request: Any, case: uuid.UUID, hold: NewHold) -> Any:
    """Put a case on legal hold: nothing of it is erased while the hold stands."""
    return Status(201, Made(id=operations.set_hold(request.actor, case=case, **hold.model_dump())))


@router.post("/holds/{hold}/lift", response={204: None}, url_name="lift_hold")
def lift_hold(request: Any, hold: uuid.UUID) -> Any:
    """Lift a legal hold."""
    operations.lift_hold(request.actor, hold)
    return Status(204, None)


@router.get("/exhibits/{exhibit}/custody", response=CustodyVerdict, url_name="custody")
def custody(request: Any, exhibit: uuid.UUID) -> Any:
    """Whether the exhibit's chain of custody is whole."""
    return queries.verify_custody(request.actor, exhibit)
