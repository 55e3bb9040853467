"""What a partner handed in is taken into a case and compared by itself: told to the unit and to holders, never to the partner."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from factories.clients import browser, terminal
from factories.matching import File, Held, hold
from factories.people import Somebody, add_person, add_unit
from rooms.matching.asking import deliver_all
from rooms.matching.looking_up import Desk, desk
from rooms.matching.test_lists import entry, load
from support.database import administrator
from vigie.backends.known import MatcherSocket
from vigie.config.home import Home
from vigie.kernel.actors import Actor, Purpose, service_actor, utc_now
from vigie.kernel.errors import GuardMissing
from vigie.kernel.operation import act_as, operation
from vigie.kernel.permissions import Permission, Role
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.matching import operations as matching
from vigie.rooms.matching.schemas import ListRole
from vigie.rooms.partners import operations, queries, tasks
from vigie.rooms.partners.models import PartnerFinding

pytestmark = pytest.mark.usefixtures("database", "matcher")
EMPTY = hashlib.sha256(b"").hexdigest()
COMPARED, LOOKED_UP = "partner:submission:compare", "match:lookup:ask"


@pytest.fixture
def alvania(database: None) -> Desk:
    return desk("ALV")


@pytest.fixture
def borellia(database: None) -> Desk:
    return desk("BOR")


@pytest.fixture
def pia(alvania: Desk) -> Somebody:
    add_unit("alv-ngo", "ALV")
    return add_person("pia", "alv-ngo", Role.PARTNER, certified_days=0)


@pytest.fixture
def drawn() -> bytes:
    """A file of its own for each test: the matcher is shared, and follows no emptied table."""
    return b"a drawn lamp " + secrets.token_bytes(8)


def sha256(data: bytes) -> dict[str, str]:
    return {"sha256": hashlib.sha256(data).hexdigest()}


def weak(data: bytes) -> dict[str, str]:
    return {"md5": hashlib.md5(data).hexdigest(), "sha1": hashlib.sha1(data).hexdigest()}


def submitted(pia: Somebody, *hashes: dict[str, str]) -> str:
    body = {"to": "alv-viu", "title": "Report 204", "words": "", "hashes": list(hashes)}
    answer = terminal(pia).post("/api/v1/partner/submissions", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    identifier: str = answer.json()["id"]
    return identifier


def asked(client: Client, submission: str, unit: Desk | None = None) -> Any:
    under = {"case": str(unit.case), "exhibit": str(unit.exhibit)} if unit else {}
    address = f"/api/v1/partner/submissions/{submission}/comparison"
    return client.post(address, under, content_type="application/json")


def worked() -> int:
    """Every comparison that waits has been tried once, as the worker does it; returns how many there were."""
    with administrator() as look:
        rows = look.execute(
            "DELETE FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo' RETURNING args",
            [operations.COMPARE],
        ).fetchall()
    for (args,) in rows:
        tasks.compare(**args)
    return len(rows)


def published() -> None:
    """The moment has come at which what was found may be seen."""
    with administrator() as change:
        change.execute(
            "UPDATE partners_partnercomparison SET compared_at = now() - interval '1 second' WHERE compared_at IS NOT NULL"
        )


def compared(unit: Desk, submission: str, client: Client | None = None) -> dict[str, Any]:
    """The submission is compared under the unit's exhibit; how that stands."""
    assert asked(client or unit.terminal, submission, unit).status_code == 202
    assert worked() == 1
    published()
    return state(unit.terminal, submission)


