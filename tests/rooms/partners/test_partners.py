"""Partner organisations: they submit, are told that it was received, and read opinions on their own; nothing else."""

import hashlib
import uuid
from typing import Any

import pytest
from django.test import Client

from factories.clients import browser, terminal
from factories.matching import File, hold
from factories.people import Somebody, add_person, add_unit
from support.database import administrator
from vigie.kernel.permissions import Role
from vigie.kernel.policy import Audience
from vigie.rooms.partners.rules import Hashes, read_lines

DATA = b"a drawn lamp"
SHA256 = hashlib.sha256(DATA).hexdigest()
MD5 = hashlib.md5(DATA).hexdigest()


@pytest.fixture
def ines(database: None) -> Somebody:
    add_unit("alv-viu", "ALV")
    add_unit("alv-ngo", "ALV")
    return add_person("ines", "alv-viu")


@pytest.fixture
def pia(ines: Somebody) -> Somebody:
    return add_person("pia", "alv-ngo", Role.PARTNER, certified_days=0)


def submitted(client: Client, **changes: Any) -> Any:
    body = {
        "to": "alv-viu",
        "title": "A list",
        "words": "Found on a forum.",
        "hashes": [{"sha256": SHA256, "md5": MD5}],
    }
    return client.post("/api/v1/partner/submissions", body | changes, content_type="application/json")


def log(verb: str) -> list[tuple[str, str, dict[str, Any], list[uuid.UUID]]]:
    with administrator() as look:
        rows = look.execute(
            "SELECT outcome, reason, facts, concerned FROM audit_event WHERE verb = %s ORDER BY id", [verb]
        )
        return [(outcome, reason, facts, concerned) for outcome, reason, facts, concerned in rows.fetchall()]


def test_a_submission_is_received_and_reaches_the_one_unit(ines: Somebody, pia: Somebody) -> None:
    add_unit("bor-viu", "BOR")
    bo = add_person("bo", "bor-viu")
    told = submitted(terminal(pia))
    assert told.status_code == 201
    assert set(told.json()) == {"id", "hashes", "at"}
    [seen] = terminal(ines).get("/api/v1/partner/submissions").json()
    assert (seen["title"], seen["words"], seen["hashes"], seen["other_name"]) == (
        "A list", "Found on a forum.", 1, "Unit alv-ngo",
    )  # fmt: skip
    address = f"/api/v1/partner/submissions/{told.json()['id']}"
    assert terminal(ines).get(f"{address}/hashes").content.decode() == f"{MD5} {SHA256}\n"
    assert terminal(bo).get("/api/v1/partner/submissions").json() == []
    for one in (address, f"{address}/hashes", f"/api/v1/partner/submissions/{uuid.uuid4()}"):
        assert terminal(bo).get(one).status_code == 404
    [(outcome, _, facts, concerned)] = log("partner:submission:make")
    assert (outcome, facts, concerned) == ("done", {"hashes": 1}, [ines.actor.unit])


def without_id_and_time(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in {"id", "at"}}


def test_what_a_partner_is_told_does_not_depend_on_what_anybody_holds(ines: Somebody, pia: Somebody) -> None:
    client = terminal(pia)
    before = submitted(client)
    hold(ines.actor, File(data=DATA), audience=Audience.COMMUNITY)
    after = submitted(client)
    assert (before.status_code, without_id_and_time(before)) == (
        after.status_code,
        without_id_and_time(after),
    )
    shown = client.get("/api/v1/partner/submissions").json()
    assert [one["opinion"] for one in shown] == [None, None]


def test_an_opinion_is_read_by_the_partner_and_given_by_the_unit_alone(ines: Somebody, pia: Somebody) -> None:
    add_unit("bor-viu", "BOR")
    bo = add_person("bo", "bor-viu")
    identifier = submitted(terminal(pia)).json()["id"]
    address = f"/api/v1/partner/submissions/{identifier}/opinions"
    said = {"opinion": "useful", "words": "Thank you."}
    for client, status in ((terminal(pia), 403), (terminal(bo), 404), (terminal(ines), 204)):
        assert client.post(address, said, content_type="application/json").status_code == status
    terminal(ines).post(address, {"opinion": "known"}, content_type="application/json")
    [seen] = terminal(pia).get("/api/v1/partner/submissions").json()
    assert (seen["opinion"]["opinion"], seen["is_own"]) == ("known", True)
    verdicts = [outcome for outcome, *_ in log("partner:opinion:give")]
    assert sorted(verdicts) == ["done", "done", "refused"]
    too_long = {"opinion": "known", "words": "x" * 501}
    assert terminal(ines).post(address, too_long, content_type="application/json").status_code == 422


def test_a_partner_needs_the_agreement_of_its_organisation(ines: Somebody, pia: Somebody) -> None:
    client = terminal(pia)
    with administrator() as change:
        change.execute("UPDATE units_agreement SET suspended_at = now()")
    assert submitted(client).status_code == 403
    assert log("partner:submission:make")[-1][:2] == ("refused", "agreement-ended")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"to": "nowhere"}, 404),
        ({"to": "alv-ngo"}, 404),
        ({"title": " "}, 422),
        ({"words": "", "hashes": []}, 422),
        ({"hashes": [{"md5": "short"}]}, 422),
        ({"hashes": [{"sha256": SHA256}] * 10_001}, 422),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_is_kept(
    ines: Somebody, pia: Somebody, changes: dict[str, Any], status: int
) -> None:
    assert submitted(terminal(pia), **changes).status_code == status
    assert terminal(ines).get("/api/v1/partner/submissions").json() == []


def test_lines_hold_digests_told_by_their_length() -> None:
    read = read_lines([f"{MD5}, {SHA256}", "", "not a hash", f"{MD5} {MD5}", SHA256.upper()])
    assert read.rows == (
        Hashes(md5=bytes.fromhex(MD5), sha256=bytes.fromhex(SHA256)),
        Hashes(sha256=bytes.fromhex(SHA256)),
    )
    assert read.bad == (3, 4)


def test_the_pages_of_both_sides(ines: Somebody, pia: Somebody) -> None:
    hers = browser(pia)
    assert hers.get("/")["Location"] == "/partners/"
    assert "You have submitted nothing yet." in hers.get("/partners/").content.decode()
    filled = {"to": "alv-viu", "title": "A list", "words": "", "hashes": f"{SHA256}\nnonsense\n"}
    wrong = hers.post("/partners/", filled)
    assert wrong.status_code == 422
    assert "no hash: 2" in wrong.content.decode()
    right = hers.post("/partners/", filled | {"hashes": SHA256}, follow=True).content.decode()
    assert "Received. You are told here what the unit thinks of it." in right
    [one] = terminal(ines).get("/api/v1/partner/submissions").json()
    page = f"/partners/{one['id']}/"
    his = browser(ines)
    assert "A list" in his.get("/partners/").content.decode()
    assert "Tell the partner" in his.get(page).content.decode()
    assert his.get(f"{page}hashes/").content.decode() == f"{SHA256}\n"
    his.post(page, {"opinion": "more_needed", "words": "Which forum?"})
    shown = hers.get(page).content.decode()
    assert "more is needed" in shown
    assert "Which forum?" in shown
    assert "Tell the partner" not in shown
    assert hers.post(page, {"opinion": "known"}).status_code == 403
    assert his.post("/partners/", filled).status_code == 403
