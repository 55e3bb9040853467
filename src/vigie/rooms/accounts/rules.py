"""Small pure rules about people's names and languages."""

import re

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,58}[a-z0-9]")
"""Lower-case Latin letters, digits and . _ -: what can be typed on every keyboard of the network."""


def is_username(text: str) -> bool:
    """True for a name a person may sign in with: 3 to 60 characters, a letter first."""
    return USERNAME.fullmatch(text) is not None