def state(client: Client, submission: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/partner/submissions/{submission}/comparison")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def findings(client: Client, submission: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/partner/submissions/{submission}/findings", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["findings"]
    return found


def log(verb: str) -> list[tuple[str, str, dict[str, Any], list[uuid.UUID]]]:
    with administrator() as look:
        return look.execute(
            "SELECT outcome, reason, facts, concerned FROM audit_event WHERE verb = %s ORDER BY at, id",
            [verb],
        ).fetchall()


def test_each_row_says_what_the_unit_its_lists_and_others_know(
    alvania: Desk, borellia: Desk, pia: Somebody, drawn: bytes
) -> None:
    own, shared, contact, listed, harmless = (drawn + bytes([number]) for number in range(5))
    held = hold(alvania.investigator.actor, File(data=own))
    seen = hold(borellia.investigator.actor, File(data=shared), audience=Audience.COMMUNITY)
    hold(borellia.investigator.actor, File(data=contact))
    load(alvania.supervisor.actor, ListRole.FLAG, [entry(listed, "sha256")], name="national")
    load(alvania.supervisor.actor, ListRole.HIDE, [entry(harmless, "sha256")], name="harmless")
    submission = submitted(
        pia, *(sha256(data) for data in (own, b"unknown", shared, contact, listed, harmless))
    )
    view = compared(alvania, submission)
    assert (view["state"], view["found"], view["left_out"], view["seen"]) == ("compared", 5, 0, False)
    rows = {one["row"]: one for one in findings(alvania.terminal, submission)}
    assert sorted(rows) == [1, 3, 4, 5, 6]
    [mine] = rows[1]["own"]
    assert (mine["content"]["public_id"], mine["claim"]) == (str(held.public_id), "identical")
    [full] = rows[3]["answers"]
    assert (full["level"], full["other"]["public_id"]) == ("full", str(seen.public_id))
    [only] = rows[4]["answers"]
    assert (only["level"], only["other"], only["desk"]["code"]) == ("contact_only", None, "bor-viu")
    assert [one["list_name"] for one in rows[5]["flags"]] == ["national"]
    assert [one["list_name"] for one in rows[6]["hides"]] == ["harmless"]
    assert rows[3]["digests"] == [sha256(shared)["sha256"]]


def test_what_is_silent_shows_nowhere(alvania: Desk, borellia: Desk, pia: Somebody, drawn: bytes) -> None:
    hold(borellia.investigator.actor, File(data=drawn), outside=AnswerOutside.SILENT)
    submission = submitted(pia, sha256(drawn))
    view = compared(alvania, submission)
    assert (view["state"], view["found"]) == ("compared", 0)
    assert findings(alvania.terminal, submission) == []
    with administrator() as look:
        assert look.execute("SELECT count(*) FROM partners_partnerfinding").fetchone() == (0,)


def test_weak_digests_are_answered_as_a_resemblance(alvania: Desk, pia: Somebody, drawn: bytes) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, weak(drawn))
    compared(alvania, submission)
    [[one]] = [row["own"] for row in findings(alvania.terminal, submission)]
    assert one["claim"] == "resembles"


def test_rows_that_repeat_another_or_mean_an_empty_file_are_named(
    alvania: Desk, pia: Somebody, drawn: bytes
) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn), sha256(b"other"), sha256(drawn), {"sha256": EMPTY})
    view = compared(alvania, submission)
    assert (view["found"], view["left_out"]) == (1, 2)
    rows = findings(alvania.terminal, submission, left_out=True)
    assert [(one["row"], one["same_as"]) for one in rows] == [(3, 1), (4, None)]
    page = browser(alvania.investigator).get(f"/partners/{submission}/").content.decode()
    assert "Row 3: the same as row 1" in page
    assert "Row 4: the hashes of an empty file" in page


def test_owners_are_told_as_ever_and_the_log_has_one_line_without_a_hash(
    alvania: Desk, borellia: Desk, pia: Somebody, drawn: bytes
) -> None:
    hold(borellia.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn))
    compared(alvania, submission)
    deliver_all()
    [told] = borellia.terminal.get("/api/v1/notices").json()
    assert told["asker_unit"] == str(alvania.investigator.actor.unit)
    [(outcome, _, facts, concerned)] = log(LOOKED_UP)
    assert outcome == "done"
    assert (facts["submission"], facts["rows"], facts["answered"]) == (submission, 1, 1)
    assert (facts["case"], facts["exhibit"]) == (str(alvania.case), str(alvania.exhibit))
    [(_, _, taken, also)] = log(COMPARED)
    assert (taken["hashes"], taken["exhibit"]) == (1, str(alvania.exhibit))
    assert pia.actor.unit not in {*concerned, *also}
    with administrator() as look:
        assert sha256(drawn)["sha256"] not in str(look.execute("SELECT * FROM audit_event").fetchall())


