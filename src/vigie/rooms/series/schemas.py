"""What other rooms and shells may know of series."""

import uuid
from datetime import datetime

from vigie.kernel.policy import Audience
from vigie.rooms.units.schemas import Frozen


class SeriesSummary(Frozen):
    """A series the actor sees; `members` counts what the actor may see of it."""

    public_id: uuid.UUID
    owner_unit: uuid.UUID
    owner_country: str
    is_own: bool
    number: str
    name: str
    state: str
    audience: Audience
    created_at: datetime
    members: int


class SeriesPage(Frozen):
    """Series, newest first; `after` is the cursor of the next page, None on the last."""

    series: tuple[SeriesSummary, ...]
    after: uuid.UUID | None
