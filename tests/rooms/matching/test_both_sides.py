"""Owners hear who asked; both sides speak about a pair, each for itself."""

import dataclasses
import uuid

import pytest

from factories.actors import investigator
from factories.cases import borellian, castorian
from factories.matching import File, Held, change, hold
from rooms.matching.asking import ask, colleague, deliver_all, later, matches, notices, one_match
from support import database
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.matching import operations, queries
from vigie.rooms.matching.rules import Level, Opinion, State
from vigie.rooms.matching.schemas import MatchNoticeView, MatchView
from vigie.rooms.matching.tasks import deliver, due

pytestmark = pytest.mark.usefixtures("directory", "matcher")


def pair(me: Actor, other: Actor, audience: Audience = Audience.COMMUNITY) -> tuple[Held, Held]:
    """The same file here and there, asked about by me; the owner has been told."""
    file = File()
    theirs = hold(other, file, audience=audience)
    mine = hold(me, file, audience=Audience.COMMUNITY)
    ask(mine)
    deliver_all()
    return mine, theirs


def say(actor: Actor, public_id: uuid.UUID, opinion: Opinion, version: int | None = None) -> None:
    with act_as(actor, clock=later()):
        operations.give_verdict(actor, public_id, opinion, expected_version=version)


def match_of(actor: Actor) -> MatchView:
    return one_match(actor)


def notice_of(actor: Actor) -> MatchNoticeView:
    [notice] = notices(actor)
    return notice


@pytest.mark.parametrize(
    ("audience", "level"), [(Audience.COMMUNITY, Level.FULL), (Audience.UNIT, Level.CONTACT_ONLY)]
)
def test_the_owner_is_told_who_asked_and_what_they_were_told(audience: Audience, level: Level) -> None:
    me, other = investigator(), borellian()
    mine, theirs = pair(me, other, audience)
    notice = notice_of(other)
    assert (notice.content, notice.level, notice.asker_unit) == (theirs.public_id, level, me.unit)
    assert notice.desk is not None
    assert notice.desk.country_name == "Alvania"
    assert notice.other is not None
    assert notice.other.public_id == mine.public_id
    assert notices(me) == ()


def test_the_owner_of_a_silent_record_is_told_too() -> None:
    me, other = investigator(), borellian()
    file = File()
    hold(other, file, outside=AnswerOutside.SILENT)
    ask(hold(me, file))
    deliver_all()
    notice = notice_of(other)
    assert (notice.level, notice.other, notice.by, notice.may_judge) == (Level.SILENT, None, None, False)


def test_a_delivery_waits_for_its_moment_and_is_made_once() -> None:
    me, other = investigator(), borellian()
    file = File()
    hold(other, file)
    ask(hold(me, file))
    with database.administrator() as connection:
        connection.execute("UPDATE match_delivery SET deliver_after = now() + interval '30 seconds'")
    deliver(0)
    assert notices(other) == ()
    deliver_all()
    deliver(0)
    assert len(notices(other)) == 1
    assert due() == []
    with database.administrator() as connection:
        assert connection.execute("SELECT count(*) FROM matching_matchnotice").fetchone() == (1,)


def test_a_delivery_interrupted_between_its_notice_and_its_mark_is_made_once() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    with database.administrator() as connection:
        connection.execute("DELETE FROM match_delivered")
    deliver(0)
    assert len(notices(other)) == 1
    assert due() == []


def test_a_delivery_about_a_content_that_is_gone_is_discarded() -> None:
    me, other = investigator(), borellian()
    file = File()
    theirs = hold(other, file)
    ask(hold(me, file))
    with database.administrator() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("DELETE FROM media_content WHERE id = %s", [theirs.content])
    deliver_all()
    assert due() == []
    with database.administrator() as connection:
        assert connection.execute("SELECT count(*) FROM matching_matchnotice").fetchone() == (0,)


