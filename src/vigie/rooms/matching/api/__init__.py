"""Matches, notices, verdicts, known lists and look-ups over HTTP."""

import tempfile
import uuid
from pathlib import Path
from typing import Any

from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from vigie.engines.formats.hash_lists import ListRefused, read_list
from vigie.kernel.errors import Invalid
from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.api.bulk import router as bulk
from vigie.rooms.matching.api.lookups import router as lookups
from vigie.rooms.matching.rules import ListRole, Opinion
from vigie.rooms.matching.schemas import KnownListAdded, KnownListSummary, MatchNoticeView, MatchView
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["matching"])
router.add_router("", lookups)
router.add_router("", bulk)


class Spoken(Frozen):
    """What a unit says about a pair; `version` is how often it has spoken, as last read."""

    opinion: Opinion
    version: int | None = None


class Question(Frozen):
    """A question to the owner."""

    words: str


class Asked(Frozen):
    """The public id of a question."""

    id: uuid.UUID


@router.get("/matches", response=list[MatchView], url_name="matches")
def matches(request: Any, submission: uuid.UUID | None = None, limit: int = 500) -> Any:
    """The unit's published matches, newest first; of one submission when one is named."""
    if submission is not None:
        return list(queries.answers_of_submission(request.actor, submission, limit=limit))
    return list(queries.new_matches(request.actor, limit=limit))


@router.get("/matches/{match}", response=MatchView, url_name="match")
def match(request: Any, match: uuid.UUID) -> Any:
    """One match."""
    return queries.candidate(request.actor, match)


@router.get("/notices", response=list[MatchNoticeView], url_name="match_notices")
def notices(request: Any, limit: int = 500) -> Any:
    """Who asked about something the unit holds, newest first."""
    return list(queries.notices(request.actor, limit=limit))


@router.get("/notices/{notice}", response=MatchNoticeView, url_name="match_notice")
def notice(request: Any, notice: uuid.UUID) -> Any:
    """One notice."""
    return queries.notice(request.actor, notice)


@router.post("/pairs/{pair}/verdict", response={204: None}, url_name="give_verdict")
def give_verdict(request: Any, pair: uuid.UUID, spoken: Spoken) -> Any:
    """Say what a match or a notice is."""
    operations.give_verdict(request.actor, pair, spoken.opinion, expected_version=spoken.version)
    return Status(204, None)


@router.delete("/pairs/{pair}/verdict", response={204: None}, url_name="undo_verdict")
def undo_verdict(request: Any, pair: uuid.UUID) -> Any:
    """Take back what the unit said last."""
    operations.undo_verdict(request.actor, pair)
    return Status(204, None)


@router.post("/pairs/{pair}/question", response={201: Asked}, url_name="ask_owner")
def ask_owner(request: Any, pair: uuid.UUID, question: Question) -> Any:
    """Put a question on the owner's desk."""
    return Status(201, Asked(id=operations.ask_owner(request.actor, pair, question.words)))


class NewList(Frozen):
    """A known list to add: its name, who made it, which version it is, and what it is for."""

    name: str
    source: str
    version: str
    role: ListRole
    legal_basis: str


@router.get("/lists", response=list[KnownListSummary], url_name="known_lists")
def lists(request: Any) -> Any:
    """The unit's known lists."""
    return list(queries.known_lists(request.actor))


@router.post("/lists", response={201: KnownListAdded}, url_name="add_known_list")
def add_list(request: Any, facts: Form[NewList], file: File[UploadedFile]) -> Any:
    """Add a known list: plain hashes, CSV, VICS JSON or ThreatExchange, told apart by content."""
    with tempfile.NamedTemporaryFile(prefix="vigie-list-") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
        kept.flush()
        try:
            records = read_list(Path(kept.name))
            return Status(
                201, operations.add_known_list(request.actor, entries=records, **facts.model_dump())
            )
        except ListRefused as refused:
            raise Invalid(refused.reason) from refused


@router.delete("/lists/{known_list}", response={204: None}, url_name="withdraw_known_list")
def withdraw_list(request: Any, known_list: uuid.UUID) -> Any:
    """Withdraw a known list: it says nothing from now on."""
    operations.withdraw_known_list(request.actor, known_list)
    return Status(204, None)
