"""What speaks for a match and what against it, in words a person can check. Computes nothing that was not answered."""

import zoneinfo
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from vigie.engines.hashing.pdq import MATCH_DISTANCE, MATCH_QUALITY
from vigie.rooms.matching.schemas import By, Level, MatchNoticeView, MatchView, Opinion
from vigie.rooms.media.schemas import ContentFacts
from vigie.rooms.media.schemas.handling import HANDLINGS
from vigie.rooms.units.schemas import Desk

_COMPLEMENT = "_complement"
_CLOSE_TO_THE_LIMIT = 24
"""Bits: above three quarters of what is allowed a resemblance is said to be near the limit."""


def opinion_words(opinion: Opinion) -> str:
    """A verdict as its button says it."""
    spoken = {
        Opinion.SAME_ITEM: _("Same item"),
        Opinion.SAME_PLACE: _("Same place"),
        Opinion.SAME_SESSION: _("Same session"),
        Opinion.UNRELATED: _("Unrelated"),
        Opinion.CANNOT_TELL: _("Cannot tell"),
    }
    return spoken[opinion]


def variant_words(variant: str) -> str:
    """How the other picture was turned to become this one; empty when it was not."""
    spoken = {
        "rotate90": _("turned by 90 degrees to the left"),
        "rotate180": _("turned upside down"),
        "rotate270": _("turned by 90 degrees to the right"),
        "flip_x": _("mirrored top to bottom"),
        "flip_y": _("mirrored left to right"),
        "flip_plus1": _("mirrored along a diagonal"),
        "flip_minus1": _("mirrored along the other diagonal"),
    }
    plain = variant.removesuffix(_COMPLEMENT)
    turned = spoken.get(plain, "")
    if not variant.endswith(_COMPLEMENT):
        return turned
    return (
        _("%(turned)s, light and dark swapped") % {"turned": turned}
        if turned
        else _("light and dark swapped")
    )


def turned_as(variant: str) -> str:
    """The class by which the page turns the other picture like ours; empty when there is nothing to turn."""
    plain = variant.removesuffix(_COMPLEMENT)
    return "" if plain in {"", "original"} else f"as-{plain.replace('_', '-')}"


def evidence(side: MatchView | MatchNoticeView, own: ContentFacts) -> dict[str, Any]:
    """The claim as a question, a chip for its strength, and the reasons for and against."""
    if side.level is not Level.FULL or side.by is None:
        return {"question": "", "chip": "", "sure": False, "reasons": [], "doubts": []}
    equal = side.by is not By.PDQ
    return {
        "question": _("Same file?") if equal else _("Same picture?"),
        "chip": _strength(side),
        "sure": side.by is By.SHA256,
        "reasons": _reasons(side),
        "doubts": _doubts(side, own),
    }


def _strength(side: MatchView | MatchNoticeView) -> str:
    if side.by is By.SHA256:
        return _("equal")
    if side.by is not By.PDQ:
        return _("weak digest")
    return _("distance %(distance)s") % {"distance": side.distance}


def _reasons(side: MatchView | MatchNoticeView) -> list[str]:
    if side.by is By.SHA256:
        return [_("Every byte is the same: the SHA-256 digests are equal")]
    if side.by is not By.PDQ:
        names = {By.MD5_AND_SHA1: "MD5, SHA-1", By.SHA1: "SHA-1", By.MD5: "MD5"}
        name = names[side.by] if side.by else ""
        return [_("The %(digest)s digests and the size are equal") % {"digest": name}]
    found = [
        _("Distance %(distance)s; up to %(allowed)s of 256 counts")
        % {"distance": side.distance, "allowed": MATCH_DISTANCE},
        _("Both pictures carry enough detail: quality %(quality)s or more of 100")
        % {"quality": MATCH_QUALITY},
    ]
    turned = variant_words(side.variant)
    if turned:
        found.append(_("It fits when their picture is %(turned)s") % {"turned": turned})
    if isinstance(side, MatchView):
        found += _times(side)
    return found


def _times(side: MatchView) -> list[str]:
    """Where in a film the answer stands; of two films the own one first."""
    if side.frame_ms >= 0 and side.own_frame_ms >= 0:
        times = {"own": _clock(side.own_frame_ms), "theirs": _clock(side.frame_ms)}
        return [_("Found in your film at %(own)s and in theirs at %(theirs)s") % times]
    time = max(side.frame_ms, side.own_frame_ms)
    return [_("Found in the film at %(time)s") % {"time": _clock(time)}] if time >= 0 else []


def _doubts(side: MatchView | MatchNoticeView, own: ContentFacts) -> list[str]:
    found = []
    if side.by is By.PDQ:
        found.append(_("A resemblance of light and dark; the bytes differ"))
        if side.distance is not None and side.distance >= _CLOSE_TO_THE_LIMIT:
            found.append(_("Near the limit: pictures of like scenes can come this close"))
        if side.variant.endswith(_COMPLEMENT):
            found.append(_("One of the two has light and dark swapped"))
        elif turned_as(side.variant):
            found.append(_("One of the two was turned or mirrored"))
    elif side.by is not By.SHA256:
        found.append(_("Files with equal weak digests can be made on purpose; the bytes were not compared"))
    other = side.other
    if other and own.width and other.width and (own.width, own.height) != (other.width, other.height):
        found.append(_("Different size in pixels"))
    if other and own.format != other.format:
        found.append(_("Different file format"))
    return found


def item_rows(own: ContentFacts, other: ContentFacts | None) -> list[tuple[str, str, str]]:
    """The facts of both items beside each other; a missing other has none."""
    names = {"picture": _("Picture"), "film": _("Film"), "other": _("Other file")}

    def pixels(item: ContentFacts) -> str:
        return f"{item.width} \N{MULTIPLICATION SIGN} {item.height}" if item.width else "—"

    rows: list[tuple[str, Callable[[ContentFacts], str]]] = [
        (_("Kind"), lambda item: f"{names[item.kind.value]}, {item.format.upper()}".rstrip(", ")),
        (_("Pixels"), pixels),
    ]
    if own.duration_ms or (other and other.duration_ms):
        rows.append((_("Length"), lambda item: _clock(item.duration_ms or 0)))
    rows.append((_("Size"), lambda item: str(filesizeformat(item.size))))
    rows.append(
        (_("SHA-256"), lambda item: f"{item.sha256[:8]}…{item.sha256[-8:]}" if item.sha256 else _("sealed"))
    )
    rows.append((_("Handling"), lambda item: str(HANDLINGS[item.handling].name)))
    return [(label, read(own), read(other) if other else "") for label, read in rows]


def contact_of(desk: Desk, now: datetime) -> dict[str, str]:
    """A desk as its card shows it, with the time it is there now."""
    return {
        "name": desk.unit_name,
        "place": desk.town,
        "role": desk.country_name,
        "now": f"{now.astimezone(zoneinfo.ZoneInfo(desk.time_zone)):%H:%M}",
        "hours": desk.hours,
        "languages": desk.languages,
        "phone": desk.phone,
        "email": desk.mail,
    }


def _clock(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02d}"
