"""Asked about what we hold: by unit, by item, over time; the lines behind the numbers, and a file of them."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.permissions import Permission
from vigie.rooms.matching import operations
from vigie.rooms.matching.queries.asked import (
    PAGE,
    AskedFilter,
    asked_about,
    asked_summary,
    list_hits,
)
from vigie.rooms.matching.rules import Level
from vigie.rooms.matching.schemas.asked import AskedSummary
from vigie.rooms.requests import actor_of
from vigie.rooms.units.queries import desks

PERIODS: Final = {"week": 7, "quarter": 92, "year": 366}
"""How many days back each period of the page reaches; anything else means all there is."""
_KEPT: Final = ("period", "unit", "item", "level")


@require_GET
def asked(request: HttpRequest) -> HttpResponse:
    """Who asked about what the unit holds, in sum and line by line; narrowed as asked."""
    actor, chosen, wanted = actor_of(request), _chosen(request), _wanted(request)
    after = _id(request.GET.get("after"))
    lines = asked_about(actor, wanted, after=after)
    summary = asked_summary(actor, wanted)
    shown = {
        "lines": [{"line": line, "code": _code(line.content)} for line in lines],
        "summary": summary,
        "units": [
            _tally(one, summary.units[0].number, _address(chosen, unit=one.id)) for one in summary.units
        ],
        "items": [
            _tally(one, summary.items[0].number, _address(chosen, item=one.id)) for one in summary.items
        ],
        "weeks": _weeks(summary),
        "periods": _periods(chosen),
        "levels": _levels(chosen),
        "narrowed_to": _narrowed_to(actor, chosen),
        "any": bool(chosen),
        "first": after is None,
        "newest": _address(chosen),
        "next": _address(chosen, after=lines[-1].public_id) if len(lines) == PAGE else "",
        "export": f"{reverse('asked_export')}?{urlencode(chosen)}",
        "may_export": policy.may(actor, Permission.MATCH_NOTICE_EXPORT, context.now()) is None,
    }
    return render(request, "matching/asked.html", shown)


@require_GET
def asked_lists(request: HttpRequest) -> HttpResponse:
    """Who came upon items of the unit's lists, newest first."""
    actor, after = actor_of(request), _id(request.GET.get("after"))
    found = list_hits(actor, after=after)
    more = f"?{urlencode({'after': str(found[-1].public_id)})}" if len(found) == PAGE else ""
    return render(request, "matching/asked_lists.html", {"hits": found, "first": after is None, "next": more})


@require_GET
def asked_export(request: HttpRequest) -> HttpResponse:
    """The lines, narrowed as on the page, as a table for a spreadsheet."""
    content = operations.export_asked(actor_of(request), _wanted(request))
    name = f"vigie-asked-{context.now():%Y%m%dT%H%M%SZ}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _chosen(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in _KEPT if request.GET.get(name)}


def _wanted(request: HttpRequest) -> AskedFilter:
    chosen = _chosen(request)
    days = PERIODS.get(chosen.get("period", ""))
    level = chosen.get("level", "")
    return AskedFilter(
        unit=_id(chosen.get("unit")),
        item=_id(chosen.get("item")),
        level=Level(level) if level in set(Level) else None,
        since=_midnight(context.now()) - timedelta(days=days - 1) if days else None,
    )


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _id(text: str | None) -> uuid.UUID | None:
    """What is no id finds nothing to show: the same page as for a record that is not there."""
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise NotFound from error


def _address(chosen: dict[str, str], **more: uuid.UUID | str) -> str:
    query = urlencode({**chosen, **{name: str(value) for name, value in more.items()}})
    return f"{reverse('asked')}?{query}" if query else reverse("asked")


def _without(chosen: dict[str, str], name: str) -> dict[str, str]:
    return {kept: given for kept, given in chosen.items() if kept != name}


def _tally(one: Any, most: int, href: str) -> dict[str, Any]:
    return {"tally": one, "share": one.number * 100 // most, "href": href}


def _weeks(summary: AskedSummary) -> list[dict[str, Any]]:
    most = max((week.number for week in summary.weeks), default=0)
    return [{"week": week, "share": week.number * 100 // most if most else 0} for week in summary.weeks]


def _periods(chosen: dict[str, str]) -> list[dict[str, Any]]:
    names = {"week": _("7 days"), "quarter": _("Quarter"), "year": _("Year"), "": _("Everything")}
    others = _without(chosen, "period")
    return [
        {
            "label": label,
            "href": _address({**others, **({"period": period} if period else {})}),
            "current": chosen.get("period", "") == period,
        }
        for period, label in names.items()
    ]


def _levels(chosen: dict[str, str]) -> list[dict[str, Any]]:
    names = {Level.FULL: _("In full"), Level.CONTACT_ONLY: _("Contact only"), Level.SILENT: _("Told nothing")}
    others = _without(chosen, "level")
    return [
        {
            "label": label,
            "href": _address(others if chosen.get("level") == level else {**others, "level": level.value}),
            "current": chosen.get("level") == level,
        }
        for level, label in names.items()
    ]


def _narrowed_to(actor: Actor, chosen: dict[str, str]) -> list[dict[str, str]]:
    """A unit or an item that was chosen by a link, shown as what it is, with the way out."""
    found = []
    if unit := _id(chosen.get("unit")):
        desk = desks(actor, [unit]).get(unit)
        found.append(("unit", _("Unit"), desk.unit_name if desk else chosen["unit"][-8:]))
    if item := _id(chosen.get("item")):
        found.append(("item", _("Item"), _code(item)))
    return [
        {"label": label, "value": value, "without": _address(_without(chosen, name))}
        for name, label, value in found
    ]


def _code(public_id: uuid.UUID) -> str:
    return f"M-{public_id.hex[-6:].upper()}"
