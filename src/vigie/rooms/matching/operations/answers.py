"""Asking the matcher, and keeping what it may say."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

from vigie.backends.known import (
    LONGEST_CHUNK,
    Answer,
    Asker,
    FullAnswer,
    ItemAnswers,
    OwnMatch,
)
from vigie.kernel import context
from vigie.kernel.actors import Actor, Purpose
from vigie.kernel.ids import public_id as new_public_id
from vigie.kernel.operation import about, operation, require
from vigie.kernel.permissions import Permission
from vigie.kernel.scope import ownership
from vigie.rooms.matching.models import Candidate
from vigie.rooms.matching.operations.known import ask
from vigie.rooms.matching.operations.list_hits import tell_list_owners
from vigie.rooms.matching.operations.pieces import MOST_PICTURES, as_one, requests
from vigie.rooms.matching.rules import Digests, State, publication
from vigie.rooms.matching.schemas import Matched, OwnCopy
from vigie.rooms.media.queries import film_frames, own_copies

ENGINE: Final = "pdq 31/256, quality 50; matcher 1"
"""Kept with every candidate and every verdict on it: what the answer was computed with."""
_TOLD: Final = (
    "level",
    "claim",
    "by",
    "holder_unit",
    "holder_country",
    "other_public_id",
    "distance",
    "variant",
    "frame_ms",
    "own_frame_ms",
    "pair",
    "engine",
    "state",
    "published_at",
    "seen_at",
)


def match_contents(
    actor: Actor, submission_id: uuid.UUID | None, content_ids: Sequence[uuid.UUID]
) -> Matched:
    """What may be known of these contents of the actor's unit (row ids) is on record; their holders are told.

    Asking again gives the same answers, so that a run that died may be repeated. What was answered before and is not
    now is withdrawn. Each chunk is written inside the operation `record_answers`, with its own line in the log; the
    policy is asked before anything leaves this process. Raises Unavailable when the matcher does not answer; what was recorded until then stays.
    """
    require(actor, Permission.MATCH_ANSWER_RECORD)
    asked, new, own, near_limit = 0, 0, list[OwnCopy](), list[uuid.UUID]()
    for chunk in _chunks(list(dict.fromkeys(content_ids))):
        answers = _answers(actor, _asker(actor, submission_id, chunk), chunk)
        new += record_answers(actor, submission_id, answers)
        asked += len(chunk)
        own += [_own_copy(item.content, match) for item in answers for match in item.own]
        near_limit += [item.content for item in answers if item.near_limit]
    return Matched(asked=asked, new_answers=new, own=tuple(own), near_limit=tuple(near_limit))


@operation(Permission.MATCH_ANSWER_RECORD)
def record_answers(actor: Actor, submission_id: uuid.UUID | None, answers: Sequence[ItemAnswers]) -> int:
    """Candidates of these contents are exactly these answers; returns how many are new or say more or less than before.

    They may be seen from the next whole second on. An answer that came before is the same candidate; one that comes
    no more is withdrawn, and keeps nothing that describes the other record.
    """
    found = {item.content: item for item in answers if item.recognised}
    terms = _terms(actor, list(found))
    kept: dict[uuid.UUID, dict[bytes, Candidate]] = {content: {} for content in found}
    rows = Candidate.objects.for_actor(actor).filter(content_id__in=list(found))
    for row in rows.select_for_update().order_by("id"):
        kept[row.content_id][bytes(row.answer_key)] = row
    made, changed = list[Candidate](), list[Candidate]()
    for content, columns in terms.items():
        said = {answer.answer_key: answer for answer in found[content].answers}
        for key, answer in said.items():
            before = kept[content].get(key)
            if before is None:
                made.append(
                    Candidate(
                        content_id=content,
                        submission_id=submission_id,
                        answer_key=key,
                        **_columns(answer),
                        **columns,
                    )
                )
            elif _differs(before, answer):
                changed.append(_set(before, _columns(answer)))
        gone = (row for key, row in kept[content].items() if key not in said)
        changed += [_set(row, _WITHDRAWN) for row in gone if row.state not in _ENDED]
    Candidate.objects.bulk_create(made, ignore_conflicts=True)
    if changed:
        Candidate.objects.for_actor(actor).bulk_update(changed, _TOLD)
    tell_list_owners(actor, _digests(actor, list(terms)))
    news = len(made) + sum(row.state != State.WITHDRAWN.value for row in changed)
    about("matching", new_public_id(), contents=len(terms), answers=news)
    return news


def _answers(actor: Actor, asker: Asker, contents: Sequence[uuid.UUID]) -> list[ItemAnswers]:
    """The answers to these contents; films are asked about a few minutes at a time, so that others get their turn."""
    said: dict[uuid.UUID, list[ItemAnswers]] = {}
    for items in requests(contents, film_frames(actor, contents, MOST_PICTURES)):
        for answers in ask(asker, items):
            said.setdefault(answers.content, []).append(answers)
    return [as_one(pieces) for pieces in said.values()]


def _asker(actor: Actor, submission_id: uuid.UUID | None, contents: Sequence[uuid.UUID]) -> Asker:
    """Who asks, and under which case and exhibit: every look-up names them."""
    found = own_copies(actor).filter(id__in=list(contents), entries__isnull=False)
    if submission_id is not None:
        found = found.filter(entries__submission_id=submission_id)
    exhibit = "entries__submission__exhibit__"
    place = found.values_list(f"{exhibit}case__public_id", f"{exhibit}public_id").first()
    case, exhibit_id = place if place is not None else (None, None)
    return Asker(
        unit=actor.unit,
        country=actor.country,
        person=actor.on_behalf_of or actor.id,
        service=actor.name,
        case=case,
        exhibit=exhibit_id,
        purpose=actor.purpose.value,
    )


def _terms(actor: Actor, contents: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """The ownership columns of a candidate, taken over from the content it is about."""
    rows = own_copies(actor).filter(id__in=list(contents))
    return {
        row_id: ownership(actor, legal_basis=basis, purpose=Purpose(purpose))
        for row_id, basis, purpose in rows.values_list("id", "legal_basis", "purpose")
    }


def _digests(actor: Actor, contents: Sequence[uuid.UUID]) -> list[Digests]:
    rows = own_copies(actor).filter(id__in=list(contents)).values_list("sha256", "sha1", "md5", "size")
    return [Digests(bytes(sha256), bytes(sha1), bytes(md5), size) for sha256, sha1, md5, size in rows]


def _columns(answer: Answer) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "level": answer.level,
        "claim": answer.claim.value,
        "holder_unit": answer.holder_unit,
        "holder_country": answer.holder_country,
        "pair": answer.pair,
        "engine": ENGINE,
        "state": State.PROPOSED.value,
        "published_at": publication(context.now()),
        "seen_at": None,
        **_NOTHING_DESCRIBED,
    }
    if isinstance(answer, FullAnswer):
        columns |= {
            "by": answer.by.value,
            "other_public_id": answer.public_id,
            "distance": answer.distance,
            "variant": answer.variant,
            "frame_ms": answer.frame_ms,
            "own_frame_ms": answer.own_frame_ms,
        }
    return columns


_NOTHING_DESCRIBED: Final[dict[str, Any]] = {
    "by": "",
    "other_public_id": None,
    "distance": None,
    "variant": "",
    "frame_ms": -1,
    "own_frame_ms": -1,
}
_WITHDRAWN: Final[dict[str, Any]] = {"state": State.WITHDRAWN.value, **_NOTHING_DESCRIBED}
_ENDED: Final = frozenset({State.WITHDRAWN.value, State.ERASED.value})
_MATERIAL: Final = ("level", "claim", "by", "distance", "variant", "frame_ms", "own_frame_ms", "pair")


def _differs(row: Candidate, answer: Answer) -> bool:
    columns = _columns(answer)
    return row.state == State.WITHDRAWN.value or any(
        getattr(row, name) != columns[name] for name in _MATERIAL
    )


def _set(row: Candidate, columns: dict[str, Any]) -> Candidate:
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def _own_copy(content: uuid.UUID, match: OwnMatch) -> OwnCopy:
    return OwnCopy(
        content_id=content,
        other=match.public_id,
        claim=match.claim,
        distance=match.distance,
        variant=match.variant,
    )


def _chunks(contents: list[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    for start in range(0, len(contents), LONGEST_CHUNK):
        yield contents[start : start + LONGEST_CHUNK]
