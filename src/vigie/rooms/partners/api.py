"""What partners submit, over HTTP: the partner makes it and reads opinions, the unit reads it and gives one."""

import uuid
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Router, Status
from pydantic import Field

from vigie.kernel.errors import NotFound
from vigie.rooms.matching.operations import Place
from vigie.rooms.partners import operations, queries
from vigie.rooms.partners.rules import MOST_ROWS, Hashes
from vigie.rooms.partners.schemas import ComparisonView, FindingPage, Opinion, Received, SubmissionView
from vigie.rooms.units.schemas import Frozen

router = Router(tags=["partners"])


def _hex(digits: int) -> Any:
    return Annotated[str, Field(pattern=f"^[0-9a-fA-F]{{{digits}}}$")]


class GivenHashes(Frozen):
    """The digests of one file in hexadecimal, as far as they are known."""

    md5: _hex(32) | None = None  # type: ignore[valid-type]  # a pattern, computed from the number of digits
    sha1: _hex(40) | None = None  # type: ignore[valid-type]  # as above
    sha256: _hex(64) | None = None  # type: ignore[valid-type]  # as above

    @property
    def hashes(self) -> Hashes:
        """The digests as bytes."""
        given = {"md5": self.md5, "sha1": self.sha1, "sha256": self.sha256}
        return Hashes(**{name: bytes.fromhex(text) for name, text in given.items() if text})


class NewSubmission(Frozen):
    """A report, a list of hashes, or both, for the unit of a code."""

    to: str
    title: str
    words: str = ""
    hashes: Annotated[tuple[GivenHashes, ...], Field(max_length=MOST_ROWS)] = ()


class NewOpinion(Frozen):
    """What the unit says of a submission; the words are passed on."""

    opinion: Opinion
    words: str = ""


class NewComparison(Frozen):
    """The case and the exhibit (public ids) a submission is compared under; neither to compare it again where it stands."""

    case: uuid.UUID | None = None
    exhibit: uuid.UUID | None = None


@router.get("/partner/submissions", response=list[SubmissionView], url_name="partner_submissions")
def submissions(request: Any) -> Any:
    """A partner's own submissions; for a unit those that were made to it."""
    return list(queries.submissions(request.actor))


@router.post("/partner/submissions", response={201: Received}, url_name="submit_as_partner")
def submit(request: Any, submission: NewSubmission) -> Any:
    """Submit to a unit. The answer says that it was received, and never anything that depends on what others hold."""
    rows = [one.hashes for one in submission.hashes if one.hashes != Hashes()]
    received = operations.submit(
        request.actor, to=submission.to, title=submission.title, words=submission.words, hashes=rows
    )
    return Status(201, received)


@router.get("/partner/submissions/{submission}", response=SubmissionView, url_name="partner_submission")
def submission(request: Any, submission: uuid.UUID) -> Any:
    """One submission with the newest opinion on it."""
    return queries.submission(request.actor, submission)


@router.get("/partner/submissions/{submission}/hashes", url_name="partner_hashes")
def hashes(request: Any, submission: uuid.UUID) -> Any:
    """Its list as plain text, a file a line."""
    return HttpResponse(
        queries.hash_lines(request.actor, submission), content_type="text/plain; charset=utf-8"
    )


@router.post("/partner/submissions/{submission}/opinions", response={204: None}, url_name="give_opinion")
def give_opinion(request: Any, submission: uuid.UUID, said: NewOpinion) -> Any:
    """Say what the unit thinks of a submission made to it."""
    operations.give_opinion(request.actor, submission, opinion=said.opinion, words=said.words)
    return Status(204, None)


@router.post(
    "/partner/submissions/{submission}/comparison", response={202: None}, url_name="compare_submission"
)
def compare(request: Any, submission: uuid.UUID, under: NewComparison) -> Any:
    """Take a submission into an exhibit of an open case; its hashes are then compared in your name, by your quota."""
    place = Place(under.case, under.exhibit) if under.case and under.exhibit else None
    operations.compare(request.actor, submission, place=place)
    return Status(202, None)


@router.get(
    "/partner/submissions/{submission}/comparison", response=ComparisonView, url_name="partner_comparison"
)
def comparison(request: Any, submission: uuid.UUID) -> Any:
    """How the comparison of a submission stands; not found before it was taken into a case."""
    view = queries.comparison(request.actor, queries.submission(request.actor, submission).id)
    if view is None:
        raise NotFound
    return view


@router.get("/partner/submissions/{submission}/findings", response=FindingPage, url_name="partner_findings")
def findings(
    request: Any,
    submission: uuid.UUID,
    *,
    first_row: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 1,
    left_out: bool = False,
) -> Any:
    """What is known of its rows, as far as it may be shown now; or the rows that were not compared."""
    return queries.findings(
        request.actor, submission, first_row=first_row, left_out=left_out, limit=queries.FINDINGS * 10
    )
