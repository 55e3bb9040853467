"""Signing in, and confirming who one is, through a provider: what is asked, what of the answer is believed, what it opens."""

import dataclasses
import enum
import logging
import secrets
from datetime import UTC, datetime, timedelta

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.utils import is_mfa_enabled
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vigie.backends.openid import (
    AnswerRefused,
    Asked,
    Identity,
    ProviderAway,
    authorization_address,
    discover,
    open_http,
    redeem,
)
from vigie.config.doors import ProviderSettings
from vigie.config.problems import SetupProblem
from vigie.rooms.accounts.adapter import PROVIDER, PROVIDER_CONFIRMED, note_failed_sign_in
from vigie.rooms.accounts.models import User
from vigie.rooms.accounts.queries import actor_for, person_behind
from vigie.rooms.accounts.rules import is_proven_since, states_second_factor
from vigie.rooms.accounts.sessions import renew
from vigie.rooms.accounts.stages import PROVIDER_FACTOR

PENDING = "vigie_provider"
"""Key of what a session remembers of the one sign-in it began at a provider."""
PENDING_LIFE = timedelta(minutes=10)
PROVEN = "vigie_provider_proven"
"""Key of what a session remembers of the last proof its provider told of: the same one again is no new proof."""
logger = logging.getLogger(__name__)


class Why(enum.StrEnum):
    """What somebody is led to a provider for."""

    SIGN_IN = "sign-in"
    CONFIRM = "confirm"


class Outcome(enum.Enum):
    """Why an answer opened nothing."""

    NOT_ASKED = "not-asked"
    """This browser began no such sign-in, or began it too long ago."""
    REFUSED = "refused"
    """The answer does not hold, or the provider refused."""
    NOBODY = "nobody"
    """Nobody here is joined to who signed in there."""
    ONE_FACTOR = "one-factor"
    """Neither the provider states a second factor, nor is there one here."""
    SUSPENDED = "suspended"
    NOT_FRESH = "not-fresh"
    """The provider did not ask the person again, or does not say when."""


class OpenedNothing(Exception):  # noqa: N818 - it is told to a person, not caught as a bug
    """A sign-in through a provider ended without opening anything."""

    def __init__(self, outcome: Outcome, *, why: Why = Why.SIGN_IN, next_url: str = "/") -> None:
        super().__init__(outcome.value)
        self.outcome, self.why, self.next_url = outcome, why, next_url


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A sign-in that was begun in this session, until its answer comes: once, within ten minutes."""

    provider: str
    why: Why
    next_url: str
    asked_at: datetime
    asked: Asked

    def remember(self, session: SessionBase) -> None:
        """The session knows this sign-in, and no other that was begun before."""
        session[PENDING] = {
            **dataclasses.asdict(self.asked),
            "provider": self.provider,
            "why": self.why.value,
            "next_url": self.next_url,
            "asked_at": self.asked_at.timestamp(),
        }

    @classmethod
    def recall(cls, session: SessionBase, provider: str, *, state: str, now: datetime) -> "Pending":
        """The sign-in this answer belongs to; the session forgets it. OpenedNothing when it belongs to none."""
        kept = session.pop(PENDING, None)
        if kept is None or kept["provider"] != provider:
            raise OpenedNothing(Outcome.NOT_ASKED)
        found = cls(
            provider=provider,
            why=Why(kept["why"]),
            next_url=kept["next_url"],
            asked_at=datetime.fromtimestamp(kept["asked_at"], UTC),
            asked=Asked(**{name: kept[name] for name in ("state", "nonce", "verifier", "redirect_uri")}),
        )
        if not secrets.compare_digest(state.encode(), found.asked.state.encode()):
            raise OpenedNothing(Outcome.NOT_ASKED)
        if now - found.asked_at > PENDING_LIFE:
            raise OpenedNothing(Outcome.NOT_ASKED, why=found.why, next_url=found.next_url)
        return found


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the browser brought back from the provider."""

    state: str
    code: str
    issuer: str
    """Which provider answered, where it says so (RFC 9207)."""


def begin(
    request: HttpRequest, name: str, *, why: Why, next_url: str, redirect_uri: str, now: datetime
) -> str:
    """The address the browser is led to; the session remembers what was asked.

    ProviderAway when the provider does not answer, AnswerRefused when it does not describe itself as it must.
    """
    chosen: ProviderSettings = settings.VIGIE.providers[name]
    with open_http(chosen) as http:
        endpoints = discover(http, chosen)
    asked = Asked(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
    )
    Pending(provider=name, why=why, next_url=next_url, asked_at=now, asked=asked).remember(request.session)
    return authorization_address(endpoints, chosen, asked, again=why is Why.CONFIRM)


