"""The tour's bar by itself, its one act, and its end."""

import threading

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from vigie.backends.remote import Login, open_remote, server_of
from vigie.demo.apps import demo_app
from vigie.demo.homes import pictures_of
from vigie.demo.preparing.handing_in import LABEL, hand_in_folder
from vigie.demo.tour import session
from vigie.demo.tour.views import bar_for, exhibit_of_the_day
from vigie.rooms.accounts import operations as accounts
from vigie.rooms.accounts.models import User
from vigie.rooms.intake import operations as intake
from vigie.rooms.intake.queries import submissions
from vigie.rooms.intake.rules import SubmissionState
from vigie.rooms.requests import actor_of


@require_GET
def bar(request: HttpRequest) -> HttpResponse:
    """The bar as things stand now, for a page that waits; nothing when no tour runs."""
    return render(request, "demo/tour_bar.html", {"bar": shown_bar(request)})


@require_POST
def hand_in(request: HttpRequest) -> HttpResponseBase:
    """The prepared exhibit is on its way, sent by the same client the command line uses; its page opens."""
    actor, plan = actor_of(request), demo_app().plan
    exhibit = exhibit_of_the_day(actor, plan)
    if not submissions(actor, exhibit=exhibit.public_id, state=SubmissionState.OPEN):
        # opened here, and found by the client: the page the visitor sees next follows it from the first file on
        intake.open_submission(
            actor, case=exhibit.case_public_id, exhibit=exhibit.public_id, source="command_line"
        )
    issued = accounts.issue_token(actor, label=LABEL)
    server = server_of(settings.VIGIE)
    login = Login(server, issued.token, issued.expires_at.isoformat(), plan.incoming.person)
    folder = pictures_of(settings.VIGIE_HOME) / plan.incoming.folder

    def send() -> None:
        with open_remote(server, login, language="en") as remote:
            hand_in_folder(
                remote,
                case=plan.incoming.case,
                exhibit=plan.incoming.exhibit,
                folder=folder,
                tell=lambda _: None,
            )

    # after the commit: the token must be there when the sender shows it
    transaction.on_commit(lambda: demo_app().send(threading.Thread(target=send, name="hand-in", daemon=True)))
    return redirect("exhibit", exhibit.public_id)


@require_POST
def end(request: HttpRequest) -> HttpResponseBase:
    """No tour runs in this session any more."""
    session.keep(request, None)
    return redirect("/")


def shown_bar(request: HttpRequest) -> object:
    """The bar of this request's person; None when no tour runs or nobody is signed in."""
    if not isinstance(request.user, User) or session.read(request) is None:
        return None
    return bar_for(request, actor_of(request), request.user.username, demo_app().plan)
