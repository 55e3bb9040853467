"""The six calls, one at a time, each by the truth of the moment."""

import contextlib
import functools
import gc
import itertools
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from vigie.backends.known.messages import (
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
from vigie.engines.nearest.index import NearestIndex
from vigie.matcher import asking
from vigie.matcher.answering import Asked, Keys, judge, nothing_found
from vigie.matcher.gate import Gate, Turned
from vigie.matcher.library import Library
from vigie.matcher.truth import Delivery, Picture, Truth, TruthLost

LONGEST_DELAY_SECONDS: Final = 60.0
"""Owners are told at a random moment of the next minute: the moment they hear says nothing about the asker's."""
_MOST_FAULTS: Final = 100
_NO_CONTENT: Final = uuid.UUID(int=0)


class Matcher:
    """Everything behind the socket. Calls may come from any thread; they take turns."""

    def __init__(
        self,
        truth: Truth,
        new_index: Callable[[], NearestIndex],
        keys: Keys,
        folder: Path,
        *,
        gate: Gate,
        longest_delay: float = LONGEST_DELAY_SECONDS,
    ) -> None:
        self._truth = truth
        self._new_index = new_index
        self._keys = keys
        self._folder = folder
        self._gate = gate
        self._longest_delay = longest_delay
        self._library = Library(new_index())
        self._turn = threading.Lock()

    def answer(self, body: bytes) -> Message:
        """The reply to one signed request."""
        with self._turn:
            try:
                request = self._gate.read(body)
                return self._act(request)
            except Turned as turned:
                return Refusal(refused=turned.reason)
            except (MatcherUnavailable, TruthLost, OSError) as error:
                return Failure(unavailable=str(error) or "the database does not answer")

    def refresh(self) -> None:
        """What answers is what the database holds now. Raises MatcherUnavailable or TruthLost when it does not answer.

        After a broken connection everything is read anew: the server may have been restored to an earlier day.
        """
        if self._truth.connected:
            try:
                self._library.put(self._truth.changes())
            except TruthLost:
                self._rebuild()
        else:
            self._rebuild()

    def _rebuild(self) -> None:
        self._truth.connect()
        library = Library(self._new_index())
        try:
            with _without_collection(), self._truth.one_snapshot():
                self._truth.look()
                for records in self._truth.everything():
                    library.put(records)
        except BaseException:
            self._truth.close()  # half a library must never be followed on
            raise
        self._library = library
        if self._folder.is_dir():
            self._library.snapshot(self._folder)  # files of an earlier run may hold what was deleted since

    def _act(self, request: Signed) -> Message:
        self.refresh()
        return self._call(request)

    @functools.singledispatchmethod
    def _call(self, request: Signed) -> Message:
        raise NotImplementedError(type(request).__name__)

    @_call.register
    def _add(self, request: AddRequest) -> Message:
        there = self._truth.named(request.ids)
        self._library.put(there)
        return Change(present=len(there), gone=len(set(request.ids)) - len(there))

    @_call.register
    def _delete(self, request: DeleteRequest) -> Message:
        there = self._truth.named(request.ids)
        kept = {record.id for record in there if not record.withdrawn}
        self._library.put(there)
        self._library.forget(set(request.ids) - {record.id for record in there})
        if self._folder.is_dir():
            self._library.snapshot(self._folder)
        return Change(present=len(kept), gone=len(set(request.ids)) - len(kept))

    @_call.register
    def _snapshot(self, request: SnapshotRequest) -> Message:
        _ = request
        return Snapshot(codes=self._library.snapshot(self._folder))

    @_call.register
    def _verify(self, request: VerifyRequest) -> Message:
        _ = request
        with self._truth.one_snapshot():
            self._library.put(self._truth.changes())
            rows = (record for records in self._truth.everything() for record in records)
            faults = list(itertools.islice(self._library.faults(rows), _MOST_FAULTS))
        return Verification(rows=len(self._library), codes=self._library.codes, faults=tuple(faults))

    @_call.register
    def _range(self, request: RangeRequest) -> Message:
        asker = request.asker
        asked = [self._asked(item, asker.unit) for item in request.items]
        contents = [one.content for one in asked if one.records]
        pictures: dict[uuid.UUID, list[Picture]] = {}
        pieces = {item.content: item.frames for item in request.items}
        for picture in self._truth.pictures(asker.unit, contents) if contents else ():
            if _within(picture.frame_ms, pieces[picture.content]):
                pictures.setdefault(picture.content, []).append(picture)
        hits = self._library.search([_question(one, pictures.get(one.content, ())) for one in asked])
        judged = [judge(asker, one, found, self._keys) for one, found in zip(asked, hits, strict=True)]
        told = (delivery for one in judged for delivery in one.deliveries)
        self._truth.tell(told, longest_delay=self._longest_delay)
        return Answers(items=tuple(one.answers for one in judged))

    @_call.register
    def _look_up(self, request: LookUpRequest) -> Message:
        asker = request.asker
        hits = self._library.search([asking.of_claim(one) for one in request.hashes])
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

    def _asked(self, item: Item, unit: uuid.UUID) -> Asked:
        """The item with the unit's own fingerprints of it: another unit's content cannot be asked about by its id."""
        of_content = self._library.of_content(item.content)
        own = [one for one in of_content if one.visibility.owner_unit == unit and not one.withdrawn]
        return Asked(item.content, own, None if own else item.claimed)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Nothing made inside the block is ever looked at by the cycle collector: records hold no cycles.

    Reading 100,000 rows takes 0.8 s of processor time instead of 2.2 s.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _question(asked: Asked, pictures: Sequence[Picture]) -> asking.Question:
    if not asked.records:
        return asking.of_claim(asked.claimed or Claimed())
    return asking.of_content(asked.content, asked.records[0].sha256, pictures)


def _within(frame_ms: int, piece: tuple[int, int] | None) -> bool:
    return piece is None or piece[0] <= frame_ms < piece[1]
