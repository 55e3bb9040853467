"""Registering client certificates: a gateway for the units of its country, an administrator for all, nobody else."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from support.tls import Authority
from vigie.backends.remote import Remote
from vigie.config.doors import ClientCertificateSettings
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.errors import Conflict, Invalid, NotFound, Refused, StepUpNeeded
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.queries import actor_for, person_of
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.units import cli, operations, queries
from vigie.rooms.units.queries import unit_by_code
from vigie.rooms.units.rules import Covers

pytestmark = pytest.mark.usefixtures("database")
OWN = "a" * 64


class Ground:
    """Alvania with a gateway and two units, Borduvia with a gateway of its own, an administrator there."""

    def __init__(self) -> None:
        for code, country in (
            ("alv-ncb", "ALV"),
            ("alv-viu", "ALV"),
            ("bor-ncb", "BOR"),
        ):
            add_unit(code, country)
        self.galia = add_person("galia", "alv-ncb", Role.GATEWAY, certified_days=0)
        self.boris = add_person("boris", "bor-ncb", Role.GATEWAY, certified_days=0)
        self.anna = add_person("anna", "bor-ncb", Role.ADMINISTRATOR, certified_days=0)
        self.ines = add_person("ines", "alv-viu")
        self.sonia = add_person("sonia", "alv-viu", Role.SUPERVISOR)


@pytest.fixture
def ground(database: None) -> Ground:
    return Ground()


def by(person: Somebody, act: Callable[[Actor], Any], *, minutes_ago: float = 0) -> Any:
    user = person_of(person.user.id)
    assert user is not None
    actor = actor_for(user, now=utc_now(), confirmed_at=utc_now() - timedelta(minutes=minutes_ago))
    with act_as(actor, clock=utc_now):
        return act(actor)


def register(unit: str = "alv-viu", **changes: Any) -> Callable[[Actor], uuid.UUID]:
    given: dict[str, Any] = {
        "certificate": OWN,
        "label": "line of the capital",
        "valid_until": utc_now() + timedelta(days=30),
        "covers": Covers.UNIT,
    }
    return lambda actor: operations.register_client_certificate(
        actor, unit=unit_by_code(unit), **(given | changes)
    )


def test_a_gateway_registers_for_its_units_and_the_log_says_so(ground: Ground) -> None:
    row = by(ground.galia, register())
    [shown] = by(ground.galia, queries.client_certificates)
    assert (shown.id, shown.unit, shown.fingerprint, shown.whole_country) == (
        row,
        ground.ines.user.unit_id,
        OWN,
        False,
    )
    [(outcome, _, facts)] = lines_of("unit:certificate:register")
    assert (outcome, facts["sha256"]) == ("done", OWN)
    by(ground.galia, lambda actor: operations.end_client_certificate(actor, certificate=row))
    assert lines_of("unit:certificate:end")[0][2]["sha256"] == OWN
    [ended] = by(ground.galia, queries.client_certificates)
    assert ended.ended_at is not None
    by(ground.galia, register())  # and it may be registered again


def test_an_administrator_registers_for_every_unit(ground: Ground) -> None:
    by(ground.anna, register("alv-viu"))
    by(ground.anna, register("bor-ncb", covers=Covers.COUNTRY))
    assert len(by(ground.anna, queries.client_certificates)) == 2


def test_other_countries_see_nothing_and_can_end_nothing(ground: Ground) -> None:
    row = by(ground.galia, register())
    assert by(ground.boris, queries.client_certificates) == ()
    for act in (
        register("alv-viu"),
        lambda actor: operations.end_client_certificate(actor, certificate=row),
    ):
        with pytest.raises(NotFound):
            by(ground.boris, act)
    by(
        ground.boris, register("bor-ncb")
    )  # the same certificate, and nothing says that another country has it


@pytest.mark.parametrize("name", ["ines", "sonia"])
def test_those_who_look_after_nobody_may_neither_read_nor_register(ground: Ground, name: str) -> None:
    person: Somebody = getattr(ground, name)
    for act in (
        register(),
        queries.client_certificates,
        lambda actor: operations.end_client_certificate(actor, certificate=uuid.uuid4()),
    ):
        with pytest.raises(Refused):
            by(person, act)


def test_registering_needs_a_fresh_sign_in_and_ending_does_not(ground: Ground) -> None:
    with pytest.raises(StepUpNeeded):
        by(ground.galia, register(), minutes_ago=6)
    row = by(ground.galia, register())
    by(
        ground.galia,
        lambda actor: operations.end_client_certificate(actor, certificate=row),
        minutes_ago=60,
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"certificate": "no certificate"}, "no client certificate"),
        ({"label": " "}, "Name the client certificate"),
        ({"valid_until": utc_now() - timedelta(days=1)}, "has ended already"),
    ],
)
def test_what_it_must_say(ground: Ground, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        by(ground.galia, register(**changes))


def test_a_unit_has_a_certificate_once(ground: Ground) -> None:
    by(ground.galia, register())
    with pytest.raises(Conflict):
        by(ground.galia, register(label="again"))


class TestPage:
    """The page of a gateway, in words its officer understands."""

    def form(self, **changes: str) -> dict[str, str]:
        day = (utc_now() + timedelta(days=20)).date()
        given = {"unit": "alv-viu", "certificate": OWN, "label": "capital", "covers": "unit"}
        return given | {"valid_until": str(day)} | changes

    def test_registering_and_ending(self, ground: Ground) -> None:
        galia = browser(ground.galia)
        assert "No client certificate is registered yet." in page(galia)
        assert galia.post("/units/certificates/", self.form()).status_code == 302
        shown = page(galia)
        assert "aaaa:aaaa:aaaa:aaaa" in shown
        [row] = by(ground.galia, queries.client_certificates)
        assert galia.post(f"/units/certificates/{row.id}/end/").status_code == 302
        assert "End it now" not in page(galia)
        assert galia.post(f"/units/certificates/{row.id}/end/").status_code == 404

    def test_what_is_wrong_stands_beside_the_field_and_what_was_written_is_kept(self, ground: Ground) -> None:
        answer = browser(ground.galia).post("/units/certificates/", self.form(certificate="no such thing"))
        assert answer.status_code == 422
        assert "This is no client certificate." in answer.content.decode()
        assert "no such thing" in answer.content.decode()
        assert browser(ground.galia).post("/units/certificates/", {}).status_code == 422

    def test_units_of_other_countries_are_not_offered(self, ground: Ground) -> None:
        assert "Unit bor-ncb" not in page(browser(ground.galia))
        answer = browser(ground.galia).post("/units/certificates/", self.form(unit="bor-ncb"))
        assert answer.status_code == 422

    def test_an_old_sign_in_is_confirmed_first(self, ground: Ground) -> None:
        old = browser(ground.galia, confirmed=timedelta(minutes=6))
        assert "younger than five minutes" in page(old)
        led = old.post("/units/certificates/", self.form())
        assert led["Location"] == "/sign-in/confirm/?next=%2Funits%2Fcertificates%2F"

    def test_it_says_whether_the_installation_looks_at_any(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        galia = browser(ground.galia)
        assert "looks at no client certificate" in page(galia)
        chosen = ClientCertificateSettings(proxies=("10.0.0.2",), required=("BOR",))  # type: ignore[arg-type]
        monkeypatch.setattr(
            settings, "VIGIE", settings.VIGIE.model_copy(update={"client_certificates": chosen})
        )
        assert "Required for people of:" in page(galia)

    def test_an_investigator_is_refused_and_finds_no_link(self, ground: Ground) -> None:
        assert browser(ground.ines).get("/units/certificates/").status_code == 403
        assert "/units/certificates/" not in browser(ground.sonia).get("/people/").content.decode()
        assert "/units/certificates/" in browser(ground.galia).get("/people/").content.decode()


def page(client: Client) -> str:
    answer = client.get("/units/certificates/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_command_line_registers_lists_and_ends(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = token_for(ground.galia.user, label="test", confirmed_at=utc_now()).token
    headers = {"Authorization": f"Bearer {token}"}
    wire = httpx.WSGITransport(app=WSGIHandler())
    monkeypatch.setattr(
        cli,
        "signed_in",
        lambda _settings: Remote(httpx.Client(base_url="http://localhost", headers=headers, transport=wire)),
    )

    def said(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["unit", *arguments])
        return int(ended.value.code or 0), capsys.readouterr().out

    made = Authority(tmp_path).issue("gateway")
    until = str((utc_now() + timedelta(days=20)).date())
    facts = ("--label", "capital", "--until", until)
    code, row = said("register-certificate", "alv-ncb", str(made.file), *facts, "--country")
    assert code == 0
    code, other = said("register-certificate", "alv-viu", OWN, *facts, "--json")
    assert code == 0
    shown = [json.loads(line) for line in said("certificates", "--json")[1].splitlines()]
    assert {one["fingerprint"]: one["whole_country"] for one in shown} == {made.sha256: True, OWN: False}
    assert said("end-certificate", json.loads(other)["id"])[0] == 0
    listed = said("certificates")[1]
    assert f"{row.strip()}  until {until}" in listed
    assert "its country: capital" in listed
    assert "  ended " in listed
    assert said("register-certificate", "bor-ncb", OWN, *facts)[0] == 4
