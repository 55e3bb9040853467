"""Matches and notices as pages: what others let us know, the evidence, a verdict, a question to the owner."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.permissions import Permission
from vigie.kernel.refusals import words
from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.queries.listing import matches as matches_page
from vigie.rooms.matching.queries.listing import matches_of
from vigie.rooms.matching.schemas import Level, MatchNoticeView, MatchView, Opinion
from vigie.rooms.matching.web.evidence import contact_of, evidence, item_rows, opinion_words, turned_as
from vigie.rooms.media import queries as media
from vigie.rooms.media.operations.showing import veils_in_page
from vigie.rooms.media.schemas import ClearReason, ContentFacts, ContentState, Kind
from vigie.rooms.requests import actor_of, cursor_of

PAGE = 50
OPINIONS = (
    (Opinion.SAME_ITEM, "S"),
    (Opinion.SAME_PLACE, "P"),
    (Opinion.SAME_SESSION, "Q"),
    (Opinion.UNRELATED, "D"),
    (Opinion.CANNOT_TELL, "U"),
)
"""What a person may say about a pair, with its key."""
CLEAR_REASONS = (
    (ClearReason.CONFIRM_MATCH, gettext_lazy("To confirm a match")),
    (ClearReason.VICTIM_IDENTIFICATION, gettext_lazy("To identify a victim")),
    (ClearReason.CATEGORISE, gettext_lazy("To categorise")),
    (ClearReason.SAFEGUARDING, gettext_lazy("To protect a child")),
    (ClearReason.COURT, gettext_lazy("For a court")),
)
"""Why our own picture is opened clearly; on this page most often to confirm a match."""


@require_GET
def matches(request: HttpRequest) -> HttpResponse:
    """The unit's answers, newest first, or only those nobody has looked at."""
    actor = actor_of(request)
    only_new = request.GET.get("show") == "new"
    after = cursor_of(request)
    if only_new:
        found: Sequence[MatchView] = queries.new_matches(actor, limit=PAGE)
    else:
        found = matches_page(actor, after=after, limit=PAGE)
    full = len(found) == PAGE and not only_new
    shown = {
        "matches": found,
        "counts": queries.counts(actor),
        "only_new": only_new,
        "first": after is None,
        "next": f"?after={found[-1].public_id}" if full else "",
    }
    return render(request, "matching/matches.html", shown)


