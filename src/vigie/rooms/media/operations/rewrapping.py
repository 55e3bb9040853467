"""Data keys moved to the newest wrapping key of their country: originals and renditions, some at a time."""

from vigie.kernel import installation, jobs
from vigie.kernel.actors import Actor
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.vault import KeyRecord, Owner
from vigie.rooms.media.models import OriginalKey, Rendition
from vigie.rooms.media.schemas import Rewrapped

REWRAPPED_AT_ONCE = 500
"""Rows of one transaction and one audit line."""
REWRAP = "media.rewrap"
_COLUMNS = ("key_id", "wrapped", "commitment")


@operation(Permission.MEDIA_KEY_REWRAP)
def rewrap_some(actor: Actor, *, limit: int = REWRAPPED_AT_ONCE) -> Rewrapped:
    """Up to so many data keys of the unit that an older key wraps are wrapped by the newest of its country.

    Reading goes on meanwhile: old and new wrapping open to the same data key, and a row changes from one to the
    other at once. Can be repeated at will; `left` says whether there are more. One audit line with the count and
    the key. KeyMissing when the country's keys are not here: nothing is then changed.
    """
    vault, owner = installation.vault(), Owner(actor.unit, actor.country)
    newest = vault.newest_key(actor.country)
    originals = list(
        OriginalKey.objects.for_actor(actor)
        .filter(owner_unit=actor.unit)
        .exclude(key_id=newest)
        .select_related("content")
        .select_for_update(of=("self",))
        .order_by("id")[:limit]
    )
    renditions = list(
        Rendition.objects.for_actor(actor)
        .filter(owner_unit=actor.unit)
        .exclude(key_id=newest)
        .select_for_update()
        .order_by("id")[: limit - len(originals)]
    )
    for key in originals:
        _take_over(key, vault.rewrap(owner, _record(key), original=bytes(key.content.sha256)))
    for row in renditions:
        _take_over(row, vault.rewrap(owner, _record(row), derived=row.content_id))
    OriginalKey.objects.for_actor(actor).bulk_update(originals, _COLUMNS)
    Rendition.objects.for_actor(actor).bulk_update(renditions, _COLUMNS)
    moved = len(originals) + len(renditions)
    about("key", new_public_id(), key=newest, moved=moved)
    return Rewrapped(key_id=newest, moved=moved, left=moved == limit)


@operation(Permission.MEDIA_KEY_REWRAP)
def rewrap_later(actor: Actor) -> None:
    """A job moves the data keys of the unit to the newest wrapping key, until none is left."""
    about("key", new_public_id())
    jobs.defer(REWRAP, on_behalf=jobs.OnBehalf.of(actor), once_for=f"{REWRAP}-{actor.unit}-{actor.purpose}")


def _record(row: OriginalKey | Rendition) -> KeyRecord:
    return KeyRecord(row.key_id, bytes(row.wrapped), bytes(row.commitment))


def _take_over(row: OriginalKey | Rendition, key: KeyRecord) -> None:
    row.key_id, row.wrapped, row.commitment = key.key_id, key.wrapped, key.commitment
