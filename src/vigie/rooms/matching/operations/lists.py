"""Known lists: a unit's own choice of what is harmless and what matters."""

import uuid
from collections.abc import Iterable
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from vigie.engines.formats.hash_lists import ListEntry, ListFault, ListRecord, ListWithdrawal
from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, NotFound
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.matching.models import KnownItem, KnownList
from vigie.rooms.matching.rules import Digests, ListRole, can_hide
from vigie.rooms.matching.schemas import KnownListAdded

_BATCH: Final = 2_000
_SHOWN_FAULTS: Final = 20
_NO_DIGESTS: Final[dict[str, Any]] = {"sha256": None, "sha1": None, "md5": None, "pdq": None}


@operation(Permission.LIST_LIST_ADD)
def add_known_list(
    actor: Actor,
    *,
    name: str,
    source: str,
    version: str,
    role: ListRole,
    entries: Iterable[ListRecord],
    legal_basis: str,
) -> KnownListAdded:
    """The unit's list is in use with every entry that can be used; the others are named. Entries are read as a stream.

    An entry of a hiding list that gives too little to hide by is a fault. What the list takes back is taken out of all
    versions of it. Conflict when this version is there already.
    """
    columns = ownership(actor, legal_basis=legal_basis, purpose=actor.purpose)
    try:
        with transaction.atomic():
            row = KnownList.objects.create(
                name=name[:80], source=source[:120], version=version[:40], role=role.value, **columns
            )
    except IntegrityError as error:
        raise Conflict(_("This version of the list is there already.")) from error
    loading = _Loading(actor, row, columns)
    for record in entries:
        loading.take(record)
    loading.store()
    added = KnownListAdded(
        public_id=row.public_id,
        items=loading.items,
        withdrawn=loading.withdrawn,
        faults=tuple(loading.faults),
        more_faults=loading.more_faults,
    )
    faults = len(added.faults) + added.more_faults
    about("known_list", row.public_id, role=role.value, items=added.items, faults=faults)
    return added


@operation(Permission.LIST_LIST_ADD)
def withdraw_known_list(actor: Actor, public_id: uuid.UUID) -> None:
    """The list says nothing from now on; its rows stay, with the day. NotFound for what is no list of the unit."""
    row = KnownList.objects.for_actor(actor).filter(public_id=public_id).select_for_update().first()
    if row is None:
        raise NotFound
    if row.withdrawn_at is None:
        row.withdrawn_at = context.now()
        row.save(update_fields=["withdrawn_at"])
    about("known_list", row.public_id, withdrawn=1)


class _Loading:
    """One list being read: items waiting to be stored, and what came of the rest."""

    def __init__(self, actor: Actor, row: KnownList, columns: dict[str, Any]) -> None:
        self._actor = actor
        self._list = row
        self._columns = columns
        self._waiting: list[KnownItem] = []
        self._taken_back: list[str] = []
        self.items = 0
        self.withdrawn = 0
        self.faults: list[str] = []
        self.more_faults = 0

    def take(self, record: ListRecord) -> None:
        """The record is stored soon, or named as a fault."""
        match record:
            case ListEntry():
                self._take_entry(record)
            case ListWithdrawal():
                self._taken_back.append(record.item)
                if len(self._taken_back) >= _BATCH:
                    self.store()
            case ListFault():
                self._fault(f"{record.where}: {record.reason}")

    def store(self) -> None:
        """What waits stands in the database."""
        KnownItem.objects.bulk_create(self._waiting)
        self.items += len(self._waiting)
        self._waiting = []
        if self._taken_back:
            rows = KnownItem.objects.for_actor(self._actor).filter(
                list__name=self._list.name, item__in=self._taken_back
            )
            self.withdrawn += rows.update(**_NO_DIGESTS)
            self._taken_back = []

    def _take_entry(self, entry: ListEntry) -> None:
        digests = Digests(entry.sha256, entry.sha1, entry.md5, entry.size)
        if self._list.role == ListRole.HIDE.value and not can_hide(digests):
            self._fault(f"item {entry.item}: hiding needs SHA-256, or MD5 with SHA-1 and the size")
            return
        self._waiting.append(
            KnownItem(
                list=self._list,
                item=entry.item[:80],
                sha256=entry.sha256,
                sha1=entry.sha1,
                md5=entry.md5,
                size=entry.size,
                pdq=entry.pdq,
                category=(entry.category or "")[:40],
                series=(entry.series or "")[:120],
                **self._columns,
            )
        )
        if len(self._waiting) >= _BATCH:
            self.store()

    def _fault(self, words: str) -> None:
        if len(self.faults) < _SHOWN_FAULTS:
            self.faults.append(words)
        else:
            self.more_faults += 1
