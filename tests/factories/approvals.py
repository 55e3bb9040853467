"""Acts of two persons for tests: one that only notes that it happened, about a subject a test can change."""

import contextlib
import dataclasses
import itertools
import uuid
from collections.abc import Iterator
from typing import Any, cast

from django.apps import apps

from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import NotFound
from vigie.kernel.ledger import Subject
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Permission
from vigie.rooms.approvals import operations
from vigie.rooms.approvals.acts import Act, register
from vigie.rooms.approvals.apps import ApprovalsConfig
from vigie.rooms.approvals.schemas import ProposalView

_NUMBERS = itertools.count(1)


@dataclasses.dataclass
class Bell:
    """A bell two persons may ring; `rung` holds what was done, `is_like` what the bell is like."""

    kind: str = "ring-the-bell"
    rung: list[tuple[uuid.UUID, str]] = dataclasses.field(default_factory=list)
    is_like: Any = "green"
    subject: Subject = dataclasses.field(default_factory=lambda: Subject("bell", uuid.uuid4()))

    def act(self, **changes: Any) -> Act:
        """The act as it is registered, for supervisors, who need a certificate."""
        act = Act(
            kind=self.kind,
            proposes=Permission.LIST_LIST_ADD,
            approves=Permission.LIST_LIST_ADD,
            summary=lambda payload: f"Ring the bell {payload['tune']}",
            perform=lambda actor, payload: self.rung.append((actor.id, payload["tune"])),
            state=self._state,
        )
        return dataclasses.replace(act, **changes)

    def _state(self, actor: Actor, payload: Any) -> Any:
        if self.is_like is None:
            raise NotFound
        return {"colour": self.is_like}

    def proposed(self, actor: Actor, words: str = "It is noon.") -> ProposalView:
        """A proposal by this actor to ring a tune nobody has proposed before."""
        payload = {"tune": f"tune-{next(_NUMBERS)}"}
        with act_as(actor, clock=utc_now):
            return operations.propose(actor, self.kind, self.subject, payload, words)


@contextlib.contextmanager
def bell(**changes: Any) -> Iterator[Bell]:
    """A bell that can be rung, with these changes to its act, while the block lasts."""
    made = Bell()
    known = cast("ApprovalsConfig", apps.get_app_config("approvals")).acts
    register(made.act(**changes))
    try:
        yield made
    finally:
        del known[made.kind]
