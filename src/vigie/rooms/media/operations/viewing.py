"""What a person may look at: veiled pages for those who see the content, clear pictures of own copies."""

import contextlib
import hashlib
import uuid
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from vigie.engines.imaging import MediaRefused
from vigie.kernel import context, installation
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.errors import Invalid, NotFound, Refused, Text
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, in_progress, in_words, operation, refusal
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import Reason, may_open_media
from vigie.kernel.vault import CountryClosed, KeyRecord, Owner, grant
from vigie.rooms.media.models import Content, OriginalKey, Rendition
from vigie.rooms.media.queries import VEIL, cases_of
from vigie.rooms.media.schemas import ClearReason, Holding

LARGEST_PAGE = 500
"""Veils opened by one audit line."""


@operation(Permission.MEDIA_VEIL_VIEW)
def veiled_page(actor: Actor, public_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """The veiled renditions of these contents as PNG, by public id; those the actor may not see are left out.

    Works for every content the actor sees in full, whoever owns it, and for a court for what was found in a case that is
    open to it; left out too are those of a country whose key is
    not here. One audit line with the count and a SHA-256 of
    the ids in order. Invalid for more than 500 at once.
    """
    if len(public_ids) > LARGEST_PAGE:
        raise Invalid(f"at most {LARGEST_PAGE} pictures are opened at once")
    rows = list(
        Rendition.objects.for_actor(actor)
        .filter(content__public_id__in=list(public_ids), kind=VEIL)
        .select_related("content")
    )
    cases = cases_of(actor, [row.content_id for row in rows]) if actor.cases else {}
    veil = Permission.MEDIA_VEIL_VIEW
    opened = [
        row for row in rows if _against(actor, veil, row.content, "", cases.get(row.content_id)) is None
    ]
    shown = sorted(row.content.public_id for row in opened)
    digest = hashlib.sha256(b"".join(one.bytes for one in shown)).hexdigest()
    about("page", new_public_id(), count=len(shown), digest=digest)
    in_progress().concerned.update(row.owner_unit for row in opened)
    granted, vault = grant(*(row.content_id for row in opened)), installation.vault()
    found = {}
    for row in opened:
        owner = Owner(row.owner_unit, row.owner_country)
        with contextlib.suppress(CountryClosed):  # the page shows the others, and says what is missing
            found[row.content.public_id] = vault.open_derived(
                granted, owner, row.content_id, _key(row), bytes(row.ciphertext)
            )
    return found


@operation(Permission.MEDIA_CLEAR_VIEW)
def clear_view(actor: Actor, public_id: uuid.UUID, reason_code: str, note: str = "") -> bytes:
    """The picture as a JPEG of at most 2,560 pixels, rebuilt from its pixels; the log says why it was opened.

    Own copies only: what another owner shares is shown veiled. NotFound for what the actor does not see; Refused by
    the four gates, for another owner's content, and when the file cannot be shown; Invalid for an unknown reason.
    """
    row = Content.objects.for_actor(actor).filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    against = _against(actor, Permission.MEDIA_CLEAR_VIEW, row, reason_code)
    if against is not None:
        raise refusal(against, Permission.MEDIA_CLEAR_VIEW)
    if reason_code not in set(ClearReason):
        raise Invalid(_("Choose one of the reasons to open this."))
    if row.owner_unit != actor.unit:
        raise _refused("owner-only", _("Its owner shares it veiled. Ask the owner's desk for more."))
    key = OriginalKey.objects.for_actor(actor).filter(content=row).first()
    if key is None or row.holding != Holding.OWN_COPY.value:
        raise _refused("not-held", _("The bytes are not here. Hand in the exhibit again."))
    about("content", row.public_id, concerned=row.owner_unit, why=reason_code)
    if note.strip():
        in_words(note.strip())
    return _rebuilt(row, key)


def _rebuilt(row: Content, key: OriginalKey) -> bytes:
    """The picture decoded in one confined worker and written again in a second, which sees raw pixels only."""
    owner = Owner(row.owner_unit, row.owner_country)
    original = installation.vault().open_original(grant(row.id), owner, row.id, bytes(row.sha256), _key(key))
    try:
        with original, installation.decoding(owner) as decoding:
            raster = decoding.clear(original)
        with installation.encoding(owner) as encoding:
            return encoding.jpeg(raster)
    except MediaRefused as error:
        raise _refused("cannot-be-shown", _("This file cannot be shown as a picture.")) from error


def _against(
    actor: Actor,
    permission: Permission,
    row: Content,
    reason_code: str,
    cases: frozenset[uuid.UUID] | None = None,
) -> Reason | None:
    return may_open_media(
        actor,
        permission,
        row.visibility,
        purpose=Purpose(row.purpose),
        reason_code=reason_code,
        now=context.now(),
        cases=cases or frozenset(),
    )


def _refused(code: str, words: Text) -> Refused:
    """A refusal with its line in the log: bytes may have been opened before it, and the roll-back takes that line."""
    error = Refused(words, code=code)
    error.permission = Permission.MEDIA_CLEAR_VIEW
    return error


def _key(row: Rendition | OriginalKey) -> KeyRecord:
    return KeyRecord(row.key_id, bytes(row.wrapped), bytes(row.commitment))