def test_the_partner_is_told_received_whatever_is_done_with_it(
    alvania: Desk, pia: Somebody, drawn: bytes
) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn))
    client, address = terminal(pia), f"/api/v1/partner/submissions/{submission}"
    pages = browser(pia)

    def told() -> list[Any]:
        answers = [client.get(address), client.get("/api/v1/partner/submissions")]
        answers += [client.get(f"{address}/{more}") for more in ("comparison", "findings")]
        return [(one.status_code, one.content) for one in answers] + [
            "What is known" in pages.get(place).content.decode()
            for place in ("/partners/", f"/partners/{submission}/")
        ]

    before = told()
    compared(alvania, submission)
    assert told() == before
    assert before[2:] == [(404, before[2][1]), (403, before[3][1]), False, False]
    assert asked(client, submission, alvania).status_code == 403
    assert pages.post(f"/partners/{submission}/compare/", {"again": "yes"}).status_code == 403


def test_another_unit_sees_and_compares_nothing(
    alvania: Desk, borellia: Desk, pia: Somebody, drawn: bytes
) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn))
    compared(alvania, submission)
    for more in ("comparison", "findings"):
        hidden = borellia.terminal.get(f"/api/v1/partner/submissions/{submission}/{more}")
        absent = borellia.terminal.get(f"/api/v1/partner/submissions/{uuid.uuid4()}/{more}")
        assert hidden.status_code == absent.status_code == 404
    assert asked(borellia.terminal, submission, borellia).status_code == 404
    assert (
        browser(borellia.investigator)
        .post(f"/partners/{submission}/compare/", {"case": "C-1", "exhibit": "E-1"})
        .status_code
        == 404
    )


def test_it_takes_a_certificate_and_a_case_and_an_exhibit_of_ones_own(
    alvania: Desk, borellia: Desk, pia: Somebody
) -> None:
    submission, words = submitted(pia, sha256(b"x")), submitted_words(pia)
    nobody = add_person("nora", "alv-viu", certified_days=0)
    assert asked(terminal(nobody), submission, alvania).status_code == 403
    assert asked(alvania.terminal, submission).status_code == 422
    assert asked(alvania.terminal, submission, borellia).status_code == 404
    mixed = {"case": str(uuid.uuid4()), "exhibit": str(alvania.exhibit)}
    address = f"/api/v1/partner/submissions/{submission}/comparison"
    assert alvania.terminal.post(address, mixed, content_type="application/json").status_code == 404
    assert asked(alvania.terminal, words, alvania).status_code == 422
    assert worked() == 0
    assert alvania.terminal.get(address).status_code == 404
    assert alvania.terminal.get(address.replace("comparison", "findings")).status_code == 404


def submitted_words(pia: Somebody) -> str:
    body = {"to": "alv-viu", "title": "A report", "words": "Found on a forum."}
    answer = terminal(pia).post("/api/v1/partner/submissions", body, content_type="application/json")
    identifier: str = answer.json()["id"]
    return identifier


def close(unit: Desk) -> None:
    with administrator() as change:
        change.execute("UPDATE cases_case SET state = 'closed' WHERE public_id = %s", [unit.case])


def test_a_closed_case_takes_nothing_in(alvania: Desk, pia: Somebody) -> None:
    submission = submitted(pia, sha256(b"x"))
    close(alvania)
    assert asked(alvania.terminal, submission, alvania).status_code == 409


def take_the_certificate(unit: Desk) -> None:
    with administrator() as change:
        change.execute("UPDATE accounts_certificate SET revoked_at = now()")


