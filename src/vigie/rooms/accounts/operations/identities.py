"""Identities at sign-in providers: joined to a person by their gateway, and parted again. Nobody is made by signing in."""

import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.operation import about, operation, refusal
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import staff_ownership
from vigie.rooms.accounts.models import ProviderIdentity
from vigie.rooms.accounts.queries import active_user, subject_of
from vigie.rooms.accounts.rules import against_deciding, against_taking

LONGEST_SUBJECT = 255


@operation(Permission.ACCOUNT_IDENTITY_JOIN)
def join_identity(actor: Actor, *, user_id: uuid.UUID, provider: str, subject: str) -> None:
    """The person may sign in through this provider, as whom it calls `subject`.

    NotFound for a provider the settings do not name for the person's country, Invalid for an empty or too long subject,
    Conflict when either is joined already. Refused for one's own account, and as for giving a role otherwise.
    """
    user = active_user(actor, user_id)
    chosen = settings.VIGIE.providers.get(provider)
    if chosen is None or chosen.country != user.unit.country_id:
        raise NotFound(_("There is no such provider for people of this country."))
    if not 1 <= len(subject.strip()) <= LONGEST_SUBJECT:
        raise Invalid(_("Write the name by which the provider knows this person."))
    facts = subject_of(actor, user)
    against = against_deciding(actor, facts, role=facts.widest_role)
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_IDENTITY_JOIN)
    try:
        with transaction.atomic():
            row = ProviderIdentity.objects.create(
                user=user,
                provider=provider,
                issuer=chosen.issuer,
                subject=subject.strip(),
                **staff_ownership(actor, unit=user.unit_id, country=user.unit.country_id),
            )
    except IntegrityError as error:
        raise Conflict(
            _("This person, or this name at the provider, is joined already. Part it first.")
        ) from error
    about("person", user.id, concerned=user.unit_id, provider=provider, identity=str(row.id))


@operation(Permission.ACCOUNT_IDENTITY_PART)
def part_identity(actor: Actor, *, user_id: uuid.UUID, provider: str) -> None:
    """The person signs in through this provider no more; NotFound when they are joined to nothing there."""
    user = active_user(actor, user_id)
    against = against_taking(actor, user.natural_person, role=subject_of(actor, user).widest_role)
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_IDENTITY_PART)
    joined = ProviderIdentity.objects.for_actor(actor).filter(
        user_id=user_id, provider=provider, ended_at=None
    )
    if not joined.update(ended_at=context.now()):
        raise NotFound
    about("person", user.id, concerned=user.unit_id, provider=provider)
