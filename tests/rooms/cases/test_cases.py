"""Cases: who opens one, what must be said, and what a unit sees of its own."""

import uuid

import pytest

from factories.actors import investigator
from factories.cases import BASIS, borellian, directory, opened_case, opened_exhibit
from support.database import administrator
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience, Handling
from vigie.rooms.cases import operations, queries
from vigie.rooms.cases.schemas import Sending, Share


@pytest.fixture
def actor(database: None) -> Actor:
    directory()
    return investigator()


def test_a_case_keeps_what_it_says_about_sharing(actor: Actor) -> None:
    public_id = opened_case(
        actor,
        title="Operation Lighthouse",
        share=Share.LISTED,
        listed=["BOR"],
        excluded=["CAS"],
        answer_outside=AnswerOutside.SILENT,
        sending=Sending.EVERYTHING,
    )
    with act_as(actor, clock=utc_now):
        case = queries.case(actor, public_id)
        assert (case.reference, case.title, case.state) == ("C-1", "Operation Lighthouse", "open")
        assert (case.audience, case.listed, case.excluded) == (Audience.LISTED, ("BOR",), ("CAS",))
        assert case.answer_outside is AnswerOutside.SILENT
        assert case.sending is Sending.EVERYTHING
        assert queries.case_by_reference(actor, "C-1") == case


def test_sharing_with_none_is_the_units_own_audience(actor: Actor) -> None:
    public_id = opened_case(actor, share=Share.NONE)
    with act_as(actor, clock=utc_now):
        assert queries.case(actor, public_id).audience is Audience.UNIT


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"legal_basis": "act-99"}, "act-99"),
        ({"share": Share.LISTED}, "Name the countries"),
        ({"share": Share.COMMUNITY, "listed": ["BOR"]}, "Name the countries"),
        ({"share": Share.LISTED, "listed": ["ATLANTIS"]}, "ATLANTIS"),
        ({"excluded": [str(uuid.uuid4())]}, "no country or unit"),
        ({"reference": "  "}, "1 to 60"),
        ({"purpose": Purpose.TRAINING}, "this purpose"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(
    actor: Actor, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        opened_case(actor, **changes)  # type: ignore[arg-type]


def test_a_unit_may_be_named_by_its_id(actor: Actor) -> None:
    other = borellian().unit
    public_id = opened_case(actor, share=Share.LISTED, listed=[str(other).upper()])
    with act_as(actor, clock=utc_now):
        assert queries.case(actor, public_id).listed == (str(other),)


def test_a_reference_is_taken_once_per_unit(actor: Actor) -> None:
    opened_case(actor)
    with pytest.raises(Conflict):
        opened_case(actor)
    opened_case(borellian())


def test_nobody_without_a_certificate_opens_a_case_and_the_log_says_so(actor: Actor) -> None:
    with pytest.raises(Refused):
        opened_case(investigator(certified_until=None))
    with administrator() as look:
        rows = look.execute("SELECT verb, outcome, reason FROM audit_event").fetchall()
    assert rows == [("case:case:open", "refused", "certificate-missing")]


def test_another_unit_sees_no_case_whatever_it_shares(actor: Actor) -> None:
    case = opened_case(actor)
    exhibit = opened_exhibit(actor, case=case)
    other = borellian()
    with act_as(other, clock=utc_now):
        assert queries.cases(other).cases == ()
        assert queries.exhibits(other, case) == ()
        for read in (
            queries.case,
            queries.exhibit,
            queries.custody,
            queries.verify_custody,
            queries.hand_in_terms,
        ):
            wanted = case if read is queries.case else exhibit
            with pytest.raises(NotFound):
                read(other, wanted)
        with pytest.raises(NotFound):
            operations.add_exhibit(other, case=case, reference="E-2")


def test_cases_come_newest_first_and_page_by_page(actor: Actor) -> None:
    made = [opened_case(actor, reference=f"C-{number}") for number in range(5)]
    opened_exhibit(actor, case=made[4])
    with act_as(actor, clock=utc_now):
        first = queries.cases(actor, limit=3)
        second = queries.cases(actor, after=first.after, limit=3)
        assert [case.public_id for case in first.cases + second.cases] == made[::-1]
        assert (first.after, second.after) == (made[2], None)
        assert first.cases[0].exhibits == 1
        with pytest.raises(NotFound):
            queries.cases(actor, after=uuid.uuid4())


def test_exhibits_are_listed_with_how_much_was_found(actor: Actor) -> None:
    case = opened_case(actor)
    exhibit = opened_exhibit(actor, case=case, reference="E-7")
    with act_as(actor, clock=utc_now):
        [only] = queries.exhibits(actor, case)
        assert (only.reference, only.case_reference, only.files, only.contents) == ("E-7", "C-1", 0, 0)
        assert queries.exhibit(actor, exhibit) == only
        assert queries.exhibit_by_reference(actor, "C-1", "E-7") == only
        with pytest.raises(NotFound):
            queries.exhibit_by_reference(actor, "C-1", "E-8")


def test_an_exhibit_reference_is_taken_once_per_case(actor: Actor) -> None:
    case = opened_case(actor)
    opened_exhibit(actor, case=case)
    with pytest.raises(Conflict):
        opened_exhibit(actor, case=case)


def test_a_closed_case_takes_no_exhibit(actor: Actor) -> None:
    case = opened_case(actor)
    with administrator() as look:
        look.execute("UPDATE cases_case SET state = 'closed'")
    with pytest.raises(Conflict):
        opened_exhibit(actor, case=case)


def test_material_takes_over_the_terms_of_its_case(actor: Actor) -> None:
    exhibit = opened_exhibit(actor, share=Share.COUNTRY)
    with act_as(actor, clock=utc_now):
        terms = queries.hand_in_terms(actor, exhibit)
    assert (terms.audience, terms.legal_basis, terms.case_open) == (Audience.COUNTRY, BASIS, True)
    assert terms.sending is Sending.WHAT_IS_NEW


def test_opening_and_adding_leave_one_line_each(actor: Actor) -> None:
    exhibit = opened_exhibit(actor)
    with administrator() as look:
        rows = look.execute("SELECT verb, outcome, subject_id, facts FROM audit_event ORDER BY id").fetchall()
    assert [(row[0], row[1]) for row in rows] == [("case:case:open", "done"), ("case:exhibit:add", "done")]
    assert rows[1][2] == exhibit
    assert len(rows[1][3]["custody"]) == 64


def test_what_readers_may_do_onwards_is_taken_over_by_what_is_handed_in(actor: Actor) -> None:
    case = opened_case(actor, handling=Handling.ORIGINATOR_ONLY)
    exhibit = opened_exhibit(actor, case=case)
    with act_as(actor, clock=utc_now):
        assert queries.case(actor, case).handling is Handling.ORIGINATOR_ONLY
        assert queries.hand_in_terms(actor, exhibit).handling is Handling.ORIGINATOR_ONLY
