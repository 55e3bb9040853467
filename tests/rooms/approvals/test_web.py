"""What waits for a second person on pages, over HTTP and at the command line."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from factories.approvals import Bell, bell
from factories.clients import terminal
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from support.installed import checkpoint_key
from vigie.backends.remote import Remote
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.permissions import Role
from vigie.rooms.accounts.queries import actor_for
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.approvals import cli, queries

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def ringing(database: None) -> Iterator[Bell]:
    with bell() as made:
        yield made


@pytest.fixture
def ana(ringing: Bell) -> Somebody:
    add_unit("alv", "ALV")
    return add_person("ana", "alv", Role.SUPERVISOR)


@pytest.fixture
def ben(ana: Somebody) -> Somebody:
    return add_person("ben", "alv", Role.SUPERVISOR)


def page(client: Client, address: str = "/approvals/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_with_nothing_waiting_the_page_says_what_it_is_for(ana: Somebody) -> None:
    shown = page(browser(ana))
    assert "Nothing waits for a second person" in shown
    assert 'href="/approvals/"' in shown
    assert '<span class="count">' not in shown.split("/approvals/")[1].split("</li>")[0]


def test_what_waits_stands_with_whom_it_waits_for_and_in_the_rail(ringing: Bell, ana: Somebody, ben: Somebody) -> None:  # fmt: skip
    made = ringing.proposed(ana.actor, "It is noon.")
    mine, his = page(browser(ana)), page(browser(ben))
    for shown in (mine, his):
        assert made.summary in shown
        assert "It is noon." in shown
        assert "Ana" in shown
        assert "23 h left" in shown
    assert "Nothing waits for you." in mine
    assert "Nothing you proposed is waiting." in his
    assert '<span class="count">1</span>' in his
    assert '<span class="count">1</span>' not in mine


def test_who_may_not_approve_it_sees_nothing_of_it(ringing: Bell, ana: Somebody) -> None:
    junior = add_person("dov", "alv", Role.INVESTIGATOR)
    made = ringing.proposed(ana.actor)
    client = browser(junior)
    assert "Nothing waits for a second person" in page(client)
    assert client.get(f"/approvals/{made.public_id}/").status_code == 404


def test_the_second_person_reads_what_is_done_and_approves_it(ringing: Bell, ana: Somebody, ben: Somebody) -> None:  # fmt: skip
    made = ringing.proposed(ana.actor)
    client, where = browser(ben), f"/approvals/{made.public_id}/"
    shown = page(client, where)
    assert made.digest in shown
    assert f"&quot;tune&quot;: &quot;{made.payload['tune']}&quot;" in shown
    answer = client.post(f"{where}approve/", {"digest": made.digest}, follow=True)
    assert "Approved. It is done, and the log names both of you." in answer.content.decode()
    assert "Nothing is left to decide here." in answer.content.decode()
    assert [who for who, _tune in ringing.rung] == [ben.user.id]
    assert "approved and done" in page(client)


def test_approving_without_the_digest_that_was_shown_is_refused(ringing: Bell, ana: Somebody, ben: Somebody) -> None:  # fmt: skip
    made = ringing.proposed(ana.actor)
    answer = browser(ben).post(f"/approvals/{made.public_id}/approve/")
    assert answer.status_code == 409
    assert "What this is about changed" in answer.content.decode()
    assert ringing.rung == []


def test_a_sign_in_that_is_not_fresh_is_confirmed_before_the_button_shows(ringing: Bell, ana: Somebody, ben: Somebody) -> None:  # fmt: skip
    made = ringing.proposed(ana.actor)
    client, where = browser(ben, confirmed=timedelta(minutes=6)), f"/approvals/{made.public_id}/"
    shown = page(client, where)
    assert "Confirm it is you, then approve" in shown
    assert "Approve and do it" not in shown
    answer = client.post(f"{where}approve/", {"digest": made.digest})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/confirm/")
    assert ringing.rung == []


def test_refusing_takes_a_reason_which_the_proposer_reads(ringing: Bell, ana: Somebody, ben: Somebody) -> None:  # fmt: skip
    made = ringing.proposed(ana.actor)
    client, where = browser(ben, confirmed=timedelta(minutes=6)), f"/approvals/{made.public_id}/"
    answer = client.post(f"{where}refuse/", {"words": "  "})
    assert answer.status_code == 422
    assert "Say why, in a few words" in answer.content.decode()
    client.post(f"{where}refuse/", {"words": "Too early."})
    shown = page(browser(ana), where)
    assert "Too early." in shown
    assert "Ben" in shown
    assert [outcome for outcome, *_ in lines_of("approval:proposal:refuse")] == ["done"]


def test_the_proposer_is_offered_to_withdraw_and_nothing_else(ringing: Bell, ana: Somebody) -> None:
    made = ringing.proposed(ana.actor)
    client, where = browser(ana), f"/approvals/{made.public_id}/"
    shown = page(client, where)
    assert "Withdraw it" in shown
    assert "Approve and do it" not in shown
    client.post(f"{where}withdraw/")
    assert "withdrawn" in page(client, where)


def test_what_stands_against_a_person_is_said_in_words(ringing: Bell, ana: Somebody) -> None:
    made = ringing.proposed(ana.actor)
    uncertified = add_person("eva", "alv", Role.SUPERVISOR, certified_days=0)
    shown = page(browser(uncertified), f"/approvals/{made.public_id}/")
    assert "You cannot decide this" in shown
    assert "needs a valid certificate" in shown


def test_a_refused_attempt_is_named_in_the_log_s_page(ringing: Bell, ana: Somebody) -> None:
    made = ringing.proposed(ana.actor)
    client = browser(ana)
    assert client.post(f"/approvals/{made.public_id}/approve/", {"digest": made.digest}).status_code == 403
    with checkpoint_key():
        assert "Another person must approve it." in page(client, "/log/")


def test_an_ended_proposal_says_so(ringing: Bell, ana: Somebody, ben: Somebody) -> None:
    made = ringing.proposed(ana.actor)
    late = made.expires_at + timedelta(minutes=1)
    actor = actor_for(ben.user, now=late, confirmed_at=late)
    with act_as(actor, clock=lambda: late):
        [one] = queries.waiting(actor).done
        assert (one.state.value, one.may_decide) == ("expired", False)
        assert queries.waiting_for(actor) == 0


def test_the_same_is_not_proposed_twice_at_once(ringing: Bell, ana: Somebody, ben: Somebody) -> None:
    from vigie.kernel.errors import Conflict, Invalid
    from vigie.rooms.approvals import operations

    made = ringing.proposed(ana.actor)
    wrong: list[tuple[Any, str, type[Exception]]] = [
        (made.payload, "Again.", Conflict),
        ({"tune": "other"}, " ", Invalid),
        ({"tune": utc_now()}, "Not JSON.", Invalid),
        ({1: "a key that is no text"}, "Not JSON.", Invalid),
        ({"tune": float("nan")}, "Not JSON.", Invalid),
        ({"tune": "x" * 70_000}, "Too long to read.", Invalid),
    ]
    for payload, words, failure in wrong:
        with pytest.raises(failure), act_as(ben.actor, clock=utc_now):
            operations.propose(ben.actor, ringing.kind, ringing.subject, payload, words)


def test_two_acts_cannot_bear_one_name(ringing: Bell) -> None:
    from vigie.rooms.approvals.acts import register

    with pytest.raises(RuntimeError):
        register(Bell().act())


class TestCommandLine:
    """`vigie approvals` says and does the same."""

    @pytest.fixture
    def said(self, ben: Somebody, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
        token = token_for(ben.user, label="test", confirmed_at=utc_now()).token
        wire = httpx.WSGITransport(app=WSGIHandler())
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        monkeypatch.setattr(
            cli,
            "signed_in",
            lambda _settings: Remote(
                httpx.Client(base_url="http://localhost", headers=headers, transport=wire)
            ),
        )

        def run(*arguments: str) -> tuple[int, str]:
            with pytest.raises(SystemExit) as ended:
                main(["approvals", *arguments])
            return int(ended.value.code or 0), capsys.readouterr().out

        return run

    def test_what_waits_is_listed_shown_and_approved(self, said: Any, ringing: Bell, ana: Somebody) -> None:
        made = ringing.proposed(ana.actor)
        code, listed = said("list")
        assert code == 0
        assert f"{made.public_id}  for you" in listed
        _code, shown = said("show", str(made.public_id), "--json")
        assert json.loads(shown)["digest"] == made.digest
        assert made.digest in said("show", str(made.public_id))[1]
        assert said("approve", str(made.public_id), "--digest", "0" * 64)[0] == 5
        assert said("approve", str(made.public_id), "--digest", made.digest)[0] == 0
        assert len(ringing.rung) == 1
        assert said("list") == (0, "")
        assert "approved" in said("list", "--all")[1]

    def test_a_proposal_is_refused_and_one_s_own_withdrawn(self, said: Any, ringing: Bell, ana: Somebody, ben: Somebody) -> None:  # fmt: skip
        his, own = ringing.proposed(ana.actor), ringing.proposed(ben.actor)
        assert said("refuse", str(his.public_id), "--reason", "Too early.")[0] == 0
        assert said("withdraw", str(own.public_id))[0] == 0
        states = [json.loads(line)["state"] for line in said("list", "--all", "--json")[1].splitlines()]
        assert sorted(states) == ["refused", "withdrawn"]

    def test_one_s_own_is_refused_by_policy(self, said: Any, ringing: Bell, ben: Somebody) -> None:
        own = ringing.proposed(ben.actor)
        assert said("approve", str(own.public_id), "--digest", own.digest)[0] == 8


def test_over_http_another_unit_finds_nothing(ringing: Bell, ana: Somebody) -> None:
    made = ringing.proposed(ana.actor)
    add_unit("bor", "BOR")
    client = terminal(add_person("fay", "bor", Role.SUPERVISOR))
    assert client.get("/api/v1/approvals").json() == {"for_me": [], "mine": [], "done": []}
    assert client.get(f"/api/v1/approvals/{made.public_id}").status_code == 404
