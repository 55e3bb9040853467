"""Reading the log: as sentences, by those it concerns, page by page, each entry with its proof, nobody's name."""

import io
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from factories.people import Somebody, add_person, add_unit
from support.installed import checkpoint_key
from vigie.engines.proofs import SigningKey
from vigie.kernel import sequencer
from vigie.kernel.actors import utc_now
from vigie.kernel.errors import NotFound, Refused
from vigie.kernel.models import AuditEvent
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts import operations as accounts
from vigie.rooms.oversight import operations, queries
from vigie.rooms.oversight.queries import LogFilter
from vigie.rooms.oversight.queries.lines import PAGE

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def key() -> Iterator[SigningKey]:
    with checkpoint_key() as made:
        yield made


@pytest.fixture
def people(database: None) -> dict[str, Somebody]:
    add_unit("alv-viu", "ALV")
    add_unit("bor-viu", "BOR")
    return {
        "ines": add_person("ines", "alv-viu"),
        "sara": add_person("sara", "alv-viu", Role.SUPERVISOR),
        "bea": add_person("bea", "bor-viu", Role.SUPERVISOR),
        "olga": add_person("olga", "bor-viu", Role.OVERSIGHT),
    }


def changes(person: Somebody, count: int) -> None:
    for number in range(count):
        with act_as(person.actor, clock=utc_now):
            accounts.set_preferences(person.actor, language="en", theme=("light", "dark")[number % 2])


def page(reader: Somebody, cursor: str = "", **wanted: Any) -> Any:
    with act_as(reader.actor, clock=utc_now):
        return queries.log_page(reader.actor, wanted=LogFilter(**wanted), cursor=cursor)


def test_it_is_read_by_supervisors_for_their_unit_and_by_oversight_for_all(
    people: dict[str, Somebody],
) -> None:
    changes(people["ines"], 1)

    def units(name: str) -> set[str]:
        return {line.unit_name for line in page(people[name], verb="account:preferences:set").lines}

    assert units("sara") == {"Unit alv-viu"}
    assert units("bea") == set()
    assert units("olga") == {"Unit alv-viu"}
    with pytest.raises(Refused):
        page(people["ines"])


def test_a_line_is_a_sentence_that_names_nobody(people: dict[str, Somebody]) -> None:
    changes(people["ines"], 2)
    first, second = page(people["olga"], verb="account:preferences:set").lines
    assert first.sentence == "changed language or appearance"
    assert first.who == second.who
    assert first.who.startswith("P-")
    assert "ines" not in first.model_dump_json().lower()
    with translation.override("fr"):
        [line, _] = page(people["olga"], verb="account:preferences:set").lines
    assert line.sentence != first.sentence


def test_a_refusal_and_a_service_say_so(people: dict[str, Somebody]) -> None:
    with pytest.raises(Refused):
        page(people["ines"])
    [refused] = page(people["olga"], outcome="refused").lines
    assert refused.sentence == "was refused: read the log"
    assert refused.reason == "no-role"
    added = page(people["olga"], verb="account:user:add").lines
    assert {line.who for line in added} == {"the system"}


def test_a_verb_of_an_earlier_version_stays_readable(people: dict[str, Somebody]) -> None:
    changes(people["ines"], 1)
    row = AuditEvent.objects.using("auditor").last()
    assert row is not None
    row.verb = "case:case:paint"
    assert queries.line_of(row, {}).sentence == "case:case:paint"
    assert queries.line_of(row, {}).unit_name == ""


def test_pages_follow_each_other_without_gap_or_overlap(people: dict[str, Somebody]) -> None:
    changes(people["ines"], PAGE + 10)
    first = page(people["sara"], verb="account:preferences:set")
    second = page(people["sara"], first.next_cursor, verb="account:preferences:set")
    assert [len(first.lines), len(second.lines)] == [PAGE, 10]
    assert second.next_cursor is None
    ids = [line.id for line in (*first.lines, *second.lines)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == PAGE + 10
    with pytest.raises(NotFound):
        page(people["sara"], "no cursor")


def test_filters_narrow_and_never_widen(people: dict[str, Somebody]) -> None:
    changes(people["ines"], 2)
    [one, _] = page(people["sara"], verb="account:preferences:set").lines
    ines = people["ines"].user
    for wanted in ({"person": ines.id}, {"subject": ines.id}, {"unit": ines.unit_id}, {"since": one.at}):
        assert one.id in {line.id for line in page(people["sara"], **wanted).lines}
        assert page(people["bea"], **wanted).lines == () or "since" in wanted
    assert one.id not in {line.id for line in page(people["sara"], until=one.at).lines}


def test_one_line_is_read_by_those_who_may_and_absent_for_all_others(people: dict[str, Somebody]) -> None:
    changes(people["ines"], 1)
    [line] = page(people["sara"], verb="account:preferences:set").lines

    def read(name: str, event: uuid.UUID) -> Any:
        with act_as(people[name].actor, clock=utc_now):
            return queries.log_line(people[name].actor, event)

    assert read("sara", line.id) == line
    for name, event in (("bea", line.id), ("sara", uuid.uuid4())):
        with pytest.raises(NotFound):
            read(name, event)


def test_an_entry_is_proven_once_a_checkpoint_covers_it(people: dict[str, Somebody], key: SigningKey) -> None:
    changes(people["ines"], 3)
    [line, *_] = page(people["sara"], verb="account:preferences:set").lines

    def proof(name: str = "sara") -> Any:
        with act_as(people[name].actor, clock=utc_now):
            return queries.proof(people[name].actor, line.id)

    assert proof() is None
    sequencer.sequence()
    sequencer.sign(key, now=utc_now())
    found = proof()
    assert found.holds
    assert found.size == AuditEvent.objects.using("auditor").count()
    with pytest.raises(NotFound):
        proof("bea")


def test_the_state_says_how_far_the_log_is_proven(people: dict[str, Somebody], key: SigningKey) -> None:
    def state() -> Any:
        with act_as(people["sara"].actor, clock=utc_now):
            return queries.log_state(people["sara"].actor)

    assert (state().entries, state().signed, state().signed_at) == (0, 0, None)
    sequencer.sequence()
    assert state().waiting == state().entries > 0
    sequencer.sign(key, now=utc_now())
    assert state().waiting == 0
    assert state().signed_at is not None
    assert state().public_key == str(key.verifier)


def test_the_export_is_judged_anywhere_and_stands_in_the_log_itself(
    people: dict[str, Somebody], key: SigningKey
) -> None:
    changes(people["ines"], 3)
    sequencer.sequence()
    sequencer.sign(key, now=utc_now())
    olga = people["olga"].actor
    with act_as(olga, clock=utc_now):
        bundle = operations.export_log(olga)
    assert zipfile.ZipFile(io.BytesIO(bundle)).testzip() is None
    [line] = page(people["olga"], verb="audit:log:export").lines
    assert line.facts == {"checkpoints": 1}
    with pytest.raises(Refused), act_as(people["sara"].actor, clock=utc_now):
        operations.export_log(people["sara"].actor)
