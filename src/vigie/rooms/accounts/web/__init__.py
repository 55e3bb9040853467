"""Enrolment with a one-time code, and a person's own preferences."""

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import act_as
from vigie.rooms.accounts import operations
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import PLUMBING, actor_for, digest_of, person_of


@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest, code: str) -> HttpResponseBase:
    """A new person chooses a password with their one-time code, and is led to set up the second factor."""
    user = _enrolling(code)
    if request.method == "GET":
        return render(request, "accounts/enrol.html", {"name": user.display_name, "username": user.username})
    password = request.POST.get("password", "")
    try:
        if password != request.POST.get("again", ""):
            raise Invalid(_("The two passwords differ."))
        actor = actor_for(user, now=utc_now(), confirmed_at=utc_now())
        with act_as(actor, clock=utc_now):
            operations.set_password(actor, password=password)
    except Invalid as error:
        shown = {"name": user.display_name, "username": user.username, "fault": error.detail}
        return render(request, "accounts/enrol.html", shown, status=422)
    # read again: a session opened for the row from before would end at once, with the password it was opened under
    response: HttpResponseBase = perform_login(request, Login(user=person_of(user.id), redirect_url="/"))
    return response


def _enrolling(code: str) -> User:
    user = (
        User.objects.using(PLUMBING)
        .filter(enrolment_digest=digest_of(code), enrolment_until__gt=utc_now(), is_active=True)
        .select_related("unit")
        .first()
    )
    if user is None:
        raise NotFound
    return user


@require_POST
def preferences(request: HttpRequest) -> HttpResponseBase:
    """The person's language and theme are kept, and the page they came from is shown again."""
    user = request.user
    assert isinstance(user, User)
    actor = request.actor  # type: ignore[attr-defined]  # set by the ActorBlock middleware
    language = _chosen(
        request.POST.get("language", ""), {code for code, _ in settings.LANGUAGES}, user.language
    )
    theme = _chosen(request.POST.get("theme", ""), {"auto", "light", "dark"}, user.theme)
    operations.set_preferences(actor, language=language, theme=theme)
    response = redirect(_next(request))
    _keep_language(response, language)
    response.set_cookie("vigie_theme", theme, samesite="Strict", secure=settings.SESSION_COOKIE_SECURE)
    return response


@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """The language is kept in a cookie, also for somebody who has not signed in."""
    response = redirect(_next(request))
    language = _chosen(request.POST.get("language", ""), {code for code, _ in settings.LANGUAGES}, "")
    if language:
        _keep_language(response, language)
    return response


def _keep_language(response: HttpResponseBase, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        samesite="Strict",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _chosen(value: str, offered: set[str], otherwise: str) -> str:
    return value if value in offered else otherwise


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "/")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"
