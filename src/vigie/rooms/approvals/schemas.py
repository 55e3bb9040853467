"""What other rooms and shells may know of proposals, and the reasons of refusals in words."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.rooms.approvals.rules import Against, State
from vigie.rooms.units.schemas import Frozen

Payload = Mapping[str, Any]
"""What is done on approval, as JSON: texts, whole numbers, lists and mappings of them; ids as texts."""
__all__ = ["WORDS", "Against", "Payload", "ProposalView", "State", "Waiting"]


class ProposalView(Frozen):
    """A proposal as the actor may see it."""

    public_id: uuid.UUID
    kind: str
    summary: str
    """The act in one sentence, in the reader's language."""
    words: str
    """Why, in the proposer's words."""
    payload: dict[str, Any]
    """Exactly what is done on approval."""
    digest: str
    """SHA-256, in hexadecimal, over act, subject, payload and the subject's state: what an approval is bound to."""
    subject_kind: str
    subject_id: uuid.UUID
    proposed_by: str
    """The person's name in their own unit; empty for others, who deal with a desk."""
    unit: uuid.UUID
    unit_name: str
    proposed_at: datetime
    expires_at: datetime
    state: State
    is_mine: bool
    may_decide: bool
    """True when the actor may approve it now, or after confirming who they are."""
    against: str
    """What stands against the actor approving it, in words; empty when nothing does."""
    decided_by: str
    decided_at: datetime | None
    decided_words: str


class Waiting(Frozen):
    """What waits for a second person, as one person sees it: newest first."""

    for_me: tuple[ProposalView, ...]
    mine: tuple[ProposalView, ...]
    done: tuple[ProposalView, ...]
    """Decided or ended in the last 30 days."""


WORDS: dict[Against, Promise] = {
    Against.ACT_UNKNOWN: _("This version of the program does not know this act any more."),
    Against.ALREADY_DECIDED: _("This was decided already. It happens once at most."),
    Against.CERTIFICATE_MISSING: _(
        "This needs two certified persons, and your certificate is missing or has ended."
    ),
    Against.CONTENT_CHANGED: _("What this is about changed since it was proposed. It must be proposed anew."),
    Against.EXPIRED: _("The proposal ended after 24 hours. It must be proposed anew."),
    Against.NOT_A_PERSON: _("Only people, signed in themselves, propose and approve this."),
    Against.NOT_PROPOSER: _("Only the person who proposed it can withdraw it."),
    Against.OTHER_UNIT_NEEDED: _("This needs a person of another unit."),
    Against.OWNING_UNIT_NEEDED: _("One of the two persons must belong to the unit that owns the record."),
    Against.PROPOSER_GONE: _("The account that proposed this is closed. Somebody else must propose it anew."),
    Against.SAME_PERSON: _("This account and the one that proposed it belong to the same person."),
    Against.SAME_UNIT_NEEDED: _("This needs a second person of the unit that proposed it."),
    Against.SELF_APPROVAL: _("You proposed this. Another person must approve it."),
}
"""What a person reads for each reason."""
