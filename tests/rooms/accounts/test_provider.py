"""Sign-in through a country's own provider: who comes in, who does not, and that it confirms nothing it was not asked for.

The provider is a real one: a process of its own that speaks OpenID Connect over HTTP and signs with keys of its own.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from factories.clients import browser
from factories.people import Somebody, add_person, add_unit
from support import database as ground
from support.authenticator import SECRET, code_now
from support.provider_server import FACTS
from support.providers import RunningProvider, Traveller, led_to, running_provider
from vigie.kernel import gate
from vigie.kernel.actors import Actor, utc_now
from vigie.kernel.context import acting_as
from vigie.kernel.models import AuditEvent
from vigie.kernel.permissions import Role
from vigie.kernel.scope import staff_ownership
from vigie.rooms.accounts.models import ProviderIdentity, User
from vigie.rooms.accounts.rules import is_proven_since, states_second_factor

pytestmark = pytest.mark.usefixtures("database")
START, CONFIRM = "/sign-in/provider/police/", "/sign-in/confirm/provider/police/"
GUARDED = "/people/-/add/"
"""A page that needs a sign-in younger than five minutes."""


@pytest.fixture(scope="module")
def running() -> Iterator[RunningProvider]:
    with running_provider() as one:
        yield one


@pytest.fixture
def provider(
    running: RunningProvider, database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RunningProvider:
    """The provider, well behaved, named in the settings for people of Alvania."""
    cache.clear()
    running.conduct()
    named(monkeypatch, police=running.settings(tmp_path))
    return running


def named(monkeypatch: pytest.MonkeyPatch, **providers: Any) -> None:
    monkeypatch.setattr(settings, "VIGIE", settings.VIGIE.model_copy(update={"providers": providers}))


@pytest.fixture
def galia(provider: RunningProvider) -> Somebody:
    """A gateway officer with a second factor of her own, joined to `sub-galia` at the provider."""
    add_unit("alv-ncb", "ALV")
    person = add_person("galia", "alv-ncb", Role.GATEWAY, certified_days=0)
    TOTP.activate(person.user, SECRET)
    joined(person, "sub-galia", provider.address)
    return person


def joined(person: Somebody, subject: str, issuer: str, provider: str = "police") -> None:
    actor: Actor = person.actor
    with acting_as(actor, clock=utc_now), gate.opened():
        ProviderIdentity.objects.create(
            user_id=person.user.id,
            provider=provider,
            issuer=issuer,
            subject=subject,
            **staff_ownership(actor, unit=actor.unit, country=actor.country),
        )


@pytest.fixture
def traveller() -> Traveller:
    return Traveller(Client())


def status(client: Client) -> int:
    return client.get("/api/v1/me").status_code


def methods(verb: str = "account:session:refuse") -> list[str]:
    return [one.facts["method"] for one in AuditEvent.objects.using("auditor").filter(verb=verb)]


def said(client: Client) -> str:
    return client.get("/sign-in/").content.decode()


def test_a_sign_in_begins_with_a_press_of_a_button(galia: Somebody, provider: RunningProvider) -> None:
    client = Client()
    assert "Sign in with Police sign-in" in said(client)
    assert client.get(START).status_code == 405
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403
    address = led_to(client.post(START, {"next": "/cases/"}).content)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{provider.address}/authorize?")
    assert (query["response_type"], query["scope"], query["code_challenge_method"]) == (
        "code",
        "openid",
        "S256",
    )
    assert query["redirect_uri"] == "http://testserver/sign-in/provider/police/back/"
    assert "prompt" not in query
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 43


def test_a_joined_person_comes_in_when_the_provider_states_a_second_factor(
    galia: Somebody, traveller: Traveller
) -> None:
    answer = traveller.travel("sub-galia", next_url="/access/")
    assert answer["Location"] == "/access/"
    assert traveller.here.get("/api/v1/me").json()["display_name"] == "Galia"
    assert "Police sign-in" in traveller.here.get("/access/").content.decode()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_both_customary_signatures_are_taken(
    galia: Somebody, provider: RunningProvider, traveller: Traveller, algorithm: str
) -> None:
    provider.conduct(algorithm=algorithm)
    traveller.travel("sub-galia")
    assert status(traveller.here) == 200


def test_a_sign_in_is_in_the_log_with_its_method(galia: Somebody, traveller: Traveller) -> None:
    traveller.travel("sub-galia")
    line = AuditEvent.objects.using("auditor").get(verb="account:session:open")
    assert (line.facts, line.subject_id, line.unit) == (
        {"method": "provider"},
        galia.user.id,
        galia.user.unit_id,
    )


def test_signing_in_changes_the_sessions_key(galia: Somebody, traveller: Traveller) -> None:
    back = traveller.answered(traveller.asked(), "sub-galia")
    before = traveller.here.session.session_key
    traveller.returned(back)
    assert traveller.here.session.session_key not in {None, before}


def test_without_the_providers_second_factor_ones_own_is_asked(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    provider.conduct(amr=["pwd"])
    assert traveller.travel("sub-galia")["Location"] == "/sign-in/code/"
    assert status(traveller.here) == 401
    traveller.here.post("/sign-in/code/", {"code": code_now()})
    assert status(traveller.here) == 200
    assert methods("account:session:open") == ["mfa+provider"]


def test_without_any_second_factor_nobody_comes_in(provider: RunningProvider, traveller: Traveller) -> None:
    add_unit("alv-viu", "ALV")
    joined(add_person("ines", "alv-viu"), "sub-ines", provider.address)
    provider.conduct(amr=["pwd"])
    assert traveller.travel("sub-ines")["Location"].startswith("/sign-in/?")
    assert "states no second factor for you" in said(traveller.here)
    assert status(traveller.here) == 401
    assert methods() == ["provider-one-factor"]


def test_a_class_of_sign_in_counts_where_the_settings_name_it(
    galia: Somebody,
    provider: RunningProvider,
    traveller: Traveller,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strong = {"second_factor_acr": ("loa3",), "second_factor_amr": ()}
    named(monkeypatch, police=provider.settings(tmp_path, **strong))
    assert "acr_values=loa3" in traveller.asked()
    provider.conduct(acr="loa3", amr=None)
    traveller.travel("sub-galia")
    assert status(traveller.here) == 200


def test_nobody_is_made_by_signing_in(galia: Somebody, traveller: Traveller) -> None:
    before = User.objects.using("plumbing").count()
    assert traveller.travel("sub-of-a-stranger")["Location"] == "/sign-in/?next=%2F"
    assert "Nobody here is joined to who you are at Police sign-in" in said(traveller.here)
    assert User.objects.using("plumbing").count() == before
    assert status(traveller.here) == 401


def test_the_same_subject_of_another_provider_is_nobody(
    provider: RunningProvider, traveller: Traveller
) -> None:
    add_unit("alv-viu", "ALV")
    joined(add_person("ines", "alv-viu"), "sub-ines", "https://another.example", "another")
    traveller.travel("sub-ines")
    assert status(traveller.here) == 401


def test_a_provider_signs_in_people_of_its_own_country_alone(
    galia: Somebody,
    provider: RunningProvider,
    traveller: Traveller,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named(monkeypatch, police=provider.settings(tmp_path, country="BOR"))
    traveller.travel("sub-galia")
    assert status(traveller.here) == 401
    assert "Nobody here is joined" in said(traveller.here)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("suspended_at = now()", "Your access is suspended."),
        ("reviewed_at = now() - interval '91 days'", "Your access is suspended."),
        ("is_active = false", "Nobody here is joined"),
    ],
)
def test_who_was_shut_out_does_not_come_in(
    galia: Somebody, traveller: Traveller, change: str, words: str
) -> None:
    add_person("anna", "alv-ncb", Role.ADMINISTRATOR, certified_days=0)  # she could confirm Galia
    with ground.administrator() as connection:
        connection.execute(f"UPDATE accounts_user SET {change} WHERE username = 'galia'".encode())
    traveller.travel("sub-galia")
    assert words in said(traveller.here)
    assert status(traveller.here) == 401


def test_who_was_parted_does_not_come_in(galia: Somebody, traveller: Traveller) -> None:
    with ground.administrator() as connection:
        connection.execute("UPDATE accounts_provideridentity SET ended_at = now()")
    traveller.travel("sub-galia")
    assert status(traveller.here) == 401


@pytest.mark.parametrize(
    ("conduct", "reason"),
    [
        ({"claims": {"nonce": "of another sign-in"}}, "nonce"),
        ({"claims": {"aud": "another-client"}}, "audience"),
        ({"claims": {"iss": "https://another.example"}}, "issuer"),
        ({"claims": {"exp": -120}}, "time"),
        ({"claims": {"iat": 600}}, "time"),
        ({"sign": "none"}, "key"),
        ({"sign": "text"}, "key"),
        ({"sign": "stranger"}, "signature"),
        ({"header": {"typ": "at+jwt"}}, "kind"),
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_is_refused(
    galia: Somebody,
    provider: RunningProvider,
    traveller: Traveller,
    caplog: pytest.LogCaptureFixture,
    conduct: dict[str, Any],
    reason: str,
) -> None:
    provider.conduct(**conduct)
    assert traveller.travel("sub-galia")["Location"].startswith("/sign-in/?")
    assert status(traveller.here) == 401
    assert f"was refused: {reason}." in caplog.text
    assert "its answer does not hold" in said(traveller.here)


def test_an_answer_to_another_sign_in_is_refused(galia: Somebody, traveller: Traveller) -> None:
    back = traveller.answered(traveller.asked(), "sub-galia")
    elsewhere = Client()
    assert traveller.returned(back, elsewhere)["Location"].startswith("/sign-in/?")  # never begun there
    Traveller(elsewhere).asked()
    traveller.returned(back, elsewhere)  # another one was begun there
    assert status(elsewhere) == 401
    assert "belongs to no sign-in begun in this browser" in said(elsewhere)
    changed = back.replace("state=", "state=x")
    traveller.returned(changed)
    assert status(traveller.here) == 401
    traveller.returned(back)  # the wrong answer has used it up
    assert status(traveller.here) == 401


def test_an_answer_counts_once_and_a_code_that_was_used_is_refused(
    galia: Somebody, traveller: Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    back = traveller.answered(traveller.asked(), "sub-galia")
    traveller.returned(back)
    assert status(traveller.here) == 200
    again = Traveller(Client())
    fresh = again.answered(again.asked(), "sub-galia")
    code = parse_qs(urlsplit(back).query)["code"][0]
    new = parse_qs(urlsplit(fresh).query)["code"][0]
    again.returned(fresh.replace(new, code))
    assert status(again.here) == 401
    assert "was refused: code." in caplog.text


def test_a_code_of_another_sign_in_has_not_its_proof(galia: Somebody, caplog: Any) -> None:
    """A code that was stolen on its way is worth nothing to whoever began another sign-in."""
    victim, thief = Traveller(Client()), Traveller(Client())
    stolen = parse_qs(urlsplit(victim.answered(victim.asked(), "sub-galia")).query)["code"][0]
    own = thief.answered(thief.asked(), "sub-of-a-stranger")
    thief.returned(own.replace(parse_qs(urlsplit(own).query)["code"][0], stolen))
    assert status(thief.here) == 401
    assert "was refused: code." in caplog.text


def test_an_answer_after_ten_minutes_is_too_late(galia: Somebody, traveller: Traveller) -> None:
    back = traveller.answered(traveller.asked(), "sub-galia")
    session = traveller.here.session
    session["vigie_provider"] |= {"asked_at": (utc_now() - timedelta(minutes=11)).timestamp()}
    session.save()
    traveller.returned(back)
    assert status(traveller.here) == 401


def test_an_answer_for_another_provider_is_refused(
    galia: Somebody,
    provider: RunningProvider,
    traveller: Traveller,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named(monkeypatch, police=provider.settings(tmp_path), other=provider.settings(tmp_path))
    back = traveller.answered(traveller.asked(), "sub-galia")
    traveller.returned(back.replace("/police/", "/other/"))
    assert status(traveller.here) == 401


@pytest.mark.parametrize("issuer", ["https://another.example", ""])
def test_an_answer_that_names_another_issuer_is_refused(
    galia: Somebody, provider: RunningProvider, traveller: Traveller, caplog: Any, issuer: str
) -> None:
    provider.conduct(answer_issuer=issuer)
    traveller.travel("sub-galia")
    assert status(traveller.here) == 401
    assert "was refused: issuer-answer." in caplog.text


def test_a_provider_that_never_names_itself_is_taken_all_the_same(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    provider.conduct(answer_issuer="absent")
    traveller.travel("sub-galia")
    assert status(traveller.here) == 200


def test_a_sign_in_the_person_broke_off_there_opens_nothing_here(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    provider.conduct(error="access_denied")
    traveller.travel("sub-galia")
    assert "did not sign you in" in said(traveller.here)


def test_an_answer_longer_than_any_is_not_carried_on(galia: Somebody) -> None:
    assert Client().get("/sign-in/provider/police/back/", {"code": "x" * 5000}).status_code == 404


def seconds(amount: float) -> dict[str, Any]:
    return {"auth_time": amount}


@pytest.mark.parametrize(
    "conduct",
    [
        {"heeds_prompt": False},
        {"auth_time": "absent"},
        seconds(-6 * 60),
        seconds(-5 * 60 - 1),
        seconds(-90),
        seconds(600),
        {"claims": {"auth_time": True}},
        {"claims": {"auth_time": 1e30}},
    ],
    ids=str,
)
def test_a_living_sign_in_at_the_provider_confirms_nothing(
    galia: Somebody, provider: RunningProvider, conduct: dict[str, Any]
) -> None:
    """Reference test 26: 100 % refused with a living cookie at the provider, whatever it answers."""
    traveller = Traveller(Client())
    traveller.travel("sub-galia")
    assert status(traveller.here) == 200
    assert traveller.here.get(GUARDED)["Location"].startswith(
        "/sign-in/confirm/"
    )  # nor does the sign-in itself
    provider.conduct(**conduct)
    answer = traveller.travel("sub-galia", CONFIRM, GUARDED)
    assert answer["Location"].startswith("/sign-in/confirm/?")
    assert traveller.here.get(GUARDED)["Location"].startswith("/sign-in/confirm/")
    assert "provider-not-fresh" in methods()


def test_being_asked_again_there_confirms_for_five_minutes(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    client = traveller.here = browser(galia, confirmed_at=utc_now() - timedelta(minutes=6))
    assert "Confirm with Police sign-in" in client.get("/sign-in/confirm/code/").content.decode()
    address = traveller.asked(CONFIRM, GUARDED)
    assert "prompt=login" in address
    assert "max_age=0" in address
    before = client.session.session_key
    assert traveller.returned(traveller.answered(address, "sub-galia"))["Location"] == GUARDED
    assert client.session.session_key != before
    assert client.get(GUARDED).status_code == 200
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 310
    session.save()
    assert client.get(GUARDED)["Location"].startswith("/sign-in/confirm/")


def test_a_confirmation_as_somebody_else_is_refused_and_logged(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    joined(add_person("anna", "alv-ncb", Role.ADMINISTRATOR, certified_days=0), "sub-anna", provider.address)
    traveller.here = browser(galia, confirmed_at=utc_now() - timedelta(minutes=6))
    for stranger in ("sub-anna", "sub-of-a-stranger"):
        traveller.travel(stranger, CONFIRM, GUARDED)
        traveller.there.cookies.clear()
        assert traveller.here.get(GUARDED).status_code == 302
    assert traveller.here.get("/api/v1/me").json()["display_name"] == "Galia"
    assert methods() == ["provider-nobody", "provider-nobody"]


def test_a_confirmation_with_one_factor_is_none(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    traveller.here = browser(galia, confirmed_at=utc_now() - timedelta(minutes=6))
    provider.conduct(amr=["pwd"])
    traveller.travel("sub-galia", CONFIRM, GUARDED)
    assert traveller.here.get(GUARDED).status_code == 302
    assert methods() == ["provider-one-factor"]


def test_a_confirmation_that_does_not_hold_is_logged_for_its_person(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    traveller.here = browser(galia, confirmed_at=utc_now() - timedelta(minutes=6))
    provider.conduct(sign="stranger")
    traveller.travel("sub-galia", CONFIRM, GUARDED)
    assert methods() == ["provider-signature"]


def test_only_who_is_joined_may_confirm_there(provider: RunningProvider) -> None:
    add_unit("alv-viu", "ALV")
    client = browser(add_person("ines", "alv-viu"), confirmed_at=utc_now() - timedelta(minutes=6))
    assert "Confirm with" not in client.get("/sign-in/confirm/code/").content.decode()
    assert client.post(CONFIRM).status_code == 404


def test_an_answer_to_a_sign_in_confirms_nothing_for_who_is_signed_in_already(
    galia: Somebody, traveller: Traveller
) -> None:
    traveller.here = browser(galia, confirmed_at=utc_now() - timedelta(minutes=6))
    assert traveller.here.post(START)["Location"] == "/"


def test_when_the_provider_is_away_one_signs_in_here(
    galia: Somebody, traveller: Traveller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = RunningProvider("http://127.0.0.1:9")
    named(monkeypatch, police=gone.settings(tmp_path))
    assert traveller.here.post(START)["Location"] == "/sign-in/?next=%2F"
    page = said(traveller.here)
    assert "Police sign-in does not answer. Nothing has changed; sign in here" in page
    assert 'name="password"' in page
    old = browser(galia, confirmed_at=utc_now() - timedelta(minutes=6))
    assert old.post(CONFIRM, {"next": GUARDED})["Location"].startswith("/sign-in/confirm/?")


def test_a_provider_that_goes_away_between_leaves_one_at_the_door(
    galia: Somebody, provider: RunningProvider, traveller: Traveller
) -> None:
    provider.conduct(token_status=503)
    assert traveller.travel("sub-galia")["Location"].startswith("/sign-in/?")
    assert "does not answer" in said(traveller.here)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://inside.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=str,
)
def test_a_provider_that_names_other_addresses_is_refused(
    galia: Somebody, provider: RunningProvider, traveller: Traveller, description: dict[str, Any]
) -> None:
    provider.conduct(description=description)
    assert traveller.here.post(START)["Location"].startswith("/sign-in/?")
    assert "does not answer" in said(traveller.here)


def test_a_secret_that_cannot_be_read_is_said_to_the_operator(
    galia: Somebody,
    provider: RunningProvider,
    traveller: Traveller,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "provider-secret").chmod(0o644)
    traveller.travel("sub-galia")
    assert "The secret of the provider police cannot be read" in caplog.text
    assert status(traveller.here) == 401


def test_only_what_the_settings_name_is_led_to(galia: Somebody, traveller: Traveller) -> None:
    for place in ("", "back/", "done/"):
        answer = traveller.here.generic(
            "GET" if place else "POST", f"/sign-in/provider/no-such-provider/{place}"
        )
        assert answer.status_code == 404
    back = traveller.answered(traveller.asked(next_url="https://evil.example/"), "sub-galia")
    assert traveller.returned(back)["Location"] == "/"


def test_beginning_again_and_again_is_slowed_down(galia: Somebody, traveller: Traveller) -> None:
    answers = [traveller.here.post(START).status_code for _ in range(32)]
    assert answers[0] == 200
    assert answers[-1] == 403


def test_nothing_the_provider_gave_reaches_the_browser_or_the_database(
    galia: Somebody, traveller: Traveller
) -> None:
    traveller.travel("sub-galia")
    kept = json.dumps(dict(traveller.here.session), default=str)
    cookies = " ".join(one.value for one in traveller.here.cookies.values())
    with ground.administrator() as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        stored = "".join(
            str(connection.execute(f'SELECT * FROM "{table}"'.encode()).fetchall()) for (table,) in tables
        )
    for given in (*FACTS.values(), "an-access-token-nobody-needs", "eyJ"):
        assert given not in kept + cookies + stored


@pytest.mark.parametrize(
    ("context", "used", "expected"),
    [("loa3", (), True), ("loa2", (), False), ("", ("pwd", "mfa"), True), ("", ("pwd", "otp"), False)],
)
def test_what_counts_as_a_second_factor(context: str, used: tuple[str, ...], expected: bool) -> None:
    assert states_second_factor(context, used, contexts=("loa3",), accepted=("mfa",)) is expected


@pytest.mark.parametrize(
    ("offset", "expected"), [(-61, False), (-59, True), (0, True), (90, True), (200, False), (None, False)]
)
def test_when_a_proof_is_new(offset: float | None, expected: bool) -> None:
    asked = utc_now()
    proven = None if offset is None else asked + timedelta(seconds=offset)
    assert is_proven_since(proven, asked, now=asked + timedelta(seconds=60)) is expected


def test_the_configuration_reads_secrets_when_they_are_needed(
    provider: RunningProvider, tmp_path: Path
) -> None:
    accounts: Any = apps.get_app_config("accounts")
    assert accounts.provider_secret("police") == "a drawn key on a drawn hook"
