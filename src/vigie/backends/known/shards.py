"""Known media too large for one machine's memory: divided by content, asked as one, and never answered in part."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from vigie.backends.known.messages import (
    Answer,
    Asker,
    By,
    Change,
    Claim,
    Claimed,
    ContactAnswer,
    Found,
    FullAnswer,
    Item,
    ItemAnswers,
    OwnMatch,
    Snapshot,
    Verification,
)
from vigie.backends.known.port import KnownMedia

_STRENGTH: Final = {by: place for place, by in enumerate(By)}
_CLAIMS: Final = {claim: place for place, claim in enumerate(Claim)}

Told = TypeVar("Told")


class ShardedMedia:
    """`KnownMedia` of all shards together, given in their order: the first is shard 1 of so many.

    Every call asks all of them at once and waits for all. When one is away, refuses or turns out to be another shard,
    the call raises what that one raised: what the others said is thrown away. All rows of one content are in one shard.
    """

    def __init__(self, shards: Sequence[KnownMedia]) -> None:
        if not shards:
            raise ValueError("known media has at least one shard")
        self._shards = tuple(shards)

    def add(self, asker: Asker, ids: Sequence[uuid.UUID]) -> Change:
        """As `KnownMedia.add`."""
        return _change(ids, self._all(lambda shard: shard.add(asker, ids)))

    def delete(self, asker: Asker, ids: Sequence[uuid.UUID]) -> Change:
        """As `KnownMedia.delete`."""
        return _change(ids, self._all(lambda shard: shard.delete(asker, ids)))

    def range(self, asker: Asker, items: Sequence[Item]) -> list[ItemAnswers]:
        """As `KnownMedia.range`."""
        told = self._all(lambda shard: shard.range(asker, items))
        return [_item(parts) for parts in zip(*told, strict=True)]

    def look_up(self, asker: Asker, hashes: Sequence[Claimed]) -> list[Found]:
        """As `KnownMedia.look_up`."""
        by_place: dict[int, list[Found]] = {}
        for told in self._all(lambda shard: shard.look_up(asker, hashes)):
            for one in told:
                by_place.setdefault(one.place, []).append(one)
        return [
            Found(place=place, answers=_answers(parts), own=_own(parts))
            for place, parts in sorted(by_place.items())
        ]

    def snapshot(self, asker: Asker) -> Snapshot:
        """As `KnownMedia.snapshot`, of all shards together."""
        return Snapshot(codes=sum(one.codes for one in self._all(lambda shard: shard.snapshot(asker))))

    def verify(self, asker: Asker) -> Verification:
        """As `KnownMedia.verify`, of all shards together; faults name the shard."""
        told = self._all(lambda shard: shard.verify(asker))
        faults = (f"shard {number}: {fault}" for number, one in enumerate(told, 1) for fault in one.faults)
        return Verification(
            rows=sum(one.rows for one in told), codes=sum(one.codes for one in told), faults=tuple(faults)
        )

    def _all(self, call: Callable[[KnownMedia], Told]) -> list[Told]:
        with ThreadPoolExecutor(len(self._shards)) as pool:
            return list(pool.map(call, self._shards))


def _change(ids: Iterable[uuid.UUID], told: Sequence[Change]) -> Change:
    """An id that one shard has is missing in every other: only what none of them has is gone."""
    present = sum(one.present for one in told)
    return Change(present=present, gone=len(set(ids)) - present)


def _item(parts: Sequence[ItemAnswers]) -> ItemAnswers:
    return ItemAnswers(
        content=parts[0].content,
        recognised=any(one.recognised for one in parts),
        near_limit=any(one.near_limit for one in parts),
        answers=_answers(parts),
        own=_own(parts),
    )


def _answers(parts: Sequence[ItemAnswers | Found]) -> tuple[Answer, ...]:
    """Full answers strongest first, then one contact for each holder: the same as one matcher would say."""
    full: list[FullAnswer] = []
    contacts: dict[uuid.UUID, ContactAnswer] = {}
    for answer in (answer for part in parts for answer in part.answers):
        if isinstance(answer, FullAnswer):
            full.append(answer)
            continue
        known = contacts.get(answer.holder_unit)
        if known is None or _CLAIMS[answer.claim] < _CLAIMS[known.claim]:
            contacts[answer.holder_unit] = answer
    by_holder = sorted(contacts.values(), key=lambda one: (one.holder_country, one.holder_unit))
    return (*sorted(full, key=_rank), *by_holder)


def _own(parts: Sequence[ItemAnswers | Found]) -> tuple[OwnMatch, ...]:
    return tuple(sorted((match for part in parts for match in part.own), key=_rank))


def _rank(said: FullAnswer | OwnMatch) -> tuple[int, int, int, int, uuid.UUID]:
    return (_STRENGTH[said.by], said.distance or 0, said.own_frame_ms, said.frame_ms, said.public_id)
