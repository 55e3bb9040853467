"""An owner narrows who sees a content: at any time, for every copy of the choice at once."""

import uuid
from collections.abc import Iterable

from django.dispatch import Signal
from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.media.models import Content, Fingerprint, Rendition
from vigie.rooms.media.rules import is_tighter
from vigie.rooms.media.schemas import Sharing

visibility_tightened = Signal()
"""Sent with `actor`, `content_id` (row id) and `sharing`, in the same transaction, after an owner narrowed who sees a
content: rooms further on that joined the content to something follow."""


def take_out(actor: Actor, content_id: uuid.UUID) -> None:
    """A content of the unit (a row id) is seen by the unit alone and answers nobody. Only inside an operation."""
    in_progress()
    alone = Sharing(
        owner_unit=actor.unit,
        owner_country=actor.country,
        audience=Audience.UNIT,
        answer_outside=AnswerOutside.SILENT,
    )
    columns = alone.columns()
    Content.objects.for_actor(actor).filter(id=content_id, owner_unit=actor.unit).update(**columns)
    Rendition.objects.for_actor(actor).filter(content_id=content_id, owner_unit=actor.unit).update(**columns)
    prints = Fingerprint.objects.for_actor(actor).filter(content_id=content_id)
    prints.update(**columns, withdrawn=True)
    visibility_tightened.send(sender=Content, actor=actor, content_id=content_id, sharing=alone)


@operation(Permission.MEDIA_VISIBILITY_TIGHTEN)
def tighten_visibility(
    actor: Actor,
    public_id: uuid.UUID,
    *,
    audience: Audience,
    listed: Iterable[str] = (),
    excluded: Iterable[str] = (),
    answer_outside: AnswerOutside,
) -> None:
    """Content, renditions, fingerprints and whatever joins this content are seen by fewer; answers follow at once.

    NotFound for what is not the unit's own; Invalid when anybody would learn more than before.
    """
    row = (
        Content.objects.for_actor(actor)
        .filter(public_id=public_id, owner_unit=actor.unit)
        .select_for_update()
        .first()
    )
    if row is None:
        raise NotFound
    wanted = Sharing(
        owner_unit=row.owner_unit,
        owner_country=row.owner_country,
        audience=audience,
        listed=frozenset(listed),
        excluded=frozenset(excluded),
        answer_outside=answer_outside,
    )
    if not is_tighter(wanted.visibility, Sharing.of(row.visibility).visibility):
        raise Invalid(_("This is not narrower: somebody would learn more than now, or nothing would change."))
    columns = wanted.columns()
    Content.objects.for_actor(actor).filter(id=row.id).update(**columns)
    Rendition.objects.for_actor(actor).filter(content_id=row.id).update(**columns)
    Fingerprint.objects.for_actor(actor).filter(content_id=row.id).update(**columns)
    about("content", row.public_id, concerned=row.owner_unit, audience=audience.value)
    visibility_tightened.send(sender=Content, actor=actor, content_id=row.id, sharing=wanted)
