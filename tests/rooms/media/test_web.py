"""Clear pictures over HTTP: a stated reason, a fresh sign-in, own material, and nothing kept by the browser."""

import io
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from PIL import Image

from factories.media import recorded
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from vigie.kernel.vault import Vault
from vigie.rooms.media.web import clear as web

CLEAR = "media:clear:view"
JSON = {"Accept": "image/jpeg, application/problem+json"}


@pytest.fixture
def ines(database: None, stored_vault: Vault) -> Somebody:
    add_unit("alv", "ALV")
    add_unit("bor", "BOR")
    return add_person("ines", "alv")


def code_of(client: Client, content: uuid.UUID) -> tuple[int, str]:
    answer = client.get(f"/media/{content}/clear/", headers=JSON)
    return answer.status_code, answer.json()["code"]


def give_reason(client: Client, content: uuid.UUID, **words: str) -> int:
    return client.post(
        f"/media/{content}/reason/", {"reason": "confirm_match", **words}, headers=JSON
    ).status_code


def test_nothing_opens_without_a_reason(ines: Somebody) -> None:
    content = recorded(ines.actor, 1)
    assert code_of(browser(ines), content) == (403, "reason-missing")
    assert lines_of(CLEAR) == [("refused", "reason-missing", {})]


def test_whoever_asks_gets_a_problem_and_not_a_page(ines: Somebody) -> None:
    answer = browser(ines).get(f"/media/{recorded(ines.actor, 1)}/clear/")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"


def test_a_reason_opens_one_picture_and_stands_in_the_log(ines: Somebody) -> None:
    client, content, other = browser(ines), recorded(ines.actor, 1), recorded(ines.actor, 2)
    assert give_reason(client, content, text="the handle of the door") == 200
    answer = client.get(f"/media/{content}/clear/", headers=JSON)
    assert Image.open(io.BytesIO(answer.content)).format == "JPEG"
    assert answer["Cache-Control"] == "no-store"
    [(outcome, _, facts)] = lines_of(CLEAR)
    assert (outcome, facts["why"]) == ("done", "confirm_match")
    assert code_of(client, other) == (403, "reason-missing")


def test_a_reason_wears_off(ines: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    client, content = browser(ines), recorded(ines.actor, 1)
    give_reason(client, content)
    monkeypatch.setattr(web, "COUNTS_FOR", timedelta(0))
    assert code_of(client, content) == (403, "reason-missing")


def test_a_reason_that_is_none_is_refused(ines: Somebody) -> None:
    client, content = browser(ines), recorded(ines.actor, 1)
    assert give_reason(client, content, reason="curiosity") == 422
    assert code_of(client, content) == (403, "reason-missing")


def test_an_old_sign_in_must_be_confirmed(ines: Somebody) -> None:
    client, content = browser(ines, confirmed=timedelta(minutes=6)), recorded(ines.actor, 1)
    give_reason(client, content)
    assert code_of(client, content) == (403, "step-up-needed")


def test_another_owner_s_picture_stays_veiled(ines: Somebody) -> None:
    content = recorded(add_person("marek", "bor").actor, 1)
    client = browser(ines)
    assert give_reason(client, content) == 200
    assert code_of(client, content) == (403, "owner-only")


def test_what_one_may_not_see_is_not_there(ines: Somebody) -> None:
    from vigie.kernel.policy import Audience

    content = recorded(add_person("marek", "bor").actor, 1, audience=Audience.UNIT)
    client = browser(ines)
    assert give_reason(client, content) == give_reason(client, uuid.uuid4()) == 404
    assert code_of(client, content) == code_of(client, uuid.uuid4()) == (404, "not-found")