@require_GET
def match(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One answer with its evidence; looking at it marks it as seen."""
    actor = actor_of(request)
    found = queries.candidate(actor, public_id)
    if found.seen_at is None:
        operations.mark_seen(actor, public_id)
    return render(request, "matching/match.html", _match_context(request, found, veiled=True))


@require_POST
def verdict(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """What this person says about the pair is kept with the engine that proposed it; the unit's side alone moves."""
    actor = actor_of(request)
    try:
        opinion = Opinion(request.POST.get("opinion", ""))
    except ValueError as error:
        raise Invalid(_("Choose one of the five verdicts.")) from error
    operations.give_verdict(actor, public_id, opinion, expected_version=_version(request))
    said = _("Verdict kept: %(verdict)s") % {"verdict": opinion_words(opinion)}
    return _judged(request, public_id, said, undo=f"{reverse('verdict_undo', args=[public_id])}?quiet")


@require_POST
def undo(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """The unit's verdict on the pair is taken back; what was said before stays in the log.

    `?quiet` is the undo of a toast, which reloads the page itself.
    """
    operations.undo_verdict(actor_of(request), public_id, expected_version=_version(request))
    if "quiet" in request.GET:
        return HttpResponse(status=204)
    return _judged(request, public_id, _("The verdict is taken back."), undo="")


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, public_id: uuid.UUID) -> HttpResponseBase:
    """A question to the owner's desk about an item that matches."""
    actor = actor_of(request)
    found = queries.candidate(actor, public_id)
    written, fault = request.POST.get("words", ""), ""
    if request.method == "POST":
        try:
            operations.ask_owner(actor, public_id, written)
        except Invalid as error:
            fault = str(error.detail)
        else:
            messages.success(request, _("The question is on the desk of the owner."))
            return redirect("match", public_id)
    shown = {
        "match": found,
        "code": _code(found.content),
        "contact": contact_of(found.desk, context.now()) if found.desk else None,
        "written": written,
        "fault": fault,
    }
    return render(request, "matching/ask.html", shown, status=422 if fault else 200)


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Who handed in what this unit holds, newest first."""
    actor = actor_of(request)
    after = cursor_of(request)
    found = queries.notices(actor, after=after, limit=PAGE)
    more = f"?after={found[-1].public_id}" if len(found) == PAGE else ""
    watch = policy.may(actor, Permission.MATCH_CANARY_SEE, context.now()) is None
    shown = {"notices": found, "first": after is None, "next": more, "may_watch": watch}
    return render(request, "matching/notices.html", shown)


@require_GET
def notice(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One notice, with our item and, where its owner shows it, theirs; looking at it marks it as seen."""
    actor = actor_of(request)
    found = queries.notice(actor, public_id)
    if found.seen_at is None:
        operations.mark_seen(actor, public_id)
    return render(request, "matching/notice.html", _notice_context(request, found, veiled=True))


def _match_context(request: HttpRequest, found: MatchView, *, veiled: bool) -> dict[str, Any]:
    actor = actor_of(request)
    others = _candidates(actor, found)
    place = [one.public_id for one in others].index(found.public_id)
    shown = _pair_context(request, found, veiled=veiled)
    return shown | {
        "match": found,
        "candidates": others,
        "place": place + 1,
        "previous": others[place - 1].public_id if place > 0 else None,
        "next": others[place + 1].public_id if place + 1 < len(others) else None,
        "contact_only": found.level is Level.CONTACT_ONLY,
        "back": reverse("matches"),
    }


def _notice_context(request: HttpRequest, found: MatchNoticeView, *, veiled: bool) -> dict[str, Any]:
    return _pair_context(request, found, veiled=veiled) | {"notice": found, "back": reverse("notices")}


def _pair_context(request: HttpRequest, side: MatchView | MatchNoticeView, *, veiled: bool) -> dict[str, Any]:
    """What both desks show: the two items, the evidence, who to call, what was said."""
    actor = actor_of(request)
    own = media.content(actor, side.content)
    wanted = [own, side.other] if side.other else [own]
    # one audit line for the page; none for the answer to a verdict, which shows no picture
    images = veils_in_page(actor, wanted) if veiled else {}
    mine = next((one.opinion for one in side.verdicts if one.by_own_unit), None)
    against = policy.may(actor, Permission.MATCH_VERDICT_GIVE, context.now())
    return {
        "code": _code(side.content),
        "own": own,
        "own_view": _own_view(own, images.get(own.public_id, ""), request.path),
        "other_picture": images.get(side.other.public_id, "") if side.other else "",
        "other_code": _code(side.other.public_id) if side.other else "",
        "turned": turned_as(side.variant),
        "places": media.places(actor, side.content),
        "evidence": evidence(side, own),
        "rows": item_rows(own, side.other),
        "contact": contact_of(side.desk, context.now()) if side.desk else None,
        "opinions": [
            {"value": one.value, "key": key, "words": opinion_words(one), "chosen": one is mine}
            for one, key in OPINIONS
        ],
        "mine": mine,
        "said": [{"verdict": one, "words": opinion_words(one.opinion)} for one in side.verdicts],
        "may_judge": side.may_judge and against is None,
        "may_not": words(against) if against else "",
        "verdict_keys": _keys() if side.may_judge and against is None else [],
    }


def _own_view(own: ContentFacts, picture: str, page: str) -> dict[str, Any] | None:
    """What holds our picture open while a key is down; None when there is nothing to open or to veil it with."""
    if own.state is not ContentState.SHOWN or own.kind is not Kind.PICTURE or not picture:
        return None
    return {
        "id": "view-a",
        "src": picture,
        "alt": _("Your item, veiled"),
        "clear": reverse("clear", args=[own.public_id]),
        "reason_endpoint": reverse("clear_reason", args=[own.public_id]),
        "reasons": [(code.value, text) for code, text in CLEAR_REASONS],
        "sign_in_again": f"{reverse('account_reauthenticate')}?{urlencode({'next': page})}",
        "frame": "pane",
        "hold_key": "yes",
    }


def _keys() -> list[dict[str, Any]]:
    """The verdict keys for the sheet and for the page: one list, so that both say the same."""
    group = _("Your verdict")
    turning = {
        "codes": ["KeyT"],
        "keys": ["T"],
        "label": _("Turn B like A"),
        "group": _("Pictures"),
        "press": "label.turn",
    }
    return [
        turning,
        *(
            {
                "codes": [f"Key{key}"],
                "keys": [key],
                "label": opinion_words(one),
                "group": group,
                "press": f"#verdict-{one.value}",
            }
            for one, key in OPINIONS
        ),
    ]


def _candidates(actor: Actor, found: MatchView) -> list[MatchView]:
    """All answers about the same item, the surest first."""
    same = matches_of(actor, [found.content]).get(found.content, (found,))
    return sorted(same, key=lambda one: (one.level is not Level.FULL, one.distance or 0, str(one.public_id)))


def _judged(request: HttpRequest, public_id: uuid.UUID, said: str, *, undo: str) -> HttpResponseBase:
    """The desk after a verdict: its bar and history for htmx, the whole page otherwise, the undo beside it."""
    actor = actor_of(request)
    is_match = _is_match(actor, public_id)
    if not request.headers.get("HX-Request"):
        messages.success(request, said)
        return redirect("match" if is_match else "notice", public_id)
    if is_match:
        shown = _match_context(request, queries.candidate(actor, public_id), veiled=False)
    else:
        shown = _notice_context(request, queries.notice(actor, public_id), veiled=False)
    response = render(request, "matching/judged.html", shown | {"public_id": public_id})
    toast = {"text": said, "undo": undo} if undo else {"text": said}
    response.headers["HX-Trigger"] = json.dumps({"vigie:toast": toast})
    return response


def _is_match(actor: Actor, public_id: uuid.UUID) -> bool:
    try:
        queries.candidate(actor, public_id)
    except NotFound:
        return False
    return True


def _version(request: HttpRequest) -> int | None:
    """The number of own verdicts the person had before them; none when the undo of a toast sends no form."""
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() else None


def _code(public_id: uuid.UUID) -> str:
    """A short name for an item on the screen; the whole id is one button away."""
    return f"M-{public_id.hex[-6:].upper()}"
