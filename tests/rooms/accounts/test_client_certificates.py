"""A sign-in belongs behind the client certificate it was opened behind: carried behind another gateway's, it opens nothing.

The proxy is a real one: it demands a certificate in the TLS handshake and says which it verified.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from factories.clients import browser, terminal
from factories.people import PASSWORD, Somebody, add_person, add_unit, enrolment
from support.authenticator import SECRET, code_now
from support.serving import served
from support.tls import Authority, Certificate, Proxy, proxy_to
from vigie.config.doors import ClientCertificateSettings
from vigie.kernel.actors import utc_now
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.rooms.accounts.rules import comes_in
from vigie.rooms.units import operations as units
from vigie.rooms.units.queries import unit_by_code
from vigie.rooms.units.rules import Covers

pytestmark = pytest.mark.usefixtures("database")
OWN, OTHER = "a" * 64, "b" * 64


def chosen(**changes: Any) -> ClientCertificateSettings:
    return ClientCertificateSettings(**{"proxies": [ip_address("127.0.0.1")], "required": ["ALV"]} | changes)


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    """People of Alvania come in behind a registered certificate only; Borduvia has it off."""
    cache.clear()
    changed = settings.VIGIE.model_copy(update={"client_certificates": chosen()})
    monkeypatch.setattr(settings, "VIGIE", changed)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def register(unit: str, sha256: str, *, covers: Covers = Covers.UNIT, days: float = 30) -> Any:
    setter = enrolment_with_gateway_rights()
    with act_as(setter, clock=utc_now):
        return units.register_client_certificate(
            setter,
            unit=unit_by_code(unit),
            certificate=sha256,
            label=f"line of {unit}",
            valid_until=utc_now() + timedelta(days=days),
            covers=covers,
        )


def enrolment_with_gateway_rights() -> Any:
    import dataclasses

    from vigie.kernel.permissions import Role

    return dataclasses.replace(enrolment(), roles=frozenset({Role.SERVICE_ENROLMENT, Role.ADMINISTRATOR}))


@pytest.fixture
def ines(database: None) -> Somebody:
    add_unit("alv-viu", "ALV")
    add_unit("alv-ncb", "ALV")
    add_unit("bor-viu", "BOR")
    person = add_person("ines", "alv-viu")
    TOTP.activate(person.user, SECRET)
    return person


def refusals(person: Somebody) -> list[str]:
    lines = AuditEvent.objects.using("auditor").filter(
        verb="account:session:refuse", subject_id=person.user.id
    )
    return [one.facts["method"] for one in lines]


class Line:
    """Two gateways' proxies before one running installation, and people who come in through them."""

    def __init__(self, port: int, authority: Authority, proxy: Proxy) -> None:
        self.port, self.authority, self.proxy = port, authority, proxy

    def client(self, certificate: Certificate, **options: Any) -> httpx.Client:
        context = self.authority.client_context(certificate)
        return httpx.Client(
            base_url=self.proxy.address, verify=context, trust_env=False, timeout=60, **options
        )

    def signed_in(self, certificate: Certificate) -> httpx.Client:
        """A browser in which Ines signed in with name, password and code."""
        client = self.client(certificate, follow_redirects=True)
        steps: tuple[tuple[str, Callable[[], dict[str, str]]], ...] = (
            ("/sign-in/", lambda: {"login": "ines", "password": PASSWORD}),
            ("/sign-in/code/", lambda: {"code": code_now()}),
        )
        for path, given in steps:
            found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).text)
            assert found is not None
            data = {**given(), "csrfmiddlewaretoken": found[1]}
            client.post(path, data=data, headers={"Referer": self.proxy.address})
        return client

    def token(self, certificate: Certificate) -> httpx.Response:
        claim = {"username": "ines", "password": PASSWORD, "code": code_now(), "label": "desk"}
        return self.client(certificate).post("/api/v1/tokens", json=claim)


@pytest.fixture
def line(required: None, ines: Somebody, authority: Authority) -> Iterator[Line]:
    with served() as port, proxy_to(port, authority, authority.issue("proxy")) as proxy:
        yield Line(port, authority, proxy)


