"""Browser sessions: idle for 15 minutes or open for 8 hours they end; each knows whose it is and in which browser."""

from datetime import timedelta

import pytest
from django.test import Client

from factories.clients import browser
from factories.people import Somebody, add_person, add_unit
from support import database as ground
from vigie.kernel.actors import utc_now
from vigie.rooms.accounts.models import BrowserSession
from vigie.rooms.accounts.rules import browser_name
from vigie.rooms.accounts.sessions import LAST_SEEN, OPENED, SessionStore

pytestmark = pytest.mark.usefixtures("database")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def ines(database: None) -> Somebody:
    add_unit("alv-viu", "ALV")
    return add_person("ines", "alv-viu")


def status(client: Client) -> int:
    return client.get("/api/v1/me").status_code


def remembered(client: Client, **moments: timedelta) -> None:
    """The session believes it was opened, or last seen, so long ago."""
    session = client.session
    for key, ago in moments.items():
        session[{"seen": LAST_SEEN, "opened": OPENED}[key]] = (utc_now() - ago).timestamp()
    session.save()


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ({"seen": timedelta(minutes=14)}, 200),
        ({"seen": timedelta(minutes=16)}, 401),
        ({"opened": timedelta(hours=7, minutes=59)}, 200),
        ({"opened": timedelta(hours=8, minutes=1)}, 401),
        ({"seen": timedelta(seconds=-50)}, 200),
        ({"seen": timedelta(hours=-1)}, 401),
        ({"opened": timedelta(hours=-1)}, 401),
    ],
)
def test_one_that_was_silent_is_old_or_comes_from_the_future_has_ended(
    ines: Somebody, moments: dict[str, timedelta], expected: int
) -> None:
    client = browser(ines)
    remembered(client, **moments)
    assert status(client) == expected
    assert status(client) == expected


def test_work_keeps_it_open_but_not_past_its_hours(ines: Somebody) -> None:
    client = browser(ines)
    remembered(client, seen=timedelta(minutes=10), opened=timedelta(hours=7))
    assert status(client) == 200
    assert client.session[LAST_SEEN] > (utc_now() - timedelta(minutes=1)).timestamp()
    assert client.session[OPENED] < (utc_now() - timedelta(hours=6)).timestamp()


def test_one_that_does_not_know_when_it_was_opened_counts_from_now(ines: Somebody) -> None:
    client = browser(ines)
    session = client.session
    del session[OPENED], session[LAST_SEEN]
    session.save()
    assert status(client) == 200
    assert abs(client.session[OPENED] - utc_now().timestamp()) < 60


def test_its_row_says_whose_it_is_and_never_its_key(ines: Somebody) -> None:
    client = browser(ines)
    row = BrowserSession.objects.using("plumbing").get(session_key=client.session.session_key)
    assert row.person == ines.user.id
    assert row.opened_at is not None
    assert row.seen_at == row.opened_at
    assert BrowserSession.get_session_store_class() is SessionStore
    listed = client.get("/api/v1/sessions").content.decode()
    assert str(row.public_id) in listed
    assert row.session_key not in listed


def test_the_role_of_case_data_cannot_read_it(ines: Somebody) -> None:
    browser(ines)
    with ground.administrator() as connection:
        [[may]] = connection.execute(
            "SELECT has_table_privilege('vigie_app', 'accounts_browsersession', 'SELECT')"
        ).fetchall()
    assert may is False


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_browser_is_called_as_its_person_calls_it(header: str, name: str) -> None:
    assert browser_name(header) == name
