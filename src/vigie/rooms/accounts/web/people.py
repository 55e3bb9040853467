"""People as pages: those one looks after, one of them with rights and sign-ins, the review, adding somebody."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor, StaffScope
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission, Role
from vigie.rooms.accounts import operations, queries
from vigie.rooms.accounts.schemas import Access, CertificateView, Person
from vigie.rooms.accounts.web import identities
from vigie.rooms.accounts.web.forms import ROLE_NAMES, CertificateForm, PersonForm, roles_offered
from vigie.rooms.requests import actor_of
from vigie.rooms.units.queries import desks, unit_by_code


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The people the actor looks after, by name, with roles, certificate and review."""
    actor = actor_of(request)
    now = context.now()
    found = queries.people(actor, now=now)
    shown = {
        "rows": _rows(actor, found, now),
        "waiting": sum(one.access is not Access.CONFIRMED for one in found),
        "endings": queries.endings(actor, now=now),
        "country": actor.staff_scope is StaffScope.COUNTRY,
        "may_add": _may(actor, Permission.ACCOUNT_USER_ADD),
        "may_review": _may(actor, Permission.ACCOUNT_ACCESS_SUSPEND),
        "may_register": _may(actor, Permission.UNIT_CERTIFICATE_READ),
    }
    return render(request, "accounts/people.html", shown)


@require_GET
def person(request: HttpRequest, username: str) -> HttpResponse:
    """One person: roles, certificates, review, sign-ins."""
    return _person_page(request, username, CertificateForm())


