"""The asker's side: what is recorded of an answer, when it may be seen, and what becomes of it later."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from factories.actors import investigator
from factories.cases import borellian, castorian
from factories.matching import (
    File,
    change,
    flipped,
    hold,
    matching_service,
    random_code,
    submission,
)
from rooms.matching.asking import ask, at, later, matches, one_match
from support import database
from vigie.backends.known import By, Claim, MatcherSocket
from vigie.kernel import context
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import NotFound, Refused, Unavailable
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Permission
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.rules import Level, State
from vigie.rooms.matching.schemas import MatchCounts

pytestmark = pytest.mark.usefixtures("directory", "matcher")


def stored() -> list[dict[str, Any]]:
    with database.administrator() as connection:
        cursor = connection.execute("SELECT * FROM matching_candidate ORDER BY id")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_a_full_answer_shows_the_other_content_and_whom_to_call() -> None:
    me, other = investigator(), borellian()
    code = random_code()
    theirs = hold(other, File(pdq=flipped(code, 7)), audience=Audience.COMMUNITY)
    mine = hold(me, File(pdq=code))
    assert ask(mine).new_answers == 1

    match = one_match(me)

    assert (match.content, match.level, match.claim, match.by) == (
        mine.public_id,
        Level.FULL,
        Claim.RESEMBLES,
        By.PDQ,
    )
    assert (match.distance, match.variant, match.state) == (7, "original", State.PROPOSED)
    assert match.other is not None
    assert (match.other.public_id, match.other.owner_country) == (theirs.public_id, "BOR")
    assert match.desk is not None
    assert (match.desk.unit, match.desk.country_name) == (other.unit, "Borellia")
    assert match.may_judge


def test_a_contact_only_answer_keeps_nothing_that_describes_the_other_record() -> None:
    me, other = investigator(), castorian()
    code = random_code()
    theirs = hold(other, File(pdq=flipped(code, 7)))
    ask(hold(me, File(pdq=code)))

    match = one_match(me)

    assert (match.level, match.holder_unit, match.may_judge) == (Level.CONTACT_ONLY, other.unit, False)
    assert (match.other, match.by, match.distance, match.variant) == (None, None, None, "")
    [row] = stored()
    assert (row["other_public_id"], row["distance"], row["variant"], row["by"]) == (None, None, "", "")
    assert theirs.public_id not in row.values()
    assert theirs.content not in row.values()


def test_silence_leaves_no_row() -> None:
    me = investigator()
    file = File()
    hold(borellian(), file, outside=AnswerOutside.SILENT)
    ask(hold(me, file))
    assert stored() == []


def test_answers_are_published_at_the_next_whole_second() -> None:
    me = investigator()
    file = File()
    hold(borellian(), file)
    mine = hold(me, file)
    moment = utc_now().replace(microsecond=250_000)
    service = matching_service(me)
    with act_as(service, clock=at(moment)):
        operations.match_contents(service, None, [mine.content])
    second = moment.replace(microsecond=0) + timedelta(seconds=1)
    assert matches(me, at(second - timedelta(microseconds=1))) == ()
    [match] = matches(me, at(second))
    assert match.published_at == second
    with act_as(me, clock=at(moment)), pytest.raises(NotFound):
        queries.candidate(me, match.public_id)


def test_the_same_question_again_gives_the_same_answer_once() -> None:
    me = investigator()
    file = File()
    hold(borellian(), file, audience=Audience.COMMUNITY)
    hold(castorian(), file)
    mine = hold(me, file)
    assert ask(mine).new_answers == 2
    before = stored()
    assert ask(mine).new_answers == 0
    assert stored() == before


def test_an_answer_that_says_less_now_is_reduced_at_the_next_question() -> None:
    me, other = investigator(), borellian()
    file = File()
    theirs = hold(other, file, audience=Audience.COMMUNITY)
    mine = hold(me, file)
    ask(mine)
    full = one_match(me)

    change(theirs, audience=Audience.UNIT.value)
    assert matches(me) == (), "the owner's wish holds at once, before anybody asks again"
    with act_as(me, clock=later()), pytest.raises(NotFound):
        queries.candidate(me, full.public_id)

    ask(mine)
    assert one_match(me).level is Level.CONTACT_ONLY
    assert {row["state"]: row["other_public_id"] for row in stored()} == {
        "withdrawn": None,
        "proposed": None,
    }

    change(theirs, excluded=["ALV"])
    ask(mine)
    assert matches(me) == ()

    change(theirs, excluded=[], audience=Audience.COMMUNITY.value)
    ask(mine)
    again = one_match(me)
    assert (again.public_id, again.level) == (full.public_id, Level.FULL)


def test_what_the_unit_holds_itself_is_told_and_makes_no_candidate() -> None:
    me = investigator()
    code = random_code()
    first, second = hold(me, File(pdq=code)), hold(me, File(pdq=flipped(code, 5)))
    [own] = ask(second).own
    assert (own.content_id, own.other, own.distance) == (second.content, first.public_id, 5)
    assert stored() == []


def test_answers_of_a_submission_belong_to_the_contents_it_brought_in() -> None:
    me = investigator()
    file = File()
    hold(borellian(), file)
    mine = hold(me, file)
    first, second = submission(me), submission(me)
    for one in (first, second):
        occurrence(me, one, mine.content)
    ask(mine, first)
    publics = dict(submissions())
    for one in (first, second):
        with act_as(me, clock=later()):
            assert len(queries.answers_of_submission(me, publics[one])) == 1
    with act_as(borellian(), clock=later()) as running:
        assert queries.answers_of_submission(running.actor, publics[first]) == ()


def submissions() -> list[tuple[uuid.UUID, uuid.UUID]]:
    with database.administrator() as connection:
        rows: list[tuple[uuid.UUID, uuid.UUID]] = connection.execute(
            "SELECT id, public_id FROM intake_submission"
        ).fetchall()
        return rows


def occurrence(owner: Any, submission_id: uuid.UUID, content: uuid.UUID) -> None:
    from vigie.kernel import gate
    from vigie.kernel.scope import ownership
    from vigie.rooms.intake.models import ManifestEntry, Submission
    from vigie.rooms.media.models import Occurrence

    with context.acting_as(owner, clock=utc_now), gate.opened():
        owned = ownership(owner, legal_basis="code-54", purpose=owner.purpose)
        row = Submission.objects.for_actor(owner).get(id=submission_id)
        entry = ManifestEntry.objects.create(
            submission=row, ordinal=1, path=b"a", path_text="a", size=1, md5=b"", sha1=b"", sha256=b"",
            state="recorded", content_id=content, **owned,
        )  # fmt: skip
        Occurrence.objects.create(
            content_id=content, exhibit_id=row.exhibit_id, entry=entry, path=b"a", path_text="a", **owned
        )


def test_the_matcher_hears_the_case_and_the_exhibit(monkeypatch: pytest.MonkeyPatch) -> None:
    me = investigator()
    mine = hold(me, File())
    under = submission(me)
    occurrence(me, under, mine.content)
    heard: list[Any] = []
    true_range = MatcherSocket.range

    def listening(client: MatcherSocket, asker: Any, items: Any) -> Any:
        heard.append(asker)
        return true_range(client, asker, items)

    monkeypatch.setattr(MatcherSocket, "range", listening)
    ask(mine, under)
    with database.administrator() as connection:
        places = connection.execute(
            "SELECT c.public_id, e.public_id FROM cases_exhibit e JOIN cases_case c ON c.id = e.case_id"
        ).fetchall()
    [asker] = heard
    assert [(asker.case, asker.exhibit)] == places
    assert (asker.unit, asker.person, asker.service) == (me.unit, me.id, "service-match")


def test_a_matcher_that_is_away_is_said_and_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from vigie.backends.known import MatcherUnavailable

    def away(*_: Any) -> None:
        raise MatcherUnavailable("gone")

    me = investigator()
    mine = hold(me, File())
    with monkeypatch.context() as patch:
        patch.setattr(MatcherSocket, "range", away)
        with pytest.raises(Unavailable):
            ask(mine)
    assert ask(mine).asked == 1


def test_a_person_cannot_record_answers() -> None:
    me = investigator()
    mine = hold(me, File())
    with pytest.raises(Refused), act_as(me, clock=utc_now):
        operations.match_contents(me, None, [mine.content])


def test_without_a_certificate_matches_are_not_shown_and_not_counted() -> None:
    me = investigator(certified_until=None)
    with pytest.raises(Refused) as refused, act_as(me, clock=utc_now):
        queries.new_matches(me)
    assert refused.value.permission is Permission.MATCH_CANDIDATE_READ
    with act_as(me, clock=utc_now):
        assert queries.counts(me) == MatchCounts()


def test_counts_are_of_what_the_viewer_may_see() -> None:
    me, other = investigator(), borellian()
    file = File()
    theirs = hold(other, file, audience=Audience.COMMUNITY)
    hold(castorian(), file)
    ask(hold(me, file))
    with act_as(me, clock=later()):
        assert queries.counts(me).new_matches == 2
    change(theirs, excluded=["ALV"])
    with act_as(me, clock=later()):
        assert queries.counts(me).new_matches == 1
    with act_as(me, clock=lambda: utc_now() - timedelta(seconds=5)):
        assert queries.counts(me).new_matches == 0, "nothing is counted before it is published"


def test_seen_matches_are_new_no_more() -> None:
    me = investigator()
    file = File()
    hold(borellian(), file)
    ask(hold(me, file))
    match = one_match(me)
    for _ in range(2):
        with act_as(me, clock=later()):
            operations.mark_seen(me, match.public_id)
    assert matches(me) == ()
    with act_as(me, clock=later()):
        assert queries.candidate(me, match.public_id).seen_at is not None


def test_another_unit_s_match_does_not_exist() -> None:
    me = investigator()
    file = File()
    hold(borellian(), file)
    ask(hold(me, file))
    match = one_match(me)
    for stranger in (borellian(), castorian()):
        with act_as(stranger, clock=later()), pytest.raises(NotFound):
            queries.candidate(stranger, match.public_id)
        with pytest.raises(NotFound), act_as(stranger, clock=later()):
            operations.mark_seen(stranger, match.public_id)


def test_more_than_a_chunk_is_asked_in_chunks() -> None:
    me = investigator()
    mine = hold(me, File())
    service = matching_service(me)
    ids = [mine.content, *(uuid.uuid4() for _ in range(600)), mine.content]
    with act_as(service, clock=utc_now):
        assert operations.match_contents(service, None, ids).asked == 601


def test_the_way_to_the_matcher_is_opened_once() -> None:
    from django.apps import apps

    from vigie.rooms import matching

    config = type(apps.get_app_config("matching"))("matching", matching)
    assert isinstance(config.known, MatcherSocket)
    assert config.known is config.known


@pytest.mark.parametrize(
    ("mine", "theirs", "shared", "expected"),
    [
        (Handling.OPEN, Handling.RELEASABLE, Audience.COMMUNITY, "releasable"),
        (Handling.ORCON, Handling.OPEN, Audience.COMMUNITY, "orcon"),
        (Handling.OPEN, Handling.ORIGINATOR_ONLY, Audience.COMMUNITY, "originator_only"),
        (Handling.OPEN, Handling.ORIGINATOR_ONLY, Audience.UNIT, "open"),
    ],
)
def test_a_candidate_is_handled_as_strictly_as_the_two_contents_it_describes(
    mine: Handling, theirs: Handling, shared: Audience, expected: str
) -> None:
    """A contact describes one's own content only: nothing of the other's is derived, and nothing of it is told."""
    code = random_code()
    hold(borellian(), File(pdq=code), audience=shared, handling=theirs)
    ask(hold(investigator(), File(pdq=flipped(code, 3)), handling=mine))
    [row] = stored()
    assert row["handling"] == expected
