"""Submissions over HTTP, and the addresses of their uploads."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from ninja import Router, Status

from vigie.kernel import context, policy
from vigie.kernel.actors import Actor
from vigie.kernel.errors import Invalid, TooLarge
from vigie.kernel.permissions import Permission
from vigie.rooms.intake import operations, parcels, queries, tus
from vigie.rooms.intake.rules import LARGEST_PARCEL, SubmissionState
from vigie.rooms.intake.schemas import (
    Authority,
    AuthorityRecorded,
    ManifestAnswer,
    ManifestRequest,
    NewAuthority,
    NewSubmission,
    ParcelAnswer,
    SealedPage,
    SubmissionOpened,
    SubmissionStatus,
    SubmissionSummary,
)
from vigie.rooms.matching.queries import answers_of_submission

router = Router(tags=["intake"])
SHOWN_ANSWERS = 20


@router.post("/submissions", response={201: SubmissionOpened}, url_name="open_submission")
def open_submission(request: Any, body: NewSubmission) -> Any:
    """Open a submission under an exhibit of one of the unit's cases."""
    client = request.headers.get("User-Agent", "")
    opened = operations.open_submission(
        request.actor, case=body.case, exhibit=body.exhibit, source=body.source, client=client
    )
    return Status(201, SubmissionOpened(id=opened))


@router.get("/submissions", response=list[SubmissionSummary], url_name="submissions")
def submissions(request: Any, exhibit: uuid.UUID | None = None, state: str | None = None) -> Any:
    """The unit's newest submissions."""
    # a list: a tuple of two would be read as a status and its body
    return list(queries.submissions(request.actor, exhibit=exhibit, state=_state(state)))


@router.post("/submissions/{submission}/manifest", response=ManifestAnswer, url_name="manifest")
def manifest(request: Any, submission: uuid.UUID, body: ManifestRequest) -> Any:
    """Say which of these files need not be sent. At most 10,000 a call; the same call again gives the same answer."""
    return ManifestAnswer(results=operations.manifest(request.actor, submission, body.entries))


@router.post("/submissions/{submission}/parcel", response=ParcelAnswer, url_name="parcel")
def parcel(request: Any, submission: uuid.UUID) -> Any:
    """Take in many small files at once; each is acknowledged only when its digest agrees and it is durable."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST_PARCEL:
        raise TooLarge(f"a parcel has at most {LARGEST_PARCEL} bytes")
    return ParcelAnswer(results=parcels.receive(request.actor, submission, request.body))


@router.get("/submissions/{submission}", response=SubmissionStatus, url_name="submission")
def submission(request: Any, submission: uuid.UUID) -> Any:
    """How far the submission has come."""
    return _status(request.actor, submission)


@router.get("/exhibits/{exhibit}/sealed", response=SealedPage, url_name="sealed_files")
def sealed_files(request: Any, exhibit: uuid.UUID, after: uuid.UUID | None = None) -> Any:
    """The sealed files of an exhibit: where they lay and how large they are, a hundred at a time."""
    return queries.sealed_page(request.actor, exhibit, after=after)


@router.get("/exhibits/{exhibit}/authorities", response=list[Authority], url_name="authorities")
def authorities(request: Any, exhibit: uuid.UUID) -> Any:
    """By what right sealed files of an exhibit were opened, the newest first."""
    return list(queries.authorities(request.actor, exhibit))


@router.post(
    "/exhibits/{exhibit}/authorities", response={202: AuthorityRecorded}, url_name="record_authority"
)
def record_authority(request: Any, exhibit: uuid.UUID, authority: NewAuthority) -> Any:
    """Record the authority to open sealed files of an exhibit; they are opened soon. This cannot be taken back."""
    return Status(202, operations.record_authority(request.actor, exhibit, authority))


@router.get("/submissions/{submission}/failures.csv", url_name="submission_failures")
def failures(request: HttpRequest, submission: uuid.UUID) -> HttpResponse:
    """The files that failed, as CSV."""
    text = queries.failures_csv(request.actor, submission)  # type: ignore[attr-defined]  # set by the shell
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="failures-{submission}.csv"'
    return response


@router.post("/submissions/{submission}/close", response=SubmissionStatus, url_name="close_submission")
def close_submission(request: Any, submission: uuid.UUID) -> Any:
    """Nothing more comes in under this submission."""
    operations.close_submission(request.actor, submission)
    return _status(request.actor, submission)


def _status(actor: Actor, submission: uuid.UUID) -> SubmissionStatus:
    """Answers are shown to those who may look at them now; the figures to everybody who may follow a hand-in."""
    so_far = queries.progress(actor, submission)
    may_look = policy.may(actor, Permission.MATCH_CANDIDATE_READ, context.now()) is None
    answers = answers_of_submission(actor, submission, limit=SHOWN_ANSWERS) if may_look else ()
    fields = {name: getattr(so_far, name) for name in type(so_far).model_fields}
    return SubmissionStatus(**fields, answers=answers)


def _state(word: str | None) -> SubmissionState | None:
    try:
        return SubmissionState(word) if word else None
    except ValueError as error:
        raise Invalid(f"{word!r} is no state of a submission") from error


tus_urls: list[URLPattern] = [
    path("uploads/", tus.uploads, name="uploads"),
    path("uploads/<uuid:upload_id>", tus.upload, name="upload"),
]
"""Mounted beside the API, below the same address."""
