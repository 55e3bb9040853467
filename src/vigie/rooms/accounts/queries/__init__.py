"""Reads of people: who signs in, with which rights, at this moment; and the people somebody looks after."""

from vigie.rooms.accounts.queries.signing_in import (
    PLUMBING,
    actor_for,
    actor_for_token,
    certificate_of_token,
    court_person,
    digest_of,
    gateway_units,
    person_behind,
    person_of,
    providers_of,
    review_due,
    subject_of,
)
from vigie.rooms.accounts.queries.staff import (
    active_user,
    certificates,
    endings,
    identities,
    people,
    person,
    sessions,
    user_id,
)

__all__ = [
    "PLUMBING",
    "active_user",
    "actor_for",
    "actor_for_token",
    "certificate_of_token",
    "certificates",
    "court_person",
    "digest_of",
    "endings",
    "gateway_units",
    "identities",
    "people",
    "person",
    "person_behind",
    "person_of",
    "providers_of",
    "review_due",
    "sessions",
    "subject_of",
    "user_id",
]
