"""The log as a page: how far it is proven, entries as sentences, one entry with its proof. No media."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from vigie.engines.proofs import Verdict, parse_checkpoint
from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.installation import checkpoint_key
from vigie.kernel.operation import require
from vigie.kernel.permissions import ROLE_PERMISSIONS, Permission
from vigie.kernel.refusals import words
from vigie.rooms.approvals.schemas import WORDS, Against
from vigie.rooms.matching.queries.canaries import new_alarms
from vigie.rooms.oversight import operations, queries
from vigie.rooms.oversight.queries import as_stored
from vigie.rooms.oversight.schemas import LogLine, Proof
from vigie.rooms.oversight.sentences import DONE
from vigie.rooms.requests import actor_of
from vigie.rooms.units.queries import all_desks

PERIODS = {"today": 1, "week": 7, "quarter": 92}
"""How many days back each period of the page reaches; anything else means the whole log."""
_KEPT = ("period", "view", "by", "verb", "outcome", "unit", "subject", "person")
_FORMS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """The log the actor may read, narrowed as asked, with one entry beside it when one is chosen."""
    actor = actor_of(request)
    asked = {name: request.GET[name] for name in _KEPT if request.GET.get(name)}
    cursor = request.GET.get("cursor", "")
    wanted = _filter(asked)
    page = queries.log_page(actor, wanted=wanted, cursor=cursor)
    shown = {
        **_console(actor, asked, wanted),
        "state": queries.log_state(actor),
        "verdict": _verdict(actor) if "check" in request.GET else None,
        "lines": [_row(line, asked, cursor, request.GET.get("entry", "")) for line in page.lines],
        "entry": _entry(actor, request.GET["entry"]) if request.GET.get("entry") else None,
        "next": _address(asked, cursor=page.next_cursor) if page.next_cursor else "",
        "newest": _address(asked) if cursor else "",
        "close": _address(asked, cursor=cursor),
        "check": _address(asked, cursor=cursor, check="now"),
        "periods": _periods(asked),
        "witnessing": queries.witnessing(now=context.now()),
        "narrowed_to": _narrowed_to(asked),
        "acts": sorted(((p.value, str(text)) for p, text in DONE.items()), key=lambda pair: pair[1]),
        "units": all_desks(actor),
        "asked": asked,
        "alarms": new_alarms(actor),
        "whole_installation": actor.log_scope == "installation",
        "may_export": any(Permission.AUDIT_LOG_EXPORT in ROLE_PERMISSIONS[role] for role in actor.roles),
    }
    return render(request, "oversight/log.html", shown)


@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The log and its signed checkpoints as one file, to be judged away from here."""
    bundle = operations.export_log(actor_of(request))
    name = f"vigie-log-{context.now():%Y%m%dT%H%M%SZ}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(bundle, content_type="application/zip", headers=headers)


@require_GET
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest day's checkpoint with its cosignatures: keep it elsewhere, and the log cannot be cut back unseen."""
    actor = actor_of(request)
    require(actor, Permission.AUDIT_CHECKPOINT_PULL)  # it names the length of the whole log
    found = queries.checkpoint_of_day(context.now().date())
    if found is None:
        raise NotFound
    headers = {"Content-Disposition": f'attachment; filename="vigie-{found.day}.checkpoint"'}
    return HttpResponse(found.cosigned, content_type="text/plain; charset=utf-8", headers=headers)


@require_POST
def export_view(request: HttpRequest, form: str) -> HttpResponse:
    """The lines of a view as a file; the export stands in the log itself."""
    if form not in _FORMS:
        raise NotFound
    asked = {name: str(request.POST[name]) for name in _KEPT if request.POST.get(name)}
    data = operations.export_view(actor_of(request), wanted=_filter(asked), form=form)
    name = f"vigie-log-{asked.get('view', 'all')}-{context.now():%Y%m%dT%H%M%SZ}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=_FORMS[form], headers=headers)


def _filter(asked: dict[str, str]) -> queries.LogFilter:
    days = PERIODS.get(asked.get("period", ""))
    return queries.LogFilter(
        verb=asked.get("verb", ""),
        view=asked.get("view", ""),
        outcome=asked.get("outcome", ""),
        unit=_id(asked.get("unit")),
        person=_id(asked.get("person")),
        subject=_id(asked.get("subject")),
        since=_midnight(context.now()) - timedelta(days=days - 1) if days else None,
    )


def _id(text: str | None) -> uuid.UUID | None:
    """A filter that is no id finds nothing to show: the same page as for a record that is not there."""
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _address(asked: dict[str, str], **more: str | None) -> str:
    query = urlencode({**asked, **{name: value for name, value in more.items() if value}})
    return f"{reverse('log')}?{query}" if query else reverse("log")


