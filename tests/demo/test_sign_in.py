"""One-click sign-in: only in a demonstration's home, on this machine, beside fictional countries; and in the log."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import NoReverseMatch, get_resolver, reverse

from demo.demonstration import Demonstration, copied_home, demonstration, environment, said, started, vigie
from factories.people import add_unit
from support.folders import open_folder
from support.system import free_port
from vigie.config.home import Home, mark_demo, prepare_home
from vigie.demo.sign_in import GUESTS, only_in_a_demonstration
from vigie.interfaces.web.openings import OPEN

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def running() -> Iterator[Demonstration]:
    with copied_home() as home, demonstration(home) as found:
        yield found


@pytest.fixture
def visitor(running: Demonstration) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.address, follow_redirects=True, trust_env=False) as client:
        yield client


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found is not None, page.text[:500]
    return found[1]


def entered(visitor: httpx.Client, person: str, **more: str) -> httpx.Response:
    token = token_of(visitor.get("/demo/"))
    form = {"person": person, "csrfmiddlewaretoken": token, **more}
    return visitor.post("/demo/enter/", data=form, headers={"Origin": str(visitor.base_url).rstrip("/")})


def in_home(home: Home, program: str) -> str:
    """What a program prints that runs with this home's Django."""
    whole = (
        "from vigie.config.environment import choose_django_settings\n"
        "choose_django_settings()\n"
        "import django; django.setup()\n" + program
    )
    return subprocess.run(
        [sys.executable, "-c", whole],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


# Rule one: it loads only in a home whose mark `vigie demo` wrote.


def test_a_home_without_the_mark_has_no_such_address() -> None:
    assert "demo" not in get_resolver("vigie.interfaces.web.urls").namespace_dict
    with pytest.raises(NoReverseMatch):
        reverse("demo:enter")


@pytest.mark.parametrize("module", ["vigie.demo.urls", "vigie.demo.apps"])
def test_loading_it_by_force_fails_there_and_succeeds_in_a_marked_home(module: str) -> None:
    force = (
        "from django.apps import apps; import importlib, vigie.demo.apps as a\n"
        "from django.core.exceptions import ImproperlyConfigured\n"
        "try:\n"
        f"    {'importlib.import_module(' + repr(module) + ')' if module.endswith('urls') else 'a.DemoConfig.create(' + repr('vigie.demo') + ').ready()'}\n"
        "    print('loaded')\n"
        "except ImproperlyConfigured as error: print(error)\n"
    )
    with open_folder() as folder:
        home = Home(folder / "home")
        prepare_home(home)
        assert "only in a home that `vigie demo` made" in in_home(home, force)
        mark_demo(home)
        assert in_home(home, force) == "loaded\n"


def test_the_mark_alone_opens_nothing_in_a_process_that_started_without_it(tmp_path: Path) -> None:
    request = RequestFactory().get("/demo/")
    with override_settings(VIGIE_HOME=Home(tmp_path)):
        assert only_in_a_demonstration(lambda _: HttpResponse("in"))(request).status_code == 404


# Rule two: it binds to this machine only.


def test_another_address_is_refused_before_anything_is_made() -> None:
    with open_folder() as folder:
        home = Home(folder / "home")
        for extra in (
            {"VIGIE_ADDRESS": "0.0.0.0"},
            {"VIGIE_ADDRESS": "::"},
            {"VIGIE_ALLOWED_HOSTS": "x.example"},
        ):
            refused = vigie(home, "demo", **extra)
            assert refused.returncode == 1
            assert "127.0.0.1 only" in refused.stderr
        assert not home.root.exists()


def test_it_listens_on_the_loopback_alone(running: Demonstration) -> None:
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{running.port:04X}")
    ]
    assert listening == [f"0100007F:{running.port:04X}"]


def test_a_page_elsewhere_cannot_reach_it_under_its_own_name(visitor: httpx.Client) -> None:
    assert visitor.get("/demo/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("sender", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 404), ("", 404)]
)
def test_somebody_on_another_machine_finds_no_such_page(sender: str, status: int, tmp_path: Path) -> None:
    home = Home(tmp_path)
    mark_demo(home)
    request = RequestFactory().get("/demo/", REMOTE_ADDR=sender)
    with override_settings(VIGIE_HOME=home):
        assert only_in_a_demonstration(lambda _: HttpResponse("in"))(request).status_code == status


# Rule three: it refuses a database with a country that is not fictional.


@pytest.mark.usefixtures("database")
def test_beside_a_real_country_there_is_no_such_page(tmp_path: Path) -> None:
    from vigie.kernel.actors import utc_now
    from vigie.kernel.operation import act_as
    from vigie.rooms.accounts.enrolment import setting_up
    from vigie.rooms.units import operations as units

    home = Home(tmp_path)
    mark_demo(home)
    view = only_in_a_demonstration(lambda _: HttpResponse("in"))
    add_unit("alv-viu", "ALV")
    with override_settings(VIGIE_HOME=home):
        assert view(RequestFactory().get("/demo/")).status_code == 200
        service = setting_up()
        with act_as(service, clock=utc_now):
            units.add_country(service, code="FRA", name="France", legal_bases={"law": "Law"})
        assert view(RequestFactory().get("/demo/")).status_code == 404


