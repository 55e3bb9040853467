"""What the server says of files that arrive, asked directly: saying it twice is harmless, saying it wrongly is refused."""

import uuid

import pytest

from factories.cases import borellian, opened_exhibit
from factories.intake import answered, arrived, closed, line, opened_submission
from support.database import administrator
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, NotFound
from vigie.kernel.operation import act_as
from vigie.rooms.cases import queries as cases
from vigie.rooms.intake import operations


def state() -> str:
    with administrator() as look:
        row = look.execute("SELECT state FROM intake_manifestentry").fetchone()
    assert row is not None
    return str(row[0])


def test_an_acknowledgement_given_twice_changes_nothing(actor: Actor) -> None:
    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"x"))
    upload = arrived(actor, submission, 0, b"x")
    with act_as(actor, clock=utc_now):
        operations.file_sent(actor, upload)
    assert state() == "sent"


def test_what_was_acknowledged_is_neither_failed_nor_given_up(actor: Actor) -> None:
    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"x"))
    upload = arrived(actor, submission, 0, b"x")
    for wrong in (operations.file_differs, operations.abandon_upload):
        with act_as(actor, clock=utc_now), pytest.raises(Conflict):
            wrong(actor, upload)
    assert state() == "sent"


def test_a_file_that_was_refused_is_not_acknowledged(actor: Actor) -> None:
    from vigie.rooms.intake.queries import upload_for

    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"x"))
    with act_as(actor, clock=utc_now):
        upload = upload_for(actor, submission, 0).upload_id
    closed(actor, submission)
    with act_as(actor, clock=utc_now), pytest.raises(Conflict):
        operations.file_sent(actor, upload)
    assert state() == "refused"


def test_only_the_units_own_uploads_and_submissions(actor: Actor) -> None:
    other = borellian()
    submission = opened_submission(actor)
    answered(actor, submission, line(0, b"x"))
    upload = arrived(actor, submission, 0, b"x")
    with act_as(other, clock=utc_now):
        for reach in (operations.file_sent, operations.file_differs, operations.abandon_upload):
            with pytest.raises(NotFound):
                reach(other, upload)
        with pytest.raises(NotFound):
            operations.close_submission(other, submission)
    service = actor
    with act_as(service, clock=utc_now), pytest.raises(NotFound):
        operations.close_submission(service, uuid.uuid4())


def test_a_closed_case_takes_no_submission_and_closing_twice_is_harmless(actor: Actor) -> None:
    exhibit = opened_exhibit(actor)
    submission = opened_submission(actor, exhibit)
    closed(actor, submission)
    closed(actor, submission)
    with administrator() as look:
        look.execute("UPDATE cases_case SET state = 'closed'")
    with act_as(actor, clock=utc_now):
        case = cases.exhibit(actor, exhibit).case_public_id
        with pytest.raises(Conflict):
            operations.open_submission(actor, case=case, exhibit=exhibit, source="browser")
