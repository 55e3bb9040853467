"""The acts that take two persons, as the rooms that perform them register them when the program starts.

Imported by other rooms in their `apps` only: what is registered runs the other way, from here into them.
"""

import dataclasses
import enum
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.utils.functional import Promise

from vigie.kernel.actors import Actor
from vigie.kernel.permissions import Permission
from vigie.rooms.approvals.schemas import Payload

if TYPE_CHECKING:
    from vigie.rooms.approvals.apps import ApprovalsConfig


class From(enum.Enum):
    """From which unit the second person comes."""

    SAME_UNIT = "same-unit"
    OTHER_UNIT = "other-unit"
    ANY_UNIT = "any-unit"


class Reach(enum.StrEnum):
    """Who beside the units that are asked sees a proposal."""

    UNIT = "unit"
    """Nobody."""
    INSTALLATION = "installation"
    """Those who look after the staff of every unit. For acts about staff only: they see no case data."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act that needs two persons: who proposes, who approves, what it says, and what is then done."""

    kind: str
    """Its name in the log and in the address of nothing: lower case, at most 40 characters."""
    proposes: Permission
    approves: Permission
    summary: Callable[[Payload], str | Promise]
    """The act in one sentence, in the language of who reads it; asks no database."""
    perform: Callable[[Actor, Payload], Any]
    """Does it, inside the approver's operation; raises what stands against it, and nothing has happened then."""
    state: Callable[[Actor, Payload], Any] | None = None
    """What the subject is like now, as JSON, read for either person: a proposal about what changed since is refused."""
    certified: bool = False
    """True when both persons need a valid certificate, whatever their permissions ask."""
    approver_from: From = From.SAME_UNIT
    asks: Callable[[Payload], tuple[uuid.UUID, ...]] | None = None
    """Units beside the proposer's whose people may see the proposal and decide on it."""
    owning_unit: Callable[[Payload], uuid.UUID] | None = None
    """The unit one of the two persons must belong to; None when it does not matter."""
    reach: Reach = Reach.UNIT


def register(act: Act) -> None:
    """The act can be proposed from now on. RuntimeError when another one bears its name."""
    known = _known()
    if known.setdefault(act.kind, act) != act:
        raise RuntimeError(f"two acts are called {act.kind}")


def act_of(kind: str) -> Act | None:
    """The act of this name; None when this version of the program knows none."""
    return _known().get(kind)


def _known() -> dict[str, Act]:
    return cast("ApprovalsConfig", apps.get_app_config("approvals")).acts
