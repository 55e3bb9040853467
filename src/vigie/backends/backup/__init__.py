"""Copies of an installation that are useless without their keys, and an installation made from one."""

from vigie.backends.backup.age import (
    Identity,
    IdentityRefused,
    RecipientRefused,
    identity_made,
    opened_identity,
    recipients_of,
)
from vigie.backends.backup.contents import Belonging, Kind
from vigie.backends.backup.erasures import erase_again, read_erasures, write_erasures
from vigie.backends.backup.manifest import BackupDamaged, FileFacts, LogFacts, Manifest
from vigie.backends.backup.medium import Medium, MediumRefused
from vigie.backends.backup.restoring import bring_database, bring_objects, bring_secrets
from vigie.backends.backup.taking import Taken, take
from vigie.backends.backup.verifying import Found, check_files, verify

__all__ = [
    "BackupDamaged",
    "Belonging",
    "FileFacts",
    "Found",
    "Identity",
    "IdentityRefused",
    "Kind",
    "LogFacts",
    "Manifest",
    "Medium",
    "MediumRefused",
    "RecipientRefused",
    "Taken",
    "bring_database",
    "bring_objects",
    "bring_secrets",
    "check_files",
    "erase_again",
    "identity_made",
    "opened_identity",
    "read_erasures",
    "recipients_of",
    "take",
    "verify",
    "write_erasures",
]
