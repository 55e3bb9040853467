"""The facts of a unit."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UnitFacts:
    """What is known of a unit when it is added."""

    code: str
    name: str
    country: str
    organisation: str
    kind: str = "police"
    town: str = ""
    time_zone: str = "UTC"
    desk_name: str = ""
    desk_phone: str = ""
    desk_mail: str = ""
    desk_languages: str = ""
    desk_hours: str = ""

    def as_columns(self) -> dict[str, Any]:
        """The columns of the unit's row."""
        columns = dataclasses.asdict(self)
        del columns["organisation"], columns["kind"]
        columns["country_id"] = columns.pop("country")
        columns["desk_name"] = columns["desk_name"] or self.name
        return columns
