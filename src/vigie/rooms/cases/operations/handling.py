"""What readers may do onwards with what is found in a case: said when it is opened, made stricter or looser later."""

import uuid

from django.db import connection
from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Handling
from vigie.rooms.cases.models import Case
from vigie.rooms.cases.queries import exhibits_of_cases, hand_in_terms
from vigie.rooms.cases.schemas import ERASED, HandInTerms
from vigie.rooms.media.operations import loosen_found_on, tighten_found_on
from vigie.rooms.media.schemas.handling import looser_than


@operation(Permission.MEDIA_HANDLING_TIGHTEN)
def tighten_handling(actor: Actor, *, case: uuid.UUID, handling: Handling) -> None:
    """What was found in the case (a public id), and what will be, goes less far; what was made from it follows at once.

    NotFound when the unit has no such case, Conflict when it was erased, Invalid when it is no stricter than now.
    """
    row = _locked(actor, case)
    if row.handling not in looser_than(handling):
        raise Invalid(_("This is not stricter than what is said now."))
    row.handling = handling.value
    row.save(update_fields=["handling"])
    changed = tighten_found_on(actor, exhibits_of_cases(actor, [row.id]), handling)
    about("case", row.public_id, handling=handling.value, contents=changed)


@operation(Permission.MEDIA_HANDLING_LOOSEN)
def loosen_handling(actor: Actor, *, case: uuid.UUID, handling: Handling) -> None:
    """What will be found in the case (a public id) goes further; so does what was found in it alone and bore its word.

    What was found elsewhere too, or was made stricter on its own, and what was made from any of it, stays as strict.
    Raises as `tighten_handling`, and Invalid when it is no looser than now.
    """
    row = _locked(actor, case)
    before = Handling(row.handling)
    if handling.value not in looser_than(before):
        raise Invalid(_("This is not looser than what is said now."))
    row.handling = handling.value
    row.save(update_fields=["handling"])
    exhibits = exhibits_of_cases(actor, [row.id])
    changed = loosen_found_on(actor, exhibits, before=before, handling=handling)
    about("case", row.public_id, handling=handling.value, contents=changed)


def terms_held(actor: Actor, exhibit: uuid.UUID) -> HandInTerms:
    """As `hand_in_terms`; what the case says does not change before this transaction ends.

    Only inside the operation that records what was found: a file recorded beside a tightening would escape it.
    """
    in_progress()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM cases_case WHERE public_id = %s FOR SHARE",
            [hand_in_terms(actor, exhibit).case_public_id],
        )
    return hand_in_terms(actor, exhibit)


def _locked(actor: Actor, public_id: uuid.UUID) -> Case:
    rows = Case.objects.for_actor(actor).filter(public_id=public_id, owner_unit=actor.unit)
    row: Case | None = rows.select_for_update().first()
    if row is None:
        raise NotFound
    if row.state == ERASED:
        raise Conflict(_("The case was erased."))
    return row


def set_handling(actor: Actor, *, case: uuid.UUID, handling: Handling) -> None:
    """The case (a public id) says this, inside `tighten_handling` where it is stricter than now, inside `loosen_handling` else.

    NotFound when the unit has no such case, Invalid when it says so already; and whatever these two raise.
    """
    row = Case.objects.for_actor(actor).filter(public_id=case, owner_unit=actor.unit).first()
    if row is None:
        raise NotFound
    if row.handling == handling.value:
        raise Invalid(_("The case says so already."))
    change = tighten_handling if row.handling in looser_than(handling) else loosen_handling
    change(actor, case=case, handling=handling)