def leave(unit: Desk) -> None:
    with administrator() as change:
        change.execute(
            "UPDATE accounts_user SET is_active = false WHERE id = %s", [unit.investigator.user.id]
        )


def spend(unit: Desk) -> None:
    from django.conf import settings

    limits = matching.DailyLimits(settings.VIGIE.lookups_person_day, settings.VIGIE.lookups_unit_day)
    unit.told(sha256(b"another"))
    with administrator() as change:
        change.execute("UPDATE matching_lookupcount SET asked = %s", [limits.person])


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (close, "conflict"),
        (take_the_certificate, "certificate-missing"),
        (leave, "not-signed-in"),
        (spend, "quota-spent"),
    ],
)
def test_the_rights_and_the_quota_of_who_asked_are_those_of_the_moment(
    alvania: Desk, pia: Somebody, drawn: bytes, happens: Callable[[Desk], None], why: str
) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn))
    assert asked(alvania.terminal, submission, alvania).status_code == 202
    happens(alvania)
    assert worked() == 1
    with administrator() as look:
        assert look.execute("SELECT state, stopped FROM partners_partnercomparison").fetchall() == [
            ("stopped", why)
        ]
        assert look.execute("SELECT count(*) FROM partners_partnerfinding").fetchone() == (0,)
    page = browser(add_person("sue", "alv-viu")).get(f"/partners/{submission}/").content.decode()
    assert "It was not compared" in page


def test_it_is_tried_again_each_minute_while_the_matcher_does_not_answer(
    alvania: Desk, pia: Somebody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: bytes
) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn))
    asked(alvania.terminal, submission, alvania)
    with monkeypatch.context() as away:
        away.setitem(
            apps.get_app_config("matching").__dict__, "known", MatcherSocket(Home(tmp_path / "nowhere"))
        )
        assert worked() == 1
    assert state(alvania.terminal, submission)["state"] == "waiting"
    with administrator() as look:
        [(wait,)] = look.execute(
            "SELECT scheduled_at - now() FROM procrastinate_jobs WHERE task_name = %s", [operations.COMPARE]
        ).fetchall()
        assert look.execute("SELECT count(*) FROM matching_lookupcount").fetchone() == (0,)
    assert timedelta(seconds=30) < wait <= timedelta(minutes=1)
    assert worked() == 1
    published()
    assert state(alvania.terminal, submission)["found"] == 1


def test_repeats_are_harmless_and_comparing_again_replaces_what_was_found(
    alvania: Desk, pia: Somebody, drawn: bytes
) -> None:
    held = hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn), sha256(drawn + b"."))
    for _ in range(3):
        assert asked(alvania.terminal, submission, alvania).status_code == 202
    with administrator() as look:
        [(args,)] = look.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = %s", [operations.COMPARE]
        ).fetchall()
    assert worked() == 1
    tasks.compare(**args)  # a run that comes twice
    assert len(log(LOOKED_UP)) == 1
    published()
    assert [one["row"] for one in findings(alvania.terminal, submission)] == [1]
    load(alvania.supervisor.actor, ListRole.FLAG, [entry(drawn + b".", "sha256")])
    assert [one["row"] for one in findings(alvania.terminal, submission)] == [1]
    assert asked(alvania.supervising, submission).status_code == 202
    assert worked() == 1
    published()
    rows = findings(alvania.terminal, submission)
    assert [(one["row"], bool(one["own"]), bool(one["flags"])) for one in rows] == [
        (1, True, False), (2, False, True),
    ]  # fmt: skip
    assert rows[0]["own"][0]["content"]["public_id"] == str(held.public_id)


def test_what_waits_for_too_long_may_be_asked_for_again(alvania: Desk, pia: Somebody) -> None:
    submission = submitted(pia, sha256(b"x"))
    asked(alvania.terminal, submission, alvania)
    with administrator() as change:
        change.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [operations.COMPARE])
    asked(alvania.terminal, submission)
    assert worked() == 0
    with administrator() as change:
        change.execute("UPDATE partners_partnercomparison SET asked_at = now() - interval '11 minutes'")
    asked(alvania.terminal, submission)
    assert worked() == 1


