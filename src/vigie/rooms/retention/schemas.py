"""What other rooms and shells may know of erasures."""

import uuid
from datetime import datetime

from vigie.rooms.retention.rules import Authority, ErasureState
from vigie.rooms.units.schemas import Frozen

__all__ = ["Authority", "ErasurePage", "ErasureState", "ErasureView"]


class ErasureView(Frozen):
    """One erasure of the unit: how many contents, on whose authority, how far it has come."""

    public_id: uuid.UUID
    authority: Authority
    state: ErasureState
    contents: int
    unopenable: int
    """How many of them cannot be opened any more; all of them within seconds."""
    ordered_at: datetime
    done_at: datetime | None
    has_certificate: bool


class ErasurePage(Frozen):
    """Erasures, newest first; `after` is the cursor of the next page, None on the last."""

    erasures: tuple[ErasureView, ...]
    after: uuid.UUID | None
