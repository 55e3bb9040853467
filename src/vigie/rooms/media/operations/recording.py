"""Content as it comes in: row, sealed original, veil and fingerprints in one transaction."""

import contextvars
import dataclasses
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vigie.kernel import installation
from vigie.kernel.actors import Actor
from vigie.kernel.ids import uuid7
from vigie.kernel.operation import in_progress
from vigie.kernel.scope import ownership
from vigie.kernel.vault import KeyRecord, Owner, Stored, Vault
from vigie.rooms.media.models import Content, Fingerprint, Occurrence, OriginalKey, Rendition
from vigie.rooms.media.operations.erasing import keep_objects
from vigie.rooms.media.operations.rows import analysis_columns, fingerprints, key_columns, veil_row
from vigie.rooms.media.operations.unsealing import unseal
from vigie.rooms.media.schemas import Claimed, Found, Holding, Kind, NewContent, Seal, Sharing, Terms

_STORED_AT_ONCE = 4
_ROWS_AT_ONCE = 1_000
"""Fingerprints of one statement: a film of three hours has up to 54,000, and a statement takes 65,535 values."""


def record_contents(actor: Actor, items: Iterable[NewContent], terms: Terms) -> dict[bytes, uuid.UUID]:
    """The unit holds these contents: row, sealed original, veil and fingerprints; returns row ids by SHA-256.

    Only inside an operation, which writes the audit line. Content the unit holds already is left as it is, with the
    visibility its owner chose then; one that was sealed is opened when the same file comes in without a seal, for
    then nobody's privacy stands between it and whoever seized it. A digest missing from the answer is held for a purpose this work may not read.

    Rows are claimed before anything is stored, in the order of their digests: two runs that meet wait for each other
    instead of deadlocking, and the one that comes second never replaces bytes whose key is already recorded.
    """
    in_progress()
    wanted = _without_doubles(items)
    columns = _owned(actor, terms)
    claims = [_row(wanted[digest], terms, columns) for digest in sorted(wanted)]
    Content.objects.bulk_create(claims, ignore_conflicts=True)
    rows = Content.objects.for_actor(actor).filter(owner_unit=actor.unit, sha256__in=list(wanted))
    held = {bytes(row.sha256): row for row in rows.select_for_update().order_by("sha256")}
    made = {claim.id for claim in claims}
    new = [row for digest, row in sorted(held.items()) if row.id in made]
    upgraded = [row for row in held.values() if row.holding != Holding.OWN_COPY.value]
    for row in upgraded:
        _become_held(row, wanted[bytes(row.sha256)])
    for digest, row in sorted(held.items()):
        if row.sealed and wanted[digest].seal is None:
            unseal(actor, row, wanted[digest], terms)
    _store(actor, [(row, wanted[bytes(row.sha256)]) for row in new + upgraded], columns)
    return {digest: row.id for digest, row in held.items()}


def _without_doubles(items: Iterable[NewContent]) -> dict[bytes, NewContent]:
    """The items by SHA-256; of two with the same bytes the one without a seal."""
    wanted: dict[bytes, NewContent] = {}
    for item in items:
        if item.digests.sha256 not in wanted or item.seal is None:
            wanted[item.digests.sha256] = item
    return wanted


def record_claims(actor: Actor, claims: Iterable[Claimed], terms: Terms) -> dict[bytes, uuid.UUID]:
    """The unit has a row for each of these files it has not got the bytes of; returns row ids by SHA-256.

    Only inside an operation. Claimed digests enter no fingerprint: they answer nobody and make nobody a holder
    (design.md section 9). A digest missing from the answer is held for a purpose this work may not read.
    """
    in_progress()
    wanted = {claim.digests.sha256: claim.digests for claim in claims}
    columns = _owned(actor, terms)
    rows = [
        Content(
            **dataclasses.asdict(wanted[digest]),
            kind=Kind.OTHER.value,
            holding=Holding.NOT_HELD.value,
            **terms.sharing.columns(),
            **columns,
        )
        for digest in sorted(wanted)
    ]
    Content.objects.bulk_create(rows, ignore_conflicts=True)
    found = Content.objects.for_actor(actor).filter(owner_unit=actor.unit, sha256__in=list(wanted))
    return {bytes(digest): row_id for digest, row_id in found.values_list("sha256", "id")}


