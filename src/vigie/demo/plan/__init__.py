"""The demonstration's world as pure data: countries, units, people, cases, files, and the answers that must come."""

from vigie.demo.plan.making import make_plan
from vigie.demo.plan.records import (
    Case,
    Certificate,
    Country,
    Exhibit,
    ExpectedAnswer,
    ExpectedRefusal,
    Incoming,
    IncomingFile,
    Person,
    Plan,
    PlannedFile,
    Recipe,
    Series,
    Sharing,
    Size,
    Unit,
)

__all__ = [
    "Case",
    "Certificate",
    "Country",
    "Exhibit",
    "ExpectedAnswer",
    "ExpectedRefusal",
    "Incoming",
    "IncomingFile",
    "Person",
    "Plan",
    "PlannedFile",
    "Recipe",
    "Series",
    "Sharing",
    "Size",
    "Unit",
    "make_plan",
]
