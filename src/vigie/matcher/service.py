"""The six calls, one at a time, each by the truth of the moment."""

import functools
import itertools
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vigie.backends.known.messages import (
    GLIMPSED,
    Change,
    Claimed,
    Found,
    Item,
    Message,
    Snapshot,
    Verification,
)
from vigie.backends.known.port import MatcherUnavailable
from vigie.backends.known.requests import (
    AddRequest,
    Answers,
    DeleteRequest,
    Failure,
    FoundHashes,
    LookUpRequest,
    RangeRequest,
    Refusal,
    Signed,
    SnapshotRequest,
    VerifyRequest,
)
from vigie.kernel.policy import Viewer
from vigie.matcher import asking
from vigie.matcher.answering import Asked, Keys, judge, nothing_found
from vigie.matcher.following import DAMAGED, Following
from vigie.matcher.gate import Gate, Turned
from vigie.matcher.searching import search
from vigie.matcher.truth import Delivery, OwnRow, Truth, TruthLost

LONGEST_DELAY_SECONDS: Final = 60.0
"""Owners are told at a random moment of the next minute: the moment they hear says nothing about the asker's."""
_MOST_FAULTS: Final = 100
_NO_CONTENT: Final = uuid.UUID(int=0)


class Matcher:
    """Everything behind the socket. Calls may come from any thread; they take turns."""

    def __init__(
        self,
        truth: Truth,
        keys: Keys,
        folder: Path,
        *,
        gate: Gate,
        longest_delay: float = LONGEST_DELAY_SECONDS,
    ) -> None:
        self._truth = truth
        self._following = Following(truth, folder)
        self._keys = keys
        self._gate = gate
        self._longest_delay = longest_delay
        self._turn = threading.Lock()

    def answer(self, body: bytes) -> Message:
        """The reply to one signed request."""
        with self._turn:
            try:
                request = self._gate.read(body)
                return self._act(request)
            except Turned as turned:
                return Refusal(refused=turned.reason)
            except (MatcherUnavailable, TruthLost, *DAMAGED, OSError) as error:
                return Failure(unavailable=str(error) or "the database does not answer")

    def refresh(self) -> None:
        """What answers is what the database holds now. Raises MatcherUnavailable, TruthLost or OSError when it cannot."""
        try:
            self._following.refresh()
        except DAMAGED as damage:
            self._following.renew(damage)

    def close(self) -> None:
        """The index files and the connection are closed."""
        with self._turn:
            self._following.close()

    def _act(self, request: Signed) -> Message:
        self.refresh()
        try:
            return self._call(request)
        except DAMAGED as damage:
            # damage is met where it first decides an answer: the index is made anew, and the question asked again
            self._following.renew(damage)
            return self._call(request)

    @functools.singledispatchmethod
    def _call(self, request: Signed) -> Message:
        raise NotImplementedError(type(request).__name__)

    @_call.register
    def _add(self, request: AddRequest) -> Message:
        there = self._truth.named(request.ids)
        self._following.library.put(there)
        return Change(present=len(there), gone=len(set(request.ids)) - len(there))

    @_call.register
    def _delete(self, request: DeleteRequest) -> Message:
        there = self._truth.named(request.ids)
        self._following.library.put(there)
        withdrawn = {record.id for record in there if record.withdrawn}
        gone = set(request.ids) - {record.id for record in there}
        self._following.library.erase(withdrawn, gone)
        return Change(present=len(there) - len(withdrawn), gone=len(withdrawn) + len(gone))

    @_call.register
    def _snapshot(self, request: SnapshotRequest) -> Message:
        _ = request
        self._following.library.erase_withdrawn()
        return Snapshot(codes=len(self._following.library.codes))

    @_call.register
    def _verify(self, request: VerifyRequest) -> Message:
        _ = request
        library = self._following.library
        with self._truth.one_snapshot():
            for some in self._truth.changes():
                library.put(some)
            rows = (record for records in self._truth.everything() for record in records)
            faults = list(itertools.islice(library.faults(rows), _MOST_FAULTS))
        return Verification(rows=len(library), codes=len(library.codes), faults=tuple(faults))

    @_call.register
    def _range(self, request: RangeRequest) -> Message:
        asker = request.asker
        own: dict[uuid.UUID, list[OwnRow]] = {}
        for row in self._truth.asked_about(asker.unit, [item.content for item in request.items]):
            own.setdefault(row.record.content, []).append(row)
        asked = [_asked(item, own.get(item.content, ())) for item in request.items]
        viewer = Viewer(asker.unit, asker.country)
        allowed = functools.cache(functools.partial(self._following.library.wishes.answering, viewer))
        questions = [
            asking.of_content(rows, item.frames, allowed(rows[0].record.visibility))
            if (rows := own.get(item.content))
            else asking.of_claim(item.claimed or Claimed())
            for item in request.items
        ]
        hits = search(self._following.library, questions, self._truth.named, glimpsed=GLIMPSED)
        judged = [judge(asker, one, found, self._keys) for one, found in zip(asked, hits, strict=True)]
        told = (delivery for one in judged for delivery in one.deliveries)
        self._truth.tell(told, longest_delay=self._longest_delay)
        return Answers(items=tuple(one.answers for one in judged))

    @_call.register
    def _look_up(self, request: LookUpRequest) -> Message:
        asker = request.asker
        questions = [asking.of_claim(one) for one in request.hashes]
        hits = search(self._following.library, questions, self._truth.named)
        found: list[Found] = []
        told: list[Delivery] = []
        for place, (claimed, about) in enumerate(zip(request.hashes, hits, strict=True)):
            if not about:
                nothing_found(asker)
                continue
            judged = judge(asker, Asked(_NO_CONTENT, (), claimed), about, self._keys)
            told += judged.deliveries
            if judged.answers.answers or judged.answers.own:
                found.append(Found(place=place, answers=judged.answers.answers, own=judged.answers.own))
        self._truth.tell(told, longest_delay=self._longest_delay)
        return FoundHashes(found=tuple(found))


def _asked(item: Item, rows: Sequence[OwnRow]) -> Asked:
    """The item with the unit's own fingerprints of it: another unit's content cannot be asked about by its id."""
    return Asked(item.content, [row.record for row in rows], None if rows else item.claimed)
