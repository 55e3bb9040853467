"""The directory: whom to call, for everybody who is signed in."""

import pytest

from factories.people import add_person, add_unit
from factories.web import browser
from vigie.kernel.permissions import Role


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.OVERSIGHT, Role.ADMINISTRATOR])
def test_every_unit_stands_there_with_its_desk(role: Role) -> None:
    add_unit("alv", "ALV")
    add_unit("bor", "BOR")
    answer = browser(add_person("somebody", "alv", role, certified_days=0)).get("/units/")
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Unit alv" in shown
    assert "Unit bor" in shown
    assert shown.count("your unit") == 1
    assert "There now" in shown
