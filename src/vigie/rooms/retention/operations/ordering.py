"""Erasing by decision: one supervisor proposes, another one orders it, and what is erased is what was proposed."""

import hashlib
import uuid
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.kernel.actors import Actor
from vigie.kernel.errors import Conflict, Invalid, NotFound
from vigie.kernel.ledger import Subject
from vigie.rooms.approvals.operations import propose
from vigie.rooms.approvals.schemas import Payload, ProposalView
from vigie.rooms.cases.queries import contents_of_case_alone, held_contents
from vigie.rooms.media.queries import own_rows
from vigie.rooms.retention.operations.erasing import begin
from vigie.rooms.retention.rules import MOST_NAMED, Authority

EVIDENCE_ERASE = "evidence-erase"
"""The name of the act that takes two supervisors."""


def propose_erasure(
    actor: Actor, *, contents: Sequence[uuid.UUID], authority: Authority, words: str
) -> ProposalView:
    """The erasure of these contents of the unit (public ids) waits for a second supervisor, inside the operation `propose`.

    NotFound when one of them is none of the unit's, Conflict when a legal hold keeps one of them, Invalid for none,
    for more than 500, or for an authority that is that of the clocks; and whatever `propose` raises.
    """
    wanted = sorted(set(contents))
    if not wanted or len(wanted) > MOST_NAMED:
        raise Invalid(_("Name 1 to 500 files to erase; a whole case is erased on its page."))
    rows = _erasable(actor, wanted, authority)
    subject = Subject("content", min(rows))
    payload = {"contents": [str(one) for one in wanted], "authority": authority.value}
    return propose(actor, EVIDENCE_ERASE, subject, payload, words)


def propose_case_erasure(actor: Actor, *, case: uuid.UUID, authority: Authority, words: str) -> ProposalView:
    """The erasure of what was found in this case (a public id) alone waits for a second supervisor, inside `propose`.

    Raises as `propose_erasure` does.
    """
    wanted = contents_of_case_alone(actor, case)
    if not wanted:
        raise Conflict(_("There is nothing to erase in this case."))
    _erasable(actor, wanted, authority)
    payload = {"case": str(case), "authority": authority.value, "count": len(wanted)}
    return propose(actor, EVIDENCE_ERASE, Subject("case", case), payload, words)


def erase_proposed(actor: Actor, payload: Payload) -> None:
    """What was proposed is being erased, inside the operation of the supervisor who approves it. Raises as proposing does."""
    wanted, authority = _meant(actor, payload), Authority(payload["authority"])
    begin(actor, _erasable(actor, wanted, authority), authority)


def evidence_as_it_is(actor: Actor, payload: Payload) -> dict[str, str | int]:
    """What a proposed erasure would erase now: inside the operations that propose and approve it.

    A file that came since is nothing anybody has agreed to erase.
    """
    wanted = _meant(actor, payload)
    return {
        "count": len(wanted),
        "digest": hashlib.sha256(b"".join(one.bytes for one in sorted(wanted))).hexdigest(),
    }


def erasure_in_words(payload: Payload) -> str | Promise:
    """The act in one sentence; it may stand inside an operation or outside of one."""
    count = int(payload["count"]) if "case" in payload else len(payload["contents"])
    return ngettext(
        "Erase %(count)d file of your unit for good.", "Erase %(count)d files of your unit for good.", count
    ) % {"count": count}


def _meant(actor: Actor, payload: Payload) -> Sequence[uuid.UUID]:
    if "case" in payload:
        return contents_of_case_alone(actor, uuid.UUID(payload["case"]))
    return [uuid.UUID(one) for one in payload["contents"]]


def _erasable(actor: Actor, wanted: Sequence[uuid.UUID], authority: Authority) -> dict[uuid.UUID, uuid.UUID]:
    if not authority.is_for_people:
        raise Invalid(_("This authority is that of the clocks. Choose another one."))
    rows = own_rows(actor, wanted)
    if len(rows) != len(wanted):
        raise NotFound
    if held_contents(actor, list(rows.values())):
        raise Conflict(_("A legal hold keeps this. It can be erased once the hold is lifted."))
    return rows