def test_it_shows_at_a_whole_second_and_not_before(alvania: Desk, pia: Somebody, drawn: bytes) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn))
    asked(alvania.terminal, submission, alvania)
    worked()
    with administrator() as change:
        [(moment,)] = change.execute("SELECT compared_at FROM partners_partnercomparison").fetchall()
        change.execute("UPDATE partners_partnercomparison SET compared_at = now() + interval '1 hour'")
    assert moment.microsecond == 0
    view = state(alvania.terminal, submission)
    assert (view["state"], view["compared_at"], view["found"]) == ("waiting", None, 0)
    assert alvania.terminal.get(f"/api/v1/partner/submissions/{submission}/findings").status_code == 404
    assert unseen(alvania.investigator.actor) == 0


def unseen(actor: Actor) -> int:
    with act_as(actor, clock=utc_now):
        return queries.findings_unseen(actor)


def test_a_hit_is_counted_in_the_rail_until_somebody_has_looked(
    alvania: Desk, pia: Somebody, drawn: bytes
) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    known, unknown = submitted(pia, sha256(drawn)), submitted(pia, sha256(b"unknown"))
    for one in (known, unknown):
        compared(alvania, one)
    ines, sue = alvania.investigator, alvania.supervisor
    assert [unseen(one.actor) for one in (ines, sue, pia)] == [1, 1, 0]
    listed = browser(ines).get("/partners/").content.decode()
    assert "1 row is known" in listed
    assert "new" in listed
    browser(ines).get(f"/partners/{known}/")
    assert unseen(sue.actor) == 0
    assert state(alvania.terminal, known)["seen"]
    uncertified = add_person("nora", "alv-viu", certified_days=0)
    assert unseen(uncertified.actor) == 0
    page = browser(uncertified).get(f"/partners/{known}/").content.decode()
    assert "people with a valid certificate" in page
    assert "Your unit holds it" not in page


def test_what_its_owner_closes_since_is_not_shown_any_more(
    alvania: Desk, borellia: Desk, pia: Somebody, drawn: bytes
) -> None:
    held = hold(borellia.investigator.actor, File(data=drawn), audience=Audience.COMMUNITY)
    submission = submitted(pia, sha256(drawn))
    compared(alvania, submission)
    with administrator() as change:
        change.execute("UPDATE media_content SET audience = 'unit' WHERE id = %s", [held.content])
    [row] = findings(alvania.terminal, submission)
    assert row["answers"] == []
    assert str(held.public_id) not in json.dumps(row)
    page = browser(alvania.investigator).get(f"/partners/{submission}/").content.decode()
    assert "not shown any more" in page


@pytest.mark.parametrize("audience", [Audience.COMMUNITY, Audience.UNIT])
def test_of_what_its_owner_erased_only_the_word_is_left(
    alvania: Desk, borellia: Desk, pia: Somebody, drawn: bytes, audience: Audience
) -> None:
    hold(borellia.investigator.actor, File(data=drawn), audience=audience)
    submission = submitted(pia, sha256(drawn))
    compared(alvania, submission)
    with administrator() as look:
        [(pair,)] = look.execute("SELECT DISTINCT pair FROM match_delivery").fetchall()
    unit = alvania.investigator.actor
    service = service_actor(
        Role.SERVICE_MATCH_DELIVERY,
        unit=unit.unit,
        country=unit.country,
        purpose=Purpose.VICTIM_IDENTIFICATION,
    )
    with act_as(service, clock=utc_now):
        matching.withdraw_match(service, pair, borellia.investigator.actor.unit)
    [row] = findings(alvania.terminal, submission)
    assert (row["answers"], row["withdrawn"]) == ([], 1)
    assert (
        "Withdrawn by its owner"
        in browser(alvania.investigator).get(f"/partners/{submission}/").content.decode()
    )
    with administrator() as look:
        assert str(pair) not in str(
            look.execute("SELECT found, pairs FROM partners_partnerfinding").fetchall()
        )


