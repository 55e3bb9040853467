"""Matches and notices as pages: what may be known, why, whom to call, and a verdict that can be taken back."""

import re
import uuid
from typing import Any

import pytest

from factories.matching import File, hold, random_code, submission
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of, publish_now
from rooms.matching.asking import ask
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.kernel.policy import AnswerOutside, Audience
from vigie.rooms.matching import queries, web
from vigie.rooms.matching.schemas import MatchView

pytestmark = pytest.mark.usefixtures("matcher")


@pytest.fixture
def people(database: None) -> dict[str, Somebody]:
    for code, country in (("alv", "ALV"), ("bor", "BOR"), ("cas", "CAS")):
        add_unit(code, country)
    return {
        "ines": add_person("ines", "alv"),
        "marek": add_person("marek", "bor"),
        "noor": add_person("noor", "cas"),
    }


def found(person: Somebody) -> tuple[MatchView, ...]:
    with act_as(person.actor, clock=utc_now):
        return queries.new_matches(person.actor)


@pytest.fixture
def match(people: dict[str, Somebody]) -> MatchView:
    """Ines handed in a file that Marek's unit shows to everybody."""
    file = File()
    hold(people["marek"].actor, file, audience=Audience.COMMUNITY)
    mine = hold(people["ines"].actor, file, audience=Audience.COMMUNITY)
    ask(mine, submission(people["ines"].actor))
    publish_now()
    [one] = found(people["ines"])
    return one


@pytest.fixture
def contact(people: dict[str, Somebody]) -> MatchView:
    """Ines handed in a file that Noor's unit answers with a contact."""
    file = File()
    hold(people["noor"].actor, file, audience=Audience.UNIT, outside=AnswerOutside.CONTACT_ONLY)
    ask(hold(people["ines"].actor, file), submission(people["ines"].actor))
    publish_now()
    [one] = found(people["ines"])
    return one


def shown(person: Somebody, address: str) -> str:
    answer = browser(person).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def chosen(page: str) -> list[str]:
    """The verdicts a page shows as given."""
    return re.findall(r'id="verdict-(\w+)"[^>]* aria-pressed="true"', page)


def test_an_empty_list_says_the_next_act(people: dict[str, Somebody]) -> None:
    page = shown(people["ines"], "/matches/")
    assert "No match yet" in page
    assert 'href="/cases/"' in page


def test_a_match_stands_in_the_list_until_it_was_looked_at_as_new(
    people: dict[str, Somebody], match: MatchView
) -> None:
    ines = people["ines"]
    assert 'class="badge new">new</span>' in shown(ines, "/matches/")
    assert f"/matches/{match.public_id}/" in shown(ines, "/matches/?show=new")
    shown(ines, f"/matches/{match.public_id}/")
    assert 'class="badge new">new</span>' not in shown(ines, "/matches/")
    assert "Nothing new" in shown(ines, "/matches/?show=new")


def test_equal_bytes_are_said_to_be_equal(people: dict[str, Somebody], match: MatchView) -> None:
    page = shown(people["ines"], f"/matches/{match.public_id}/")
    assert "Same file?" in page
    assert "Every byte is the same" in page
    assert "Nothing that this installation can see." in page
    assert "Unit bor" in page
    assert "There now" in page


def test_a_resemblance_shows_distance_limit_and_what_speaks_against(people: dict[str, Somebody]) -> None:
    code = random_code()
    hold(people["marek"].actor, File(pdq=code), audience=Audience.COMMUNITY)
    mine = hold(people["ines"].actor, File(pdq=code))
    ask(mine)
    publish_now()
    [one] = found(people["ines"])
    page = shown(people["ines"], f"/matches/{one.public_id}/")
    assert "Same picture?" in page
    assert "Distance 0; up to 31 of 256 counts" in page
    assert "quality 50 or more of 100" in page
    assert "A resemblance of light and dark; the bytes differ" in page
    assert "A candidate until a person confirms it." in page


