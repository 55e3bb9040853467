"""How names, numbers, spans of time and pictures are put into words on a page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _


def value_of(thing: object, name: str, otherwise: Any = None) -> Any:
    """Return a field of a mapping or a schema; `otherwise` when it has none."""
    if isinstance(thing, Mapping):
        return thing.get(name, otherwise)
    return getattr(thing, name, otherwise)


def initials(name: object) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = [word for word in str(name or "").replace(".", " ").split() if word[0].isalpha()]
    picked = words[:1] + (words[-1:] if len(words) > 1 else [])
    return "".join(word[0] for word in picked).upper()


def unit_sign(name: object) -> str:
    """Return the first two letters of a unit's name: units of one country stay recognisable beside each other."""
    return "".join(letter for letter in str(name or "") if letter.isalpha())[:2].upper()


def grouped(number: object) -> str:
    """Return a whole number with its thousands apart; Arabic as the browser writes it, with Western digits."""
    whole = int(str(number or 0))
    if (get_language() or "").startswith("ar"):
        return f"{whole:,}"
    return str(number_format(whole, use_l10n=True, force_grouping=True))


def share(done: int, total: int) -> int:
    """Return how much of `total` is done: 0 to 100, rounded down, so that 100 means all of it."""
    return min(100, max(0, int(done) * 100 // int(total))) if total else 0


def stage_state(done: int, total: int, progress: str) -> str:
    """Return "done" only when nothing can be added any more; "wait" until the first file got here."""
    if progress == "final" and done >= total:
        return "done"
    if done == 0:
        return "wait"
    return "stop" if progress == "stopped" else "now"


def span_in_words(span: timedelta) -> str:
    """Return whole days from two days on, else whole hours, else minutes."""
    minutes = int(span.total_seconds() // 60)
    if minutes >= 48 * 60:
        return _("%(count)s d") % {"count": minutes // (24 * 60)}
    if minutes >= 60:
        return _("%(count)s h") % {"count": minutes // 60}
    return _("%(count)s min") % {"count": minutes}


def veiled_alt(item: object) -> str:
    """Return the text for a veiled picture: kind, size in pixels and date."""
    kinds = {"photo": _("Photo"), "video": _("Video")}
    parts = [kinds.get(str(value_of(item, "kind", "")), _("File")) + ", " + _("veiled")]
    width, height = value_of(item, "width"), value_of(item, "height")
    if width and height:
        parts.append(_("%(width)s by %(height)s pixels") % {"width": width, "height": height})
    taken = value_of(item, "taken")
    if taken:
        parts.append(taken.date().isoformat() if isinstance(taken, datetime) else str(taken))
    return ", ".join(parts)
