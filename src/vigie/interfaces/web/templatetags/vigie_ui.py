"""Parts of pages as template tags. Each part's look is in `templates/ui/`; its parameters stand at the top of that file.

The library is built in: templates need no load line for it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from vigie.interfaces.web.templatetags.script_texts import all_texts
from vigie.interfaces.web.templatetags.shortcut_registry import Shortcut, shell_shortcuts
from vigie.interfaces.web.templatetags.wording import (
    grouped,
    initials,
    share,
    span_in_words,
    stage_state,
    unit_sign,
    value_of,
    veiled_alt,
)

register = template.Library()
register.filter("initials", initials)
register.filter("unit_sign", unit_sign)
register.filter("grouped", grouped)
register.filter("share", share)
register.simple_tag(veiled_alt)

DIRECTED = frozenset({"arrow", "back", "leave", "next", "prev", "undo"})
"""Icons that point along the reading direction; all others look the same in Arabic."""
NOTE_SIGNS = {"info": "info", "ok": "check", "caution": "clock", "error": "caution"}
STAGES = ("hashed", "checked", "sent", "verified", "analysed", "matched")
CLOCK_NEAR = timedelta(hours=6)
"""A clock with less than this left is amber: one working session of the person asked."""


@register.simple_tag
def sprite() -> str:
    """Return the address of the icon sprite; one file, same origin, cached for good."""
    return static("build/icons.svg")


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Return an icon; `extra` holds more classes, "s" for the small size. It is always beside words."""
    classes = " ".join(part for part in ("ico", extra, "dir" if name in DIRECTED else "") if part)
    return format_html(
        '<svg class="{}" viewBox="0 0 20 20" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        classes,
        sprite(),
        name,
    )


@register.simple_tag
def mark() -> SafeString:
    """Return the mark of Vigie."""
    return format_html(
        '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#i-mark"/></svg>', sprite()
    )


@register.simple_tag
def decision(digit: str | None, word: str) -> SafeString:
    """Return a decision as shape, digit and word; without a digit it is undecided."""
    known = digit if digit in {"0", "1", "2", "3", "4"} else None
    return format_html(
        '<span class="dec {}"><svg viewBox="0 0 18 18" aria-hidden="true"><use href="{}#{}"/></svg><span>{}</span></span>',
        f"d{known}" if known else "un",
        sprite(),
        f"d{known}" if known else "d-un",
        word,
    )


@register.inclusion_tag("ui/nav_item.html", takes_context=True)
def nav_item(
    context: Context, href: str, icon_name: str, label: str, count: object = None
) -> dict[str, object]:
    """Return one line of the rail; it is current on its own address and below it."""
    path = getattr(context.get("request"), "path", "")
    current = path == href or (href != "/" and path.startswith(href))
    return {"href": href, "icon_name": icon_name, "label": label, "count": count, "current": current}


@register.inclusion_tag("ui/button.html")
def button(text: str, **options: str) -> dict[str, object]:
    """Return a button, or a link that looks like one when `href` is given.

    Options: href, kind ("primary" | "quiet" | "grave" | "small" …, several by blanks), icon, key, type ("submit"),
    name, value, label (for screen readers), disabled_because (the reason stands beside it).
    """
    classes = " ".join(part for part in ("btn", options.get("kind", "")) if part)
    return {"text": text, "classes": classes, "type": "submit", "icon_name": options.get("icon"), **options}


@register.inclusion_tag("ui/card_header.html")
def card_header(title: str, **options: object) -> dict[str, object]:
    """Return the header of a card. Options: count, count_is ("new"), extra, href, link."""
    return {"title": title, **options}


@register.inclusion_tag("ui/stage_meter.html")
def stage_meter(counts: object = None, progress: str = "open") -> dict[str, object]:
    """Return the six stages; `counts` as `GET submissions/{id}` gives them, None for an empty meter.

    `progress`: "open" while totals may still grow, "final" when they cannot, "stopped" while it is paused.
    """
    labels = (_("Hashed"), _("Checked"), _("Sent"), _("Verified"), _("Analysed"), _("Matched"))
    stages = []
    for name, label in zip(STAGES, labels, strict=True):
        count = value_of(counts, name) if counts is not None else None
        done, total = int(value_of(count, "done", 0) or 0), int(value_of(count, "total", 0) or 0)
        state = stage_state(done, total, progress)
        full = 100 if state == "done" else share(done, total)
        stages.append(
            {"name": name, "label": label, "done": done, "total": total, "state": state, "share": full}
        )
    return {"stages": stages}


@register.inclusion_tag("ui/facts.html")
def key_values(items: Sequence[tuple[str, object]], size: str = "") -> dict[str, object]:
    """Return a list of labels and values."""
    return {"items": items, "size": size}


@register.inclusion_tag("ui/pages.html")
def pages(previous: str = "", next: str = "", shown: str = "") -> dict[str, object]:  # noqa: A002 -- reads as next="…" in a template
    """Return paging by cursor: two addresses, no page numbers."""
    return {"previous": previous, "next": next, "shown": shown}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Sequence[object], label: str) -> dict[str, object]:
    """Return tabs that are links."""
    return {"items": items, "label": label}


@register.inclusion_tag("ui/filter_chips.html")
def filter_chips(items: Sequence[object], label: str) -> dict[str, object]:
    """Return filters that are links."""
    return {"items": items, "label": label}


@register.simple_block_tag
def table(content: str, label: str, kind: str = "roomy") -> SafeString:
    """Wrap rows in a table that scrolls inside itself and can be scrolled by keyboard."""
    return format_html(
        '<div class="scroll" role="region" tabindex="0" aria-label="{}"><table class="table {}">{}</table></div>',
        label,
        kind,
        content,
    )