def test_a_stolen_cookie_or_token_is_refused_behind_every_other_certificate(
    line: Line, ines: Somebody
) -> None:
    """Reference test 27: 100 % refused, behind certificates that are registered as behind those that are not."""
    own = line.authority.issue("alv-viu")
    register("alv-viu", own.sha256)
    others = [line.authority.issue(f"gateway-{number}") for number in range(6)]
    register("alv-viu", others[0].sha256)
    register("alv-ncb", others[1].sha256, covers=Covers.COUNTRY)
    register("bor-viu", others[2].sha256)
    token = line.token(own).json()["token"]
    tried = 0
    for other in others:
        victim = line.signed_in(own)
        assert victim.get("/api/v1/me").status_code == 200
        stolen = dict(victim.cookies)
        assert line.client(other, cookies=stolen).get("/api/v1/me").status_code == 403
        assert line.client(own, cookies=stolen).get("/api/v1/me").status_code == 401  # it has ended with that
        by_token = {"Authorization": f"Bearer {token}"}
        assert line.client(other, headers=by_token).get("/api/v1/me").status_code == 403
        assert line.client(own, headers=by_token).get("/api/v1/me").status_code == 200
        tried += 2
    assert tried == 12
    assert refusals(ines).count("client-certificate") >= 7  # each cookie, and the token once a minute


def test_nor_past_the_proxy_nor_with_a_field_one_wrote_oneself(line: Line) -> None:
    own, other = line.authority.issue("alv-viu"), line.authority.issue("bor-viu")
    register("alv-viu", own.sha256)
    register("bor-viu", other.sha256)
    by_token = {"Authorization": f"Bearer {line.token(own).json()['token']}"}
    forged = by_token | {"Client-Cert": own.field}
    assert line.client(other, headers=forged).get("/api/v1/me").status_code == 403  # the proxy writes its own
    inside = httpx.Client(base_url=f"http://127.0.0.1:{line.port}", trust_env=False)
    assert inside.get("/api/v1/me", headers=by_token).status_code == 403


def test_without_a_certificate_the_proxy_lets_nobody_through(line: Line) -> None:
    context = line.authority.client_context()
    with pytest.raises(httpx.HTTPError), httpx.Client(verify=context, trust_env=False) as client:
        client.get(f"{line.proxy.address}/health")


def test_a_password_and_a_code_do_not_open_a_session_behind_another_gateways_certificate(
    line: Line, ines: Somebody
) -> None:
    own, other = line.authority.issue("alv-viu"), line.authority.issue("bor-viu")
    register("alv-viu", own.sha256)
    register("bor-viu", other.sha256)
    assert line.token(other).status_code == 403
    assert line.signed_in(other).get("/api/v1/me").status_code == 401
    assert refusals(ines) == ["client-certificate", "client-certificate"]
    assert line.token(own).status_code == 201


