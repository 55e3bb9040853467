"""Changing one's password: by who knows the old one and signed in a moment ago; every other sign-in ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from factories.clients import browser, terminal
from factories.people import PASSWORD, Somebody, add_person, add_unit
from support.database import administrator
from vigie.kernel.actors import utc_now
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.backend import PlumbingBackend
from vigie.rooms.accounts.rules import is_made_of_listed_words

pytestmark = pytest.mark.usefixtures("database")
PAGE = "/access/password/"
NEW = " ein gezeichneter Leuchtturm "
"""With a blank at either end: a password is taken as it was typed."""


@pytest.fixture
def ines(database: None) -> Somebody:
    add_unit("alv-viu", "ALV")
    return add_person("ines", "alv-viu")


def changed(client: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    return client.post(PAGE, {"old": old, "new": new, "again": new if again is None else again})


def opens(password: str, name: str = "ines") -> bool:
    return PlumbingBackend().authenticate(None, username=name, password=password) is not None


def log(verb: str) -> list[tuple[str, dict[str, Any]]]:
    with administrator() as look:
        rows = look.execute("SELECT outcome, facts FROM audit_event WHERE verb = %s ORDER BY id", [verb])
        return [(outcome, facts) for outcome, facts in rows.fetchall()]


def test_the_new_one_opens_and_the_old_one_does_not(ines: Somebody) -> None:
    client = browser(ines)
    told = client.post(PAGE, {"old": PASSWORD, "new": NEW, "again": NEW}, follow=True)
    assert told.redirect_chain == [("/access/", 302)]
    assert "Your password is changed." in told.content.decode()
    assert (opens(NEW), opens(NEW.strip()), opens(PASSWORD)) == (True, False, False)


def test_every_other_sign_in_ends_and_this_one_goes_on_under_another_key(ines: Somebody) -> None:
    client, other, command_line = browser(ines), browser(ines), terminal(ines)
    bystander = add_person("omar", "alv-viu")
    theirs = browser(bystander)
    before = client.session.session_key
    assert changed(client).status_code == 302
    assert client.get("/api/v1/me").status_code == 200
    assert client.session.session_key != before
    assert other.get("/api/v1/me").status_code == command_line.get("/api/v1/me").status_code == 401
    assert theirs.get("/api/v1/me").status_code == 200
    assert len(re.findall(r'name="session" value="', client.get("/access/").content.decode())) == 0
    assert log("account:password:set")[-1] == ("done", {"ended": 2})


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("a drawn lamp", NEW, None, "This is not your password of now."),
        ("", NEW, None, "This field is required."),
        (PASSWORD, NEW, NEW.strip(), "The two passwords differ."),
        (PASSWORD, "short", None, "too short"),
        (PASSWORD, "password1234", None, "too common"),
        (PASSWORD, "ines.ines.ines", None, "little more than your name"),
        (PASSWORD, "Interpol-Vigie-2026", None, "a word of the trade"),
        (PASSWORD, PASSWORD, None, "This is the password you have already."),
    ],
)
def test_what_does_not_hold_changes_nothing_and_is_never_shown_again(
    ines: Somebody, old: str, new: str, again: str | None, said: str
) -> None:
    client, other = browser(ines), browser(ines)
    answer = changed(client, old, new, again)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert "Your password is not changed" in text
    for typed in {old, new} - {""}:
        assert f'value="{typed}"' not in text
    assert opens(PASSWORD)
    assert other.get("/api/v1/me").status_code == 200


def test_a_wrong_old_one_is_in_the_log_and_guessing_is_slowed_down(ines: Somebody) -> None:
    client = browser(ines)
    statuses = [changed(client, f"a drawn lamp {number}").status_code for number in range(6)]
    assert statuses == [422] * 5 + [403]
    assert log("account:session:refuse") == [("done", {"method": "password-change"})] * 5
    assert changed(client).status_code == 403
    assert opens(PASSWORD)


def test_a_sign_in_of_before_is_confirmed_first_and_leads_back(ines: Somebody) -> None:
    stale = browser(ines, confirmed_at=utc_now() - timedelta(minutes=5, seconds=1))
    for answer in (stale.get(PAGE), changed(stale)):
        assert answer["Location"] == "/sign-in/confirm/?next=%2Faccess%2Fpassword%2F"
    assert opens(PASSWORD)
    assert log("account:password:set")[-1][0] == "refused"


def test_nobody_changes_it_without_being_signed_in(ines: Somebody) -> None:
    assert changed(Client())["Location"].startswith("/sign-in/")
    assert opens(PASSWORD)


@pytest.mark.parametrize("role", [Role.COURT, Role.PARTNER, Role.ADMINISTRATOR, Role.OVERSIGHT])
def test_everybody_who_signs_in_may_change_their_own(ines: Somebody, role: Role) -> None:
    someone = add_person("pia", "alv-viu", role, certified_days=0)
    assert changed(browser(someone)).status_code == 302
    assert opens(NEW, "pia")


def test_who_has_no_password_is_told_so(ines: Somebody) -> None:
    with administrator() as change:
        change.execute("UPDATE accounts_user SET password = '!never' WHERE username = 'ines'")
    from vigie.rooms.accounts.queries import person_of

    user = person_of(ines.user.id)
    assert user is not None
    client = browser(Somebody(user, ines.actor))
    text = client.get(PAGE).content.decode()
    assert "You have no password here." in text
    assert 'type="password"' not in text
    assert changed(client, "", NEW).status_code == 422
    assert "none here" in client.get("/access/").content.decode()


def test_the_fields_hide_what_is_typed_and_password_managers_know_them(ines: Somebody) -> None:
    page = browser(ines).get(PAGE).content.decode()
    fields = re.findall(r'<input type="password"[^>]*>', page)
    assert [re.findall(r'autocomplete="([^"]+)"', field) for field in fields] == [
        ["current-password"], ["new-password"], ["new-password"],
    ]  # fmt: skip
    assert not any("maxlength" in field or "onpaste" in field for field in fields)
    assert 'href="/access/password/"' in browser(ines).get("/access/").content.decode()


@pytest.mark.parametrize(
    ("password", "made_of_them"),
    [
        ("vigievigievigie", True),
        ("Ines Dorval 1979!", True),
        ("Policía-Policía-12", True),
        ("inés dorval à la lampe", False),
        ("a drawn lamp for vigie", False),
        ("1234567890123456", False),
        ("مصباح مرسوم على طاولة", False),
        ("al al al al al al", False),
    ],
)
def test_words_of_the_trade_and_of_the_person_do_not_count(password: str, made_of_them: bool) -> None:
    assert is_made_of_listed_words(password, ("ines.dorval", "Inés Dorval", "al")) is made_of_them


@pytest.mark.parametrize("length", [64, 128])
def test_a_long_one_is_taken_whole(ines: Somebody, length: int) -> None:
    long = ("a drawn lamp, a table, a tall window and " * 4)[:length]
    assert changed(browser(ines), new=long).status_code == 302
    assert (opens(long), opens(long[:-1])) == (True, False)


def test_neither_is_ever_in_the_log(ines: Somebody) -> None:
    changed(browser(ines))
    with administrator() as look:
        everything = str(look.execute("SELECT * FROM audit_event").fetchall())
    assert "Leuchtturm" not in everything
    assert "drawn lamp" not in everything
