"""What waits for a second person, over HTTP."""

import uuid
from typing import Any

from ninja import Router, Status

from vigie.rooms.approvals import operations, queries
from vigie.rooms.approvals.schemas import ProposalView, Waiting
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["approvals"])


class Approval(Frozen):
    """The digest of what was read: a proposal of another digest is refused."""

    digest: str


class Refusal(Frozen):
    """Why a proposal is refused."""

    words: str


@router.get("/approvals", response=Waiting, url_name="approvals")
def approvals(request: Any) -> Any:
    """What waits for the acting person, what they proposed, and what was decided of late."""
    return queries.waiting(request.actor)


@router.get("/approvals/{proposal}", response=ProposalView, url_name="approval")
def proposal(request: Any, proposal: uuid.UUID) -> Any:
    """One proposal."""
    return queries.proposal(request.actor, proposal)


@router.post("/approvals/{proposal}/approve", response={204: None}, url_name="approve")
def approve(request: Any, proposal: uuid.UUID, approval: Approval) -> Any:
    """Approve what another person proposed: it is done at once."""
    operations.approve(request.actor, proposal, shown=approval.digest or "-")
    return Status(204, None)


@router.post("/approvals/{proposal}/refuse", response={204: None}, url_name="refuse")
def refuse(request: Any, proposal: uuid.UUID, refusal: Refusal) -> Any:
    """Refuse what another person proposed."""
    operations.refuse(request.actor, proposal, refusal.words)
    return Status(204, None)


@router.delete("/approvals/{proposal}", response={204: None}, url_name="withdraw_proposal")
def withdraw(request: Any, proposal: uuid.UUID) -> Any:
    """Withdraw one's own proposal."""
    operations.withdraw(request.actor, proposal)
    return Status(204, None)