def _person_page(
    request: HttpRequest, username: str, form: CertificateForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    now = context.now()
    found = queries.person(actor, username, now=now)
    looks = _may(actor, Permission.ACCOUNT_ACCESS_SUSPEND) and found.id != actor.id
    shown = {
        "row": _rows(actor, [found], now)[0],
        "roles": [(role.value, ROLE_NAMES[role]) for role in found.roles if role in ROLE_NAMES],
        "offered": [pair for pair in roles_offered(actor) if pair[0] not in found.roles],
        "certificates": [_certificate(one, now) for one in queries.certificates(actor, found.id)],
        "sessions": queries.sessions(actor, found.id, now=now) if looks else [],
        **identities.shown(actor, found),
        "form": form,
        "looks": looks,
        "own": found.id == actor.id,
    }
    return render(request, "accounts/person.html", shown, status=status)


@require_http_methods(["GET", "POST"])
def add_person(request: HttpRequest) -> HttpResponse:
    """A person is added after the form is filled in; their one-time enrolment link is shown once."""
    actor = actor_of(request)
    require(
        actor, Permission.ACCOUNT_ROLE_GRANT
    )  # asked before the form is filled in: a fresh sign-in is needed
    form = PersonForm(actor, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            added = operations.add_user(
                actor,
                username=given["username"],
                display_name=given["display_name"],
                unit=unit_by_code(given["unit"]),
                language=given["language"],
            )
            operations.grant_role(actor, user_id=added.user, role=Role(given["role"]))
        except (Conflict, Invalid) as error:
            form.add_error("username", str(error.detail))
        else:
            link = request.build_absolute_uri(reverse("enrol", args=[added.code]))
            return render(request, "accounts/person_added.html", {"added": added, "link": link})
    status = 422 if form.errors else 200
    return render(request, "accounts/person_add.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest) -> HttpResponseBase:
    """The people whose access must be confirmed; those that are ticked are confirmed together."""
    actor = actor_of(request)
    require(actor, Permission.ACCOUNT_ACCESS_CONFIRM)
    now = context.now()
    if request.method == "POST":
        names = request.POST.getlist("username")
        for name in names:
            operations.confirm_access(actor, user_id=queries.user_id(actor, name))
        told = ngettext(
            "The access of %(count)s person is confirmed.",
            "The access of %(count)s people is confirmed.",
            len(names),
        )
        messages.success(request, told % {"count": len(names)})
        return redirect("people_review")
    found = [one for one in queries.people(actor, now=now) if one.access is not Access.CONFIRMED]
    found.sort(key=lambda one: one.review_due)
    return render(request, "accounts/review.html", {"rows": _rows(actor, found, now)})


@require_POST
def act(request: HttpRequest, username: str) -> HttpResponseBase:
    """One act on a person: what the pressed button says. The person's page is shown again."""
    wanted = _ACTS.get(request.POST.get("act", ""))
    if wanted is None:
        raise Invalid(_("This page does not know that button."))
    actor = _back_to(request, username)
    try:
        messages.success(request, wanted(actor, queries.user_id(actor, username), request.POST))
    except Conflict as conflict:
        messages.error(request, str(conflict.detail))
    return redirect("person", username)


@require_POST
def certify(request: HttpRequest, username: str) -> HttpResponseBase:
    """The person is certified by the course they passed, from today on."""
    actor = _back_to(request, username)
    form = CertificateForm(request.POST)
    if form.is_valid():
        try:
            _certify(actor, queries.user_id(actor, username), form.cleaned_data)
        except Invalid as error:
            form.add_error(None, str(error.detail))
        else:
            messages.success(request, _("The certificate is given."))
            return redirect("person", username)
    return _person_page(request, username, form, status=422)


def _certify(actor: Actor, user_id: uuid.UUID, given: dict[str, Any]) -> None:
    today, last = context.now().date(), given["valid_until"]
    operations.grant_certificate(
        actor,
        user_id=user_id,
        course=given["course"],
        issuer=given["issuer"],
        passed_on=given["passed_on"],
        valid_from=_midnight(today),
        valid_until=_midnight(last + timedelta(days=1)),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _grant_role(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    operations.grant_role(actor, user_id=user_id, role=_role(given))
    return _("The role is given. It holds from their next request on.")


def _revoke_role(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    operations.revoke_role(actor, user_id=user_id, role=_role(given))
    return _("The role is taken, from their next request on.")


def _confirm(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    del given
    operations.confirm_access(actor, user_id=user_id)
    return _("Their access is confirmed.")


def _suspend(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    operations.suspend_access(actor, user_id=user_id, why=given.get("why", "")[:500])
    return _("Their access is suspended and their sign-ins have ended. Confirm them to give it back.")


def _end_sessions(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    named = given.get("session", "")
    operations.revoke_sessions(actor, user_id=user_id, session=_uuid(named) if named else None)
    return _("The sign-in has ended.")


def _end_certificate(actor: Actor, user_id: uuid.UUID, given: Any) -> str:
    del user_id
    operations.revoke_certificate(actor, certificate_id=_uuid(given.get("certificate", "")))
    return _("The certificate has ended. Pictures and matches are closed to them from their next request on.")


_ACTS: dict[str, Callable[[Actor, uuid.UUID, Any], str]] = {
    "confirm": _confirm,
    "end-certificate": _end_certificate,
    "end-session": _end_sessions,
    "grant-role": _grant_role,
    "join-identity": identities.join,
    "part-identity": identities.part,
    "revoke-role": _revoke_role,
    "suspend": _suspend,
}
"""What the buttons of a person's page do, each with what is said afterwards."""


def _role(given: Any) -> Role:
    try:
        return Role(given.get("role", ""))
    except ValueError as error:
        raise Invalid(_("Choose a role.")) from error


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error


def _rows(actor: Actor, found: list[Person], now: datetime) -> list[dict[str, Any]]:
    units = desks(actor, [one.unit for one in found])
    return [
        {
            "person": one,
            "unit": units[one.unit].unit_name,
            "role_names": [ROLE_NAMES[role] for role in one.roles if role in ROLE_NAMES],
            "certified": one.certified_until is not None and one.certified_until > now,
        }
        for one in found
    ]


def _certificate(one: CertificateView, now: datetime) -> dict[str, Any]:
    """A certificate with how it stands: it runs, begins later, was ended, or is over."""
    if one.revoked_at is not None:
        state = "revoked"
    elif one.valid_until <= now:
        state = "over"
    else:
        state = "running" if one.valid_from <= now else "later"
    return {"is": one, "state": state, "last_day": one.valid_until - timedelta(seconds=1)}


def _may(actor: Actor, permission: Permission) -> bool:
    return policy.may(actor, permission, context.now()) is None


def _back_to(request: HttpRequest, username: str) -> Actor:
    """The actor; a sign-in that must be confirmed first leads back to this person's page."""
    request.vigie_back = reverse("person", args=[username])  # type: ignore[attr-defined]  # read by interfaces.web.errors
    return actor_of(request)