def test_a_contact_keeps_the_frame_and_tells_nothing_of_the_other_item(
    people: dict[str, Somebody], contact: MatchView
) -> None:
    page = shown(people["ines"], f"/matches/{contact.public_id}/")
    assert "Unit cas holds a matching item" in page
    assert page.count("stays with the owner") >= 4
    assert "Distance" not in page
    assert "Same file" not in page
    assert page.count('aria-pressed="false" aria-keyshortcuts') == 5
    assert page.count("disabled") >= 5
    assert "match-shortcuts" in page
    assert '"press": "#verdict-' not in page
    assert "A verdict needs the item. Ask the owner first." in page


def test_a_contact_cannot_be_judged_past_its_page(people: dict[str, Somebody], contact: MatchView) -> None:
    answer = browser(people["ines"]).post(f"/matches/{contact.public_id}/verdict/", {"opinion": "same_item"})
    assert answer.status_code == 409


def test_a_verdict_is_kept_shown_and_taken_back(people: dict[str, Somebody], match: MatchView) -> None:
    client = browser(people["ines"])
    address = f"/matches/{match.public_id}/"
    answer = client.post(f"{address}verdict/", {"opinion": "same_item", "version": "0"})
    assert answer["Location"] == address
    page = client.get(address).content.decode()
    assert chosen(page) == ["same_item"]
    assert "Verdict kept: Same item" in page
    assert "confirmed here" in page
    answer = client.post(f"{address}undo/", {"version": "1"})
    page = client.get(answer["Location"]).content.decode()
    assert chosen(page) == []
    assert "nobody has decided" in page
    assert [facts["verdict"] for _, _, facts in lines_of("match:verdict:give")] == ["same_item", "undone"]


