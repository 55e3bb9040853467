"""A supervisor's release: one person may look up more hashes in one case than a day allows. A large one takes two."""

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from vigie.kernel import context
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, NotFound
from vigie.kernel.ledger import Subject
from vigie.kernel.operation import about, operation
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.accounts.queries import user_id
from vigie.rooms.approvals.operations import TwoPersons, propose
from vigie.rooms.approvals.schemas import Payload, ProposalView
from vigie.rooms.cases.queries import case as case_of
from vigie.rooms.matching.models import LookUpRelease

LARGE_RELEASE: Final = "look-up-release"
"""The act of two persons that gives a release one supervisor may not give alone."""


@operation(Permission.MATCH_LOOKUP_RELEASE)
def release_lookups(
    actor: Actor, *, person: str, case: uuid.UUID, most_hashes: int, valid_until: datetime, alone_up_to: int
) -> uuid.UUID:
    """A person of the unit (a username) may look up so many hashes under this case until then; returns its public id.

    TwoPersons for more hashes than one supervisor may release, NotFound for a case or a person that is not the
    unit's, Invalid for a moment that has passed.
    """
    if most_hashes > alone_up_to:
        error = TwoPersons(
            _("So many hashes are released by two supervisors: propose it."), code="two-needed"
        )
        error.permission = Permission.MATCH_LOOKUP_RELEASE
        raise error
    return _release(actor, person, case, most_hashes, valid_until)


def propose_release(
    actor: Actor, *, person: str, case: uuid.UUID, most_hashes: int, valid_until: datetime, words: str
) -> ProposalView:
    """A release of any size waits for a second supervisor, inside the operation `propose`. Raises as giving one does."""
    case_of(actor, case)
    user_id(actor, person)
    _require_future(valid_until)
    payload = {
        "person": person,
        "case": str(case),
        "most_hashes": most_hashes,
        "valid_until": valid_until.isoformat(),
    }
    return propose(actor, LARGE_RELEASE, Subject("case", case), payload, words)


def release_proposed(actor: Actor, payload: Payload) -> None:
    """The release that was proposed is given, inside the operation of the supervisor who approves it."""
    moment = datetime.fromisoformat(payload["valid_until"])
    _release(actor, payload["person"], uuid.UUID(payload["case"]), payload["most_hashes"], moment)


def release_in_words(payload: Payload) -> str:
    """What is released, in one sentence; asks nothing, inside an operation or out of it."""
    said = _("Let %(person)s look up %(number)s hashes in bulk until %(until)s UTC")
    facts = {
        "person": payload["person"],
        "number": number_format(payload["most_hashes"], use_l10n=True, force_grouping=True),
        "until": f"{datetime.fromisoformat(payload['valid_until']).astimezone(UTC):%Y-%m-%d %H:%M}",
    }
    return str(said) % facts


def case_as_it_is(actor: Actor, payload: Payload) -> Any:
    """What the case of a proposed release is like; NotFound when the unit has it no more. Inside an operation."""
    terms = case_of(actor, uuid.UUID(payload["case"]))
    return {"state": terms.state, "purpose": terms.purpose.value, "legal_basis": terms.legal_basis}


def _require_future(moment: datetime) -> None:
    if moment <= context.now():
        raise Invalid(_("A release ends in the future."))


def _release(
    actor: Actor, person: str, case: uuid.UUID, most_hashes: int, valid_until: datetime
) -> uuid.UUID:
    terms = case_of(actor, case)
    _require_future(valid_until)
    row = LookUpRelease.objects.create(
        case=terms.public_id,
        person=user_id(actor, person),
        most_hashes=most_hashes,
        valid_until=valid_until,
        **ownership(actor, legal_basis=terms.legal_basis, purpose=terms.purpose),
    )
    about(
        "look_up_release",
        row.public_id,
        case=str(case),
        person=str(row.person),
        most_hashes=most_hashes,
        until=valid_until.isoformat(),
    )
    return row.public_id


@operation(Permission.MATCH_LOOKUP_RELEASE)
def revoke_release(actor: Actor, public_id: uuid.UUID) -> None:
    """The release covers nothing more, a list under way included. NotFound for what is no release of the unit."""
    row = LookUpRelease.objects.for_actor(actor).filter(public_id=public_id).select_for_update().first()
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = context.now()
        row.save(update_fields=["revoked_at"])
    about("look_up_release", row.public_id, used=row.used, revoked=1)
