"""What can already be said about a hand-in: one line per finding, each with one act. Published answers only."""

import dataclasses
import uuid
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Permission
from vigie.rooms.intake.rules import SubmissionState
from vigie.rooms.intake.schemas import Progress
from vigie.rooms.matching.queries import answers_of_submission
from vigie.rooms.matching.schemas import Level, MatchView

MOST_ANSWERS = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One finding: an icon with its tone, a sentence, what it rests on, and one act."""

    icon: str
    tone: str
    title: str
    detail: str
    act: str = ""
    href: str = ""


def in_work(one: Progress) -> bool:
    """True while something may still change: files are sent, recorded or matched."""
    return one.state is not SubmissionState.RECORDED


def already_said(actor: Actor, latest: Iterable[Progress]) -> tuple[Line, ...]:
    """The lines for these hand-ins, what others hold first, then what needs no work, then what is new."""
    done = list(latest)
    if not done:
        return ()
    answers = _answers(actor, done)
    return (*_holders(answers, Level.FULL), *_holders(answers, Level.CONTACT_ONLY), *_own(done, answers))


def _answers(actor: Actor, done: list[Progress]) -> list[MatchView]:
    if policy.may(actor, Permission.MATCH_CANDIDATE_READ, context.now()) is not None:
        return []
    found = {
        one.public_id: one
        for submission in done
        for one in answers_of_submission(actor, submission.id, limit=MOST_ANSWERS)
    }
    return list(found.values())


def _holders(answers: list[MatchView], level: Level) -> list[Line]:
    """One line per holder: how many of our items it holds, in which series, and whom to ask."""
    by_unit: dict[uuid.UUID, list[MatchView]] = {}
    for one in answers:
        if one.level is level:
            by_unit.setdefault(one.holder_unit, []).append(one)
    make = _full if level is Level.FULL else _contact
    return [make(found) for found in by_unit.values()]


def _full(found: list[MatchView]) -> Line:
    first = found[0]
    items = len({one.content for one in found})
    named = sorted({(one.number, one.name) for match in found for one in match.series})
    title = ngettext(
        "%(unit)s holds %(count)s item like yours", "%(unit)s holds %(count)s items like yours", items
    ) % {"unit": _unit(first), "count": items}
    detail = ", ".join(_apart(f"{number} “{name}”") for number, name in named[:3]) or _phone(first)
    if named:
        detail = _("In series %(series)s.") % {"series": detail}
    return Line("series" if named else "match", "", title, detail, *_open(found))


def _contact(found: list[MatchView]) -> Line:
    items = len({one.content for one in found})
    title = ngettext(
        "%(unit)s holds something that matches %(count)s item of yours",
        "%(unit)s holds something that matches %(count)s items of yours",
        items,
    ) % {"unit": _unit(found[0]), "count": items}
    detail = _("They answer with a contact only. %(phone)s") % {"phone": _phone(found[0])}
    return Line("lock", "warn", title, detail, _("Ask"), reverse("match_ask", args=[found[0].public_id]))


def _open(found: list[MatchView]) -> tuple[str, str]:
    act = _("Open") if len(found) == 1 else _("Open the first")
    return act, reverse("match", args=[found[0].public_id])


def _unit(one: MatchView) -> str:
    return _apart(one.desk.unit_name if one.desk else one.holder_country)


def _apart(text: str) -> str:
    """A name inside a sentence that may run the other way: its own direction holds inside, the sentence's outside."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def _phone(one: MatchView) -> str:
    if one.desk is None:
        return ""
    return " · ".join(_apart(part) for part in (one.desk.desk, one.desk.phone) if part)


def _own(done: list[Progress], answers: list[MatchView]) -> list[Line]:
    """What our own rows say: what we hold already, and what nobody let us know anything about."""
    lines = []
    known, new = sum(one.known for one in done), sum(one.new for one in done)
    if known:
        title = ngettext(
            "Your unit holds %(count)s file already", "Your unit holds %(count)s files already", known
        ) % {"count": known}
        lines.append(
            Line("check", "good", title, _("They were not sent again; what you decided before stands."))
        )
    if new and not answers and all(not in_work(one) for one in done):
        title = _("Nothing here is known to anybody who lets you know")
        detail = _("An owner may keep silent. You are told here if one answers later.")
        lines.append(Line("info", "", title, detail))
    return lines
