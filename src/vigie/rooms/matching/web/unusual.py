"""The weekly digest as a page: each line says why, in words and numbers."""

import hashlib
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vigie.kernel import context
from vigie.kernel.actors import LogScope
from vigie.kernel.permissions import Permission
from vigie.rooms.matching import operations
from vigie.rooms.matching.queries.unusual import unusual_people, unusual_units
from vigie.rooms.matching.rules.unusual import Rule
from vigie.rooms.matching.schemas.unusual import UnusualPersonView, UnusualUnitView, Why
from vigie.rooms.requests import actor_of


@require_GET
def unusual(request: HttpRequest) -> HttpResponse:
    """Who asked unusually, week by week: people for the oversight body, units for an owner."""
    actor = actor_of(request)
    everywhere = actor.log_scope is LogScope.INSTALLATION
    if everywhere:
        lines = [_person(one) for one in unusual_people(actor)]
    else:
        lines = [_unit(one) for one in unusual_units(actor)]
    return render(request, "matching/unusual.html", {"lines": lines, "everywhere": everywhere})


@require_GET
def unusual_export(request: HttpRequest) -> HttpResponse:
    """The digest as a table for a spreadsheet."""
    content = operations.export_unusual(actor_of(request))
    name = f"vigie-unusual-{context.now():%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _person(line: UnusualPersonView) -> dict[str, Any]:
    query = urlencode({"person": str(line.person), "verb": Permission.MATCH_LOOKUP_ASK.value})
    return {
        "line": line,
        "who": f"P-{hashlib.sha256(line.person.bytes).hexdigest()[:6].upper()}",
        "number": line.figures["rows"],
        "href": f"{reverse('log')}?{query}",
        "reasons": [reason_words(why) for why in line.reasons],
    }


def _unit(line: UnusualUnitView) -> dict[str, Any]:
    return {
        "line": line,
        "who": "",
        "number": line.figures["questions"],
        "href": _asked_by(line.asker_unit),
        "reasons": [reason_words(why) for why in line.reasons],
    }


def _asked_by(unit: uuid.UUID) -> str:
    return f"{reverse('asked')}?{urlencode({'unit': str(unit)})}"


def reason_words(why: Why) -> str:
    """The reason as a sentence, with the figure it holds by and what is usual."""
    spoken = {
        Rule.MUCH_MORE: _("Asked far more often: %(value)s, where %(usual)s is usual."),
        Rule.MANY_HITS: _("%(value)s %% of what was asked is held by others, where %(usual)s %% is usual."),
        Rule.NIGHT_OR_WEEKEND: _("%(value)s %% at night or on a weekend, where %(usual)s %% is usual."),
        Rule.BULK_WITHOUT_INTAKE: _("Looked up in bulk (%(value)s) and handed nothing in."),
        Rule.MANY_MISSES: _("%(value)s %% was known to nobody, where %(usual)s %% is usual."),
        Rule.WALKING: _("Went from code to neighbouring code %(value)s times, as one feels for a picture."),
        Rule.NEW_ASKER: _("Had asked nothing in eight weeks, and then %(value)s times."),
        Rule.MOSTLY_SILENT: _("%(value)s %% about what it is told nothing of, where %(usual)s %% is usual."),
    }
    return spoken[why.rule] % {"value": why.value, "usual": why.usual}
