"""A case opened to a court: by two supervisors, for one person, to read, until a day; closed at once, each look in the log."""

import dataclasses
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from factories.cases import opened_case, opened_exhibit, opened_to_court
from factories.clients import browser, terminal
from factories.intake import neighbour_in_place
from factories.media import picture
from factories.people import Somebody, add_person, add_unit
from factories.retention import given
from support.database import administrator
from vigie.interfaces.web.actor import with_open_cases
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.vault import Vault
from vigie.rooms.approvals import operations as approvals
from vigie.rooms.approvals.operations import ProposalClosed, TwoPersons
from vigie.rooms.cases import operations, queries
from vigie.rooms.cases.models import Case, CustodyEvent, Exhibit
from vigie.rooms.media.models import Content, Occurrence, OriginalKey, Rendition


@dataclasses.dataclass
class Scene:
    """A unit with a case and what was found, two supervisors, a judge of a court of their own."""

    ines: Somebody
    sam: Somebody
    sue: Somebody
    judge: Somebody
    case: uuid.UUID
    exhibit: uuid.UUID
    contents: list[uuid.UUID]
    other_case: uuid.UUID
    other_exhibit: uuid.UUID
    other_contents: list[uuid.UUID]

    @property
    def supervisors(self) -> tuple[Actor, Actor]:
        return self.sam.actor, self.sue.actor

    def open(self, **changes: Any) -> uuid.UUID:
        return opened_to_court(self.case, "judge", supervisors=self.supervisors, **changes)

    def judge_now(self) -> Actor:
        found = with_open_cases(self.judge.actor, now=utc_now())
        assert found is not None
        return found


