"""Failures as pages, as problem+json (RFC 9457), or as a redirect to the sign-in."""

from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from vigie.backends.postgres import wants_room
from vigie.kernel.errors import Invalid, NotFound, NotSignedIn, StepUpNeeded, Unavailable, VigieError
from vigie.kernel.policy import Reason
from vigie.rooms.accounts.client_certificates import OTHER_CERTIFICATE_CODE

PAGES = {400, 403, 404, 409, 500, 503}


def wants_json(request: HttpRequest) -> bool:
    """True for the API's addresses and those of pictures, which no person reads as a page, and for who asks for JSON."""
    return request.path_info.startswith(("/api/", "/media/")) or "json" in request.headers.get("Accept", "")


def known(error: Exception) -> VigieError | None:
    """The failure a person can be told about; None for a mistake of ours.

    What PostgreSQL cannot keep (a text too long for its column, a NUL character) is the sender's to correct; for want
    of room it keeps nothing until there is some.
    """
    if isinstance(error, DataError):
        return Invalid(_("A text is too long, or holds a character that cannot be stored."))
    if wants_room(error):
        return Unavailable(
            _("There is no room left on the server. What arrived is kept; send the rest later.")
        )
    return error if isinstance(error, VigieError) else None


def problem(error: VigieError) -> dict[str, Any]:
    """The body of an RFC 9457 answer; its type is an address of this installation's own help."""
    body = {
        "type": f"/help/problems/{error.problem}",
        "title": str(error.title),
        "status": error.status,
        "code": error.code,
    }
    if error.detail:
        body["detail"] = str(error.detail)
    return body


def respond(request: HttpRequest, error: VigieError) -> HttpResponseBase:
    """The answer for this failure: the same body and status whether a record is absent or hidden."""
    if wants_json(request):
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    if isinstance(error, NotSignedIn):
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")
    if isinstance(error, StepUpNeeded):
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': _back(request)})}")
    return page(request, error)


def _back(request: HttpRequest) -> str:
    if request.method == "GET":
        return request.get_full_path()
    back: str = getattr(request, "vigie_back", "") or request.headers.get("HX-Current-URL", "/")
    return back


def page(request: HttpRequest, error: VigieError) -> HttpResponse:
    """The error page: what happened, what is safe, what to do next."""
    name = error.status if error.status in PAGES else 400
    context = {"error": error, "title": error.title, "detail": error.detail, **_next(error)}
    return render(request, f"errors/{name}.html", context, status=error.status)


def _next(error: VigieError) -> dict[str, Any]:
    """The better next step of a refusal: signing in again, or the page that says whom to ask at the gateway."""
    if error.code == OTHER_CERTIFICATE_CODE:
        return {"next_href": reverse("account_login"), "next_text": _("Sign in again")}
    if error.code not in {Reason.ACCESS_SUSPENDED, Reason.CERTIFICATE_MISSING}:
        return {}
    return {"next_href": reverse("my_access"), "next_text": _("See whom to ask")}


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """The same page for an address that does not exist and for a record that is not shown."""
    del exception
    return respond(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponseBase:
    """The page of last resort; it uses no database and no context."""
    if wants_json(request):
        return JsonResponse(problem(VigieError()), status=500, content_type="application/problem+json")
    return render(request, "errors/500.html", {}, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The page for a form that was open too long, or came from elsewhere."""
    del reason
    return render(request, "errors/403_csrf.html", {}, status=403)