REAL = """
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.accounts.enrolment import setting_up
from vigie.rooms.units import operations
service = setting_up()
with act_as(service, clock=utc_now):
    operations.add_country(service, code="FRA", name="France", legal_bases={"law": "Law"})
"""


def test_with_a_real_country_the_demonstration_shuts_its_door_and_does_not_start_again() -> None:
    with copied_home() as home:
        with (
            demonstration(home) as running,
            httpx.Client(base_url=running.address, trust_env=False) as visitor,
        ):
            token = token_of(visitor.get("/demo/"))
            in_home(home, REAL)
            form = {"person": "ines", "csrfmiddlewaretoken": token}
            assert visitor.get("/demo/").status_code == 404
            assert visitor.post("/demo/enter/", data=form).status_code == 404
            assert visitor.get("/api/v1/me").status_code == 401
        again = started(home, free_port())
        told, _ = again.communicate(timeout=300)
        assert (again.returncode, told) == (1, "")
        assert "holds a country that is not fictional" in said(home)
        assert (
            "web: ready" not in said(home).rpartition("is not fictional")[0].rpartition("postgres: ready")[2]
        )


# Rule four: `vigie up` refuses the home of a demonstration.


def test_a_real_system_never_opens_in_its_home() -> None:
    with copied_home() as home:
        for command in (
            ("up",),
            ("migrate",),
            *[
                (
                    "init",
                    *[
                        "--country",
                        "FRA",
                        "--country-name",
                        "France",
                        "--unit",
                        "u",
                        "--unit-name",
                        "U",
                        "--administrator",
                        "a",
                    ],
                )
            ],
        ):
            refused = vigie(home, *command)
            assert refused.returncode == 1
            assert "home of a demonstration, which signs in everybody" in refused.stderr


# What it is for.


def test_the_sign_in_page_leads_to_five_people(visitor: httpx.Client) -> None:
    assert 'href="/demo/"' in visitor.get("/").text
    page = visitor.get("/demo/").text
    for person in ("ines", "tomas", "mirela", "samir", "odile"):
        assert f'data-testid="enter-{person}"' in page
    assert len(GUESTS) == 5
    assert {"demo:people", "demo:enter"} <= OPEN


def test_one_press_enters_as_that_person_and_another_changes_who_one_is(visitor: httpx.Client) -> None:
    assert visitor.get("/api/v1/me").status_code == 401
    assert entered(visitor, "ines").status_code == 200
    assert visitor.get("/api/v1/me").json()["display_name"] == "Ines Dorval"
    assert entered(visitor, "mirela").status_code == 200
    assert visitor.get("/api/v1/me").json()["country"] == "BOR"
    arabic = entered(visitor, "samir").text
    assert '<html lang="ar" dir="rtl"' in arabic
    assert '<html lang="fr"' in entered(visitor, "odile").text


def test_nobody_else_and_nothing_but_a_press_enters(visitor: httpx.Client) -> None:
    assert entered(visitor, "nobody").status_code == 404
    assert visitor.get("/demo/enter/").status_code == 405
    assert visitor.post("/demo/enter/", data={"person": "ines"}).status_code == 403
    foreign = entered(visitor, "ines", next="https://evil.example/")
    assert str(foreign.url).startswith(str(visitor.base_url))


def test_the_sign_in_is_in_the_log_with_its_method(running: Demonstration, visitor: httpx.Client) -> None:
    entered(visitor, "tomas")
    seen = in_home(
        running.home,
        "from vigie.kernel.models import AuditEvent\n"
        "from vigie.rooms.accounts.models import User\n"
        "tomas = User.objects.using('plumbing').get(username='tomas')\n"
        "events = AuditEvent.objects.using('auditor').filter(verb='account:session:open')\n"
        "print([e.facts['method'] for e in events if str(tomas.id) == str(e.subject_id)])\n",
    )
    assert eval(seen) == ["demo"]


def test_a_fresh_sign_in_is_given_by_a_press_where_a_password_would_be_asked(visitor: httpx.Client) -> None:
    entered(visitor, "ines")
    page = visitor.get("/sign-in/confirm/", params={"next": "/cases/"})
    assert page.url.path == "/demo/confirm/"
    assert 'data-testid="demo-confirm"' in page.text
    form = {"csrfmiddlewaretoken": token_of(page), "next": "/cases/"}
    done = visitor.post("/demo/confirm/", data=form)
    assert (done.status_code, done.url.path) == (200, "/cases/")


def test_signing_out_ends_it(visitor: httpx.Client) -> None:
    entered(visitor, "ines")
    form = {"csrfmiddlewaretoken": token_of(visitor.get("/cases/"))}
    visitor.post("/sign-out/", data=form)
    assert visitor.get("/api/v1/me").status_code == 401


def test_the_web_process_of_a_demonstration_loads_no_decoder(running: Demonstration) -> None:
    loaded = in_home(
        running.home,
        "import sys, vigie.interfaces.web.wsgi, vigie.interfaces.web.urls\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'PIL', 'av', 'simplejpeg', 'vigie'}))\n",
    )
    assert loaded == "['vigie']\n"
