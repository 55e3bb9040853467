"""How series are numbered and why content belongs to one."""

import enum
import secrets

_FIRST = 1000
_LAST_START = 90_000


class Basis(enum.StrEnum):
    """What a membership rests on."""

    INVESTIGATION = "investigation"
    SAME_PICTURE = "same_picture"
    SAME_VICTIM = "same_victim"
    SAME_PLACE = "same_place"
    SAME_SOURCE = "same_source"


def first_number(country: str) -> str:
    """The number of a unit's first series: the start is random, so that a number does not tell how many there are."""
    return _number(country, _FIRST + secrets.randbelow(_LAST_START))


def next_number(last: str) -> str:
    """The number after this one of the same unit."""
    country, digits = last.rsplit("-", 1)
    return _number(country, int(digits) + 1)


def _number(country: str, count: int) -> str:
    return f"{country}-{count:07d}"