def _periods(asked: dict[str, str]) -> list[dict[str, Any]]:
    names = {"today": _("Today"), "week": _("7 days"), "quarter": _("Quarter"), "": _("Everything")}
    others = {name: value for name, value in asked.items() if name != "period"}
    return [
        {
            "label": label,
            "href": _address({**others, **({"period": period} if period else {})}),
            "current": asked.get("period", "") == period,
        }
        for period, label in names.items()
    ]


def _console(actor: Actor, asked: dict[str, str], wanted: queries.LogFilter) -> dict[str, Any]:
    """The views with their counts, the chosen one's grouping, and the way to carry it away."""
    counted = queries.counts(actor, wanted)
    others = {name: value for name, value in asked.items() if name not in {"view", "verb", "outcome"}}
    by = asked.get("by", "")
    return {
        "views": [
            {"label": label, "count": counted[code], "href": _address({**others, "view": code} if code else others),
             "current": asked.get("view", "") == code}
            for code, label in _view_names().items()
        ],
        "groupings": [
            {"label": label, "href": _address(_without(asked, "by") | ({"by": code} if code else {})), "current": by == code}
            for code, label in _grouping_names().items()
        ],
        "by": by,
        "groups": [
            {"group": one, "href": _address(_without(asked, "by") | {_NARROWS[by]: one.key})}
            for one in queries.groups(actor, wanted, by)
        ] if by else [],
        "carry": list(_FORMS),
    }  # fmt: skip


_NARROWS = {"record": "subject", "person": "person", "unit": "unit"}


def _without(asked: dict[str, str], name: str) -> dict[str, str]:
    return {kept: given for kept, given in asked.items() if kept != name}


def _view_names() -> dict[str, str]:
    return {
        "": _("Everything"),
        "seen": _("Who saw media"),
        "clear": _("Clear pictures opened"),
        "refused": _("Refusals"),
        "exports": _("Exports"),
        "lookups": _("Look-ups"),
        "rights": _("Rights and people"),
    }


def _grouping_names() -> dict[str, str]:
    return {"": _("one by one"), "record": _("by record"), "person": _("by person"), "unit": _("by unit")}


def _narrowed_to(asked: dict[str, str]) -> list[dict[str, str]]:
    """Filters that come from a link in the table: shown as what they are, with the way out."""
    words_for = {"subject": _("Record"), "person": _("Person"), "outcome": _("Answer")}
    return [
        {
            "label": label,
            "value": asked[name][-8:],
            "without": _address({kept: given for kept, given in asked.items() if kept != name}),
        }
        for name, label in words_for.items()
        if name in asked
    ]


def _row(line: LogLine, asked: dict[str, str], cursor: str, chosen: str) -> dict[str, Any]:
    return {
        "line": line,
        "code": line.id.hex[-6:],
        "reason": _reason(line),
        "href": _address(asked, cursor=cursor, entry=str(line.id)),
        "by_person": _address({**asked, "person": str(line.actor_id)}),
        "by_subject": _address({"subject": str(line.subject_id)}) if _has_subject(line) else "",
        "chosen": str(line.id) == chosen,
    }


def _has_subject(line: LogLine) -> bool:
    return line.subject_id is not None and line.subject_id.int != 0


def _reason(line: LogLine) -> str:
    """The reason a person chose, or the gate that said no, in words; a code of an earlier version stays readable."""
    code = line.reason or str(line.facts.get("why", ""))
    if code in set(policy.Reason):
        return str(words(policy.Reason(code)))
    if code in set(Against):
        return str(WORDS[Against(code)])
    chosen = {
        "victim_identification": _("to identify a victim"),
        "confirm_match": _("to confirm a match"),
        "categorise": _("to categorise"),
        "safeguarding": _("to protect a child"),
        "court": _("for a court"),
    }
    return chosen.get(code, code)


def _entry(actor: Actor, event: str) -> dict[str, Any]:
    chosen = _id(event)
    assert chosen is not None
    line = queries.log_line(actor, chosen)
    proof = queries.proof(actor, chosen)
    return {
        "line": line,
        "code": line.id.hex[-6:],
        "reason": _reason(line),
        "has_subject": _has_subject(line),
        "facts": sorted((name, str(value)) for name, value in line.facts.items() if name != "why"),
        "proof": _steps(proof) if proof else None,
    }


def _steps(proof: Proof) -> dict[str, Any]:
    return {
        "number": proof.index + 1,
        "size": proof.size,
        "first": proof.hashes[0] if proof.hashes else "",
        "more": max(0, len(proof.hashes) - 1),
        "root": parse_checkpoint(proof.checkpoint).root.hex(),
        "holds": proof.holds,
        "checkpoint": proof.checkpoint,
        "text": proof.model_dump_json(),
    }


def _verdict(actor: Actor) -> Verdict:
    """The whole log, read again from its first entry."""
    require(actor, Permission.AUDIT_LOG_READ)
    return as_stored.verify(checkpoint_key().verifier)