def record_occurrences(actor: Actor, found: Sequence[Found], terms: Terms) -> None:
    """Each content has one more place where it was found; a place that is on record is left alone.

    Only inside an operation, which writes the audit line.
    """
    in_progress()
    columns = _owned(actor, terms)
    Occurrence.objects.bulk_create(
        [
            Occurrence(**{name: getattr(place, name) for name in Found.model_fields}, **columns)
            for place in found
        ],
        ignore_conflicts=True,
    )


def _owned(actor: Actor, terms: Terms) -> dict[str, Any]:
    return ownership(actor, legal_basis=terms.legal_basis, purpose=terms.purpose, handling=terms.handling)


def _row(item: NewContent, terms: Terms, columns: Mapping[str, Any]) -> Content:
    sharing = terms.sharing if item.seal is None else terms.sharing.while_sealed
    return Content(
        id=uuid7(),
        sha256=item.digests.sha256,
        sha1=item.digests.sha1,
        md5=item.digests.md5,
        size=item.digests.size,
        holding=Holding.OWN_COPY.value,
        **analysis_columns(item),
        **sharing.columns(),
        **columns,
    )


def _become_held(row: Content, item: NewContent) -> None:
    """A content known by claimed digests only has its bytes now; the claimed weak digests give way to verified ones."""
    verified = {"sha1": item.digests.sha1, "md5": item.digests.md5, "size": item.digests.size}
    sharing = Sharing.of(row.visibility)
    shared = (sharing if item.seal is None else sharing.while_sealed).columns()
    held = {"holding": Holding.OWN_COPY.value}
    for name, value in (analysis_columns(item) | verified | shared | held).items():
        setattr(row, name, value)
    row.save()


def _store(actor: Actor, pairs: Sequence[tuple[Content, NewContent]], owned: Mapping[str, Any]) -> None:
    vault, owner = installation.vault(), Owner(actor.unit, actor.country)
    keep_objects(actor, [vault.object_name(owner, item.digests.sha256) for _, item in pairs])
    keys, veils, prints = [], [], []
    for (row, item), (stored, veil) in zip(pairs, _sealed(vault, owner, pairs), strict=True):
        columns = {
            **owned,
            "handling": row.handling,
        }  # derived from the row, which may be older than these terms
        keys.append(OriginalKey(content=row, name=stored.name, **key_columns(stored.key), **columns))
        if item.veil is not None and veil is not None:
            veils.append(veil_row(row, item.veil, veil, columns))
        if item.seal is not Seal.CLOSED:
            prints.extend(fingerprints(row, item.prints))
    OriginalKey.objects.bulk_create(keys)
    Rendition.objects.bulk_create(veils)
    Fingerprint.objects.bulk_create(prints, batch_size=_ROWS_AT_ONCE)


def _sealed(
    vault: Vault, owner: Owner, pairs: Sequence[tuple[Content, NewContent]]
) -> Iterator[tuple[Stored, tuple[KeyRecord, bytes] | None]]:
    """The originals are sealed and durable, with their sealed veils, several at a time: one by one, half of the work is waiting for the disk.

    Each thread works in a copy of this context, so that the vault sees the running operation.
    """

    def store(row: Content, item: NewContent) -> tuple[Stored, tuple[KeyRecord, bytes] | None]:
        veil = vault.seal_derived(owner, row.id, item.veil.png) if item.veil is not None else None
        with item.source() as source:
            return vault.store_original(owner, item.digests.sha256, source), veil

    with ThreadPoolExecutor(_STORED_AT_ONCE) as threads:
        underway = [threads.submit(contextvars.copy_context().run, store, row, item) for row, item in pairs]
        for future in underway:
            yield future.result()
