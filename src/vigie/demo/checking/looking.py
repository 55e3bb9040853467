"""What the asker's and the owners' people see after the prepared exhibit was handed in, over the API as far as it goes."""

import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from vigie.backends.remote import Remote
from vigie.config.schema import Settings
from vigie.demo.checking.expecting import Expected, Seen, SeenAnswer, SeenNotice, notices_wanted
from vigie.demo.plan import Plan
from vigie.demo.preparing.directory import actor_of, recorder_of
from vigie.demo.preparing.handing_in import Tell, hand_in_once, remote_as
from vigie.kernel.actors import Clock
from vigie.kernel.operation import act_as
from vigie.rooms.media.queries import contents_of_exhibit, facts
from vigie.rooms.media.schemas import ContentState

NOTICE_SECONDS: Final = 30.0
"""How long owners may take to be told: the demonstration's second, the delivery's round of two, a busy machine."""
PUBLICATION_SECONDS: Final = 1.5
"""Answers may be seen from the whole second after their finding on."""
_POLL_SECONDS: Final = 1.0
_MOST: Final = 500


class Looking:
    """The running demonstration through the eyes of the asker and of every owner of a planted answer."""

    def __init__(self, plan: Plan, expected: Expected, settings: Settings, clock: Clock) -> None:
        self._plan = plan
        self._expected = expected
        self._settings = settings
        self._clock = clock

    def hand_in_and_look(self, pictures: Path, tell: Tell) -> Seen:
        """The prepared exhibit was handed in, unless it was before, and this is what everybody sees of it.

        Raises NotHandedInError when it could not be handed in.
        """
        owners = sorted({answer.owner_unit for answer in self._expected.answers})
        with ExitStack() as stack:
            asker = stack.enter_context(self._remote(self._plan.incoming.unit))
            remotes = {unit: stack.enter_context(self._remote(unit)) for unit in owners}
            codes = {desk["unit"]: desk["code"] for desk in asker.get("/api/v1/units")}
            handed_in = self._handed_in(asker, pictures, tell)
            notices = self._notices_in_time(remotes, codes)
            time.sleep(PUBLICATION_SECONDS)
            matches = asker.get("/api/v1/matches", submission=handed_in["id"], limit=_MOST)
            return Seen(
                answers=self._answers(matches, codes),
                notices=notices,
                refusals=self._refusals(handed_in),
                known=handed_in["known"],
            )

    def desks(self) -> dict[str, str]:
        """Each unit's contact by its code, as the directory gives it to the asker."""
        with self._remote(self._plan.incoming.unit) as asker:
            return {desk["code"]: desk["mail"] for desk in asker.get("/api/v1/units")}

    def _remote(self, unit: str) -> Any:
        return remote_as(self._person(unit), self._settings, self._clock)

    def _person(self, unit: str) -> str:
        if unit == self._plan.incoming.unit:
            return self._plan.incoming.person
        return recorder_of(self._plan.people, unit).key

    def _handed_in(self, asker: Remote, pictures: Path, tell: Tell) -> dict[str, Any]:
        """How far the first whole submission of the day's exhibit came; a later one would find everything known."""
        incoming = self._plan.incoming
        return hand_in_once(
            asker,
            case=incoming.case,
            exhibit=incoming.exhibit,
            folder=pictures / incoming.folder,
            files=len(incoming.files),
            tell=tell,
        )

    def _answers(
        self, matches: Iterable[dict[str, Any]], codes: Mapping[str, str]
    ) -> dict[str, tuple[SeenAnswer, ...]]:
        found = list(matches)
        files = self._digests(self._plan.incoming.unit, {match["content"] for match in found})
        by_file: dict[str, tuple[SeenAnswer, ...]] = {}
        for match in found:
            file = files[match["content"]]
            by_file[file] = (*by_file.get(file, ()), _answer(match, codes))
        return by_file

    def _refusals(self, handed_in: dict[str, Any]) -> dict[str, str]:
        """Files that were not taken, and files that were taken and could not be opened."""
        actor = actor_of(self._plan.incoming.person, self._clock)
        with act_as(actor, clock=self._clock):
            page = contents_of_exhibit(actor, uuid.UUID(handed_in["exhibit"]), state=ContentState.REFUSED)
        return {one["sha256"]: one["reason"] for one in handed_in["refusals"]} | {
            content.sha256: content.refusal for content in page.contents
        }

    def _notices_in_time(
        self, remotes: Mapping[str, Remote], codes: Mapping[str, str]
    ) -> frozenset[SeenNotice]:
        """All notices as soon as the wanted ones are among them, or what came within half a minute."""
        deadline = time.monotonic() + NOTICE_SECONDS
        wanted = notices_wanted(self._expected)
        while True:
            seen = frozenset(
                notice for unit, remote in remotes.items() for notice in self._notices(unit, remote, codes)
            )
            if wanted <= seen or time.monotonic() > deadline:
                return seen
            time.sleep(_POLL_SECONDS)

    def _notices(self, unit: str, remote: Remote, codes: Mapping[str, str]) -> list[SeenNotice]:
        found = [
            notice
            for notice in remote.get("/api/v1/notices", limit=_MOST)
            if codes.get(notice["asker_unit"]) == self._plan.incoming.unit
        ]
        items = self._digests(unit, {notice["content"] for notice in found})
        return [SeenNotice(unit, items[notice["content"]], notice["level"]) for notice in found]

    def _digests(self, unit: str, contents: Iterable[str]) -> dict[str, str]:
        """The SHA-256 of the unit's own contents, by public id."""
        actor = actor_of(self._person(unit), self._clock)
        with act_as(actor, clock=self._clock):
            known = facts(actor, [uuid.UUID(content) for content in contents])
        return {str(public_id): content.sha256 for public_id, content in known.items()}


def _answer(match: dict[str, Any], codes: Mapping[str, str]) -> SeenAnswer:
    other, desk = match["other"] or {}, match["desk"] or {}
    return SeenAnswer(
        level=match["level"],
        owner_unit=codes.get(match["holder_unit"], match["holder_unit"]),
        desk=desk.get("mail", ""),
        by=match["by"] or "",
        variant=match["variant"],
        distance=match["distance"],
        other=other.get("sha256", ""),
        series=len(match["series"]),
    )
