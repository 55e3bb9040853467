"""The unit's known lists, and what they say of files."""

import functools
import operator
import uuid
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from django.db.models import Count, Q

from vigie.backends.postgres.arrays import among_digests
from vigie.kernel.actors import Actor
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.models import KnownItem, KnownList
from vigie.rooms.matching.rules import Digests, ListRole, flags, hides
from vigie.rooms.matching.schemas import KnownHit, KnownListSummary, KnownState

Key = TypeVar("Key", bound=Hashable)
_AT_ONCE = 10_000


def known_lists(actor: Actor) -> tuple[KnownListSummary, ...]:
    """The unit's lists, newest first; withdrawn ones too."""
    require(actor, Permission.LIST_LIST_READ)
    rows = KnownList.objects.for_actor(actor).annotate(item_count=Count("items")).order_by("-id")
    return tuple(
        KnownListSummary(
            public_id=row.public_id,
            name=row.name,
            source=row.source,
            version=row.version,
            role=ListRole(row.role),
            terms=row.terms,
            items=row.item_count,
            added_at=row.recorded_at,
            withdrawn_at=row.withdrawn_at,
        )
        for row in rows
    )


def known_for(actor: Actor, contents: Mapping[Key, Digests]) -> dict[Key, KnownState]:
    """What the unit's lists in use say of these files, by the caller's keys; files no list knows are left out.

    A file is hidden only by SHA-256, or by MD5 with SHA-1 with the size; never by a likeness, and never when another
    list flags it. Asks no permission of its own: the unit's services read it inside the operation that needs it.
    """
    found: dict[Key, KnownState] = {}
    keys = list(contents)
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        items = _items(actor, [contents[key] for key in part])
        for key in part if len(items) else ():
            state = _state(contents[key], items)
            if state is not None:
                found[key] = state
    return found


def listed(actor: Actor, sha256s: Collection[bytes]) -> frozenset[bytes]:
    """Which of these files a list of the unit in use names by SHA-256, whatever its role.

    What `known_for` finds for a file known by its SHA-256 alone, without saying what the lists say.
    """
    rows = KnownItem.objects.for_actor(actor).filter(
        among_digests("sha256", sha256s), list__withdrawn_at=None
    )
    return frozenset(bytes(digest) for digest in rows.values_list("sha256", flat=True))


class Flagging(NamedTuple):
    """An item of a list that flags, whose list it is, and by which digest it means a file."""

    item: uuid.UUID
    """The row id."""
    owner_unit: uuid.UUID
    owner_country: str
    by: str


def flagging(actor: Actor, files: Sequence[Digests]) -> tuple[Flagging, ...]:
    """The items of lists in use that flag one of these files, each once; what their owners are told of.

    Asks no permission of its own, as `known_for`.
    """
    found: dict[uuid.UUID, Flagging] = {}
    for start in range(0, len(files), _AT_ONCE):
        part = files[start : start + _AT_ONCE]
        items = _items(actor, part)
        for file in part if len(items) else ():
            for row in items.of(file):
                if row.list.role == ListRole.FLAG.value and (by := flags(_digests(row), file)):
                    found.setdefault(row.id, Flagging(row.id, row.owner_unit, row.owner_country, by))
    return tuple(found.values())


class _Items:
    """List items that share a digest with some file, by digest."""

    def __init__(self, rows: Iterable[KnownItem]) -> None:
        self._by_digest: dict[bytes, dict[object, KnownItem]] = defaultdict(dict)
        for row in rows:
            for digest in (row.sha256, row.sha1, row.md5):
                if digest is not None:
                    self._by_digest[bytes(digest)][row.id] = row

    def __len__(self) -> int:
        return len(self._by_digest)

    def of(self, file: Digests) -> list[KnownItem]:
        """The items that share a digest with this file, by list and item."""
        found: dict[object, KnownItem] = {}
        for digest in (file.sha256, file.sha1, file.md5):
            found |= self._by_digest.get(digest, {}) if digest is not None else {}
        return sorted(found.values(), key=lambda row: (row.list.name, row.list.version, row.item))


def _items(actor: Actor, files: Iterable[Digests]) -> _Items:
    wanted: dict[str, list[bytes]] = {"sha256": [], "sha1": [], "md5": []}
    for file in files:
        for name, digests in wanted.items():
            digest: bytes | None = getattr(file, name)
            if digest is not None:
                digests.append(digest)
    named = [Q(among_digests(name, digests)) for name, digests in wanted.items() if digests]
    if not named:
        return _Items(())
    shared = functools.reduce(operator.or_, named)
    rows = KnownItem.objects.for_actor(actor).select_related("list").filter(shared, list__withdrawn_at=None)
    return _Items(rows)


def _state(file: Digests, items: _Items) -> KnownState | None:
    hiding, flagging = list[KnownHit](), list[KnownHit]()
    for row in items.of(file):
        item = _digests(row)
        if row.list.role == ListRole.HIDE.value and hides(item, file):
            by = "sha256" if item.sha256 is not None and item.sha256 == file.sha256 else "md5_sha1_size"
            hiding.append(_hit(row, by))
        elif row.list.role == ListRole.FLAG.value and (by := flags(item, file)):
            flagging.append(_hit(row, by))
    if not hiding and not flagging:
        return None
    return KnownState(hidden=bool(hiding) and not flagging, hides=tuple(hiding), flags=tuple(flagging))


def _digests(row: KnownItem) -> Digests:
    return Digests(
        sha256=bytes(row.sha256) if row.sha256 is not None else None,
        sha1=bytes(row.sha1) if row.sha1 is not None else None,
        md5=bytes(row.md5) if row.md5 is not None else None,
        size=row.size,
    )


def _hit(row: KnownItem, by: str) -> KnownHit:
    return KnownHit(
        list_id=row.list.public_id,
        list_name=row.list.name,
        list_version=row.list.version,
        item=row.item,
        by=by,
        category=row.category,
        series=row.series,
    )
