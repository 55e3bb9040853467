"""Matches, notices and verdicts over HTTP."""

import uuid
from typing import Any

from ninja import Router

from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.rules import Opinion
from vigie.rooms.matching.schemas import MatchNoticeView, MatchView
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["matching"])


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
    return 204, None


@router.delete("/pairs/{pair}/verdict", response={204: None}, url_name="undo_verdict")
def undo_verdict(request: Any, pair: uuid.UUID) -> Any:
    """Take back what the unit said last."""
    operations.undo_verdict(request.actor, pair)
    return 204, None


@router.post("/pairs/{pair}/question", response={201: Asked}, url_name="ask_owner")
def ask_owner(request: Any, pair: uuid.UUID, question: Question) -> Any:
    """Put a question on the owner's desk."""
    return 201, Asked(id=operations.ask_owner(request.actor, pair, question.words))
