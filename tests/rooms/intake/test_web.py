"""The exhibit's page: files handed in, how far they have come, what was found, one audit line for the veils of a page."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from factories import intake
from factories.cases import opened_exhibit
from factories.intake import Neighbour
from factories.media import picture
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from support.database import administrator
from vigie.kernel.vault import Vault
from vigie.rooms.intake.web import results

VEILS = "media:veil:view"
FILES = [picture(1), picture(2), picture(3), picture(4)[:500], b""]


@pytest.fixture
def ines(database: None, stored_vault: Vault, matching: Neighbour) -> Somebody:
    add_unit("alv", "ALV")
    add_unit("bor", "BOR")
    return add_person("ines", "alv")


@pytest.fixture
def exhibit(ines: Somebody) -> uuid.UUID:
    return opened_exhibit(ines.actor, legal_basis="seizure")


@pytest.fixture
def worked(ines: Somebody, exhibit: uuid.UUID) -> uuid.UUID:
    """Three pictures, one half a picture and one empty file were handed in and worked on."""
    submission = intake.opened_submission(ines.actor, exhibit)
    intake.handed_in(ines.actor, submission, *FILES)
    intake.closed(ines.actor, submission)
    intake.worked(ines.actor, submission)
    return submission


def shown(person: Somebody, address: str) -> str:
    answer = browser(person).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_exhibit_says_the_next_act_and_writes_no_veil_line(
    ines: Somebody, exhibit: uuid.UUID
) -> None:
    page = shown(ines, f"/exhibits/{exhibit}/")
    assert "Nothing was found on this exhibit yet." in page
    assert "<upload-panel" in page
    assert f'exhibit="{exhibit}"' in page
    assert lines_of(VEILS) == []


def test_a_page_of_veils_is_one_line_with_their_number(
    ines: Somebody, exhibit: uuid.UUID, worked: Any
) -> None:
    page = shown(ines, f"/exhibits/{exhibit}/")
    assert page.count("data:image/png;base64,") == 3
    [(outcome, _, facts)] = lines_of(VEILS)
    assert (outcome, facts["count"]) == ("done", 3)


def test_files_that_could_not_be_opened_keep_their_reason(
    ines: Somebody, exhibit: uuid.UUID, worked: Any
) -> None:
    page = shown(ines, f"/exhibits/{exhibit}/")
    assert "The file is empty." in page
    assert "The file ends too early." in page or "The file is damaged." in page
    assert f"/api/v1/submissions/{worked}/failures.csv" in page
    csv = browser(ines).get(f"/api/v1/submissions/{worked}/failures.csv")
    assert csv.content.decode().count("\n") >= 2


@pytest.mark.parametrize(
    ("show", "rows"), [("", 4), ("new", 4), ("known", 0), ("refused", 1), ("nonsense", 4)]
)
def test_filters(ines: Somebody, exhibit: uuid.UUID, worked: Any, show: str, rows: int) -> None:
    page = shown(ines, f"/exhibits/{exhibit}/?show={show}")
    assert page.count('class="thumb"') == rows
    assert ("No file fits this filter." in page) == (rows == 0)


def test_pages_follow_each_other_without_gap_or_double(
    ines: Somebody, exhibit: uuid.UUID, worked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "PAGE", 3)
    first = shown(ines, f"/exhibits/{exhibit}/")
    older = first.split('rel="next" href="')[1].split("#")[0].replace("&amp;", "&")
    second = shown(ines, f"/exhibits/{exhibit}/{older}")
    assert (first.count('class="thumb"'), second.count('class="thumb"')) == (3, 1)
    assert 'rel="next"' not in second
    assert "First page" in second
    narrow = shown(ines, f"/exhibits/{exhibit}/?show=refused")
    assert narrow.count('class="thumb"') == 1
    assert browser(ines).get(f"/exhibits/{exhibit}/?after=x").status_code == 404


def test_without_a_certificate_the_page_speaks_and_pictures_stay_shut(
    ines: Somebody, exhibit: uuid.UUID, worked: Any
) -> None:
    page = shown(add_person("lea", "alv", certified_days=0), f"/exhibits/{exhibit}/")
    assert "data:image" not in page
    assert "Pictures stay shut" in page
    assert "<upload-panel" not in page
    assert lines_of(VEILS) == []


def test_work_is_asked_for_until_it_ends(ines: Somebody, exhibit: uuid.UUID) -> None:
    submission = intake.opened_submission(ines.actor, exhibit)
    intake.handed_in(ines.actor, submission, picture(9))
    under_way = shown(ines, f"/exhibits/{exhibit}/work/")
    assert 'hx-trigger="every 2s"' in under_way
    assert "Working through 1 file" in under_way
    intake.closed(ines.actor, submission)
    intake.worked(ines.actor, submission)
    done = shown(ines, f"/exhibits/{exhibit}/work/")
    assert 'hx-trigger="every 2s"' not in done
    assert "1 file is through" in done
    assert "Nothing here is known to anybody who lets you know" in done


def test_files_held_already_are_said_to_be(ines: Somebody, exhibit: uuid.UUID, worked: Any) -> None:
    again = intake.opened_submission(ines.actor, exhibit)
    copies = (intake.line(entry, data, path=f"copy/{entry}") for entry, data in enumerate(FILES[:3]))
    intake.answered(ines.actor, again, *copies)
    intake.closed(ines.actor, again)
    intake.worked(ines.actor, again)
    page = shown(ines, f"/exhibits/{exhibit}/")
    assert "Your unit holds 3 files already" in page
    assert "and 1 more place on this exhibit" in page


def test_a_plain_form_hands_files_in(ines: Somebody, exhibit: uuid.UUID) -> None:
    client = browser(ines)
    files = [SimpleUploadedFile("a.jpg", picture(5)), SimpleUploadedFile("empty.jpg", b"")]
    answer = client.post(f"/exhibits/{exhibit}/files/", {"files": files})
    assert answer["Location"] == f"/exhibits/{exhibit}/"
    page = client.get(answer["Location"]).content.decode()
    assert "2 files are handed in." in page
    assert "The file is empty." in page
    [opened] = lines_of("intake:submission:open")
    assert opened[0] == "done"
    assert len(lines_of("intake:submission:close")) == 1


def test_a_plain_form_without_a_file_opens_nothing(ines: Somebody, exhibit: uuid.UUID) -> None:
    assert browser(ines).post(f"/exhibits/{exhibit}/files/").status_code in {400, 422}
    assert lines_of("intake:submission:open") == []


def test_another_unit_s_exhibit_and_no_exhibit_look_the_same(ines: Somebody, exhibit: uuid.UUID) -> None:
    marek = browser(add_person("marek", "bor"))
    for address in ("/exhibits/{}/", "/exhibits/{}/work/"):
        hidden, absent = marek.get(address.format(exhibit)), marek.get(address.format(uuid.uuid4()))
        assert hidden.status_code == absent.status_code == 404
    assert (
        marek.post(f"/exhibits/{exhibit}/files/", {"files": SimpleUploadedFile("a", b"a")}).status_code == 404
    )


def test_the_chain_of_custody_stands_beside(ines: Somebody, exhibit: uuid.UUID, worked: Any) -> None:
    page = shown(ines, f"/exhibits/{exhibit}/")
    assert "every link fits" in page
    assert "5 files recorded" in page


def test_the_page_says_that_the_countrys_key_is_away_and_goes_on_matching(
    ines: Somebody, exhibit: uuid.UUID, worked: Any, tmp_path: Path
) -> None:
    (tmp_path / "keys" / "ALV-2026-1.json").unlink()
    page = shown(ines, f"/exhibits/{exhibit}/")
    assert "the key of your country is not here" in page
    assert "data:image/png;base64," not in page
    submission = intake.opened_submission(ines.actor, exhibit)
    intake.handed_in(ines.actor, submission, picture(77))
    intake.worked(ines.actor, submission)
    with administrator() as look:
        waiting = look.execute("SELECT count(*) FROM intake_manifestentry WHERE state = 'sent'").fetchone()
    assert waiting == (1,)
