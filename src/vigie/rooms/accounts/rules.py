"""Pure rules about people: their names, who decides on their rights, when access and certificates end."""

import dataclasses
import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from vigie.kernel.actors import Actor, ActorKind
from vigie.kernel.permissions import Role
from vigie.kernel.policy import Reason

LONE_ROLES = frozenset({Role.COURT, Role.PARTNER})
"""The roles of people of other bodies: whoever holds one holds no other, or what is opened to them would mix with work."""
COUNTRY_ROLES = frozenset({Role.GATEWAY, Role.INVESTIGATOR, Role.SUPERVISOR}) | LONE_ROLES
"""The roles a country's own gateway gives and takes."""
INSTALLATION_ROLES = frozenset({Role.ADMINISTRATOR, Role.OVERSIGHT})
"""The roles that reach beyond one country: only an administrator gives them."""
STAFF_ROLES = COUNTRY_ROLES | INSTALLATION_ROLES
"""The roles a person may hold; the others belong to services."""
REVIEW_REMINDER = timedelta(days=14)
"""So long before access ends unconfirmed the person and their gateway are told."""
CERTIFICATE_REMINDERS = (60, 30, 7)
"""Days before a certificate ends at which the person and their gateway are told, each more urgently."""

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,58}[a-z0-9]")
"""Lower-case Latin letters, digits and . _ -: what can be typed on every keyboard of the network."""


def is_username(text: str) -> bool:
    """True for a name a person may sign in with: 3 to 60 characters, a letter first."""
    return USERNAME.fullmatch(text) is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """The person whose rights are decided on."""

    natural_person: uuid.UUID
    """The human being: whoever has two accounts decides with neither on the other."""
    country: str
    has_gateway: bool
    """Whether their country has a gateway officer in good standing, other than this person."""
    widest_role: Role | None = None
    """A role of theirs that reaches beyond their country; None when they hold none."""


def against_deciding(actor: Actor, subject: Subject, *, role: Role | None = None) -> Reason | None:
    """What stands against this actor giving the subject rights (this role, or any for None); None when nothing does.

    Nobody decides on their own rights. A country's gateway decides on its people; an administrator where there is no
    such gateway, and on the roles that reach beyond a country. Services set installations up, before there is anybody.
    """
    if actor.kind is ActorKind.SERVICE:
        return None
    if actor.natural_person == subject.natural_person:
        return Reason.OWN_RIGHTS
    if Role.GATEWAY in actor.roles and actor.country == subject.country and role not in INSTALLATION_ROLES:
        return None
    if Role.ADMINISTRATOR not in actor.roles:
        return Reason.NO_ROLE
    if role in INSTALLATION_ROLES:
        return None
    return Reason.GATEWAY_DECIDES if subject.has_gateway else None


def against_taking(actor: Actor, person: uuid.UUID, *, role: Role | None) -> Reason | None:
    """What stands against this actor taking rights from a human being in its reach whose role this is; None if nothing.

    Taking is open wider than giving: an administrator may shut anybody out, also where a gateway decides.
    """
    if actor.kind is not ActorKind.SERVICE and actor.natural_person == person:
        return Reason.OWN_RIGHTS
    beyond = role in INSTALLATION_ROLES and Role.ADMINISTRATOR not in actor.roles
    return Reason.NO_ROLE if beyond else None


def is_course(*, passed_on: date, valid_from: datetime) -> bool:
    """True when a course was passed on the day its certificate begins, or before."""
    return passed_on <= valid_from.date()


def stand_together(held: Collection[Role], role: Role) -> bool:
    """True when somebody who holds these roles may hold this one too."""
    others = set(held) - {role}
    return not others or not LONE_ROLES & {role, *others}


def urgency(days: int) -> int | None:
    """The reminder that is due for a certificate with so many days left: 60, 30 or 7; None while it is early."""
    return min((mark for mark in CERTIFICATE_REMINDERS if days <= mark), default=None)


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
)


def browser_name(header: str) -> str:
    """Browser and system as a person would call them, from a User-Agent header; empty when it names neither.

    The first that fits counts: Edge calls itself Chrome too, and Chrome calls itself Safari.
    """
    found = [
        next((name for mark, name in known if mark in header), "")
        for known in (_BROWSERS, (*_SYSTEMS, ("Linux", "Linux")))
    ]
    return ", ".join(name for name in found if name)


def comes_in(*, required: bool, presented: str, bound: str, registered: bool) -> bool:
    """True when a request may go on behind the client certificate it came with (all SHA-256 in hexadecimal, or empty).

    `bound` is the certificate the sign-in was opened behind: a sign-in carried behind another one is a stolen one,
    whatever its country asks. Where a certificate is required, it must be registered, and the sign-in opened behind it.
    """
    if required:
        return registered and bool(presented) and bound == presented
    return bound in {"", presented}


CLOCKS_APART = timedelta(seconds=60)
"""How far the clock of a sign-in provider may be from ours (reference test 10)."""


def states_second_factor(
    context: str, methods: Sequence[str], *, contexts: Sequence[str], accepted: Sequence[str]
) -> bool:
    """True when a provider's class of sign-in (`acr`), or one of its methods (`amr`), is one that counts as two factors."""
    return context in contexts or any(one in accepted for one in methods)


def is_proven_since(proven_at: datetime | None, asked_at: datetime, *, now: datetime) -> bool:
    """True when somebody proved who they are at their provider after they were asked to, and not at a time to come.

    A provider that does not say when is not believed: whoever has a living sign-in there was perhaps asked nothing.
    """
    return proven_at is not None and asked_at - CLOCKS_APART <= proven_at <= now + CLOCKS_APART


TRADE_WORDS: Final = frozenset(
    {"vigie", "icse", "interpol", "europol", "police", "policia", "policía", "polizei", "شرطة", "investigator", "enquêteur", "investigador", "administrator", "supervisor", "oversight", "gateway", "exhibit", "evidence", "victim", "victime", "víctima", "password", "passwort", "motdepasse", "contraseña"}
)  # fmt: skip
"""Words of the trade that whoever guesses passwords here would try first (ASVS 5.0 6.1.2)."""
_LETTERS_LEFT: Final = 8


def is_made_of_listed_words(password: str, own: Iterable[str]) -> bool:
    """True when fewer than eight letters are left of a password without words of the trade and these of its person.

    Words of fewer than three letters count as none. A password that holds none of the words is never made of them.
    """
    parts = {part for text in own for part in re.split(r"[\W_]+", text.casefold())}
    left = password.casefold()
    for word in sorted(TRADE_WORDS | {part for part in parts if len(part) > 2}, key=len, reverse=True):
        left = left.replace(word, " ")
    return left != password.casefold() and sum(map(str.isalpha, left)) < _LETTERS_LEFT
