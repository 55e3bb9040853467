"""A reason not to start, told to the person at the keyboard."""

from dataclasses import dataclass
from enum import StrEnum


class SetupProblem(Exception):  # noqa: N818 - the trade's word: it is shown to an operator, not caught as a bug
    """Something about this machine, its folders or its settings stops Vigie from starting.

    `what` happened, what is `safe` (what was not touched), and the `remedy`: what to do next.
    """

    def __init__(self, what: str, *, safe: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.safe = safe
        self.remedy = remedy


class Weight(StrEnum):
    """How much a finding matters."""

    FINE = "fine"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `vigie doctor` looked at."""

    subject: str
    """What was looked at, such as `database checksums`."""
    weight: Weight
    what: str
    """What was found."""
    remedy: str = ""
    """What to do about it; empty when it is fine."""
