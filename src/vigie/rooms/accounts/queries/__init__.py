"""Reads of people: who signs in, with which rights, at this moment; and the people somebody looks after."""

from vigie.rooms.accounts.queries.signing_in import (
    PLUMBING,
    actor_for,
    actor_for_token,
    court_person,
    digest_of,
    gateway_units,
    person_of,
    review_due,
    subject_of,
)
from vigie.rooms.accounts.queries.staff import (
    active_user,
    certificates,
    endings,
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
    "certificates",
    "court_person",
    "digest_of",
    "endings",
    "gateway_units",
    "people",
    "person",
    "person_of",
    "review_due",
    "sessions",
    "subject_of",
    "user_id",
]
