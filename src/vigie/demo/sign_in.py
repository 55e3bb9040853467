"""One-click sign-in: five fictional people, a button each. Everybody who reaches the page may be any of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from ipaddress import ip_address
from typing import Any, Final

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.demo.apps import demo_app
from vigie.demo.tour import session
from vigie.interfaces.web import errors
from vigie.interfaces.web.actor import DEMO_SESSION
from vigie.kernel.errors import NotFound
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import PLUMBING
from vigie.rooms.units.queries import has_real_country

METHOD: Final = "demo"
"""How these sign-ins are called in the log."""
View = Callable[..., HttpResponseBase]

GUESTS: Final[tuple[tuple[str, Promise], ...]] = (
    ("ines", _("Hands in exhibits, reads the answers, compares and confirms.")),
    ("tomas", _("Leads the unit: works on cases, loads known lists, reads the log of the unit.")),
    ("mirela", _("Is told when another unit holds what hers holds, and says whether it is the same.")),
    ("samir", _("Works in Arabic at a national bureau; of some cases others learn only his desk.")),
    ("odile", _("Oversees everything that was done, in French, and sees no picture.")),
)


@dataclass(frozen=True)
class Guest:
    """A person a visitor may be, as the page shows them."""

    key: str
    name: str
    unit: str
    can: Promise | str


def only_in_a_demonstration(view: View) -> View:
    """The view answers on this machine, beside fictional countries alone; anybody else finds no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        if not settings.VIGIE_HOME.is_demo or not _from_this_machine(request) or has_real_country():
            return errors.respond(request, NotFound())
        return view(request, *args, **named)

    return guarded


@only_in_a_demonstration
@require_GET
def people(request: HttpRequest) -> HttpResponseBase:
    """The people a visitor may be."""
    plan = demo_app().plan
    by_key, units = {each.key: each for each in plan.people}, {unit.key: unit for unit in plan.units}
    guests = [
        Guest(key, by_key[key].name, units[by_key[key].unit].name, can)
        for key, can in GUESTS
        if key in by_key
    ]
    return render(request, "demo/people.html", {"guests": guests, "next": _next(request.GET)})


@only_in_a_demonstration
@require_POST
def enter(request: HttpRequest) -> HttpResponseBase:
    """The visitor is this person now, until they sign out or become another; the log says so."""
    person = _person(request.POST.get("person", ""))
    if person is None:
        return errors.respond(request, NotFound())
    kept = session.started() if "tour" in request.POST else session.read(request)
    logout(request)
    record_authentication(request, person, METHOD)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[DEMO_SESSION] = True
    session.keep(request, kept)
    return redirect(_next(request.POST))


@only_in_a_demonstration
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponseBase:
    """The visitor confirmed being who they are with a press: these people have no password to ask for."""
    if request.method == "GET":
        return render(request, "demo/confirm.html", {"next": _next(request.GET)})
    if isinstance(request.user, User) and request.session.get(DEMO_SESSION, False):
        record_authentication(request, request.user, METHOD, reauthenticated=True)
    return redirect(_next(request.POST))


def _person(key: str) -> User | None:
    """Anybody of the plan who takes part; the tour needs more people than the page offers."""
    if key not in {person.key for person in demo_app().plan.people}:
        return None
    return User.objects.using(PLUMBING).filter(username=key, is_active=True).select_related("unit").first()


def _from_this_machine(request: HttpRequest) -> bool:
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _next(given: Any) -> str:
    target = str(given.get("next", "") or "/")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"
