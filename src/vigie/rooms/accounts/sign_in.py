"""The command line's sign-in: name, password and a code of the second factor become a short-lived token."""

import dataclasses
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest

from vigie.kernel.actors import utc_now
from vigie.kernel.errors import NotSignedIn, Refused
from vigie.kernel.operation import act_as
from vigie.rooms.accounts import operations
from vigie.rooms.accounts.adapter import note_failed_sign_in, note_sign_in
from vigie.rooms.accounts.client_certificates import (
    OTHER_CERTIFICATE,
    OTHER_CERTIFICATE_CODE,
    may_open,
    presented,
)
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import PLUMBING, actor_for
from vigie.rooms.accounts.schemas import IssuedToken


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """What somebody at a terminal says they are."""

    username: str
    password: str
    code: str
    label: str


def issue_token(claim: Claim, request: HttpRequest) -> IssuedToken:
    """The person behind the claim has a token; NotSignedIn, with the same words, whatever was wrong.

    Refused, after both factors were right, where their country lets people in behind a registered certificate only.
    A person without a second factor gets none: the first sign-in happens in a browser, where it is set up.
    """
    user = authenticate(None, username=claim.username, password=claim.password)
    if not isinstance(user, User):
        raise NotSignedIn
    if not _second_factor_holds(user, claim.code):
        note_failed_sign_in(user, method="second-factor")
        raise NotSignedIn
    certificate = presented(request)
    if not may_open(request, unit=user.unit_id, country=user.unit.country_id, now=utc_now()):
        note_failed_sign_in(user, method=OTHER_CERTIFICATE_CODE)
        raise Refused(OTHER_CERTIFICATE, code=OTHER_CERTIFICATE_CODE)
    note_sign_in(user, method="command-line")
    return token_for(user, label=claim.label, confirmed_at=utc_now(), client_certificate=certificate)


def token_for(user: User, *, label: str, confirmed_at: datetime, client_certificate: str = "") -> IssuedToken:
    """A token for a person whose sign-in was checked at `confirmed_at` (UTC), behind this client certificate."""
    actor = actor_for(user, now=utc_now(), confirmed_at=confirmed_at)
    with act_as(actor, clock=utc_now):
        return operations.issue_token(actor, label=label, client_certificate=client_certificate)


@transaction.atomic(using=PLUMBING)
def _second_factor_holds(user: User, code: str) -> bool:
    """A recovery code is locked and spent in one transaction; the library opens it on another alias than its table's."""
    for authenticator in Authenticator.objects.filter(user_id=user.id):
        if authenticator.type == Authenticator.Type.TOTP and TOTP(authenticator).validate_code(code):
            return True
        if authenticator.type == Authenticator.Type.RECOVERY_CODES and RecoveryCodes(
            authenticator
        ).validate_code(code):
            return True
    return False
