"""Roles and certificates: given by the gateway that answers for a person, and never by the person."""

import uuid
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.operation import about, operation, refusal
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.scope import staff_ownership
from vigie.rooms.accounts.models import Certificate, RoleGrant, User
from vigie.rooms.accounts.queries import active_user, subject_of
from vigie.rooms.accounts.rules import (
    STAFF_ROLES,
    against_deciding,
    against_taking,
    is_course,
    stand_together,
)


@operation(Permission.ACCOUNT_ROLE_GRANT)
def grant_role(actor: Actor, *, user_id: uuid.UUID, role: Role) -> None:
    """The person holds the role. Nothing changes when they hold it already.

    Invalid for a service's role, and for one that cannot stand beside those they hold. Refused for one's own roles, and for an administrator where the person's country has a gateway that decides.
    """
    if role not in STAFF_ROLES:
        raise Invalid(_("%(role)s is not a role of people.") % {"role": role.value})
    user = active_user(actor, user_id)
    against = against_deciding(actor, subject_of(actor, user), role=role)
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_ROLE_GRANT)
    held = RoleGrant.objects.for_actor(actor).filter(user=user, revoked_at=None)
    roles = [Role(one) for one in held.values_list("role", flat=True)]
    if role in roles:
        return
    if not stand_together(roles, role):
        raise Invalid(
            _("A person of a court or of a partner holds that role and no other. Add another account.")
        )
    RoleGrant.objects.create(user=user, role=role.value, **_owned_by(actor, user))
    about("person", user.id, role=role.value, concerned=user.unit_id)


@operation(Permission.ACCOUNT_ROLE_REVOKE)
def revoke_role(actor: Actor, *, user_id: uuid.UUID, role: Role) -> None:
    """The person no longer holds the role, from their next request on. NotFound when they did not hold it.

    Refused for one's own roles, and for a gateway that would take a role that reaches beyond its country.
    """
    held = RoleGrant.objects.for_actor(actor).filter(user_id=user_id, role=role, revoked_at=None)
    unit = held.values_list("owner_unit", flat=True).first()
    if unit is None:
        raise NotFound
    against = against_taking(actor, active_user(actor, user_id).natural_person, role=role)
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_ROLE_REVOKE)
    held.update(revoked_at=context.now())
    about("person", user_id, role=role.value, concerned=unit)


@operation(Permission.ACCOUNT_CERTIFICATE_GRANT)
def grant_certificate(
    actor: Actor,
    *,
    user_id: uuid.UUID,
    course: str,
    issuer: str,
    passed_on: date,
    valid_from: datetime,
    valid_until: datetime,
) -> uuid.UUID:
    """The person is certified for this time by the course they passed; returns the certificate's id.

    Invalid when it names no course or issuer, ends before it begins, begins before the course was passed, or runs
    longer than the installation allows. Refused for oneself, and for an administrator where a gateway certifies.
    """
    if not course.strip() or not issuer.strip():
        raise Invalid(_("Name the course, and who held it."))
    if valid_until <= valid_from:
        raise Invalid(_("A certificate ends after it begins."))
    if not is_course(passed_on=passed_on, valid_from=valid_from):
        raise Invalid(_("A certificate begins on the day its course was passed at the earliest."))
    most = settings.VIGIE_CERTIFICATE_DAYS
    if valid_until - valid_from > timedelta(days=most):
        told = ngettext(
            "A certificate runs for %(days)s day at most.",
            "A certificate runs for %(days)s days at most.",
            most,
        )
        raise Invalid(told % {"days": most})
    user = active_user(actor, user_id)
    against = against_deciding(actor, subject_of(actor, user))
    if against is not None:
        raise refusal(against, Permission.ACCOUNT_CERTIFICATE_GRANT)
    certificate = Certificate.objects.create(
        user=user,
        course=course,
        issuer=issuer,
        passed_on=passed_on,
        valid_from=valid_from,
        valid_until=valid_until,
        **_owned_by(actor, user),
    )
    about("certificate", certificate.id, concerned=user.unit_id, until=valid_until.isoformat())
    created: uuid.UUID = certificate.id
    return created


@operation(Permission.ACCOUNT_CERTIFICATE_REVOKE)
def revoke_certificate(actor: Actor, *, certificate_id: uuid.UUID) -> None:
    """The certificate opens nothing any more, from the person's next request on. NotFound when there is none."""
    held = Certificate.objects.for_actor(actor).filter(id=certificate_id, revoked_at=None)
    unit = held.values_list("owner_unit", flat=True).first()
    if not held.update(revoked_at=context.now()):
        raise NotFound
    about("certificate", certificate_id, concerned=unit)


def _owned_by(actor: Actor, user: User) -> dict[str, object]:
    return staff_ownership(actor, unit=user.unit_id, country=user.unit.country_id)
