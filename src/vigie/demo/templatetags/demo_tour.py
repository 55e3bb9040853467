"""The tour's bar for the frame of every page."""

from django import template
from django.template import Context

from vigie.demo.tour.web import shown_bar
from vigie.kernel.context import current_or_none

register = template.Library()


@register.inclusion_tag("demo/tour_bar.html", takes_context=True)
def tour_bar(context: Context) -> dict[str, object]:
    """Return the bar of the visitor's tour; nothing on a page outside an actor's block, as an error page is."""
    request = context.get("request")
    bar = shown_bar(request) if request is not None and current_or_none() is not None else None
    return {"bar": bar, "csrf_token": context.get("csrf_token")}
