"""A person's own password: chosen once at enrolment, changed by whoever knows the old one."""

import uuid

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.operations.access import end_others
from vigie.rooms.accounts.queries import active_user
from vigie.rooms.accounts.rules import is_made_of_listed_words


class WrongPassword(Invalid):
    """Whoever wants to change a password does not know the old one."""


@operation(Permission.ACCOUNT_PASSWORD_SET)
def set_password(actor: Actor, *, password: str) -> None:
    """The acting person has this password and no open enrolment. Invalid, with the reasons, when it is too weak."""
    user = active_user(actor, actor.id)
    _keep(user, password)
    about("person", user.id)


@operation(Permission.ACCOUNT_PASSWORD_SET)
def change_password(actor: Actor, *, old: str, new: str, session: uuid.UUID | None) -> str:
    """The acting person signs in with the new password; every sign-in but this session (a public id) has ended.

    Returns what the session that goes on must carry from now on, for it was opened under the old password. WrongPassword
    when the old one is another, or there is none; Invalid, with the reasons, when the new one is too weak or no other.
    """
    user = active_user(actor, actor.id)
    if not check_password(old, user.password):
        raise WrongPassword(_("This is not your password of now."))
    if new == old:
        raise Invalid(_("This is the password you have already."))
    _keep(user, new)
    about("person", user.id, ended=end_others(actor, keep=session))
    return user.get_session_auth_hash()


def _keep(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    if is_made_of_listed_words(password, _words_of(user)):
        raise Invalid(
            _("This is little more than your name, your unit or a word of the trade. Add words of your own.")
        )
    user.password = make_password(password)
    User.objects.filter(id=user.id).update(password=user.password, enrolment_digest="", enrolment_until=None)


def _words_of(user: User) -> tuple[str, ...]:
    return (user.username, user.display_name, user.unit.code, user.unit.name, user.unit.country_id)
