"""The pages about people: one's country, one person, the review, adding somebody, one's own access."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from factories.clients import browser, terminal
from factories.people import Somebody, add_person, add_unit
from support import database as ground
from vigie.kernel.actors import utc_now
from vigie.kernel.permissions import Role

pytestmark = pytest.mark.usefixtures("database")


class World:
    """A country with a gateway, and another one that must not be seen."""

    def __init__(self) -> None:
        for code, country in (("alv-ncb", "ALV"), ("alv-viu", "ALV"), ("bor-viu", "BOR")):
            add_unit(code, country)
        self.galia = add_person("galia", "alv-ncb", Role.GATEWAY, certified_days=0)
        self.ines = add_person("ines", "alv-viu")
        self.omar = add_person("omar", "alv-viu", certified_days=20)
        self.bruno = add_person("bruno", "bor-viu", Role.SUPERVISOR)


@pytest.fixture
def world(database: None) -> World:
    return World()


def text(client: Client, where: str, *, status: int = 200) -> str:
    answer = client.get(where)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def act(client: Client, person: str, **given: str) -> str:
    """What is said after the pressed button."""
    answer = client.post(f"/people/{person}/act/", given, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def reviewed(days_ago: float, *names: str) -> None:
    with ground.administrator() as connection:
        connection.execute(
            "UPDATE accounts_user SET reviewed_at = now() - %s WHERE username = ANY(%s)",
            [timedelta(days=days_ago), list(names)],
        )


def me(person: Somebody) -> dict[str, object]:
    found: dict[str, object] = terminal(person).get("/api/v1/me").json()
    return found


class TestPeople:
    """The list is the country's for its gateway, the unit's for a supervisor, and shut for others."""

    def test_a_gateway_sees_its_country_and_what_ends_soon(self, world: World) -> None:
        shown = text(browser(world.galia), "/people/")
        assert "The people of your country" in shown
        assert {"Galia", "Ines", "Omar"} <= set(shown.split())
        assert "Bruno" not in shown
        assert "20 days left" in shown

    def test_a_supervisor_sees_the_unit_and_cannot_add(self, world: World) -> None:
        shown = text(browser(world.bruno), "/people/")
        assert "Bruno" in shown
        assert "Ines" not in shown
        assert "Add a person" not in shown
        assert browser(world.bruno).get("/people/-/add/").status_code == 403

    def test_an_investigator_finds_the_room_shut(self, world: World) -> None:
        client = browser(world.ines)
        assert "People" not in text(client, "/").split()
        assert client.get("/people/").status_code == 403
        assert client.get("/people/omar/").status_code == 403

    def test_the_first_page_of_a_gateway_leads_there(self, world: World) -> None:
        reviewed(80, "ines")
        shown = text(browser(world.galia), "/")
        assert "1 person waits to be confirmed" in shown
        assert "1 certificate ends soon or has ended" in shown
        assert "Look after people" in shown


class TestOnePerson:
    """Every act of the page does what its button says, and the log says it too."""

    def test_of_another_country_and_of_none_look_the_same(self, world: World) -> None:
        client = browser(world.galia)
        assert client.get("/people/bruno/").status_code == client.get("/people/nobody/").status_code == 404

    def test_roles_are_given_and_taken(self, world: World) -> None:
        client = browser(world.galia)
        assert "The role is given" in act(client, "ines", act="grant-role", role="supervisor")
        assert me(world.ines)["roles"] == ["investigator", "supervisor"]
        assert "The role is taken" in act(client, "ines", act="revoke-role", role="supervisor")
        assert me(world.ines)["roles"] == ["investigator"]

    def test_a_certificate_is_given_and_ended(self, world: World) -> None:
        client = browser(world.galia)
        today = utc_now().date()
        given = {"course": "Refresher", "issuer": "Police school", "passed_on": str(today)}
        late = client.post(
            "/people/ines/certificates/", given | {"valid_until": str(today + timedelta(days=800))}
        )
        assert late.status_code == 422
        assert "731 days at most" in late.content.decode()
        assert client.post("/people/ines/certificates/", {}).status_code == 422
        fine = client.post(
            "/people/ines/certificates/",
            given | {"valid_until": str(today + timedelta(days=500))},
            follow=True,
        )
        assert "The certificate is given." in fine.content.decode()
        page = client.get("/people/ines/").content.decode()
        assert "Refresher" in page
        for identifier in re.findall(r'name="certificate" value="([0-9a-f-]+)"', page):
            act(client, "ines", act="end-certificate", certificate=identifier)
        assert me(world.ines)["certified_until"] is None
        assert "revoked" in text(client, "/people/ines/")

    def test_access_is_suspended_and_given_back(self, world: World) -> None:
        client, hers = browser(world.galia), browser(world.ines)
        assert hers.get("/").status_code == 200
        assert "Their access is suspended" in act(client, "ines", act="suspend", why="on leave")
        assert hers.get("/")["Location"].startswith("/sign-in/")  # the session is gone, not only useless
        again = browser(world.ines)
        shut = again.get("/")
        assert shut.status_code == 403
        assert "Your access is suspended" in shut.content.decode()
        assert 'href="/access/"' in shut.content.decode()
        told = text(again, "/access/")
        assert "Your access is suspended" in told
        assert "Unit alv-ncb" in told  # whom to ask
        assert "Their access is confirmed." in act(client, "ines", act="confirm")
        assert again.get("/").status_code == 200

    def test_one_sign_in_is_ended_and_the_others_stay(self, world: World) -> None:
        client, one, other = browser(world.galia), browser(world.ines), browser(world.ines)
        command_line = terminal(world.ines)
        page = client.get("/people/ines/").content.decode()
        sessions = re.findall(r'name="session" value="([0-9a-f-]+)"', page)
        assert len(sessions) == 3
        for session in sessions[:2]:
            act(client, "ines", act="end-session", session=session)
        statuses = [each.get("/api/v1/me").status_code for each in (one, other, command_line)]
        assert sorted(statuses) == [200, 401, 401]
        assert client.post("/people/ines/act/", {"act": "end-session", "session": "x"}).status_code == 404

    @pytest.mark.parametrize(
        ("given", "status"),
        [
            ({}, 422),
            ({"act": "promote"}, 422),
            ({"act": "grant-role", "role": "king"}, 422),
            ({"act": "end-certificate", "certificate": "01a22534-a832-7a42-91ba-149ec1bcc053"}, 404),
        ],
    )
    def test_a_button_the_page_does_not_have_does_nothing(
        self, world: World, given: dict[str, str], status: int
    ) -> None:
        assert browser(world.galia).post("/people/ines/act/", given).status_code == status

    def test_an_old_sign_in_is_confirmed_first_and_leads_back(self, world: World) -> None:
        client = browser(world.galia, confirmed_at=utc_now() - timedelta(minutes=6))
        answer = client.post("/people/ines/act/", {"act": "grant-role", "role": "supervisor"})
        assert answer["Location"] == "/sign-in/confirm/?next=%2Fpeople%2Fines%2F"

    def test_ones_own_page_offers_nothing(self, world: World) -> None:
        page = browser(world.galia).get("/people/galia/").content.decode()
        assert "This is you" in page
        assert 'name="act"' not in page


class TestReview:
    """Many are confirmed at once; nobody waits, and the page says so."""

    def test_those_ticked_are_confirmed(self, world: World) -> None:
        client = browser(world.galia)
        assert "Everybody is confirmed" in text(client, "/people/-/review/")
        reviewed(80, "ines")
        reviewed(100, "omar")
        shown = text(client, "/people/-/review/")
        assert shown.index("Omar") < shown.index("Ines")  # who lost access stands first
        assert "suspended: not confirmed in time" in shown
        answer = client.post("/people/-/review/", {"username": ["ines", "omar"]}, follow=True)
        assert "The access of 2 people is confirmed." in answer.content.decode()
        assert "Everybody is confirmed" in answer.content.decode()

    def test_somebody_of_another_country_among_them_confirms_nobody(self, world: World) -> None:
        reviewed(80, "ines", "bruno")
        client = browser(world.galia)
        assert client.post("/people/-/review/", {"username": ["ines", "bruno"]}).status_code == 404
        assert "Ines" in text(client, "/people/-/review/")


class TestAdding:
    """A person is added with a role, and their link is shown once."""

    GIVEN = {
        "username": "lena", "display_name": "Lena Ost", "unit": "alv-viu", "language": "fr", "role": "investigator",
    }  # fmt: skip

    def test_the_link_leads_to_their_enrolment(self, world: World) -> None:
        answer = browser(world.galia).post("/people/-/add/", self.GIVEN)
        link = re.search(r"http://testserver(/enrol/[\w-]+/)", answer.content.decode())
        assert link is not None
        assert "Lena Ost" in Client().get(link[1]).content.decode()

    @pytest.mark.parametrize(
        "changes",
        [{"unit": "bor-viu"}, {"role": "administrator"}, {"username": "Lena"}, {"username": "ines"}],
    )
    def test_what_a_gateway_cannot_give_is_asked_for_again(
        self, world: World, changes: dict[str, str]
    ) -> None:
        client = browser(world.galia)
        assert client.get("/people/-/add/").status_code == 200
        assert client.post("/people/-/add/", self.GIVEN | changes).status_code == 422


class TestOwnAccess:
    """Everybody sees what they hold, whom to ask, and where they are signed in."""

    def test_it_names_the_gateways_desk_and_the_sign_ins(self, world: World) -> None:
        client, other = browser(world.ines), browser(world.ines)
        shown = text(client, "/access/")
        assert "Unit alv-ncb" in shown
        assert shown.count("since") == 2
        assert "this one" in shown
        [session] = re.findall(
            r'name="session" value="([0-9a-f-]+)"', client.get("/access/").content.decode()
        )
        client.post("/access/end/", {"session": session})
        assert other.get("/api/v1/me").status_code == 401
        assert client.get("/api/v1/me").status_code == 200

    def test_the_sign_in_of_another_person_is_none_of_mine(self, world: World) -> None:
        browser(world.omar)
        page = browser(world.galia).get("/people/omar/").content.decode()
        [session] = re.findall(r'name="session" value="([0-9a-f-]+)"', page)
        mine = browser(world.ines)
        for named in (session, "x", "01a22534-a832-7a42-91ba-149ec1bcc053"):
            assert mine.post("/access/end/", {"session": named}).status_code == 404

    def test_without_a_gateway_the_administrator_is_named(self, world: World) -> None:
        assert "has no gateway officer here" in text(browser(world.bruno), "/access/")

    def test_an_ended_certificate_closes_media_and_the_page_says_whom_to_ask(self, world: World) -> None:
        nobody = add_person("lena", "alv-viu", certified_days=0)
        client = browser(nobody)
        shown = client.get("/matches/01a22534-a832-7a42-91ba-149ec1bcc053/")
        assert shown.status_code == 403
        assert "Your national gateway can certify you." in shown.content.decode()
        assert "See whom to ask" in shown.content.decode()

    def test_a_review_that_is_near_is_told_on_the_first_page(self, world: World) -> None:
        reviewed(80, "ines")
        assert "Your access ends in 10 days unless it is confirmed" in text(browser(world.ines), "/")
        assert "Your access ends" not in text(browser(world.omar), "/")


class TestInterface:
    """The same over HTTP, as the command line asks it."""

    def test_access_certificates_and_sessions(self, world: World) -> None:
        client = terminal(world.galia)
        assert [one["username"] for one in client.get("/api/v1/people").json()] == ["galia", "ines", "omar"]
        [certificate] = client.get("/api/v1/people/ines/certificates").json()
        assert certificate["issuer"] == "Police school"
        assert [one["username"] for one in client.get("/api/v1/certificates/ending").json()] == ["omar"]
        hers = terminal(world.ines)
        [session] = client.get("/api/v1/people/ines/sessions").json()
        assert session["is_command_line"]
        assert client.delete("/api/v1/people/ines/sessions").json() == {"ended": 1}
        assert hers.get("/api/v1/me").status_code == 401
        assert client.delete("/api/v1/people/ines/access").status_code == 204
        assert terminal_refused(world.ines) == "access-suspended"
        assert client.post("/api/v1/people/ines/access").status_code == 204
        [own] = client.get("/api/v1/sessions").json()
        assert client.delete(f"/api/v1/sessions/{own['id']}").status_code == 204
        assert client.get("/api/v1/me").status_code == 401

    def test_sessions_of_others_are_for_who_looks_after_them(self, world: World) -> None:
        assert terminal(world.bruno).get("/api/v1/people/bruno/sessions").status_code == 200
        assert terminal(world.bruno).get("/api/v1/people/ines/sessions").status_code == 404
        supervisor = add_person("sven", "alv-viu", Role.SUPERVISOR)
        assert terminal(supervisor).get("/api/v1/people/ines/sessions").status_code == 403


def terminal_refused(person: Somebody) -> str:
    """The code a person who was shut out is refused with."""
    answer = browser(person).get("/api/v1/me")
    assert answer.status_code == 403
    code: str = answer.json()["code"]
    return code
