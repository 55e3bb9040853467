"""The way to the matcher: the questions of this installation, and what goes wrong with them in words."""

import functools
import uuid
from collections.abc import Callable, Sequence
from typing import Final, TypeVar, cast

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from vigie.backends.known import (
    LONGEST_LIST,
    Asker,
    Claimed,
    Found,
    Item,
    ItemAnswers,
    KnownMedia,
    KnownMediaError,
)
from vigie.kernel.errors import Unavailable
from vigie.rooms.matching.apps import MatchingConfig
from vigie.rooms.matching.rules.lookups import LookUp, Variants

Told = TypeVar("Told")
LOOK_UP: Final = "look-up"
"""The service a person's own question names; it tells a look-up from the work of a job."""


def ask(asker: Asker, items: Sequence[Item]) -> list[ItemAnswers]:
    """What may be known of these items, in their order. Raises Unavailable when the matcher does not answer."""
    return _told(lambda known: known.range(asker, items))


def look_up(asker: Asker, rows: Sequence[LookUp], variants: Variants) -> dict[int, Found]:
    """What may be known of these rows, by row number; those of which nothing may be said are left out.

    Asked some hundred at a time, so that others get their turn. Raises Unavailable as `ask`.
    """
    found: dict[int, Found] = {}
    for start in range(0, len(rows), LONGEST_LIST):
        part = rows[start : start + LONGEST_LIST]
        hashes = [_claimed(one, variants) for one in part]
        for one in _told(functools.partial(_look_up, asker, hashes)):
            found[part[one.place].row] = one
    return found


def forget(asker: Asker, fingerprints: Sequence[uuid.UUID]) -> None:
    """No index file says anything of these fingerprints, unless the database has them. Raises Unavailable as `ask`."""
    _told(lambda known: known.delete(asker, fingerprints))


def _look_up(asker: Asker, hashes: Sequence[Claimed], known: KnownMedia) -> list[Found]:
    return known.look_up(asker, hashes)


def _claimed(row: LookUp, variants: Variants) -> Claimed:
    return Claimed(
        sha256=row.digests.sha256,
        sha1=row.digests.sha1,
        md5=row.digests.md5,
        size=row.digests.size,
        pdq=row.pdq,
        quality=row.quality,
        dihedral=row.dihedral,
        variants=variants.value,
    )


def _told(question: Callable[[KnownMedia], Told]) -> Told:
    known = cast("MatchingConfig", apps.get_app_config("matching")).known
    try:
        return question(known)
    except KnownMediaError as error:
        raise Unavailable(_("Known material cannot be asked about just now. Nothing was lost.")) from error