def test_the_job_s_role_sees_whose_a_delivery_is_and_not_what_it_says() -> None:
    import psycopg

    from vigie.backends.postgres import Role, connection_parameters

    parameters = connection_parameters(Role.JOBS, database.settings())
    with psycopg.connect(**parameters, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("SELECT id, owner_unit, owner_country, deliver_after FROM match_delivery")
        # ids of both sides, without which an erased item could not be taken back; nothing of what was answered
        for column in ("level", "claim", "by", "distance", "variant", "at"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT {column} FROM match_delivery".encode())


def test_both_say_the_same_and_agree() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    say(me, match_of(me).public_id, Opinion.SAME_ITEM)
    assert match_of(me).state is State.CONFIRMED_HERE
    assert notice_of(other).state is State.PROPOSED, "nobody's word moves the other's record"
    [seen] = notice_of(other).verdicts
    assert (seen.opinion, seen.by_own_unit, seen.person) == (Opinion.SAME_ITEM, False, None)
    say(other, notice_of(other).public_id, Opinion.SAME_ITEM)
    assert (match_of(me).state, notice_of(other).state) == (State.AGREED, State.AGREED)


def test_different_words_are_a_dispute_and_both_stand() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    say(me, match_of(me).public_id, Opinion.SAME_PLACE)
    say(other, notice_of(other).public_id, Opinion.UNRELATED)
    assert (match_of(me).state, notice_of(other).state) == (State.DISPUTED, State.DISPUTED)
    assert {verdict.opinion for verdict in match_of(me).verdicts} == {Opinion.SAME_PLACE, Opinion.UNRELATED}
    own = next(verdict for verdict in match_of(me).verdicts if verdict.by_own_unit)
    assert own.person == me.id
    assert own.method.startswith("pdq")


def test_a_later_word_counts_and_undoing_leaves_every_row() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    match = match_of(me).public_id
    say(me, match, Opinion.UNRELATED)
    assert match_of(me).state is State.REJECTED_HERE
    say(me, match, Opinion.SAME_ITEM)
    assert match_of(me).state is State.CONFIRMED_HERE
    with act_as(me, clock=later()):
        operations.undo_verdict(me, match, expected_version=2)
    assert (match_of(me).state, match_of(me).verdicts, match_of(me).version) == (State.PROPOSED, (), 3)
    with pytest.raises(Conflict), act_as(me, clock=later()):
        operations.undo_verdict(me, match)
    with database.administrator() as connection:
        rows = connection.execute("SELECT verdict FROM matching_verdict ORDER BY id").fetchall()
    assert rows == [("unrelated",), ("same_item",), ("undone",)]


def test_two_colleagues_do_not_overwrite_each_other() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    match = match_of(me)
    say(me, match.public_id, Opinion.SAME_ITEM, match.version)
    with pytest.raises(Conflict):
        say(colleague(me), match.public_id, Opinion.UNRELATED, match.version)
    assert match_of(me).state is State.CONFIRMED_HERE


def test_the_other_side_speaking_does_not_count_as_a_colleague() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    match = match_of(me)
    say(other, notice_of(other).public_id, Opinion.SAME_ITEM)
    say(me, match.public_id, Opinion.SAME_ITEM, match.version)
    assert match_of(me).state is State.AGREED


def test_a_contact_only_match_cannot_be_judged() -> None:
    me, other = investigator(), borellian()
    pair(me, other, Audience.UNIT)
    with pytest.raises(Conflict):
        say(me, match_of(me).public_id, Opinion.SAME_ITEM)


def test_a_match_whose_owner_closed_the_item_cannot_be_judged() -> None:
    me, other = investigator(), borellian()
    _, theirs = pair(me, other)
    match = match_of(me).public_id
    change(theirs, audience=Audience.UNIT.value)
    with pytest.raises(Conflict):
        say(me, match, Opinion.SAME_ITEM)


@pytest.mark.parametrize("outside", AnswerOutside)
def test_what_an_owner_says_of_a_record_it_keeps_to_itself_stays_there(outside: AnswerOutside) -> None:
    me, other = investigator(), borellian()
    file = File()
    hold(other, file, outside=outside)
    ask(hold(me, file, audience=Audience.COMMUNITY))
    deliver_all()
    say(other, notice_of(other).public_id, Opinion.SAME_ITEM)
    assert notice_of(other).state is State.CONFIRMED_HERE
    assert all(match.verdicts == () for match in matches(me))
    with database.administrator() as connection:
        assert connection.execute("SELECT parties FROM matching_verdict").fetchall() == [([other.unit],)]


def test_a_verdict_is_not_shown_to_a_holder_the_own_item_shuts_out() -> None:
    me, other = investigator(), borellian()
    file = File()
    hold(other, file, audience=Audience.COMMUNITY)
    ask(hold(me, file, excluded=("BOR",)))
    deliver_all()
    say(me, match_of(me).public_id, Opinion.SAME_ITEM)
    assert notices(other) == ()
    with database.administrator() as connection:
        assert connection.execute("SELECT parties FROM matching_verdict").fetchall() == [([me.unit],)]


def test_when_both_ask_each_word_stands_on_the_match_and_on_the_notice() -> None:
    me, other = investigator(), borellian()
    _, theirs = pair(me, other)
    ask(theirs)
    deliver_all()
    say(me, match_of(me).public_id, Opinion.SAME_ITEM)
    say(other, match_of(other).public_id, Opinion.SAME_ITEM)
    assert {match_of(me).state, notice_of(me).state, match_of(other).state, notice_of(other).state} == {
        State.AGREED
    }


def test_strangers_read_no_verdict() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    match = match_of(me).public_id
    say(me, match, Opinion.SAME_ITEM)
    with pytest.raises(NotFound):
        say(castorian(), match, Opinion.UNRELATED)
    with pytest.raises(NotFound):
        say(other, match, Opinion.UNRELATED)
    stranger = castorian()
    with act_as(stranger, clock=utc_now):
        from vigie.rooms.matching.models import Verdict

        assert list(Verdict.objects.for_actor(stranger)) == []


def test_a_verdict_needs_a_certificate() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    match = match_of(me).public_id
    with pytest.raises(Refused):
        say(dataclasses.replace(me, certified_until=None), match, Opinion.SAME_ITEM)


def test_asking_the_owner_puts_the_question_on_its_desk() -> None:
    me, other = investigator(), borellian()
    pair(me, other, Audience.UNIT)
    with act_as(me, clock=later()):
        operations.ask_owner(me, match_of_inside(me), "  Which series is it in?  ")
    [question] = notice_of(other).questions
    assert (question.words, question.from_unit) == ("Which series is it in?", me.unit)
    assert [one.public_id for one in match_of(me).questions] == [question.public_id]
    with database.administrator() as connection:
        lines = connection.execute(
            "SELECT subject_kind, concerned, facts FROM audit_event WHERE subject_kind = 'owner_question'"
        ).fetchall()
    [(_, concerned, facts)] = lines
    assert concerned == [other.unit]
    assert "series" not in str(facts), "the words stand in the erasable table"
    stranger = castorian()
    with act_as(stranger, clock=utc_now):
        from vigie.rooms.matching.models import OwnerQuestion

        assert list(OwnerQuestion.objects.for_actor(stranger)) == []


def match_of_inside(actor: Actor) -> uuid.UUID:
    [match] = queries.new_matches(actor)
    return match.public_id


@pytest.mark.parametrize("words", ["", "   ", "x" * 2001])
def test_a_question_has_words_and_not_too_many(words: str) -> None:
    me, other = investigator(), borellian()
    pair(me, other, Audience.UNIT)
    with pytest.raises(Invalid), act_as(me, clock=later()):
        operations.ask_owner(me, match_of_inside(me), words)


def test_an_owner_is_not_asked_through_its_own_notice() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    notice = notice_of(other).public_id
    with pytest.raises(NotFound), act_as(other, clock=later()):
        operations.ask_owner(other, notice, "?")


def test_notices_page_and_are_seen() -> None:
    me, other = investigator(), borellian()
    for _ in range(3):
        pair(me, other)
    with act_as(other, clock=utc_now):
        first = queries.notices(other, limit=2)
        rest = queries.notices(other, after=first[-1].public_id, limit=2)
        assert queries.counts(other).new_notices == 3
        assert queries.notice(other, rest[0].public_id) == rest[0]
        operations.mark_seen(other, rest[0].public_id)
        assert queries.counts(other).new_notices == 2
        with pytest.raises(NotFound):
            queries.notices(other, after=uuid.uuid4())
    with act_as(me, clock=utc_now), pytest.raises(NotFound):
        queries.notice(me, rest[0].public_id)


def test_a_notice_is_read_for_a_purpose_that_may_read_its_content() -> None:
    me, other = investigator(), borellian()
    pair(me, other)
    trainee = dataclasses.replace(other, purpose=Purpose.TRAINING)
    assert notices(trainee) == ()
