"""What is known of what partners handed in, for the unit that received it: what may be shown now, row by row."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Count, Q

from vigie.backends.known import Found
from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import NotFound
from vigie.kernel.operation import require
from vigie.kernel.permissions import Permission
from vigie.rooms.matching.queries import results_of
from vigie.rooms.matching.schemas import Digests
from vigie.rooms.partners.models import PartnerComparison, PartnerFinding, PartnerHash
from vigie.rooms.partners.schemas import ComparisonState, ComparisonView, FindingPage, FindingView

FINDINGS = 50
"""Rows of a page."""
_DIGESTS = ("md5", "sha1", "sha256")


def comparisons(actor: Actor, submissions: Iterable[uuid.UUID]) -> dict[uuid.UUID, ComparisonView]:
    """How the comparisons of these submissions (public ids) stand, of those the unit has taken into a case."""
    rows = (
        PartnerComparison.objects.for_actor(actor)
        .filter(submission__public_id__in=list(submissions))
        .select_related("submission")
        .annotate(left_out=Count("findings", filter=Q(findings__left_out=True)))
    )
    return {row.submission.public_id: _view(row, row.left_out) for row in rows}


def comparison(actor: Actor, submission: uuid.UUID) -> ComparisonView | None:
    """How the comparison of one submission (a public id) stands; None before it was taken into a case."""
    return comparisons(actor, [submission]).get(submission)


def findings(
    actor: Actor, submission: uuid.UUID, *, first_row: int = 1, left_out: bool = False, limit: int = FINDINGS
) -> FindingPage:
    """What is known of the rows of a submission (a public id), from this row on; or those that were left out.

    NotFound for what was not taken into a case of the unit, or is not compared yet.
    """
    require(actor, Permission.MATCH_LOOKUP_ASK)
    view = comparison(actor, submission)
    if view is None or view.compared_at is None:
        raise NotFound
    found = PartnerFinding.objects.for_actor(actor).filter(
        comparison__submission__public_id=submission, left_out=left_out, position__gte=first_row - 1
    )
    rows = list(found.order_by("position")[: limit + 1])
    shown = rows[:limit]
    given = _given(actor, submission, [row.position for row in shown])
    said = {} if left_out else _said(actor, shown, given)
    first = _first_of_each(actor, submission) if left_out and shown else {}
    return FindingPage(
        findings=tuple(_finding(row, given[row.position], said, first) for row in shown),
        next_row=rows[limit].position + 1 if len(rows) > limit else None,
    )


def findings_unseen(actor: Actor) -> int:
    """How many submissions hold something known that nobody of the unit has looked at; 0 for who may not look."""
    if policy.may(actor, Permission.MATCH_LOOKUP_ASK, context.now()) is not None:
        return 0
    unseen = PartnerComparison.objects.for_actor(actor).filter(seen_at=None, found__gt=0)
    return unseen.filter(compared_at__lte=context.now()).count()


def _view(row: PartnerComparison, left_out: int) -> ComparisonView:
    """What was found waits for its moment: until then a comparison looks as if it went on."""
    published = row.compared_at is not None and row.compared_at <= context.now()
    state = ComparisonState(row.state)
    if state is ComparisonState.COMPARED and not published:
        state = ComparisonState.WAITING
    return ComparisonView(
        submission=row.submission.public_id,
        case=row.case,
        exhibit=row.exhibit,
        state=state,
        stopped=row.stopped,
        asked_at=row.asked_at,
        compared_at=row.compared_at if published else None,
        found=row.found if published else 0,
        left_out=left_out if published else 0,
        seen=row.seen_at is not None,
    )


def _given(actor: Actor, submission: uuid.UUID, positions: Sequence[int]) -> dict[int, PartnerHash]:
    rows = PartnerHash.objects.for_actor(actor).filter(
        submission__public_id=submission, position__in=list(positions)
    )
    return {row.position: row for row in rows}


def _said(
    actor: Actor, rows: Sequence[PartnerFinding], given: Mapping[int, PartnerHash]
) -> dict[int, dict[str, object]]:
    """What may be said now, by position."""
    files = {row.position + 1: _digests(given[row.position]) for row in rows}
    found = {
        row.position + 1: Found.model_validate_json(json.dumps(row.found))
        for row in rows
        if row.found is not None
    }
    return {one.row - 1: dict(one) for one in results_of(actor, files, found)}


def _first_of_each(actor: Actor, submission: uuid.UUID) -> dict[Digests, int]:
    """The first row of each file of a submission."""
    rows = PartnerHash.objects.for_actor(actor).filter(submission__public_id=submission)
    first: dict[Digests, int] = {}
    for row in rows.order_by("position"):
        first.setdefault(_digests(row), row.position + 1)
    return first


def _finding(
    row: PartnerFinding,
    given: PartnerHash,
    said: Mapping[int, Mapping[str, object]],
    first: Mapping[Digests, int],
) -> FindingView:
    place = row.position + 1
    same = first.get(_digests(given), place)
    digests = (getattr(given, name) for name in _DIGESTS)
    return FindingView(
        **{"row": place, **said.get(row.position, {})},
        digests=tuple(bytes(one).hex() for one in digests if one is not None),
        withdrawn=row.withdrawn,
        same_as=same if same != place else None,
        left_out=row.left_out,
    )


def _digests(row: PartnerHash) -> Digests:
    sha256, sha1, md5 = (
        None if digest is None else bytes(digest) for digest in (row.sha256, row.sha1, row.md5)
    )
    return Digests(sha256, sha1, md5)
