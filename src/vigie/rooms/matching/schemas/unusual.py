"""Lines of the weekly digest of unusual askers."""

import uuid
from datetime import date

from vigie.rooms.matching.rules.unusual import Rule
from vigie.rooms.units.schemas import Desk, Frozen


class Why(Frozen):
    """A rule that holds, by which figure, and what is usual."""

    rule: Rule
    value: int
    usual: int


class UnusualPersonView(Frozen):
    """A person whose week was unusual, as the oversight body reads it: by a code, as in the log."""

    week: date
    person: uuid.UUID
    desk: Desk | None
    asker_unit: uuid.UUID
    figures: dict[str, int]
    reasons: tuple[Why, ...]


class UnusualUnitView(Frozen):
    """A unit that asked unusually about what the reader's unit holds."""

    week: date
    desk: Desk | None
    asker_unit: uuid.UUID
    figures: dict[str, int]
    reasons: tuple[Why, ...]
