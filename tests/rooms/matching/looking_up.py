"""Two units that look up hashes over HTTP, with people, a case and an exhibit each."""

import dataclasses
import hashlib
import uuid
from typing import Any

from django.test import Client

from factories.cases import opened_case, opened_exhibit
from factories.clients import terminal
from factories.people import Somebody, add_person, add_unit
from vigie.kernel.permissions import Role

CASE_BASIS = {"legal_basis": "seizure"}


@dataclasses.dataclass(frozen=True)
class Desk:
    """An investigator and a supervisor of one unit, with a case and an exhibit (public ids)."""

    investigator: Somebody
    supervisor: Somebody
    case: uuid.UUID
    exhibit: uuid.UUID

    @property
    def terminal(self) -> Client:
        """The investigator's command line."""
        return terminal(self.investigator)

    @property
    def supervising(self) -> Client:
        """The supervisor's command line."""
        return terminal(self.supervisor)

    def ask(self, *entries: Any, client: Client | None = None, **changes: Any) -> Any:
        """The server's answer to these rows."""
        body = {"case": str(self.case), "exhibit": str(self.exhibit), "entries": list(entries), **changes}
        return (client or self.terminal).post("/api/v1/lookups", body, content_type="application/json")

    def told(self, *entries: Any, **changes: Any) -> Any:
        """What the answer says; fails when there was none."""
        answer = self.ask(*entries, **changes)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200, body
        import json

        return json.loads(body)

    def release(self, most: int = 1_000, until: str = "2999-01-01T00:00:00Z", **changes: Any) -> Any:
        """The supervisor releases the investigator for bulk."""
        facts = {
            "person": self.investigator.user.username,
            "case": str(self.case),
            "most_hashes": most,
            "valid_until": until,
        }
        return self.supervising.post(
            "/api/v1/lookups/releases", facts | changes, content_type="application/json"
        )


def desk(country: str) -> Desk:
    """A new unit of this country with two people, a case and an exhibit."""
    code = f"{country.lower()}-viu"
    add_unit(code, country)
    somebody = add_person(f"{country.lower()}.inv", code)
    chief = add_person(f"{country.lower()}.sup", code, Role.SUPERVISOR)
    case = opened_case(somebody.actor, **CASE_BASIS)
    return Desk(somebody, chief, case, opened_exhibit(somebody.actor, case=case))


def hashes(data: bytes) -> dict[str, Any]:
    """All digests of these bytes, as a row of a look-up."""
    return {
        "md5": hashlib.md5(data).hexdigest(),
        "sha1": hashlib.sha1(data).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }


def sha256(data: bytes) -> dict[str, Any]:
    """The SHA-256 of these bytes, as a row of a look-up."""
    return {"sha256": hashlib.sha256(data).hexdigest()}
