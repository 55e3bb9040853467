"""The program's address map, with a few views beside it that fail in every way a view can."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from ninja.errors import HttpError

from vigie.interfaces.web.urls import handler404, handler500
from vigie.interfaces.web.urls import urlpatterns as program
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, TooLarge, Unavailable
from vigie.rooms.accounts import operations

__all__ = ["handler404", "handler500", "urlpatterns"]

FAILURES: dict[str, type[Exception] | Exception] = {
    "crash": ZeroDivisionError,
    "http404": Http404,
    "denied": PermissionDenied,
    "not-found": NotFound,
    "refused": Refused,
    "invalid": Invalid,
    "conflict": Conflict,
    "too-large": TooLarge,
    "unavailable": Unavailable,
}


def write_then_fail(request: HttpRequest, how: str) -> HttpResponse:
    """Something is written, then the view fails."""
    operations.set_preferences(request.actor, language="ar", theme="dark")  # type: ignore[attr-defined]
    raise FAILURES[how]


def fail_in_the_api(request: HttpRequest) -> HttpResponse:
    """A view of the API that refuses in the framework's own words after writing."""
    from vigie.interfaces.api.root import api

    operations.set_preferences(request.actor, language="ar", theme="dark")  # type: ignore[attr-defined]
    return api.on_exception(request, HttpError(400, "no"))


def unstorable(request: HttpRequest) -> HttpResponse:
    """A text no column takes."""
    operations.set_preferences(request.actor, language="longer than it may be", theme="dark")  # type: ignore[attr-defined]
    return HttpResponse()


def who(request: HttpRequest) -> JsonResponse:
    """The actor of the request."""
    actor = request.actor  # type: ignore[attr-defined]
    return JsonResponse({"id": str(actor.id), "confirmed": actor.confirmed_at is not None})


urlpatterns = [
    *program,
    path("failing/<str:how>/", write_then_fail),
    path("api/v1/failing", fail_in_the_api),
    path("unstorable/", unstorable),
    path("api/v1/unstorable", unstorable),
    path("who/", who),
]
NOWHERE = uuid.UUID(int=0)
