"""Writes of series: making one, adding content to it, following an owner who narrows what others may see or do."""

import uuid
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from vigie.kernel import policy
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.kernel.scope import ownership
from vigie.rooms.media.queries import governed, own_content_id
from vigie.rooms.media.schemas import Sharing
from vigie.rooms.media.schemas.handling import looser_than
from vigie.rooms.series.models import Membership, Series
from vigie.rooms.series.rules import Basis, first_number, next_number
from vigie.rooms.units.queries import legal_bases

_ATTEMPTS = 5


@operation(Permission.SERIES_SERIES_CREATE)
def create_series(
    actor: Actor,
    *,
    name: str,
    legal_basis: str,
    purpose: Purpose,
    audience: Audience,
    listed: Iterable[str] = (),
    excluded: Iterable[str] = (),
    answer_outside: AnswerOutside = AnswerOutside.CONTACT_ONLY,
) -> uuid.UUID:
    """The series exists under the unit's next number, for the audience its owner chose; returns its public id.

    Invalid for an empty name, a legal basis the country does not know, or a list without parties.
    """
    parties = sorted(set(listed))
    if not name.strip() or len(name.strip()) > 120:
        raise Invalid(_("A series has a name of 1 to 120 characters."))
    if legal_basis not in {choice.code for choice in legal_bases(actor)}:
        raise Invalid(_("%(code)s is no legal basis of your country.") % {"code": legal_basis})
    if (audience is Audience.LISTED) != bool(parties):
        raise Invalid(_("Name the countries or units to share with, and only when sharing with a list."))
    row = Series(
        name=name.strip(),
        audience=audience.value,
        listed=parties,
        excluded=sorted(set(excluded)),
        answer_outside=answer_outside.value,
        **ownership(actor, legal_basis=legal_basis, purpose=purpose),
    )
    _insert_numbered(actor, row)
    about("series", row.public_id, audience=audience.value)
    return row.public_id


@operation(Permission.SERIES_MEMBERSHIP_ADD)
def add_member(actor: Actor, *, series: uuid.UUID, content: uuid.UUID, basis: Basis) -> None:
    """The unit's own content belongs to the series (public ids), seen by those who see both.

    NotFound when the actor does not see the series or the unit does not own the content; Conflict when it is a
    member already.
    """
    row = Series.objects.for_actor(actor).filter(public_id=series).first()
    if row is None:
        raise NotFound
    content_id = own_content_id(actor, content)
    joint = policy.derived(governed(actor, [content])[content], row.governed)
    member = Membership(
        series=row,
        content_id=content_id,
        basis=basis.value,
        **Sharing.of(joint.visibility).columns(),
        **ownership(
            actor,
            legal_basis=row.legal_basis,
            purpose=Purpose(row.purpose),
            handling=joint.handling,
        ),
    )
    try:
        with transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("This item is in the series already.")) from error
    about("series", row.public_id, concerned=row.owner_unit, content=str(content), basis=basis.value)


def follow_content(actor: Actor, content_id: uuid.UUID, sharing: Sharing) -> None:
    """The memberships of a content of the unit (a row id) are seen by no more than see the content now.

    Only inside the operation that narrowed it.
    """
    in_progress()
    members = Membership.objects.for_actor(actor).filter(content_id=content_id, owner_unit=actor.unit)
    for member in members:
        joint = Sharing.of(member.visibility).stricter(sharing)
        Membership.objects.for_actor(actor).filter(id=member.id).update(**joint.columns())


def follow_handling(actor: Actor, content_ids: Sequence[uuid.UUID], handling: Handling) -> None:
    """The memberships of these contents of the unit (row ids) are handled as strictly as this at least.

    Only inside the operation that made the contents stricter.
    """
    in_progress()
    members = Membership.objects.for_actor(actor).filter(
        content_id__in=list(content_ids), owner_unit=actor.unit, handling__in=looser_than(handling)
    )
    members.update(handling=handling.value)


def drop_members(actor: Actor, content_ids: Sequence[uuid.UUID]) -> int:
    """These contents of the unit (row ids) belong to no series any more; returns how many memberships are gone.

    Only inside the operation that erases them. The series stay.
    """
    in_progress()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM series_membership WHERE content_id = ANY(%s) AND owner_unit = %s",
            [list(content_ids), actor.unit],
        )
        return int(cursor.rowcount)


def _insert_numbered(actor: Actor, row: Series) -> None:
    """Two people may take the same number at once: the second tries the next one."""
    for _attempt in range(_ATTEMPTS):
        last = Series.objects.for_actor(actor).filter(owner_unit=actor.unit).order_by("-number").first()
        row.number = next_number(last.number) if last else first_number(actor.country)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise Conflict(_("Too many series were made at this moment. Please try again."))
