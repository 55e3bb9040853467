"""The oversight console: who saw what, denials, exports, look-ups; counted from what the viewer may read, carried away."""

import csv
import io
import json
import re

import pytest
from django.test import Client

from factories.media import recorded, vault_in
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from support.installed import checkpoint_key
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import Invalid, NotFound, Refused
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Permission, Role
from vigie.rooms.media import operations as media
from vigie.rooms.oversight import operations, queries
from vigie.rooms.oversight.queries import LogFilter, console
from vigie.rooms.oversight.rules import VIEWS


@pytest.fixture(autouse=True)
def _key(database):
    with checkpoint_key():
        yield


@pytest.fixture
def board(database) -> Somebody:
    add_unit("board", "ALV")
    add_unit("alv", "ALV")
    add_unit("bor", "BOR")
    return add_person("olga", "board", Role.OVERSIGHT, certified_days=0)


@pytest.fixture
def seen(board, tmp_path) -> Somebody:
    """Tomas of ALV opened one picture clearly, twice, and was refused the log once."""
    tomas = add_person("tomas", "alv")
    with vault_in(tmp_path):
        public_id = recorded(tomas.actor, seed=3)
        for _ in range(2):
            with act_as(tomas.actor, clock=utc_now):
                media.clear_view(tomas.actor, public_id, "categorise")
    browser(tomas).get("/log/")
    return tomas


def asked(reader: Somebody, question, *arguments):
    with act_as(reader.actor, clock=utc_now):
        return question(reader.actor, *arguments)


def counts(reader: Somebody, **wanted) -> dict[str, int]:
    return asked(reader, queries.counts, LogFilter(**wanted))


def test_each_view_is_counted_from_what_the_viewer_may_read(board, seen):
    found = counts(board)
    assert (found["clear"], found["refused"], found["exports"], found["lookups"]) == (2, 1, 0, 0)
    assert found[""] > found["rights"] > 0
    sara, bea = add_person("sara", "alv", Role.SUPERVISOR), add_person("bea", "bor", Role.SUPERVISOR)
    assert counts(sara)["clear"] == 2
    assert counts(bea)["clear"] == 0
    assert counts(board, person=seen.actor.id)["rights"] == 0
    with pytest.raises(Refused):
        counts(seen)


def test_a_count_is_the_number_of_lines_the_view_shows(board, seen):
    for code, count in counts(board).items():
        assert len(asked(board, queries.lines_of, LogFilter(view=code))) == count, code


def test_who_saw_what_can_be_asked_by_record_by_person_and_by_unit(board, seen):
    view = LogFilter(view="clear")
    [record] = asked(board, queries.groups, view, "record")
    [person] = asked(board, queries.groups, view, "person")
    [unit] = asked(board, queries.groups, view, "unit")
    assert (record.count, person.count, unit.count) == (2, 2, 2)
    assert person.key == str(seen.actor.id)
    assert re.fullmatch("P-[0-9A-F]{6}", person.label)
    assert unit.label == "Unit alv"
    assert asked(add_person("bea", "bor", Role.SUPERVISOR), queries.groups, view, "record") == []
    with pytest.raises(NotFound):
        asked(board, queries.groups, view, "country")
    with pytest.raises(NotFound):
        asked(board, queries.lines_of, LogFilter(view="everything"))
    with pytest.raises(Refused):
        asked(seen, queries.groups, view, "unit")


def test_every_view_names_acts_that_exist_and_has_its_words(board):
    assert all(act in set(Permission) for view in VIEWS.values() for act in view.acts)
    shown = browser(board).get("/log/").content.decode()
    for code in VIEWS:
        assert f"?view={code}" in shown


def test_the_page_leads_from_a_view_to_its_groups_to_its_lines(board, seen):
    client = browser(board)
    shown = client.get("/log/?view=clear").content.decode()
    assert 'href="/log/?view=clear" aria-current="true"' in shown
    assert shown.count("Opened a picture clearly") >= 2
    grouped = client.get("/log/?view=clear&by=record").content.decode()
    address = re.search(r'href="(/log/\?view=clear&amp;subject=[^"]+)"', grouped)
    assert address is not None
    lines = client.get(address[1].replace("&amp;", "&")).content.decode()
    assert lines.count("<tr") == 3
    assert "No entry fits what you asked for." in client.get("/log/?view=exports&by=person").content.decode()
    assert client.get("/log/?view=nothing").status_code == 404
    assert client.get("/log/?by=nothing").status_code == 404
    assert client.get("/log/?outcome=refused").content.decode().count("Answer <bdi") == 1


def carried(client: Client, form: str, **asked: str):
    return client.post(f"/log/view/{form}/", {"view": "clear", **asked})


def test_a_view_is_carried_away_under_a_line_of_its_own(board, seen):
    client = browser(board)
    answer = carried(client, "csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert re.search(r'filename="vigie-log-clear-\d+T\d+Z\.csv"', answer["Content-Disposition"])
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["verb"] for row in rows] == ["media:clear:view"] * 2
    assert "tomas" not in answer.content.decode().lower()
    assert lines_of("audit:view:export") == [
        ("done", "", {"view": "clear", "form": "csv", "lines": 2, "narrowed_by": []})
    ]
    found = json.loads(carried(client, "json", person=str(seen.actor.id)).content)
    assert [row["reason"] for row in found] == ["categorise"] * 2
    assert lines_of("audit:view:export")[-1][2]["narrowed_by"] == ["person"]
    assert counts(board)["exports"] == 2
    assert carried(client, "xlsx").status_code == 404


def test_another_units_lines_never_leave_and_an_investigator_carries_nothing(board, seen):
    bea = add_person("bea", "bor", Role.SUPERVISOR)
    assert json.loads(carried(browser(bea), "json").content) == []
    assert carried(browser(seen), "csv").status_code == 403
    with pytest.raises(Refused), act_as(seen.actor, clock=utc_now):
        operations.export_view(seen.actor, wanted=LogFilter(), form="csv")


def test_a_view_too_long_for_a_file_is_refused_with_advice(board, seen, monkeypatch):
    monkeypatch.setattr(console, "LONGEST_EXPORT", 1)
    with pytest.raises(Invalid, match="shorter period"):
        asked(board, queries.lines_of, LogFilter(view="clear"))