def finish(request: HttpRequest, name: str, answer: Answer, *, now: datetime) -> HttpResponseBase | str:
    """The next step of the sign-in, or where to go on after a confirmation.

    OpenedNothing says why an answer opened nothing, ProviderAway that the provider does not answer.
    """
    pending = Pending.recall(request.session, name, state=answer.state, now=now)
    chosen: ProviderSettings = settings.VIGIE.providers[name]
    try:
        identity = _identity(chosen, name, answer, pending, now)
    except AnswerRefused as refused:
        logger.warning("The answer of the provider %s was refused: %s.", name, refused.reason)
        _note(request.user, f"{PROVIDER}-{refused.reason}")
        raise OpenedNothing(Outcome.REFUSED, why=pending.why, next_url=pending.next_url) from refused
    user = person_behind(chosen.issuer, identity.subject)
    if user is None or user.unit.country_id != chosen.country:
        _note(request.user, f"{PROVIDER}-{Outcome.NOBODY.value}")
        raise OpenedNothing(Outcome.NOBODY, why=pending.why, next_url=pending.next_url)
    stated = states_second_factor(
        identity.context,
        identity.methods,
        contexts=chosen.second_factor_acr,
        accepted=chosen.second_factor_amr,
    )
    if pending.why is Why.CONFIRM:
        _confirm(request, user, identity, pending, stated=stated, now=now)
        return pending.next_url
    return _sign_in(request, user, identity, pending, stated=stated, now=now)


def _identity(
    chosen: ProviderSettings, name: str, answer: Answer, pending: Pending, now: datetime
) -> Identity:
    with open_http(chosen) as http:
        endpoints = discover(http, chosen)
        if answer.issuer != chosen.issuer and (answer.issuer or endpoints.names_itself):
            raise AnswerRefused("issuer-answer")
        if not answer.code:
            raise AnswerRefused("no-code")
        secret = _secret(name)
        return redeem(http, endpoints, chosen, pending.asked, secret=secret, code=answer.code, now=now)


def _secret(name: str) -> str:
    try:
        secret: str = apps.get_app_config("accounts").provider_secret(name)  # type: ignore[attr-defined]  # AccountsConfig's
    except SetupProblem as problem:
        raise ProviderAway(problem.what) from problem
    return secret


def _sign_in(
    request: HttpRequest, user: User, identity: Identity, pending: Pending, *, stated: bool, now: datetime
) -> HttpResponseBase:
    """The person is signed in, or asked for their second factor here."""
    access_until = actor_for(user, now=now, confirmed_at=None).access_until
    if access_until is not None and access_until <= now:
        _refuse(user, Outcome.SUSPENDED, pending)
    if not stated and not is_mfa_enabled(user):
        _refuse(user, Outcome.ONE_FACTOR, pending)
    record_authentication(request, user, PROVIDER, provider=pending.provider)
    request.session[PROVEN] = _seconds(identity)
    login = Login(user=user, redirect_url=pending.next_url, state={PROVIDER_FACTOR: stated})
    response: HttpResponseBase = perform_login(request, login)
    return response


def _confirm(
    request: HttpRequest, user: User, identity: Identity, pending: Pending, *, stated: bool, now: datetime
) -> None:
    """The session says that its person was asked again, and proved who they are with two factors, a moment ago."""
    if user != request.user:
        _refuse(request.user, Outcome.NOBODY, pending)
    if not stated:
        _refuse(user, Outcome.ONE_FACTOR, pending)
    told_before = request.session.get(PROVEN) == _seconds(identity)
    if told_before or not is_proven_since(identity.proven_at, pending.asked_at, now=now):
        _refuse(user, Outcome.NOT_FRESH, pending)
    request.session[PROVEN] = _seconds(identity)
    renew(request.session)
    record_authentication(request, user, PROVIDER_CONFIRMED, provider=pending.provider, reauthenticated=True)


def _seconds(identity: Identity) -> float | None:
    return None if identity.proven_at is None else identity.proven_at.timestamp()


def _refuse(user: object, outcome: Outcome, pending: Pending) -> None:
    _note(user, f"{PROVIDER}-{outcome.value}")
    raise OpenedNothing(outcome, why=pending.why, next_url=pending.next_url)


def _note(user: object, method: str) -> None:
    """The log has a line about the failed attempt, where it is known as whom."""
    if isinstance(user, User):
        note_failed_sign_in(user, method=method)
