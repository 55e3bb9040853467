"""Looking up hashes somebody hands in: counted, asked, answered, and one line in the log that holds none of them."""

import collections
import dataclasses
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from vigie.backends.known import Asker, Found
from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound, TooLarge
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.cases.queries import hand_in_terms
from vigie.rooms.matching.operations.known import LOOK_UP, look_up
from vigie.rooms.matching.operations.list_hits import tell_list_owners
from vigie.rooms.matching.operations.quota import DailyLimits, charge, charge_released, follow
from vigie.rooms.matching.queries.lookups import results
from vigie.rooms.matching.rules import Digests, publication
from vigie.rooms.matching.rules.lookups import MOST_ROWS, Rows, Variants, digest_of, read_rows
from vigie.rooms.matching.schemas.lookups import LookUpAnswer, LookUpFault, LookUpResult

_SHOWN_FAULTS: Final = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """The case and the exhibit (public ids) every look-up is made under."""

    case: uuid.UUID
    exhibit: uuid.UUID


@operation(Permission.MATCH_LOOKUP_ASK)
def look_up_hashes(
    actor: Actor, place: Place, entries: Iterable[Any], variants: Variants, limits: DailyLimits
) -> LookUpAnswer:
    """Every row that can be used is answered at the level each owner allows, and counted; holders are told.

    Rows are numbered from 1. NotFound when the unit has no such exhibit in that case, Conflict when the case is
    closed, TooLarge for more than 10,000 rows, Invalid when none can be used, QuotaSpent beyond the day's limits,
    Unavailable when the matcher does not answer; none of these counts anything.
    """
    _require_open(actor, place)
    given = list(entries)
    if len(given) > MOST_ROWS:
        raise TooLarge(_("At most %(most)s rows are looked up in one call.") % {"most": MOST_ROWS})
    rows = read_rows(enumerate(given, 1))
    if not rows.usable:
        raise Invalid(_nothing_usable(rows))
    quota = charge(actor, rows.hashes, limits)
    return LookUpAnswer(
        results=_answered(actor, place, rows, variants)[0],
        faults=tuple(LookUpFault(row=fault.row, reason=fault.reason) for fault in rows.faults),
        hashes=rows.hashes,
        quota=quota,
    )


@operation(Permission.MATCH_LOOKUP_ASK)
def look_up_released(
    actor: Actor, place: Place, rows: Rows, variants: Variants, release: uuid.UUID
) -> tuple[LookUpResult, ...]:
    """These rows of a longer list are answered like those of a single call, and taken from the release.

    Raises as `look_up_hashes`, and ReleaseEnded when there is no release, or no longer one, for actor and case.
    """
    _require_open(actor, place)
    charge_released(actor, release, place.case, rows.hashes)
    return _answered(actor, place, rows, variants, release=str(release))[0]


@dataclasses.dataclass(frozen=True, slots=True)
class ToKeep:
    """What a look-up found, for the record it was made for. Rows count from 1."""

    results: tuple[LookUpResult, ...]
    """What may be said of each row that was asked about."""
    found: Mapping[int, Found]
    """What the matcher said, by row: `queries.results_of` says again at any time what of it may be shown then."""
    left_out: frozenset[int]
    """Rows that carry nothing usable, or the same as another one."""
    published_at: datetime
    """From when on it may be seen: nothing can be told from how long it took."""


@operation(Permission.MATCH_LOOKUP_ASK)
def look_up_to_keep(
    actor: Actor,
    place: Place,
    files: Mapping[int, Digests],
    limits: DailyLimits,
    keep: Callable[[ToKeep], None],
    *,
    submission: uuid.UUID,
) -> None:
    """Every file (by row number) is looked up and counted like those of a single call, and `keep` has what was found.

    `keep` writes in the same transaction: what is counted is kept. The line of the log names the submission (a public
    id) that was looked up. Raises as `look_up_hashes`.
    """
    _require_open(actor, place)
    rows = read_rows((row, _entry(file)) for row, file in files.items())
    charge(actor, rows.hashes, limits)
    results, told = _answered(actor, place, rows, Variants.ONE, submission=str(submission))
    left_out = frozenset(files) - {one.row for one in rows.usable}
    keep(ToKeep(results, told, left_out, publication(context.now())))


def _entry(file: Digests) -> dict[str, Any]:
    named = {"sha256": file.sha256, "sha1": file.sha1, "md5": file.md5}
    return {name: digest.hex() for name, digest in named.items() if digest is not None}


def _require_open(actor: Actor, place: Place) -> None:
    terms = hand_in_terms(actor, place.exhibit)
    if terms.case_public_id != place.case:
        raise NotFound
    if not terms.case_open:
        raise Conflict(_("The case is closed."))


def _answered(
    actor: Actor, place: Place, rows: Rows, variants: Variants, **facts: Any
) -> tuple[tuple[LookUpResult, ...], Mapping[int, Found]]:
    call = new_public_id()
    asker = Asker(
        unit=actor.unit,
        country=actor.country,
        person=actor.id,
        service=LOOK_UP,
        case=place.case,
        exhibit=place.exhibit,
        purpose=actor.purpose.value,
    )
    told = look_up(asker, rows.usable, variants) if rows.usable else {}
    found = results(actor, rows.usable, told)
    listed = {one.row for one in found if one.flags}
    tell_list_owners(actor, [one.digests for one in rows.usable if one.row in listed])
    bare = [one.pdq for one in rows.usable if one.pdq is not None and one.digests == Digests()]
    if beside := follow(actor, bare):
        facts["neighbours"] = beside
    facts |= collections.Counter(f"{kind}_hashes" for one in rows.usable for kind in one.kinds)
    about(
        "look_up",
        call,
        case=str(place.case),
        exhibit=str(place.exhibit),
        rows=len(rows.usable),
        faults=len(rows.faults),
        variants=variants.value,
        own=sum(bool(one.own) for one in found),
        listed=sum(bool(one.hides or one.flags) for one in found),
        answered=sum(bool(one.answers) for one in found),
        asked=digest_of(call, rows.usable),
        **facts,
    )
    return found, told


def _nothing_usable(rows: Rows) -> str:
    if not rows.faults:
        return str(_("There is no row to look up."))
    said = "; ".join(f"{fault.row}: {fault.reason}" for fault in rows.faults[:_SHOWN_FAULTS])
    return str(_("No row can be used. %(faults)s") % {"faults": said})
