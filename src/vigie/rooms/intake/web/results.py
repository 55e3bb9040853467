"""What was found on an exhibit, in pages: each content once, with its paths, its veil and what others say of it."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Permission
from vigie.rooms.intake.web.wording import refusal_words
from vigie.rooms.matching.queries import known_for
from vigie.rooms.matching.queries.listing import matches_of
from vigie.rooms.matching.schemas import Digests, KnownState, MatchView
from vigie.rooms.media import queries as media
from vigie.rooms.media.operations.showing import veils_in_page
from vigie.rooms.media.schemas import ContentFacts, ContentState

PAGE = 48
SHOWS = ("", "new", "known", "refused", "sealed")
MOST_LOOKED_AT = 2_000
"""Contents passed over for one page of a narrow filter; the cursor then goes on from there."""


def page_of_results(
    actor: Actor, exhibit: uuid.UUID, *, show: str, after: uuid.UUID | None
) -> dict[str, Any]:
    """One page of rows, the cursor of the next, the filters, and how much there is.

    The veils of the page are opened under one audit line.
    """
    found, cursor, said = _page(actor, exhibit, show, after)
    veils = veils_in_page(actor, found)
    paths = media.paths_on_exhibit(actor, exhibit, [one.public_id for one in found])
    counts = media.counts_by_state(actor, exhibit)
    against = policy.may(actor, Permission.MEDIA_VEIL_VIEW, context.now())
    return {
        "rows": [_row(one, paths.get(one.public_id, ()), veils, said) for one in found],
        "total": sum(counts.values()),
        "filters": _filters(show, counts),
        "next": f"?{'show=' + show + '&' if show else ''}after={cursor}#files" if cursor else "",
        "all_veiled_shut": against is not None,
        "country_closed": against is None
        and any(one.has_veil and one.public_id not in veils for one in found),
        "show": show,
    }


class _Said:
    """What answers and lists say of the contents of a page."""

    def __init__(self, actor: Actor, contents: Sequence[ContentFacts]) -> None:
        held = [one for one in contents if one.state is not ContentState.NOT_HELD]
        may = policy.may(actor, Permission.MATCH_CANDIDATE_READ, context.now()) is None
        self.answers = matches_of(actor, [one.public_id for one in held]) if may else {}
        digests = {
            public_id: Digests(sha256=sha256, size=size)
            for public_id, (sha256, size) in media.comparable(
                actor, [one.public_id for one in contents]
            ).items()
        }
        self.lists = known_for(actor, digests)

    def of(self, one: ContentFacts) -> tuple[tuple[MatchView, ...], KnownState | None]:
        """The answers about this content, and what the unit's lists say of it."""
        return self.answers.get(one.public_id, ()), self.lists.get(one.public_id)

    def is_known(self, one: ContentFacts) -> bool:
        """Somebody answered about it, or a list of the unit names it."""
        return one.public_id in self.answers or one.public_id in self.lists


def _page(
    actor: Actor, exhibit: uuid.UUID, show: str, after: uuid.UUID | None
) -> tuple[list[ContentFacts], uuid.UUID | None, _Said]:
    """The next contents that fit the filter; new and known are told apart by what was answered, page by page."""
    state = {"refused": ContentState.REFUSED, "sealed": ContentState.SEALED}.get(show)
    wanted: list[ContentFacts] = []
    cursor = after
    for _unused in range(MOST_LOOKED_AT // PAGE):
        page = media.contents_of_exhibit(actor, exhibit, after=cursor, limit=PAGE, state=state)
        said = _Said(actor, page.contents)
        for one in page.contents:
            if show not in {"new", "known"} or said.is_known(one) == (show == "known"):
                wanted.append(one)
            if len(wanted) == PAGE:
                more = page.after is not None or one is not page.contents[-1]
                return wanted, one.public_id if more else None, _Said(actor, wanted)
        cursor = page.after
        if cursor is None:
            break
    return wanted, cursor, _Said(actor, wanted)


def _row(
    one: ContentFacts, paths: tuple[str, ...], veils: dict[uuid.UUID, str], said: _Said
) -> dict[str, Any]:
    answers, lists = said.of(one)
    best = min(answers, key=lambda answer: (answer.other is None, answer.distance or 0)) if answers else None
    return {
        "content": one,
        "path": paths[0] if paths else "",
        "more_paths": max(0, len(paths) - 1),
        "code": f"M-{one.public_id.hex[-6:].upper()}",
        "veil": veils.get(one.public_id, ""),
        "alt": _("Veiled picture"),
        "refusal": refusal_words(one.refusal) if one.refusal else "",
        "best": best,
        "more_answers": max(0, len(answers) - 1),
        "flags": lists.flags if lists else (),
        "hidden": lists.hidden if lists else False,
        "not_here": one.state is ContentState.NOT_HELD,
        "sealed": one.state is ContentState.SEALED,
        "length": _clock(one.duration_ms) if one.duration_ms else "",
    }


def _filters(show: str, counts: dict[ContentState, int]) -> list[dict[str, Any]]:
    names = {"": _("All"), "new": _("New"), "known": _("Known"), "refused": _("Not opened")}
    if counts[ContentState.SEALED]:
        names["sealed"] = _("Sealed")
    numbers = {
        "": sum(counts.values()),
        "refused": counts[ContentState.REFUSED],
        "sealed": counts[ContentState.SEALED],
    }
    return [
        {
            "label": label,
            "href": f"?show={name}#files" if name else "?#files",
            "current": name == show,
            "count": numbers.get(name),
        }
        for name, label in names.items()
    ]


def _clock(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02d}"
