"""Sign-in of the command line, and who one is."""

from datetime import datetime
from typing import Any

from allauth.core import ratelimit
from django.http import HttpRequest
from ninja import Router, Schema

from vigie.kernel.actors import utc_now
from vigie.kernel.errors import NotSignedIn, Refused
from vigie.rooms.accounts import operations, queries, sign_in

router = Router(tags=["accounts"])


class Credentials(Schema):
    """A claim to be somebody."""

    username: str
    password: str
    code: str
    label: str = ""


class TokenAnswer(Schema):
    """A token, shown once."""

    token: str
    expires_at: datetime


class Myself(Schema):
    """The acting person."""

    display_name: str
    unit: str
    country: str
    roles: list[str]
    certified_until: datetime | None


@router.post("/tokens", response={201: TokenAnswer}, auth=None, url_name="issue_token")
def issue_token(request: HttpRequest, credentials: Credentials) -> Any:
    """Issue a command-line token for name, password and second factor."""
    if not ratelimit.consume(request, action="login_failed", key=credentials.username):
        raise Refused("Too many attempts. Wait a minute, then try again.", code="too-many-attempts")
    claim = sign_in.Claim(credentials.username, credentials.password, credentials.code, credentials.label)
    issued = sign_in.issue_token(claim)
    return 201, TokenAnswer(token=issued.token, expires_at=issued.expires_at)


@router.delete("/tokens", response={204: None}, url_name="revoke_tokens")
def revoke_tokens(request: Any) -> Any:
    """End all command-line tokens of the acting person."""
    operations.revoke_tokens(request.actor)
    return 204, None


@router.get("/me", response=Myself, url_name="me")
def me(request: Any) -> Myself:
    """Who the acting person is, and until when they are certified."""
    actor = request.actor
    person = queries.person(actor, actor.id, now=utc_now())
    if person is None:
        raise NotSignedIn
    return Myself(
        display_name=person.display_name,
        unit=str(actor.unit),
        country=actor.country,
        roles=[role.value for role in person.roles],
        certified_until=actor.certified_until,
    )