@pytest.fixture
def scene(database: None, stored_vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Scene:
    for code in ("alv-viu", "alv-court"):
        add_unit(code, "ALV")
    ines = add_person("ines", "alv-viu")
    sam, sue = (add_person(name, "alv-viu", Role.SUPERVISOR) for name in ("sam", "sue"))
    judge = add_person("judge", "alv-court", Role.COURT)
    with neighbour_in_place(monkeypatch):
        made = []
        for reference, seeds in (("C-1", (1, 2)), ("C-2", (3,))):
            case = opened_case(ines.actor, reference, legal_basis="seizure")
            exhibit = opened_exhibit(ines.actor, f"E of {reference}", case=case)
            found = given(ines.actor, *(picture(seed) for seed in seeds), exhibit=exhibit)
            made.append((case, exhibit, found))
    return Scene(ines, sam, sue, judge, *made[0], *made[1])


def log(verb: str) -> list[tuple[str, str, dict[str, Any], list[uuid.UUID]]]:
    with administrator() as look:
        rows = look.execute(
            "SELECT outcome, reason, facts, concerned FROM audit_event WHERE verb = %s ORDER BY id", [verb]
        )
        return [(outcome, reason, facts, concerned) for outcome, reason, facts, concerned in rows.fetchall()]


def proposed(scene: Scene, **changes: Any) -> uuid.UUID:
    asked: dict[str, Any] = {
        "case": scene.case,
        "username": "judge",
        "until": utc_now().date() + timedelta(days=30),
        "why": "Court of Alvania, file 7",
    }
    with act_as(scene.sam.actor, clock=utc_now):
        return operations.propose_court_access(scene.sam.actor, **(asked | changes)).public_id


def approved_by(who: Actor, proposal: uuid.UUID) -> None:
    with act_as(who, clock=utc_now):
        approvals.approve(who, proposal)


def test_two_supervisors_open_a_case_and_the_court_sees_it_and_nothing_else(scene: Scene) -> None:
    client = terminal(scene.judge)
    assert client.get("/api/v1/court/cases").json() == []
    scene.open()
    [listed] = client.get("/api/v1/court/cases").json()
    assert (listed["reference"], listed["owner_name"], listed["why"]) == (
        "C-1",
        "Unit alv-viu",
        "Court of Alvania, file 7",
    )
    detail = client.get(f"/api/v1/court/cases/{scene.case}").json()
    assert [one["reference"] for one in detail["exhibits"]] == ["E of C-1"]
    assert (detail["exhibits"][0]["files"], detail["exhibits"][0]["contents"]) == (2, 2)
    shown = client.get(f"/api/v1/court/exhibits/{scene.exhibit}").json()
    assert [one["public_id"] for one in shown["contents"]] == [str(one) for one in scene.contents]
    assert {path for paths in shown["paths"].values() for path in paths} == {"DCIM/0000.jpg", "DCIM/0001.jpg"}
    assert shown["chain"] == {"links": len(shown["custody"]), "first_bad": None}
    assert shown["custody"][0]["act"] == "registered"
    for address in (f"court/cases/{scene.other_case}", f"court/exhibits/{scene.other_exhibit}"):
        assert client.get(f"/api/v1/{address}").status_code == 404


def test_the_rows_a_court_sees_are_those_of_the_case_by_filter_and_by_database(scene: Scene) -> None:
    scene.open()
    judge = scene.judge_now()
    with act_as(judge, clock=utc_now):
        assert list(Case.objects.for_actor(judge).values_list("public_id", flat=True)) == [scene.case]
        assert list(Exhibit.objects.for_actor(judge).values_list("public_id", flat=True)) == [scene.exhibit]
        assert set(CustodyEvent.objects.for_actor(judge).values_list("exhibit__public_id", flat=True)) == {
            scene.exhibit
        }
        assert set(Content.objects.for_actor(judge).values_list("public_id", flat=True)) == set(
            scene.contents
        )
        assert Occurrence.objects.for_actor(judge).count() == 2
        assert Rendition.objects.for_actor(judge).count() == 2
        assert not OriginalKey.objects.for_actor(judge).exists()  # an original opens for nobody of a court


def test_each_look_is_a_line_that_concerns_the_unit(scene: Scene) -> None:
    scene.open()
    client = browser(scene.judge)
    for address in ("court/", f"court/cases/{scene.case}/", f"court/exhibits/{scene.exhibit}/"):
        assert client.get(f"/{address}").status_code == 200
    unit = scene.ines.actor.unit
    assert [(outcome, concerned) for outcome, _, _, concerned in log("court:case:read")] == [
        ("done", [unit])
    ] * 3
    [(outcome, _, facts, concerned)] = log("media:veil:view")
    assert (outcome, facts["count"], concerned) == ("done", 2, [unit])
    supervisors_log = terminal(scene.sam).get("/api/v1/audit").json()
    assert "court:case:read" in str(supervisors_log)


def test_veiled_pictures_need_a_certificate_and_the_words_do_not(scene: Scene) -> None:
    add_person("clerk", "alv-court", Role.COURT, certified_days=0)
    opened_to_court(scene.case, "clerk", supervisors=scene.supervisors)
    scene.open()
    clerk, judge = (browser(Somebody(person.user, person.actor)) for person in (_again("clerk"), scene.judge))
    page = f"/court/exhibits/{scene.exhibit}/"
    assert judge.get(page).content.decode().count("data:image/png") == 2
    shown = clerk.get(page).content.decode()
    assert "data:image/png" not in shown
    assert "DCIM/0000.jpg" in shown
    assert "certificate" in shown


def _again(username: str) -> Somebody:
    from vigie.rooms.accounts.models import User
    from vigie.rooms.accounts.queries import actor_for

    user = User.objects.get(username=username)
    return Somebody(user, actor_for(user, now=utc_now(), confirmed_at=utc_now()))


def test_it_ends_with_the_next_request_after_the_unit_ended_it(scene: Scene) -> None:
    access = scene.open()
    client, page = terminal(scene.judge), f"/api/v1/court/cases/{scene.case}"
    assert client.get(page).status_code == 200
    assert terminal(scene.ines).delete(f"/api/v1/courts/{access}").status_code == 204
    assert client.get(page).status_code == 404
    assert client.get("/api/v1/court/cases").json() == []
    [(outcome, _, facts, _)] = log("case:court:close")
    assert (outcome, facts["person"]) == ("done", str(scene.judge.user.id))
    assert terminal(scene.ines).delete(f"/api/v1/courts/{access}").status_code == 404


def test_it_ends_with_its_day(scene: Scene) -> None:
    today = utc_now().date()
    scene.open(until=today)
    person = scene.judge.user.id
    assert queries.open_cases_of(person, today=today)
    assert not queries.open_cases_of(person, today=today + timedelta(days=1))
    with administrator() as change:
        change.execute("UPDATE cases_courtaccess SET until = until - 1")
    assert terminal(scene.judge).get("/api/v1/court/cases").json() == []


def test_it_ends_with_the_agreement_of_the_court_and_with_the_persons_role(scene: Scene) -> None:
    scene.open()
    client = terminal(scene.judge)
    with administrator() as change:
        change.execute(
            "UPDATE units_agreement SET suspended_at = now() WHERE organisation_id = "
            "(SELECT organisation_id FROM units_unit WHERE code = 'alv-court')"
        )
    # both units are of one police here: the unit's own people are shut out with it
    assert client.get("/api/v1/court/cases").status_code == 403
    with administrator() as change:
        change.execute("UPDATE units_agreement SET suspended_at = NULL")
        change.execute("UPDATE accounts_rolegrant SET revoked_at = now() WHERE role = 'court'")
    assert client.get("/api/v1/court/cases").status_code == 403


def test_a_court_can_hold_no_other_role(scene: Scene) -> None:
    add_unit("alv-office", "ALV")
    ada = add_person("ada", "alv-office", Role.ADMINISTRATOR)
    client = terminal(ada)
    refused = client.post(
        "/api/v1/people/judge/roles", {"role": "investigator"}, content_type="application/json"
    )
    assert refused.status_code == 422
    assert "no other" in refused.json()["detail"]
    refused = client.post("/api/v1/people/ines/roles", {"role": "court"}, content_type="application/json")
    assert refused.status_code == 422
    # and were it so all the same, nothing would be open
    both = dataclasses.replace(scene.judge.actor, roles=frozenset({Role.COURT, Role.INVESTIGATOR}))
    scene.open()
    found = with_open_cases(both, now=utc_now())
    assert found is not None
    assert found.cases == frozenset()


def test_one_supervisor_alone_opens_nothing(scene: Scene) -> None:
    proposal = proposed(scene)
    assert terminal(scene.judge).get("/api/v1/court/cases").json() == []
    with pytest.raises(TwoPersons):
        approved_by(scene.sam.actor, proposal)
    with pytest.raises((TwoPersons, Refused, NotFound)):
        approved_by(scene.ines.actor, proposal)
    approved_by(scene.sue.actor, proposal)
    assert len(terminal(scene.judge).get("/api/v1/court/cases").json()) == 1
    last = log("approval:proposal:approve")[-1]
    assert (last[0], last[2]["person"], last[2]["proposed_by"]) == (
        "done",
        str(scene.judge.user.id),
        str(scene.sam.user.id),
    )


def test_proposing_needs_a_fresh_sign_in_and_a_supervisor(scene: Scene) -> None:
    stale = dataclasses.replace(scene.sam.actor, confirmed_at=utc_now() - timedelta(minutes=6))
    facts = {"case": scene.case, "username": "judge", "until": utc_now().date(), "why": "x"}
    with pytest.raises(StepUpNeeded), act_as(stale, clock=utc_now):
        operations.propose_court_access(stale, **facts)
    with pytest.raises(Refused), act_as(scene.ines.actor, clock=utc_now):
        operations.propose_court_access(scene.ines.actor, **facts)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"username": "ines"}, "Nobody of a court"),
        ({"username": "nobody"}, "Nobody of a court"),
        ({"why": "  "}, "Say why"),
        ({"why": "x" * 501}, "Say why"),
        ({"until": date(2020, 1, 1)}, "today at the earliest"),
        ({"until": utc_now().date() + timedelta(days=367)}, "today at the earliest"),
    ],
)
def test_what_cannot_be_proposed_says_why(scene: Scene, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        proposed(scene, **changes)


def test_another_units_case_is_no_case_at_all(scene: Scene) -> None:
    add_unit("bor-viu", "BOR")
    bo = add_person("bo", "bor-viu", Role.SUPERVISOR)
    facts = {"username": "judge", "until": utc_now().date(), "why": "x"}
    for case in (scene.case, uuid.uuid4()):
        with pytest.raises(NotFound), act_as(bo.actor, clock=utc_now):
            operations.propose_court_access(bo.actor, case=case, **facts)
    access = scene.open()
    answers = {terminal(bo).delete(f"/api/v1/courts/{one}").status_code for one in (access, uuid.uuid4())}
    assert answers == {404}


def test_a_proposal_about_somebody_who_left_the_court_is_not_performed(scene: Scene) -> None:
    proposal = proposed(scene)
    with administrator() as change:
        change.execute("UPDATE accounts_rolegrant SET revoked_at = now() WHERE role = 'court'")
    with pytest.raises(ProposalClosed):
        approved_by(scene.sue.actor, proposal)


def test_an_erased_case_is_open_to_nobody_and_its_reason_is_gone(scene: Scene) -> None:
    scene.open()
    from vigie.kernel.jobs import OnBehalf
    from vigie.kernel.operation import operation
    from vigie.kernel.permissions import Permission

    service = OnBehalf.of(scene.ines.actor).service(Role.SERVICE_ERASURE)

    @operation(Permission.RETENTION_CLOCK_RUN)
    def blanked(actor: Actor) -> None:
        [row] = Case.objects.for_actor(actor).filter(public_id=scene.case)
        operations.blank_cases(actor, [row.id])

    with act_as(service, clock=utc_now):
        blanked(service)
    assert terminal(scene.judge).get("/api/v1/court/cases").json() == []
    with administrator() as look:
        assert look.execute("SELECT why, ended_at IS NULL FROM cases_courtaccess").fetchall() == [("", False)]
    with pytest.raises(Conflict):
        proposed(scene)


def test_the_case_page_says_who_until_when_and_why_and_ends_it(scene: Scene) -> None:
    scene.open()
    sam, page = browser(scene.sam), f"/cases/{scene.case}/"
    shown = sam.get(page).content.decode()
    assert "Open to a court" in shown
    for part in ("judge", "Unit alv-court", "Court of Alvania, file 7"):
        assert part in shown
    [access] = terminal(scene.sam).get(f"/api/v1/cases/{scene.case}/courts").json()
    answer = sam.post(f"/cases/courts/{access['public_id']}/end/", follow=True)
    assert "closed to them" in answer.content.decode()
    assert "No prosecutor or judge sees this case." in answer.content.decode()


def test_the_page_proposes_and_keeps_what_was_wrong(scene: Scene) -> None:
    sam = browser(scene.sam)
    until = (utc_now().date() + timedelta(days=3)).isoformat()
    filled = {"username": "ines", "until": until, "why": "File 7"}
    wrong = sam.post(f"/cases/{scene.case}/courts/", filled)
    assert wrong.status_code == 422
    assert "Nobody of a court" in wrong.content.decode()
    right = sam.post(f"/cases/{scene.case}/courts/", filled | {"username": "judge"}, follow=True)
    assert "read only" in right.content.decode()


def test_the_first_page_of_a_court_is_its_list(scene: Scene) -> None:
    client = browser(scene.judge)
    assert client.get("/")["Location"] == "/court/"
    shown = client.get("/court/").content.decode()
    assert "No case is open to you" in shown
    scene.open()
    assert "C-1" in client.get("/court/").content.decode()


def test_what_was_found_comes_in_pages(scene: Scene) -> None:
    scene.open()
    judge = scene.judge_now()
    from vigie.rooms.media.queries import contents_found_on

    with act_as(judge, clock=utc_now):
        first = contents_found_on(judge, scene.exhibit, limit=1)
        assert [one.public_id for one in first.contents] == scene.contents[:1]
        second = contents_found_on(judge, scene.exhibit, after=first.after, limit=1)
        assert [one.public_id for one in second.contents] == scene.contents[1:]
        assert second.after is None
        with pytest.raises(NotFound):
            contents_found_on(judge, scene.exhibit, after=scene.other_contents[0])
    for address in ("court/exhibits", "api/v1/court/exhibits"):
        client: Client = terminal(scene.judge)
        end = "/" if address.startswith("court") else ""
        asked = f"/{address}/{scene.exhibit}{end}?after={scene.other_contents[0]}"
        assert client.get(asked).status_code == 404
