"""The shell around every request: who acts, in one atomic block; language; headers; nothing open by default."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import translation

from vigie.interfaces.web import csrf, errors
from vigie.interfaces.web.actor import (
    DEMO_SESSION,
    actor_of,
    is_behind_another,
    needs_second_factor,
    uses_token,
)
from vigie.interfaces.web.openings import OPEN_TO_SUSPENDED, SIGNED_IN_ONLY, is_open
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import NotSignedIn, Refused, VigieError
from vigie.kernel.operation import act_as
from vigie.kernel.policy import CLOCKS_DIFFER, Reason
from vigie.kernel.refusals import words
from vigie.rooms.accounts.client_certificates import OTHER_CERTIFICATE, OTHER_CERTIFICATE_CODE
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.sessions import LAST_SEEN, OPENED

Handler = Callable[[HttpRequest], HttpResponseBase]


class BehindTls:
    """Requests count as made over TLS: the installation has a public address, and its proxy takes no other.

    Installed only then. Cookies, forms and links follow; what a field of the request says of its scheme is not believed.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the handlers inside."""
        request.META["wsgi.url_scheme"] = "https"
        return self.handler(request)


class ResponseHeaders:
    """Every answer carries the headers a strict browser needs; pages and media are never kept by caches."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the handlers inside."""
        response = self.handler(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class PersonLanguage:
    """Pages speak the signed-in person's language, else the browser's."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the handlers inside."""
        offered = {code for code, _ in settings.LANGUAGES}
        person = request.user.language if isinstance(request.user, User) else ""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "") or person
        language = chosen if chosen in offered else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            return self.handler(request)


class ActorBlock:
    """One atomic block per request with its actor set; refusals leave a line in the log; nothing open by default.

    Rendering finishes inside the block: template responses are rendered here, before the transaction ends.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the handlers inside."""
        now = utc_now()
        if _ended(request, now.timestamp()):
            logout(request)
        actor = actor_of(request, now=now)
        request.actor = actor  # type: ignore[attr-defined]  # this middleware is what gives requests their actor
        if _is_open(request):
            return self._without_actor(request)
        if actor is None:
            return errors.respond(request, NotSignedIn())
        if is_behind_another(request, actor, now=now):
            return errors.respond(request, Refused(OTHER_CERTIFICATE, code=OTHER_CERTIFICATE_CODE))
        if needs_second_factor(request) and _route(request) not in SIGNED_IN_ONLY:
            return redirect("mfa_activate_totp")
        if actor.access_until is not None and actor.access_until <= now and not _shown_to_suspended(request):
            return errors.respond(
                request, Refused(words(Reason.ACCESS_SUSPENDED), code=Reason.ACCESS_SUSPENDED.value)
            )
        return self._run(request, actor)

    def _without_actor(self, request: HttpRequest) -> HttpResponseBase:
        response = self.handler(request)
        failure = getattr(request, "vigie_failure", None)
        return response if failure is None else errors.respond(request, failure)

    def _run(self, request: HttpRequest, actor: Actor) -> HttpResponseBase:
        try:
            with act_as(actor, clock=utc_now):
                response = self.handler(request)
                failure = getattr(request, "vigie_failure", None)
                if failure is not None:
                    raise failure  # rolls the block back; act_as writes the refusal's line afterwards
                if getattr(request, "vigie_broken", False):
                    transaction.set_rollback(True)
                return response
        except VigieError as failure:
            return errors.respond(request, failure)
        except OperationalError as error:  # of the commit: what a view raises has been told of already
            known = errors.known(error)
            if known is None:
                raise
            return errors.respond(request, known)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponseBase | None:
        """An API view reached with a session cookie needs the token against forgery like any form."""
        if not getattr(view, "csrf_exempt", False) or uses_token(request) or _is_open(request):
            return None
        return errors.csrf_failure(request) if csrf.refused(request) else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A failure that knows its words is kept for the block around the view, which must roll back first.

        Any other exception becomes Django's own answer, before it reaches the block: without the mark, what the view
        wrote until then would be committed.
        """
        failure = errors.known(error)
        if failure is None:
            request.vigie_broken = True  # type: ignore[attr-defined]  # read by _run above
            return None
        request.vigie_failure = failure  # type: ignore[attr-defined]  # read by _run above
        return HttpResponse(status=failure.status)


def _is_open(request: HttpRequest) -> bool:
    return is_open(_route(request), request.method or "")


def _route(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return ""


def _shown_to_suspended(request: HttpRequest) -> bool:
    return _route(request) in OPEN_TO_SUSPENDED


def _ended(request: HttpRequest, now: float) -> bool:
    """True when a browser session was silent for longer than it may be, or is open for longer than any may.

    The last moment is noted otherwise, at most once a minute: a session row per request would double the writes of a
    busy page. A session that does not know when it was opened counts from now; one of the future, which only a clock
    that was set back can show, has ended.
    """
    if not isinstance(request.user, User) or request.session.get(DEMO_SESSION, False):
        return False
    seen, opened = request.session.get(LAST_SEEN, now), request.session.get(OPENED, now)
    ahead = CLOCKS_DIFFER.total_seconds()
    if not -ahead <= now - seen <= settings.VIGIE_SESSION_IDLE_SECONDS:
        return True
    if not -ahead <= now - opened <= settings.SESSION_COOKIE_AGE:
        return True
    if LAST_SEEN not in request.session or now - seen > 60:
        request.session[LAST_SEEN] = now
        request.session.setdefault(OPENED, now)
    return False
