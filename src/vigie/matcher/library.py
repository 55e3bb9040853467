"""Everything that can answer, in memory: codes in the index, digests in dictionaries. It is rebuilt from the truth."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from vigie.backends.known.messages import CODE_BYTES, NEAR, VARIANTS, By, Claim, Claimed
from vigie.engines.nearest.index import NearestIndex
from vigie.matcher.asking import Question, Turned
from vigie.matcher.postings import Postings
from vigie.matcher.records import Record

_STRENGTH: Final = tuple(By)  # from a fact down to a likeness
_ADD_AT_A_TIME: Final = 65_536  # codes handed to the index at once
_CODES_AT_A_TIME: Final = 512
"""Asked of the index at once: every frame of a still film is near every other, and their pairs must not pile up."""


class Hit(NamedTuple):
    """One record that answers to a question, and why. Never leaves the matcher."""

    record: Record
    by: By
    distance: int | None
    variant: int
    asked_ms: int = -1
    """Which frame of the film asked about it answers to, in milliseconds; -1 for a picture or equal digests."""

    @property
    def claim(self) -> Claim:
        """Equal digests say identical; near codes say that one resembles the other."""
        return Claim.RESEMBLES if self.by is By.PDQ else Claim.IDENTICAL

    @property
    def rank(self) -> tuple[int, int, int, int, int]:
        """Orders hits from the strongest to the weakest; of equal ones the earliest in the film comes first."""
        strength = _STRENGTH.index(self.by)
        return (strength, self.distance or 0, self.variant, self.asked_ms, self.record.frame_ms)

    @property
    def variant_name(self) -> str:
        """How the known picture was turned, mirrored or inverted to become the one asked about."""
        return VARIANTS[self.variant] if self.by is By.PDQ else ""


class Library:
    """Records by number, code and digest. Used from one thread at a time."""

    def __init__(self, index: NearestIndex) -> None:
        self._index = index
        self._records: dict[int, Record] = {}
        self._numbers: dict[uuid.UUID, int] = {}
        self._last = 0
        self._by_digest: Postings[bytes] = Postings()
        self._by_content: Postings[uuid.UUID] = Postings()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def codes(self) -> int:
        """How many codes answer."""
        return len(self._index)

    def put(self, records: Iterable[Record]) -> None:
        """These records answer as they are now, in place of what they were."""
        changed = list(records)
        self.forget(record.id for record in changed)
        fresh: list[tuple[int, bytes]] = []
        for record in changed:
            self._last += 1
            self._records[self._last] = record
            self._numbers[record.id] = self._last
            self._by_content.add(record.content, self._last)
            if record.answers_by_digest:
                for digest in (record.sha256, record.sha1, record.md5):
                    self._by_digest.add(digest, self._last)
            if record.searchable is not None:
                fresh.append((self._last, record.searchable))
        for start in range(0, len(fresh), _ADD_AT_A_TIME):
            part = fresh[start : start + _ADD_AT_A_TIME]
            codes = np.frombuffer(b"".join(code for _, code in part), dtype=np.uint8)
            self._index.add(
                codes.reshape(-1, CODE_BYTES), np.array([number for number, _ in part], np.uint64)
            )

    def forget(self, ids: Iterable[uuid.UUID]) -> None:
        """Records with these ids answer no more; their codes are overwritten in the index."""
        numbers = [self._numbers.pop(one) for one in set(ids) if one in self._numbers]
        for number in numbers:
            record = self._records.pop(number)
            self._by_content.remove(record.content, number)
            for digest in (record.sha256, record.sha1, record.md5):
                self._by_digest.remove(digest, number)
        if numbers:
            self._index.delete(np.array(numbers, dtype=np.uint64))

    def record(self, record_id: uuid.UUID) -> Record | None:
        """The record of one fingerprint."""
        number = self._numbers.get(record_id)
        return None if number is None else self._records[number]

    def of_content(self, content: uuid.UUID) -> list[Record]:
        """The records of one content: one of a picture, one more for each frame of a film."""
        return [self._records[number] for number in self._by_content.of(content)]

    def search(self, questions: Sequence[Question]) -> list[list[Hit]]:
        """For each question the strongest hit on each content that answers, strongest first."""
        best: list[dict[uuid.UUID, Hit]] = [{} for _ in questions]
        for found, question in zip(best, questions, strict=True):
            for hit in self._equal(question.digests):
                _keep_better(found, hit)
        for place, hit in self._near(questions):
            _keep_better(best[place], hit)
        return [sorted(found.values(), key=lambda hit: (hit.rank, hit.record.public_id)) for found in best]

    def snapshot(self, folder: Path) -> int:
        """The index stands in the folder as it answers now; returns how many codes it holds."""
        self._index.snapshot(folder)
        return self.codes

    def faults(self, truth: Iterable[Record]) -> Iterator[str]:
        """In words, where what answers differs from the truth: rows, codes, and the index's own check."""
        seen: set[uuid.UUID] = set()
        codes = 0
        for record in truth:
            seen.add(record.id)
            codes += record.searchable is not None
            if self.record(record.id) != record:
                yield f"fingerprint {record.id} answers otherwise than it is stored"
        for stale in self._numbers.keys() - seen:
            yield f"fingerprint {stale} answers and is not stored"
        if codes != self.codes:
            yield f"{self.codes} codes answer, {codes} are stored"
        yield from self._index.verify().faults

    def _equal(self, digests: Claimed) -> Iterator[Hit]:
        if digests.sha256 is not None:
            # with SHA-256 known on both sides, equal weak digests of other bytes are a collision somebody made
            for number in self._by_digest.of(digests.sha256):
                yield Hit(self._records[number], By.SHA256, None, 0)
            return
        numbers = {n for weak in (digests.sha1, digests.md5) if weak for n in self._by_digest.of(weak)}
        for number in numbers:
            record = self._records[number]
            if record.size == digests.size:
                yield Hit(record, _weak(record, digests), None, 0)

    def _near(self, questions: Sequence[Question]) -> Iterator[tuple[int, Hit]]:
        if not self.codes:
            return
        asked: list[tuple[int, Turned]] = []
        waiting = 0
        for place, question in enumerate(questions):
            for picture in question.pictures:
                asked.append((place, picture))
                waiting += len(picture.codes)
                if waiting >= _CODES_AT_A_TIME:
                    yield from self._near_some(questions, asked)
                    asked, waiting = [], 0
        if asked:
            yield from self._near_some(questions, asked)

    def _near_some(
        self, questions: Sequence[Question], asked: Sequence[tuple[int, Turned]]
    ) -> Iterator[tuple[int, Hit]]:
        stacked = np.concatenate([picture.codes for _, picture in asked])
        unique, back = np.unique(stacked, axis=0, return_inverse=True)
        found = self._index.range_many(unique, NEAR)
        rows = iter(back.ravel().tolist())
        for place, picture in asked:
            for variant, which in zip(range(len(picture.codes)), rows, strict=False):
                for number, distance in found[which]:
                    record = self._records[number]
                    if record.content != questions[place].content:
                        yield place, Hit(record, By.PDQ, distance, variant, picture.frame_ms)


def _keep_better(found: dict[uuid.UUID, Hit], hit: Hit) -> None:
    kept = found.get(hit.record.content)
    if kept is None or hit.rank < kept.rank:
        found[hit.record.content] = hit


def _weak(record: Record, digests: Claimed) -> By:
    if record.sha1 == digests.sha1:
        return By.MD5_AND_SHA1 if record.md5 == digests.md5 else By.SHA1
    return By.MD5
