"""Keeping time stamps of checkpoints, verified first."""

import uuid
from pathlib import Path

from django.utils.translation import gettext as _

from vigie.engines.proofs import Stamp, StampRefused, verify_stamp
from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.models import AuditCheckpoint
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.oversight import models


@operation(Permission.AUDIT_STAMP_RECORD)
def record_stamp(actor: Actor, *, size: int, reply: bytes, authorities: Path | None) -> None:
    """The authority's reply for the checkpoint of this size is kept, after OpenSSL verified it.

    `authorities` is the file of certificates the installation trusts for this. Invalid when there is none, or the
    stamp does not hold; NotFound when the log has no checkpoint of this size.
    """
    row = AuditCheckpoint.objects.filter(size=size).first()
    if row is None:
        raise NotFound
    if authorities is None:
        raise Invalid(
            _(
                "This installation trusts no time-stamp authority yet: name its file in the setting stamp_certificates."
            )
        )
    try:
        at = verify_stamp(Stamp(size, reply), row.note, authorities)
    except StampRefused as error:
        raise Invalid(_("The time stamp does not hold: %(why)s") % {"why": error}) from error
    models.Stamp.objects.create(size=size, at=at, reply=reply, recorded_at=context.now())
    about("checkpoint", uuid.UUID(int=0), size=size)
