"""Cases and exhibits over HTTP."""

import uuid
from datetime import date
from typing import Any

from ninja import Router, Status

from vigie.kernel.actors import Purpose
from vigie.kernel.policy import AnswerOutside, Handling
from vigie.rooms.cases import operations, queries
from vigie.rooms.cases.schemas import (
    CaseDetail,
    CasePage,
    CourtAccessView,
    CustodyVerdict,
    ExhibitSummary,
    Hold,
    OpenCase,
    OpenCaseDetail,
    OpenExhibit,
    Outcome,
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
    handling: Handling = Handling.ORCON
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


class SaidHandling(Frozen):
    """What readers may do onwards with what is found in a case."""

    handling: Handling


class NewCourtAccess(Frozen):
    """Somebody of a court a case is to be opened to: their user name, the last day, and why."""

    username: str
    until: date
    why: str


class CourtAccessProposed(Frozen):
    """What waits for a second supervisor: the proposal's public id."""

    proposal: uuid.UUID


class SaidOutcome(Frozen):
    """Whether a case is relevant."""

    outcome: Outcome


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


@router.post("/cases/{case}/outcome", response={204: None}, url_name="case_outcome")
def set_outcome(request: Any, case: uuid.UUID, said: SaidOutcome) -> Any:
    """Say that a case is not relevant, or take that back while its short clock runs."""
    operations.set_not_relevant(request.actor, case=case, outcome=said.outcome)
    return Status(204, None)


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


@router.post("/cases/{case}/handling", response={204: None}, url_name="set_handling")
def set_handling(request: Any, case: uuid.UUID, said: SaidHandling) -> Any:
    """Say what readers may do onwards with what is found: stricter at once, looser by a supervisor."""
    operations.set_handling(request.actor, case=case, handling=said.handling)
    return Status(204, None)


@router.get("/cases/{case}/courts", response=list[CourtAccessView], url_name="court_access")
def court_access(request: Any, case: uuid.UUID) -> Any:
    """To whom of a court a case is open."""
    return list(queries.court_access(request.actor, case))


@router.post("/cases/{case}/courts", response={202: CourtAccessProposed}, url_name="open_to_court")
def open_to_court(request: Any, case: uuid.UUID, access: NewCourtAccess) -> Any:
    """Propose to open a case to somebody of a court, read only; a second supervisor approves it."""
    waits = operations.propose_court_access(request.actor, case=case, **access.model_dump())
    return Status(202, CourtAccessProposed(proposal=waits.public_id))


@router.delete("/courts/{access}", response={204: None}, url_name="close_to_court")
def close_to_court(request: Any, access: uuid.UUID) -> Any:
    """End what opens a case to somebody of a court, from their next request on."""
    operations.close_to_court(request.actor, access)
    return Status(204, None)


@router.get("/court/cases", response=list[OpenCase], url_name="court_cases")
def court_cases(request: Any) -> Any:
    """The cases that are open to the acting person of a court. The look stands in their units' logs."""
    return list(operations.look_at_cases(request.actor))


@router.get("/court/cases/{case}", response=OpenCaseDetail, url_name="court_case")
def court_case(request: Any, case: uuid.UUID) -> Any:
    """One of them with its exhibits. The look stands in its unit's log."""
    return operations.look_at_case(request.actor, case)


@router.get("/court/exhibits/{exhibit}", response=OpenExhibit, url_name="court_exhibit")
def court_exhibit(request: Any, exhibit: uuid.UUID, after: uuid.UUID | None = None) -> Any:
    """An exhibit of such a case: its chain of custody, and a page of what was found. The look stands in its unit's log."""
    return operations.look_at_exhibit(request.actor, exhibit, after=after)