@register.inclusion_tag("ui/contact.html")
def contact_card(contact: object, ask_href: str = "") -> dict[str, object]:
    """Return the card of a unit's desk."""
    return {"contact": contact, "ask_href": ask_href}


@register.inclusion_tag("ui/answer_levels.html")
def answer_levels(level: str) -> dict[str, object]:
    """Return how the owner answers; a silent owner has no page to show this on."""
    spoken = {
        "full": _("The owner answers in full"),
        "contact_only": _("The owner answers with a contact only"),
    }
    return {"level": level, "spoken": spoken[level]}


@register.simple_tag
def answer_chip(level: str) -> SafeString:
    """Return a chip: "own", "full" or "contact_only"; nothing for "silent", which must look like no match."""
    chips = {
        "own": ("", "home", _("your unit")),
        "full": ("ok", "check", _("full answer")),
        "contact_only": ("dash", "lock", _("contact only")),
    }
    if level not in chips:
        return SafeString("")
    kind, sign, words = chips[level]
    return format_html('<span class="chip {}">{}{}</span>', kind, icon(sign), words)


@register.inclusion_tag("ui/clock.html")
def clock_chip(
    due: datetime, asked: datetime, now: datetime, answered: datetime | None = None
) -> dict[str, object]:
    """Return a clock: time left until `due`, overdue, or answered. All times aware."""
    if answered is not None:
        return {
            "kind": "ok",
            "share": 100,
            "text": _("answered in %(time)s") % {"time": span_in_words(answered - asked)},
        }
    left = due - now
    if left < timedelta(0):
        return {"kind": "error", "share": 100, "text": _("overdue %(time)s") % {"time": span_in_words(-left)}}
    whole = max(due - asked, timedelta(seconds=1))
    gone = int(min(1.0, max(0.0, (now - asked) / whole)) * 100)
    kind = "caution" if left < CLOCK_NEAR else ""
    return {"kind": kind, "share": gone, "text": _("%(time)s left") % {"time": span_in_words(left)}}


@register.inclusion_tag("ui/tile.html")
def veiled_tile(tile: object) -> dict[str, object]:
    """Return a veiled tile. Its words come from kind, size and date only: what is on it is never described."""
    state = str(value_of(tile, "state", "veiled"))
    signs = {"contact_only": "lock", "waiting": "clock", "unreadable": "caution"}
    names = ("src", "href", "stack", "duration", "caption", "decision", "marks", "selected")
    shown = {name: value_of(tile, name) for name in names}
    shown["src"] = shown["src"] if state == "veiled" else ""
    shown["caption"] = shown["caption"] or _("Undecided")
    return {
        "tile": {
            **shown,
            "alt": veiled_alt(tile),
            "sign": signs.get(state, "veil"),
            "marks": shown["marks"] or (),
        }
    }


@register.inclusion_tag("ui/clear_view.html", takes_context=True)
def clear_view(context: Context, view: object) -> dict[str, object]:
    """Return a picture that is revealed while held."""
    return {"view": view, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/upload_panel.html", takes_context=True)
def upload_panel(context: Context, panel: object) -> dict[str, object]:
    """Return the panel that hands in files."""
    return {"panel": panel, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/note.html")
def note(kind: str, title: object, text: object = "") -> dict[str, object]:
    """Return a message: kind is "info", "ok", "caution" or "error"."""
    return {"kind": kind, "sign": NOTE_SIGNS[kind], "title": title, "text": text}


@register.simple_tag
def copy_button(text: str) -> SafeString:
    """Return a button that puts an id on the clipboard."""
    label = _("Copy %(text)s") % {"text": text}
    return format_html(
        '<button class="btn quiet icon small" type="button" data-copy="{}" aria-label="{}">{}</button>',
        text,
        label,
        icon("copy", "s"),
    )


@register.simple_tag
def local_time(moment: datetime | None, form: str = "datetime") -> SafeString:
    """Return a time the browser shows in the viewer's zone; the text itself is UTC. form: datetime, date, time, relative."""
    if moment is None:
        return SafeString("")
    utc = moment.astimezone(UTC)
    return format_html(
        '<local-time form="{}"><time datetime="{}">{} UTC</time></local-time>',
        form,
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M"),
    )


@register.simple_tag
def styled_field(field: BoundField, large: str = "") -> SafeString:
    """Return the widget of a form field in the house's look, marked when it has an error."""
    select = getattr(field.field.widget, "input_type", "") == "select"
    attributes: dict[str, Any] = {"class": "select" if select else f"input{' large' if large else ''}"}
    if field.errors:
        attributes["aria-invalid"] = "true"
    rendered = field.as_widget(attrs={**field.field.widget.attrs, **attributes})
    return format_html('<span class="pick">{}{}</span>', rendered, icon("down", "s")) if select else rendered


@register.simple_tag
def script_texts() -> SafeString:
    """Return the words of the scripts as a JSON block."""
    return json_script(all_texts(), "vigie-texts")


@register.simple_tag
def shortcuts(more: Sequence[Shortcut] | None = None, block: str = "vigie-shortcuts") -> SafeString:
    """Return a JSON block of shortcuts: the shell's, or those of a screen (`more`, under its own `block` id)."""
    plain = json_script(list(more) if more is not None else shell_shortcuts(), block)
    return mark_safe(plain.replace("<script ", "<script data-shortcuts ", 1))  # noqa: S308 -- json_script has escaped it