def test_for_htmx_only_the_bar_and_the_history_come_back_and_no_picture_is_opened(
    people: dict[str, Somebody], match: MatchView, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(web, "veils_in_page", lambda _actor, wanted: opened.append(wanted) or {})
    client = browser(people["ines"])
    address = f"/matches/{match.public_id}/"
    answer = client.post(
        f"{address}verdict/", {"opinion": "unrelated", "version": "0"}, headers={"HX-Request": "true"}
    )
    page = answer.content.decode()
    assert chosen(page) == ["unrelated"]
    assert 'hx-swap-oob="true"' in page
    assert "<html" not in page
    assert f"{address}undo/?quiet" in answer["HX-Trigger"]
    assert client.post(f"{address}undo/?quiet").status_code == 204
    assert opened == []
    assert chosen(client.get(address).content.decode()) == []
    assert len(opened) == 1


def test_two_people_of_a_unit_do_not_overwrite_each_other(
    people: dict[str, Somebody], match: MatchView
) -> None:
    address = f"/matches/{match.public_id}/verdict/"
    tomas = add_person("tomas", "alv")
    assert browser(people["ines"]).post(address, {"opinion": "same_item", "version": "0"}).status_code == 302
    late = browser(tomas).post(address, {"opinion": "unrelated", "version": "0"})
    assert late.status_code == 409
    assert "A colleague has given a verdict in the meantime." in late.content.decode()


def test_a_word_that_is_no_verdict_is_refused(people: dict[str, Somebody], match: MatchView) -> None:
    answer = browser(people["ines"]).post(f"/matches/{match.public_id}/verdict/", {"opinion": "perhaps"})
    assert answer.status_code == 422
    assert lines_of("match:verdict:give") == []


def test_the_owner_is_told_and_both_see_where_they_differ(
    people: dict[str, Somebody], match: MatchView
) -> None:
    marek = people["marek"]
    listed = shown(marek, "/notices/")
    [notice] = set(re.findall(r"/notices/([0-9a-f-]{36})/", listed))
    page = shown(marek, f"/notices/{notice}/")
    assert "Unit alv" in page
    assert "They see your item and its facts." in page
    assert 'class="badge new">new</span>' not in shown(marek, "/notices/")
    browser(people["ines"]).post(f"/matches/{match.public_id}/verdict/", {"opinion": "same_item"})
    answer = browser(marek).post(f"/matches/{notice}/verdict/", {"opinion": "unrelated"})
    assert answer["Location"] == f"/notices/{notice}/"
    assert "you two differ" in shown(marek, f"/notices/{notice}/")
    assert "you two differ" in shown(people["ines"], f"/matches/{match.public_id}/")
    bar = browser(marek).post(f"/matches/{notice}/undo/", headers={"HX-Request": "true"}).content.decode()
    assert chosen(bar) == []


def test_a_question_reaches_the_owner_s_desk(people: dict[str, Somebody], match: MatchView) -> None:
    client = browser(people["ines"])
    address = f"/matches/{match.public_id}/ask/"
    assert "Send the question" in client.get(address).content.decode()
    empty = client.post(address, {"words": "  "})
    assert empty.status_code == 422
    assert "Write a question of up to 2,000 characters." in empty.content.decode()
    answer = client.post(address, {"words": "Which town is this?"})
    assert answer["Location"] == f"/matches/{match.public_id}/"
    assert "Which town is this?" in client.get(answer["Location"]).content.decode()
    listed = shown(people["marek"], "/notices/")
    [notice] = set(re.findall(r"/notices/([0-9a-f-]{36})/", listed))
    assert "Which town is this?" in shown(people["marek"], f"/notices/{notice}/")


def test_what_is_not_the_unit_s_looks_like_nothing(people: dict[str, Somebody], match: MatchView) -> None:
    noor, nobody = browser(people["noor"]), uuid.uuid4()
    for path in ("/matches/{}/", "/matches/{}/ask/", "/notices/{}/"):
        hidden, absent = noor.get(path.format(match.public_id)), noor.get(path.format(nobody))
        assert hidden.status_code == absent.status_code == 404
    for path in ("/matches/{}/verdict/", "/matches/{}/undo/"):
        assert noor.post(path.format(match.public_id), {"opinion": "same_item"}).status_code == 404
    assert "No match yet" in noor.get("/matches/").content.decode()


def test_silence_looks_exactly_like_no_match(people: dict[str, Somebody]) -> None:
    before = shown(people["ines"], "/matches/")
    file = File()
    hold(people["noor"].actor, file, audience=Audience.UNIT, outside=AnswerOutside.SILENT)
    ask(hold(people["ines"].actor, file))
    publish_now()
    assert without_tokens(shown(people["ines"], "/matches/")) == without_tokens(before)


def without_tokens(page: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value=|csrf-token" content=)"\w+"', "", page)


def test_candidates_of_one_item_stand_beside_each_other(people: dict[str, Somebody]) -> None:
    file = File()
    hold(people["marek"].actor, file, audience=Audience.COMMUNITY)
    hold(people["noor"].actor, file, audience=Audience.UNIT)
    ask(hold(people["ines"].actor, file))
    publish_now()
    full = next(one for one in found(people["ines"]) if one.level == "full")
    page = shown(people["ines"], f"/matches/{full.public_id}/")
    assert "Candidate 1 of 2" in page
    assert 'id="next-candidate"' in page
    assert 'id="previous-candidate"' not in page


def test_lists_come_in_pages(people: dict[str, Somebody], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PAGE", 2)
    for _ in range(3):
        file = File()
        hold(people["marek"].actor, file, audience=Audience.COMMUNITY)
        ask(hold(people["ines"].actor, file, audience=Audience.COMMUNITY))
    publish_now()
    for person, listing in (("ines", "/matches/"), ("marek", "/notices/")):
        first = shown(people[person], listing)
        older = first.split('rel="next" href="')[1].split('"')[0]
        second = shown(people[person], listing + older)
        ids: list[set[Any]] = [
            set(re.findall(r'href="/\w+/([0-9a-f-]{36})/"', page)) for page in (first, second)
        ]
        assert [len(one) for one in ids] == [2, 1]
        assert ids[0].isdisjoint(ids[1])
        assert browser(people[person]).get(f"{listing}?after={uuid.uuid4()}").status_code == 404
        assert browser(people[person]).get(f"{listing}?after=x").status_code == 404


def test_without_a_certificate_matches_are_refused_and_notices_open(
    people: dict[str, Somebody], match: MatchView
) -> None:
    lea = browser(add_person("lea", "bor", certified_days=0))
    assert lea.get("/matches/").status_code == 403
    assert lea.get("/notices/").status_code == 200
