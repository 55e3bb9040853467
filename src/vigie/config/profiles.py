"""Profiles fill in defaults; nothing in the program asks which profile it runs under."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Profile(StrEnum):
    """How much of the system runs on this machine."""

    EMBEDDED = "embedded"
    """Everything on one machine, with its own PostgreSQL."""
    SCALED = "scaled"
    """Several machines share one PostgreSQL that others look after."""


_DEFAULTS: Mapping[Profile, Mapping[str, int]] = MappingProxyType(
    {
        Profile.EMBEDDED: MappingProxyType(
            {"worker_concurrency": 2, "web_threads": 8, "database_connections": 60}
        ),
        Profile.SCALED: MappingProxyType(
            {"worker_concurrency": 8, "web_threads": 32, "database_connections": 200}
        ),
    }
)


def profile_defaults(profile: Profile) -> Mapping[str, int]:
    """The options a profile sets when neither the file nor the environment names them."""
    return _DEFAULTS[profile]
