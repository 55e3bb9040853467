"""Agreements: by what an organisation takes part, for what, and that it opens nothing a moment after it was stopped."""

import json
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler

from factories.clients import browser as fresh_browser
from factories.clients import terminal
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from vigie.backends.remote import Remote
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import Actor, Purpose, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.queries import actor_for, person_of
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.cases import operations as cases
from vigie.rooms.cases import queries as case_queries
from vigie.rooms.cases.schemas import Share
from vigie.rooms.units import cli, operations, queries
from vigie.rooms.units.rules import AgreementState, state_of

pytestmark = pytest.mark.usefixtures("database")
TODAY = date(2026, 11, 21)


@pytest.fixture
def ada(database: None) -> Somebody:
    """The administrator, of an organisation of her own."""
    add_unit("est-office", "EST")
    return add_person("ada", "est-office", Role.ADMINISTRATOR, certified_days=0)


@pytest.fixture
def ines(ada: Somebody) -> Somebody:
    add_unit("alv", "ALV")
    return add_person("ines", "alv")


def now(person: Somebody) -> Actor:
    user = person_of(person.user.id)
    assert user is not None
    return actor_for(user, now=utc_now(), confirmed_at=utc_now())


def by(person: Somebody, act: Callable[[Actor], Any]) -> Any:
    actor = now(person)
    with act_as(actor, clock=utc_now):
        return act(actor)


def of(ada: Somebody, person: Somebody) -> uuid.UUID:
    """The agreement of this person's organisation."""
    rows = by(ada, queries.agreements)
    return next(row.id for row in rows if row.country == person.actor.country)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("begins", "ends", "ended", "suspended", "state"),
    [
        (0, 0, None, False, "running"),
        (1, 9, None, False, "ahead"),
        (-9, -1, None, False, "ended"),
        (-1, 1, 0, False, "ended"),
        (-1, 1, None, True, "suspended"),
        (1, 9, None, True, "suspended"),
        (-9, -1, None, True, "ended"),
    ],
)
def test_where_an_agreement_stands(
    begins: int, ends: int, ended: int | None, suspended: bool, state: str
) -> None:
    day: Callable[[int], date] = lambda days: TODAY + timedelta(days=days)  # noqa: E731 - a word, not a function
    stopped = None if ended is None else day(ended)
    found = state_of(day(begins), day(ends), stopped, utc_now() if suspended else None, TODAY)
    assert found is AgreementState(state)


@pytest.mark.parametrize("stop", ["suspend", "end"])
def test_the_next_request_after_it_was_stopped_is_refused(ada: Somebody, ines: Somebody, stop: str) -> None:
    agreement, page, line = of(ada, ines), browser(ines), terminal(ines)
    assert page.get("/cases/").status_code == 200
    assert line.get("/api/v1/cases").status_code == 200
    act = {"suspend": operations.suspend_agreement, "end": operations.end_agreement}[stop]
    by(ada, lambda actor: act(actor, agreement, "Under review."))
    for answer in (page.get("/cases/"), line.get("/api/v1/cases")):
        assert answer.status_code == 403
        assert "Nothing is lost" in answer.content.decode()
    assert line.get("/api/v1/cases").json()["code"] == "agreement-ended"
    assert ("refused", "agreement-ended") in [(one, why) for one, why, _facts in lines_of("case:case:read")]
    if stop == "suspend":
        by(ada, lambda actor: operations.resume_agreement(actor, agreement))
        assert page.get("/cases/").status_code == 200
    else:
        with pytest.raises(Conflict):
            by(ada, lambda actor: operations.resume_agreement(actor, agreement))


def test_an_agreement_opens_the_purposes_it_covers_and_no_others(ada: Somebody, ines: Somebody) -> None:
    facts = {"reference": "T-1", "title": "", "legal_basis": "seizure", "share": Share.NONE}
    investigated = by(ines, lambda actor: cases.open_case(actor, purpose=Purpose.INVESTIGATION, **facts))
    by(ada, lambda actor: operations.end_agreement(actor, of_in(actor, "ALV"), "Renewed, narrower."))
    organisation = next(one.id for one in by(ada, queries.organisations) if one.country == "ALV")
    today = utc_now().date()

    def made(*purposes: Purpose) -> Callable[[Actor], uuid.UUID]:
        return lambda actor: operations.make_agreement(
            actor, organisation=organisation, valid_from=today, valid_until=today, purposes=purposes
        )

    by(ada, made(Purpose.TRAINING))
    with pytest.raises(Refused) as refusal:
        by(ines, lambda actor: case_queries.case(actor, investigated))
    assert refusal.value.code == "agreement-ended"
    by(ada, made(Purpose.VICTIM_IDENTIFICATION))
    assert now(ines).readable_purposes == {Purpose.VICTIM_IDENTIFICATION}
    with pytest.raises(NotFound):  # hidden by both walls: the purpose is not among what the agreements cover
        by(ines, lambda actor: case_queries.case(actor, investigated))
    by(ada, made(Purpose.INVESTIGATION))
    assert by(ines, lambda actor: case_queries.case(actor, investigated)).purpose is Purpose.INVESTIGATION


def of_in(actor: Actor, country: str) -> uuid.UUID:
    return next(row.id for row in queries.agreements(actor) if row.country == country)


def test_nobody_stops_what_they_take_part_by_themselves(ada: Somebody, ines: Somebody) -> None:
    for act in (operations.suspend_agreement, operations.end_agreement):
        with pytest.raises(Refused) as refusal:
            by(ada, lambda actor, act=act: act(actor, of_in(actor, "EST"), "By mistake."))
        assert refusal.value.code == "own-agreement"


