"""People themselves: adding them, and what they set of their own."""

import secrets
import uuid
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, NotFound
from vigie.kernel.operation import about, in_progress, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import looks_after
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import active_user, digest_of
from vigie.rooms.accounts.schemas import Enrolment
from vigie.rooms.units.schemas import Desk

ENROLMENT_LIFE = timedelta(hours=72)


@operation(Permission.ACCOUNT_USER_ADD)
def add_user(
    actor: Actor,
    *,
    username: str,
    display_name: str,
    unit: Desk,
    language: str,
    same_person_as: uuid.UUID | None = None,
) -> Enrolment:
    """The person is added to the unit and may enrol once within 72 hours; returns the code, shown only now.

    `same_person_as` names an account the same human being has already: where an act needs two persons, the two count
    as one. Conflict when the name is taken anywhere in the installation; NotFound when there is no such account, or for
    a unit whose staff the actor does not look after. Being added counts as the first confirmation of their access.
    """
    if not looks_after(actor, unit=unit.unit, country=unit.country):
        raise NotFound(_("There is no unit %(code)s.") % {"code": unit.code})
    person = uuid.uuid4() if same_person_as is None else active_user(actor, same_person_as).natural_person
    code = secrets.token_urlsafe(32)
    expires_at = context.now() + ENROLMENT_LIFE
    try:
        with transaction.atomic():
            user = User.objects.create(
                username=username,
                display_name=display_name,
                unit_id=unit.unit,
                language=language,
                time_zone=unit.time_zone,
                password=make_password(None),
                natural_person=person,
                enrolment_digest=digest_of(code),
                enrolment_until=expires_at,
                reviewed_at=context.now(),
            )
    except IntegrityError as error:
        raise Conflict(_("The name %(name)s is taken.") % {"name": username}) from error
    about("person", user.id, concerned=unit.unit)
    return Enrolment(user=user.id, username=username, code=code, expires_at=expires_at)


@operation(Permission.ACCOUNT_PERSON_JOIN)
def join_accounts(actor: Actor, *, user_id: uuid.UUID, same_as: uuid.UUID) -> None:
    """Both accounts, and all that were joined to either, belong to one human being from now on.

    Joined accounts are never parted: whoever proposed with one could approve with the other. A mistake is mended by
    a new account. NotFound for an account that is not there.
    """
    user, other = active_user(actor, user_id), active_user(actor, same_as)
    User.objects.filter(natural_person=user.natural_person).update(natural_person=other.natural_person)
    about("person", user.id, concerned=user.unit_id, same_as=str(other.id))
    in_progress().concerned.add(other.unit_id)


@operation(Permission.ACCOUNT_PREFERENCES_SET)
def set_preferences(actor: Actor, *, language: str, theme: str) -> None:
    """The acting person sees pages in this language and theme."""
    User.objects.filter(id=actor.id).update(language=language, theme=theme)
    about("person", actor.id, language=language, theme=theme)
