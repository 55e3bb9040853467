"""Writes about people: adding them, their rights and their end, passwords, sign-ins and the record of them."""

from vigie.rooms.accounts.operations.access import confirm_access, revoke_sessions, suspend_access
from vigie.rooms.accounts.operations.identities import join_identity, part_identity
from vigie.rooms.accounts.operations.passwords import WrongPassword, change_password, set_password
from vigie.rooms.accounts.operations.people import ENROLMENT_LIFE, add_user, join_accounts, set_preferences
from vigie.rooms.accounts.operations.rights import (
    grant_certificate,
    grant_role,
    revoke_certificate,
    revoke_role,
)
from vigie.rooms.accounts.operations.signing_in import (
    end_session,
    issue_token,
    record_factor,
    record_failed_sign_in,
    record_sign_in,
    revoke_tokens,
)
from vigie.rooms.accounts.rules import STAFF_ROLES

__all__ = [
    "ENROLMENT_LIFE",
    "STAFF_ROLES",
    "WrongPassword",
    "add_user",
    "change_password",
    "confirm_access",
    "end_session",
    "grant_certificate",
    "grant_role",
    "issue_token",
    "join_accounts",
    "join_identity",
    "part_identity",
    "record_factor",
    "record_failed_sign_in",
    "record_sign_in",
    "revoke_certificate",
    "revoke_role",
    "revoke_sessions",
    "revoke_tokens",
    "set_password",
    "set_preferences",
    "suspend_access",
]
