"""Health, about and help: what `vigie doctor` says, what is not done here, what each problem means."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from factories.people import add_person, add_unit
from factories.web import browser
from vigie.interfaces.web import installation
from vigie.kernel import errors
from vigie.kernel.permissions import Role

pytestmark = pytest.mark.usefixtures("database")
FINDINGS = [
    {"subject": "settings", "weight": "fine", "what": "Profile embedded.", "remedy": ""},
    {"subject": "home folder", "weight": "failure", "what": "It is open.", "remedy": "Close it."},
]


@pytest.fixture
def admin() -> Client:
    add_unit("alv", "ALV")
    return browser(add_person("admin", "alv", Role.ADMINISTRATOR, certified_days=0))


def test_the_doctor_speaks_to_those_who_look_after_the_installation(admin: Client) -> None:
    page = admin.get("/doctor/").content.decode()
    assert "Settings file" in page
    assert "What was looked at" in page
    assert browser(add_person("ines", "alv")).get("/doctor/").status_code == 403


def test_findings_are_the_command_s_own_worst_first(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    said = subprocess.CompletedProcess([], 1, stdout=json.dumps({"healthy": False, "findings": FINDINGS}))
    monkeypatch.setattr(installation.subprocess, "run", lambda *_, **__: said)
    page = admin.get("/doctor/").content.decode()
    assert "1 thing is wrong" in page
    assert page.index("It is open.") < page.index("Profile embedded.")
    assert "Close it." in page


@pytest.mark.parametrize("answer", ["", "{}", "nothing"])
def test_a_doctor_that_does_not_answer_is_said(
    admin: Client, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    said = subprocess.CompletedProcess([], 1, stdout=answer)
    monkeypatch.setattr(installation.subprocess, "run", lambda *_, **__: said)
    assert admin.get("/doctor/").status_code == 503


def test_about_says_who_could_open_everything_and_what_is_not_done(admin: Client) -> None:
    page = admin.get("/about/").content.decode()
    assert "can technically open everything" in page
    assert "It does not search for faces" in page
    assert "Apache-2.0" in page


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (None, "none reviewed by a person yet"),
        ("not json", "none reviewed by a person yet"),
        ('{"fr": {"reviewed": 700, "total": 700}}', "all reviewed"),
        ('{"fr": {"reviewed": 100, "total": 700}}', "600 of 700 texts not reviewed yet"),
    ],
)
def test_about_counts_what_nobody_has_reviewed(
    admin: Client, settings: Any, tmp_path: Path, kept: str | None, said: str
) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    if kept is not None:
        (tmp_path / "reviewed.json").write_text(kept)
    assert said in admin.get("/about/").content.decode()


def kinds() -> set[str]:
    found, open_ones = set(), [errors.VigieError]
    while open_ones:
        one = open_ones.pop()
        found.add(one.problem)
        open_ones += one.__subclasses__()
    return found


def test_every_problem_type_has_its_page_at_the_address_problems_name(admin: Client) -> None:
    assert kinds() == set(installation.PROBLEMS)
    listed = admin.get("/help/").content.decode()
    for kind in kinds():
        assert admin.get(f"/help/problems/{kind}").status_code == 200
        assert f"/help/problems/{kind}/" in listed


def test_a_problem_nobody_has_is_not_there(admin: Client) -> None:
    assert admin.get("/help/problems/bad-luck/").status_code == 404
