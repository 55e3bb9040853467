"""The page on which a person changes their password."""

import uuid
from functools import partial
from typing import Any

from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from vigie.kernel.errors import Invalid, Refused
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.accounts import operations, queries
from vigie.rooms.accounts.adapter import note_failed_sign_in
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.sessions import ID, renew
from vigie.rooms.requests import actor_of


class PasswordField(forms.CharField):
    """A password, taken as it was typed, blanks at its ends included; `kind` tells a password manager which one."""

    def __init__(self, kind: str, **options: Any) -> None:
        """Hides what is typed."""
        widget = forms.PasswordInput(attrs={"autocomplete": kind, "dir": "auto"})
        super().__init__(strip=False, widget=widget, **options)


class PasswordForm(forms.Form):
    """What changing a password asks."""

    old = PasswordField("current-password", label=gettext_lazy("Password of now"))
    new = PasswordField(
        "new-password",
        label=gettext_lazy("New password"),
        help_text=gettext_lazy(
            "At least 12 characters of any alphabet; a few words are easier to keep in mind than signs. Common passwords, and ones like your name, are refused."
        ),
    )
    again = PasswordField("new-password", label=gettext_lazy("New password, again"))

    def clean(self) -> None:
        """Both new ones are the same."""
        given = self.cleaned_data
        if "new" in given and "again" in given and given["new"] != given["again"]:
            self.add_error("again", _("The two passwords differ."))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponseBase:
    """The acting person's password is another, and they are signed in here alone. Asks for a sign-in of just now."""
    request.vigie_back = reverse("password_change")  # type: ignore[attr-defined]  # read by interfaces.web.errors
    actor, user = actor_of(request), request.user
    assert isinstance(user, User)
    require(actor, Permission.ACCOUNT_PASSWORD_SET)
    form = PasswordForm(request.POST or None)
    if request.method == "GET" or not user.has_usable_password() or not form.is_valid():
        return _shown(request, user, form, status=200 if request.method == "GET" else 422)
    if not ratelimit.consume(request, action="change_password", user=user):
        raise Refused(_("Too many attempts. Wait a minute, then try again."), code="too-many-attempts")
    here = request.session.get(ID)
    given = form.cleaned_data
    try:
        mark = operations.change_password(
            actor, old=given["old"], new=given["new"], session=uuid.UUID(here) if here else None
        )
    except operations.WrongPassword as error:
        # a line of its own, by the sign-in service, once this request's block has ended
        transaction.on_commit(partial(note_failed_sign_in, user, method="password-change"))
        form.add_error("old", str(error.detail))
        return _shown(request, user, form, status=422)
    except Invalid as error:
        form.add_error("new", str(error.detail))
        return _shown(request, user, form, status=422)
    request.session[HASH_SESSION_KEY] = mark
    renew(request.session)
    messages.success(request, _("Your password is changed. Every other sign-in of yours has ended."))
    return redirect("my_access")


def _shown(request: HttpRequest, user: User, form: PasswordForm, *, status: int) -> HttpResponse:
    joined = queries.providers_of(user)
    shown = {
        "form": form,
        "has_password": user.has_usable_password(),
        "username": user.username,
        "providers": [one.name for key, one in settings.VIGIE.providers.items() if key in joined],
    }
    return render(request, "accounts/password.html", shown, status=status)