def test_whoever_renews_agreements_can_when_their_own_has_ended(ada: Somebody, ines: Somebody) -> None:
    from support.database import administrator

    with administrator() as look:
        look.execute("UPDATE units_agreement SET valid_from = '2020-01-01', valid_until = '2020-12-31'")
    shown = browser(ada).get("/agreements/").content.decode()
    assert "ended" in shown
    own = next(one.id for one in by(ada, queries.organisations) if one.country == "EST")
    today = utc_now().date()
    by(
        ada,
        lambda actor: operations.make_agreement(
            actor, organisation=own, valid_from=today, valid_until=today, purposes=list(Purpose)
        ),
    )
    assert by(ada, lambda actor: actor.agreement_until) > utc_now()


def test_only_administrators_read_and_change_agreements(ada: Somebody, ines: Somebody) -> None:
    supervisor = add_person("sup", "alv", Role.SUPERVISOR)
    agreement = of(ada, ines)
    for person in (ines, supervisor):
        for act in (
            queries.agreements,
            queries.organisations,
            lambda actor: operations.suspend_agreement(actor, agreement, "Why not."),
        ):
            with pytest.raises(Refused) as refusal:
                by(person, act)
            assert refusal.value.code == "no-role"
        assert 'href="/agreements/"' not in browser(person).get("/").content.decode()


def test_what_makes_no_sense_is_refused(ada: Somebody, ines: Somebody) -> None:
    organisation = next(one.id for one in by(ada, queries.organisations) if one.country == "ALV")
    good: dict[str, Any] = {
        "organisation": organisation,
        "valid_from": TODAY,
        "valid_until": TODAY,
        "purposes": [Purpose.TRAINING],
    }
    wrong: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"valid_until": TODAY - timedelta(days=1)}, Invalid),
        ({"purposes": []}, Invalid),
        ({"organisation": uuid.uuid4()}, NotFound),
    ]
    for changes, failure in wrong:
        with pytest.raises(failure):
            by(ada, lambda actor, changes=changes: operations.make_agreement(actor, **good | changes))
    agreement = of(ada, ines)
    with pytest.raises(Invalid):
        by(ada, lambda actor: operations.end_agreement(actor, agreement, " "))
    with pytest.raises(NotFound):
        by(ada, lambda actor: operations.end_agreement(actor, uuid.uuid4(), "Gone."))


class TestPage:
    """The administrator's page makes, suspends, resumes and ends."""

    def test_an_agreement_goes_through_its_life(self, ada: Somebody, ines: Somebody) -> None:
        client, agreement = browser(ada), of(ada, ines)
        shown = client.get("/agreements/").content.decode()
        assert "Police of ALV" in shown
        assert "your organisation’s" in shown
        where = f"/agreements/{agreement}"
        shown = client.post(f"{where}/suspend/", {"because": "Under review."}, follow=True).content.decode()
        assert "Under review." in shown
        assert "Let it run" in shown
        shown = client.post(f"{where}/resume/", follow=True).content.decode()
        assert "The agreement runs again." in shown
        shown = client.post(f"{where}/end/", {"because": "Over."}, follow=True).content.decode()
        assert "Over." in shown
        assert client.post(f"{where}/other/").status_code == 404
        verbs = ["unit:agreement:suspend", "unit:agreement:end"]
        assert [[outcome for outcome, *_ in lines_of(verb)] for verb in verbs] == [["done", "done"], ["done"]]

    def test_one_is_made_and_faults_are_named(self, ada: Somebody, ines: Somebody) -> None:
        client = browser(ada)
        organisation = next(one.id for one in by(ada, queries.organisations) if one.country == "ALV")
        form = {
            "organisation": str(organisation),
            "valid_from": "2030-01-01",
            "valid_until": "2030-12-31",
            "purposes": ["training"],
            "terms": "With drawn material only.",
        }
        shown = client.post("/agreements/", form, follow=True).content.decode()
        assert "The agreement is made." in shown
        assert "With drawn material only." in shown
        assert "not begun" in shown
        for changes in ({"valid_until": "2029-01-01"}, {"valid_from": "soon"}):
            answer = client.post("/agreements/", form | changes)
            assert answer.status_code == 422
            assert "The agreement is not made yet" in answer.content.decode()

    def test_a_sign_in_that_is_not_fresh_is_told_before_anything_is_written(self, ada: Somebody) -> None:
        client = browser(ada, confirmed=timedelta(minutes=6))
        assert "Confirm it is you" in client.get("/agreements/").content.decode()
        assert "Confirm it is you" not in fresh_browser(ada).get("/agreements/").content.decode()


def test_the_command_line_does_the_same(
    ada: Somebody, ines: Somebody, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    token = token_for(ada.user, label="test", confirmed_at=utc_now()).token
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    wire = httpx.WSGITransport(app=WSGIHandler())
    monkeypatch.setattr(
        cli,
        "signed_in",
        lambda _settings: Remote(httpx.Client(base_url="http://localhost", headers=headers, transport=wire)),
    )

    def said(*arguments: str) -> tuple[int, str]:
        try:
            main(["agreement", *arguments])
        except SystemExit as ended:
            return int(ended.code or 0), capsys.readouterr().out
        raise AssertionError

    code, made = said("make", "Police of ALV", "--country", "ALV", "--until", "2030-12-31", "--json")
    assert code == 0
    new = json.loads(made)["id"]
    states = {
        json.loads(row)["id"]: json.loads(row)["state"] for row in said("list", "--json")[1].splitlines()
    }
    assert states[new] == "running"
    assert said("suspend", new, "--reason", "Review.")[0] == 0
    assert f"{new}  suspended" in said("list")[1]
    assert said("resume", new)[0] == 0
    assert said("end", new, "--reason", "Over.")[0] == 0
    assert said("end", new, "--reason", "Over.")[0] == 5