class TestWhoseWordCounts:
    """Only a proxy is believed: by its address and, where one is shared, by its secret."""

    def test_the_word_of_another_address_is_not_believed(self, required: None, ines: Somebody) -> None:
        assert bound(ines, REMOTE_ADDR="127.0.0.1") == OWN
        assert bound(ines, REMOTE_ADDR="10.9.9.9") == ""
        assert bound(ines, REMOTE_ADDR="no address") == ""

    def test_with_a_secret_the_address_alone_is_not_enough(
        self, ines: Somebody, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        secret = tmp_path / "proxy"
        secret.write_text("a drawn bell")
        secret.chmod(0o600)
        with_secret = chosen(secret_file=secret)
        monkeypatch.setattr(
            settings, "VIGIE", settings.VIGIE.model_copy(update={"client_certificates": with_secret})
        )
        accounts = apps.get_app_config("accounts")
        accounts.__dict__.pop("proxy_secret", None)
        try:
            assert bound(ines) == ""
            assert bound(ines, HTTP_VIGIE_PROXY="a drawn belt") == ""
            assert bound(ines, HTTP_VIGIE_PROXY="a drawn bell") == OWN
        finally:
            accounts.__dict__.pop("proxy_secret", None)

    def test_without_the_setting_nothing_is_looked_at(self, ines: Somebody) -> None:
        assert bound(ines) == ""
        assert browser(ines).get("/api/v1/me").status_code == 200


def bound(person: Somebody, **request: str) -> str:
    """What a request that says it came behind OWN is taken to have come behind."""
    from django.test import RequestFactory

    from vigie.rooms.accounts.client_certificates import presented

    made = RequestFactory().get("/", **({"HTTP_CLIENT_CERT": OWN} | request))  # type: ignore[arg-type]  # WSGI names
    return presented(made)


class TestRegistration:
    """A registration counts for its unit or its country, until its end, and its end holds at once."""

    @pytest.fixture
    def behind_own(self, required: None, ines: Somebody) -> Client:
        return signed_in_behind(ines, OWN)

    def test_it_opens_the_door_and_ending_it_shuts_it_at_once(self, behind_own: Client) -> None:
        row = register("alv-viu", OWN)
        assert status(behind_own, OWN) == 200
        setter = enrolment_with_gateway_rights()
        with act_as(setter, clock=utc_now):
            units.end_client_certificate(setter, certificate=row)
        assert status(behind_own, OWN) == 403

    def test_that_of_the_country_counts_for_every_unit_of_it(self, behind_own: Client) -> None:
        register("alv-ncb", OWN, covers=Covers.COUNTRY)
        assert status(behind_own, OWN) == 200

    def test_that_of_another_unit_or_country_does_not(self, behind_own: Client) -> None:
        register("alv-ncb", OWN)
        register("bor-viu", OWN, covers=Covers.COUNTRY)
        assert status(behind_own, OWN) == 403

    def test_one_that_is_over_does_not(self, behind_own: Client) -> None:
        row = register("alv-viu", OWN)
        from support import database as ground

        with ground.administrator() as connection:
            connection.execute(
                "UPDATE units_clientcertificate SET valid_until = now() - interval '1 s' WHERE id = %s", [row]
            )
        assert status(behind_own, OWN) == 403

    def test_a_sign_in_from_before_it_was_required_is_opened_again(
        self, required: None, ines: Somebody
    ) -> None:
        register("alv-viu", OWN)
        before = signed_in_behind(ines, "")
        page = before.get("/", headers={"Client-Cert": OWN, "Accept": "text/html"})
        assert page.status_code == 403
        assert "Sign in again" in page.content.decode()
        assert before.get("/")["Location"].startswith("/sign-in/")

    def test_where_it_is_off_a_sign_in_still_belongs_behind_its_certificate(self, required: None) -> None:
        add_unit("bor-viu", "BOR")
        bruno = add_person("bruno", "bor-viu")
        assert status(signed_in_behind(bruno, ""), "") == 200
        assert status(signed_in_behind(bruno, ""), OWN) == 200
        assert status(signed_in_behind(bruno, OWN), OWN) == 200
        assert status(signed_in_behind(bruno, OWN), OTHER) == 403
        assert status(signed_in_behind(bruno, OWN), "") == 403

    def test_a_token_from_before_is_refused_too(self, ines: Somebody, request: Any) -> None:
        client = terminal(ines)
        request.getfixturevalue("required")
        register("alv-viu", OWN)
        assert client.get("/api/v1/me", headers={"Client-Cert": OWN}).status_code == 403


def signed_in_behind(person: Somebody, certificate: str) -> Client:
    client = browser(person)
    session = client.session
    session["vigie_behind"] = certificate
    session.save()
    return client


def status(client: Client, certificate: str) -> int:
    return client.get("/api/v1/me", headers={"Client-Cert": certificate}).status_code


@pytest.mark.parametrize(
    ("required", "presented", "bound", "registered", "expected"),
    [
        (False, "", "", False, True),
        (False, OWN, "", False, True),
        (False, OWN, OWN, False, True),
        (False, OTHER, OWN, False, False),
        (False, "", OWN, False, False),
        (True, OWN, OWN, True, True),
        (True, OWN, OWN, False, False),
        (True, OWN, "", True, False),
        (True, OTHER, OWN, True, False),
        (True, "", "", False, False),
        (True, "", "", True, False),
    ],
)
def test_who_comes_in(required: bool, presented: str, bound: str, registered: bool, expected: bool) -> None:
    assert comes_in(required=required, presented=presented, bound=bound, registered=registered) is expected
