"""The pages of a sign-in through a provider: leaving for it, coming back from it, and what was opened or why not.

Coming back takes two steps. A browser that another site sends here brings no session (its cookie is `SameSite=Strict`), so the
first page leads on by itself to the second, within this site, and the session comes along.
"""

import logging

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.backends.openid import AnswerRefused, ProviderAway
from vigie.config.doors import ProviderSettings
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import NotFound, Refused
from vigie.rooms.accounts import provider as flow
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.provider import Outcome, Why
from vigie.rooms.accounts.queries import providers_of

BROUGHT = ("code", "state", "iss", "error")
"""What a provider sends back through the browser (RFC 6749, section 4.1.2; RFC 9207)."""
LONGEST_BROUGHT = 4096
logger = logging.getLogger(__name__)


@require_POST
def leave(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Somebody is led to the provider to sign in."""
    chosen = _chosen(provider)
    if request.user.is_authenticated:
        return redirect("home")
    return _leave(request, provider, chosen, Why.SIGN_IN)


@require_POST
def confirm(request: HttpRequest, provider: str) -> HttpResponseBase:
    """The signed-in person is led to their provider, which is told to ask them again."""
    chosen = _chosen(provider)
    assert isinstance(request.user, User)  # a route for those who are signed in
    if provider not in providers_of(request.user):
        raise NotFound
    return _leave(request, provider, chosen, Why.CONFIRM)


@require_GET
def back(request: HttpRequest, provider: str) -> HttpResponse:
    """What the provider sent is carried on within this site, so that the session comes along."""
    chosen = _chosen(provider)
    brought = {name: request.GET[name] for name in BROUGHT if name in request.GET}
    if sum(map(len, brought.values())) > LONGEST_BROUGHT:
        raise NotFound
    address = f"{reverse('provider_done', args=[provider])}?{urlencode(brought)}"
    return render(request, "accounts/provider_back.html", {"address": address, "name": chosen.name})


@require_GET
def done(request: HttpRequest, provider: str) -> HttpResponseBase:
    """The person is in, or is asked for the next step, or reads why nothing was opened."""
    chosen = _chosen(provider)
    answer = flow.Answer(
        state=request.GET.get("state", ""),
        code=request.GET.get("code", ""),
        issuer=request.GET.get("iss", ""),
    )
    try:
        opened = flow.finish(request, provider, answer, now=utc_now())
    except flow.OpenedNothing as nothing:
        messages.error(request, _words(nothing.outcome, chosen.name))
        return _elsewhere(nothing.why, nothing.next_url)
    except ProviderAway as away:
        return _away(request, chosen, away)
    if isinstance(opened, str):
        messages.success(request, _("Confirmed. It counts for five minutes."))
        return redirect(opened)
    return opened


def _leave(request: HttpRequest, provider: str, chosen: ProviderSettings, why: Why) -> HttpResponseBase:
    if not ratelimit.consume(request, action="login"):
        raise Refused(_("Too many attempts. Wait a minute, then try again."), code="too-many-attempts")
    target = request.POST.get("next", "/")
    next_url = target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"
    redirect_uri = request.build_absolute_uri(reverse("provider_back", args=[provider]))
    try:
        address = flow.begin(
            request, provider, why=why, next_url=next_url, redirect_uri=redirect_uri, now=utc_now()
        )
    except (AnswerRefused, ProviderAway) as away:
        return _away(request, chosen, away, why=why, next_url=next_url)
    return render(request, "accounts/provider_leaving.html", {"address": address, "name": chosen.name})


def _away(
    request: HttpRequest,
    chosen: ProviderSettings,
    away: Exception,
    *,
    why: Why = Why.SIGN_IN,
    next_url: str = "/",
) -> HttpResponseBase:
    """The provider does not answer as it should: signing in here goes on."""
    logger.warning("The provider %s cannot be used: %s", chosen.name, away)
    said = _(
        "%(name)s does not answer. Nothing has changed; sign in here, with your passkey or your password."
    )
    messages.error(request, said % {"name": chosen.name})
    return _elsewhere(why, next_url)


def _elsewhere(why: Why, next_url: str) -> HttpResponseBase:
    """The way that does not need the provider."""
    door = "account_login" if why is Why.SIGN_IN else "account_reauthenticate"
    return redirect(f"{reverse(door)}?{urlencode({'next': next_url})}")


def _words(outcome: Outcome, name: str) -> str:
    words = {
        Outcome.NOT_ASKED: _(
            "This answer of %(name)s belongs to no sign-in begun in this browser in the last ten minutes. Begin again."
        ),
        Outcome.REFUSED: _("%(name)s did not sign you in, or its answer does not hold. Nothing was opened."),
        Outcome.NOBODY: _(
            "Nobody here is joined to who you are at %(name)s. Your national gateway can join you to it."
        ),
        Outcome.ONE_FACTOR: _(
            "%(name)s states no second factor for you. Sign in here with your password and your second factor."
        ),
        Outcome.SUSPENDED: _(
            "Your access is suspended. Nothing is lost; your national gateway can confirm you."
        ),
        Outcome.NOT_FRESH: _(
            "%(name)s did not ask you again, so this confirms nothing. Confirm here that it is you."
        ),
    }
    return words[outcome] % {"name": name}


def _chosen(provider: str) -> ProviderSettings:
    """The provider of this name in the settings; NotFound when there is none."""
    chosen: ProviderSettings | None = settings.VIGIE.providers.get(provider)
    if chosen is None:
        raise NotFound
    return chosen
