"""Who joins a person to who they are at a sign-in provider: their gateway, after a fresh sign-in, and never the person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from vigie.backends.remote import Remote
from vigie.config.doors import ProviderSettings
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.kernel.policy import Reason
from vigie.rooms.accounts import cli, operations, queries
from vigie.rooms.accounts.sign_in import token_for

pytestmark = pytest.mark.usefixtures("database")
ISSUER = "https://id.alv.example"


class Ground:
    """Alvania with a gateway and a provider, Borduvia with a gateway and a provider of its own."""

    def __init__(self) -> None:
        for code, country in (("alv-ncb", "ALV"), ("alv-viu", "ALV"), ("bor-ncb", "BOR")):
            add_unit(code, country)
        self.galia = add_person("galia", "alv-ncb", Role.GATEWAY, certified_days=0)
        self.boris = add_person("boris", "bor-ncb", Role.GATEWAY, certified_days=0)
        self.anna = add_person("anna", "bor-ncb", Role.ADMINISTRATOR, certified_days=0)
        self.ines = add_person("ines", "alv-viu")
        self.omar = add_person("omar", "alv-viu")
        self.sonia = add_person("sonia", "alv-viu", Role.SUPERVISOR)


@pytest.fixture
def ground(database: None, monkeypatch: pytest.MonkeyPatch) -> Ground:
    providers = {
        "police": named("Alvania Police", ISSUER, "ALV"),
        "bor": named("Borduvia Police", "https://id.bor.example", "BOR"),
    }
    monkeypatch.setattr(settings, "VIGIE", settings.VIGIE.model_copy(update={"providers": providers}))
    return Ground()


def named(name: str, issuer: str, country: str) -> ProviderSettings:
    return ProviderSettings(
        name=name, issuer=issuer, client_id="vigie", secret_credential="provider", country=country
    )


def by(person: Somebody, act: Callable[[Actor], Any], *, minutes_ago: float = 0) -> Any:
    user = queries.person_of(person.user.id)
    assert user is not None
    actor = queries.actor_for(user, now=utc_now(), confirmed_at=utc_now() - timedelta(minutes=minutes_ago))
    with act_as(actor, clock=utc_now):
        return act(actor)


def join(person: Somebody, provider: str = "police", subject: str = "s-1") -> Callable[[Actor], Any]:
    return lambda actor: operations.join_identity(
        actor, user_id=person.user.id, provider=provider, subject=subject
    )


def part(person: Somebody, provider: str = "police") -> Callable[[Actor], Any]:
    return lambda actor: operations.part_identity(actor, user_id=person.user.id, provider=provider)


def behind(subject: str = "s-1") -> str | None:
    user = queries.person_behind(ISSUER, subject)
    return user.username if user else None


def test_a_gateway_joins_and_parts_and_the_log_says_so_without_the_name(ground: Ground) -> None:
    by(ground.galia, join(ground.ines))
    assert behind() == "ines"
    assert queries.providers_of(ground.ines.user) == {"police"}
    [(outcome, _, facts)] = lines_of("account:identity:join")
    assert (outcome, facts["provider"], "s-1" in str(facts)) == ("done", "police", False)
    by(ground.galia, part(ground.ines))
    assert behind() is None
    assert lines_of("account:identity:part")[0][2]["provider"] == "police"
    by(ground.galia, join(ground.omar))
    assert behind() == "omar"


@pytest.mark.parametrize("act", [join, part])
def test_nobody_joins_themselves_or_without_the_right(ground: Ground, act: Any) -> None:
    with pytest.raises(Refused) as caught:
        by(ground.galia, act(ground.galia))
    assert caught.value.code == Reason.OWN_RIGHTS
    for person in (ground.ines, ground.sonia):
        with pytest.raises(Refused):
            by(person, act(ground.omar))


@pytest.mark.parametrize("act", [join, part])
def test_people_of_other_countries_are_nobody_to_a_gateway(ground: Ground, act: Any) -> None:
    with pytest.raises(NotFound):
        by(ground.boris, act(ground.ines))


def test_an_administrator_joins_only_where_there_is_no_gateway_and_parts_everywhere(ground: Ground) -> None:
    with pytest.raises(Refused) as caught:
        by(ground.anna, join(ground.ines))
    assert caught.value.code == Reason.GATEWAY_DECIDES
    by(ground.galia, join(ground.ines))
    by(ground.anna, part(ground.ines))
    assert behind() is None


def test_joining_needs_a_fresh_sign_in_and_parting_does_not(ground: Ground) -> None:
    with pytest.raises(StepUpNeeded):
        by(ground.galia, join(ground.ines), minutes_ago=6)
    by(ground.galia, join(ground.ines))
    by(ground.galia, part(ground.ines), minutes_ago=60)


@pytest.mark.parametrize("provider", ["bor", "no-such"])
def test_a_provider_of_another_country_and_none_look_the_same(ground: Ground, provider: str) -> None:
    with pytest.raises(NotFound, match="no such provider"):
        by(ground.galia, join(ground.ines, provider))


@pytest.mark.parametrize("subject", ["", "   ", "x" * 256])
def test_a_subject_is_written(ground: Ground, subject: str) -> None:
    with pytest.raises(Invalid):
        by(ground.galia, join(ground.ines, subject=subject))


def test_one_person_has_one_name_at_a_provider_and_one_name_one_person(ground: Ground) -> None:
    by(ground.galia, join(ground.ines))
    for again in (join(ground.ines, subject="s-2"), join(ground.omar)):
        with pytest.raises(Conflict):
            by(ground.galia, again)
    with pytest.raises(NotFound):
        by(ground.galia, part(ground.omar))


def test_it_is_read_by_who_looks_after_the_person(ground: Ground) -> None:
    by(ground.galia, join(ground.ines))
    [shown] = by(ground.galia, lambda actor: queries.identities(actor, ground.ines.user.id))
    assert (shown.provider, shown.name, shown.subject) == ("police", "Alvania Police", "s-1")
    assert by(ground.boris, lambda actor: queries.identities(actor, ground.ines.user.id)) == []
    with pytest.raises(Refused):
        by(ground.omar, lambda actor: queries.identities(actor, ground.ines.user.id))


def test_a_provider_that_left_the_settings_is_shown_by_its_name_there(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    by(ground.galia, join(ground.ines))
    monkeypatch.setattr(settings, "VIGIE", settings.VIGIE.model_copy(update={"providers": {}}))
    [shown] = by(ground.galia, lambda actor: queries.identities(actor, ground.ines.user.id))
    assert shown.name == "police"
    assert "joined to police" in browser(ground.galia).get("/people/ines/").content.decode()


class TestPage:
    """The person's page: joined to whom, and the two buttons."""

    def test_joining_and_parting(self, ground: Ground) -> None:
        galia = browser(ground.galia)
        page = galia.get("/people/ines/").content.decode()
        assert "Joined to no provider" in page
        assert "Alvania Police" in page
        assert "Borduvia Police" not in page
        given = {"act": "join-identity", "provider": "police", "subject": " s-1 "}
        assert galia.post("/people/ines/act/", given).status_code == 302
        page = galia.get("/people/ines/").content.decode()
        assert "joined to Alvania Police" in page
        assert ">s-1<" in page
        galia.post("/people/ines/act/", {"act": "part-identity", "provider": "police"})
        assert "Joined to no provider" in galia.get("/people/ines/").content.decode()

    def test_a_name_that_is_joined_already_is_said_on_the_page(self, ground: Ground) -> None:
        by(ground.galia, join(ground.omar))
        galia = browser(ground.galia)
        given = {"act": "join-identity", "provider": "police", "subject": "s-1"}
        answer = galia.post("/people/ines/act/", given, follow=True)
        assert "is joined already. Part it first." in answer.content.decode()
        assert behind() == "omar"

    def test_a_supervisor_reads_it_and_has_no_button(self, ground: Ground) -> None:
        by(ground.galia, join(ground.ines))
        page = browser(ground.sonia).get("/people/ines/").content.decode()
        assert "joined to Alvania Police" in page
        assert "join-identity" not in page
        assert "part-identity" not in page


def test_the_command_line_joins_and_parts(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = token_for(ground.galia.user, label="test", confirmed_at=utc_now()).token
    headers = {"Authorization": f"Bearer {token}"}
    wire = httpx.WSGITransport(app=WSGIHandler())

    def remote() -> Remote:
        return Remote(httpx.Client(base_url="http://localhost", headers=headers, transport=wire))

    monkeypatch.setattr(cli, "signed_in", lambda _settings: remote())

    def done(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["user", *arguments])
        return int(ended.value.code or 0)

    assert done("join", "ines", "--provider", "police", "--subject", "s-1") == 0
    assert [one["subject"] for one in remote().get("/api/v1/people/ines/identities")] == ["s-1"]
    assert done("join", "omar", "--provider", "police", "--subject", "s-1") == 5
    assert done("part", "ines", "--provider", "police") == 0
    assert done("part", "ines", "--provider", "police") == 4
    assert behind() is None
    capsys.readouterr()