def erased(actor: Actor, held: Held) -> None:
    @operation(Permission.CASE_CASE_OPEN)
    def act(who: Actor) -> None:
        operations.drop_findings(who, [held.public_id])

    from vigie.kernel.operation import OPERATIONS

    try:
        with act_as(actor, clock=utc_now):
            act(actor)
    finally:
        OPERATIONS.pop(f"{act.__module__}.{act.__qualname__}")


def test_ones_own_erased_content_leaves_no_trace_in_what_was_found(
    alvania: Desk, pia: Somebody, drawn: bytes
) -> None:
    gone = hold(alvania.investigator.actor, File(data=drawn))
    kept = hold(alvania.investigator.actor, File(data=drawn + b"."))
    submission = submitted(pia, sha256(drawn), sha256(drawn + b"."))
    compared(alvania, submission)
    with pytest.raises(GuardMissing), act_as(alvania.investigator.actor, clock=utc_now):
        operations.drop_findings(alvania.investigator.actor, [gone.public_id])
    erased(alvania.investigator.actor, gone)
    with administrator() as look:
        everything = str(look.execute("SELECT found, contents FROM partners_partnerfinding").fetchall())
    assert str(gone.public_id) not in everything
    assert str(kept.public_id) in everything


def test_the_page_takes_it_in_and_shows_what_is_known_page_by_page(
    alvania: Desk, pia: Somebody, drawn: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "FINDINGS", 2)
    for number in range(3):
        hold(alvania.investigator.actor, File(data=drawn + bytes([number])))
    submission = submitted(pia, *(sha256(drawn + bytes([number])) for number in range(3)))
    client, page = browser(alvania.investigator), f"/partners/{submission}/"
    assert "Take it in and compare" in client.get(page).content.decode()
    for given, said in (
        ({"case": "", "exhibit": ""}, "This field is required."),
        ({"case": "C-1", "exhibit": "E-9"}, "no such exhibit"),
    ):
        wrong = client.post(f"{page}compare/", given)
        assert wrong.status_code == 422
        assert said in wrong.content.decode()
    right = client.post(f"{page}compare/", {"case": "C-1", "exhibit": "E-1"}, follow=True).content.decode()
    assert "It is being compared." in right
    assert "being compared" in client.get("/partners/").content.decode()
    worked()
    published()
    first, second = client.get(page).content.decode(), client.get(f"{page}?row=3").content.decode()
    assert (first.count("Your unit holds it"), second.count("Your unit holds it")) == (2, 1)
    assert 'href="?row=3#known"' in first
    assert "First rows" in second
    for odd in ("0", "x", "10001", "٣"):
        assert client.get(f"{page}?row={odd}").status_code == 404
    assert client.post(f"{page}compare/", {"again": "yes"}).status_code == 302
    close(alvania)
    with administrator() as change:
        change.execute("UPDATE partners_partnercomparison SET state = 'compared'")
    assert client.post(f"{page}compare/", {"again": "yes"}).status_code == 409


def test_findings_of_an_ended_attempt_are_not_kept(alvania: Desk, pia: Somebody, drawn: bytes) -> None:
    hold(alvania.investigator.actor, File(data=drawn))
    submission = submitted(pia, sha256(drawn))
    compared(alvania, submission)
    actor = alvania.investigator.actor
    with act_as(actor, clock=utc_now):
        [row] = PartnerFinding.objects.for_actor(actor)
        assert (row.owner_unit, row.position) == (actor.unit, 0)
        service = service_actor(
            Role.SERVICE_MATCH, unit=actor.unit, country=actor.country, purpose=actor.purpose
        )
    with act_as(service, clock=utc_now):
        operations.stop_comparison(
            service, row.comparison_id, "conflict"
        )  # it came too late: nothing changes
    assert state(alvania.terminal, submission)["state"] == "compared"
