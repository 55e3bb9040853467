"""The log over HTTP."""

from typing import Any

from django.http import HttpResponse
from ninja import Router

from vigie.rooms.oversight import operations, queries
from vigie.rooms.oversight.schemas import LogPage, LogState

router = Router(tags=["oversight"])


@router.get("/audit", response=LogPage, url_name="log")
def log(request: Any, verb: str = "", outcome: str = "", cursor: str = "") -> LogPage:
    """Read the log, newest first."""
    return queries.log_page(
        request.actor, wanted=queries.LogFilter(verb=verb, outcome=outcome), cursor=cursor
    )


@router.get("/audit/state", response=LogState, url_name="log_state")
def state(request: Any) -> LogState:
    """How far the log is proven."""
    return queries.log_state(request.actor)


@router.get("/audit/bundle", url_name="log_bundle")
def bundle(request: Any) -> HttpResponse:
    """The whole log, to be judged away from here."""
    content = operations.export_log(request.actor)
    return HttpResponse(content, content_type="application/zip")
