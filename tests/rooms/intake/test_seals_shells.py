"""Sealed files in the browser, over HTTP and at the command line."""

import json
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler

from factories import intake
from factories.cases import opened_case, opened_exhibit
from factories.intake import Neighbour, line
from factories.media import picture
from factories.people import Somebody, add_person, add_unit
from factories.web import browser, lines_of
from support.database import administrator
from vigie.backends.remote import Remote
from vigie.interfaces.cli.app import main
from vigie.kernel.actors import utc_now
from vigie.kernel.jobs import OnBehalf
from vigie.kernel.permissions import Role
from vigie.kernel.vault import Vault
from vigie.rooms.accounts.sign_in import token_for
from vigie.rooms.intake import tasks
from vigie.rooms.intake.cli import seals
from vigie.rooms.intake.web import seals as page
from vigie.rooms.units import cli as units

DATA = picture(1, 320, 240)
FORM = {"kind": "warrant", "reference": "W 12/26", "issuer": "District court", "issued_on": "2026-01-05"}


@pytest.fixture
def ines(database: None, stored_vault: Vault, matching: Neighbour) -> Somebody:
    add_unit("alv", "ALV")
    return add_person("ines", "alv")


@pytest.fixture
def boss(ines: Somebody) -> Somebody:
    return add_person("boss", "alv", Role.SUPERVISOR)


@pytest.fixture
def exhibit(ines: Somebody) -> uuid.UUID:
    case = opened_case(ines.actor, legal_basis="seizure")
    return opened_exhibit(ines.actor, case=case)


@pytest.fixture
def sealed(ines: Somebody, exhibit: uuid.UUID) -> uuid.UUID:
    """Two sealed files lie on the exhibit."""
    submission = intake.opened_submission(ines.actor, exhibit)
    files = (DATA, picture(2))
    intake.answered(
        ines.actor, submission, *(line(entry, data, sealed=True) for entry, data in enumerate(files))
    )
    for entry, data in enumerate(files):
        intake.arrived(ines.actor, submission, entry, data)
    intake.closed(ines.actor, submission)
    intake.worked(ines.actor, submission)
    return exhibit


def rows(query: str) -> list[tuple[Any, ...]]:
    with administrator() as look:
        return look.execute(query.encode()).fetchall()


class TestThePage:
    def test_an_exhibit_says_how_many_files_are_sealed_and_leads_to_them(
        self, ines: Somebody, sealed: uuid.UUID
    ) -> None:
        text = browser(ines).get(f"/exhibits/{sealed}/?show=sealed").content.decode()
        assert "2 files are sealed." in text
        assert f"/exhibits/{sealed}/sealed/" in text
        assert text.count('class="thumb"') == 2
        assert "data:image" not in text
        assert "sealed until a legal authority is recorded" in text

    def test_it_lists_paths_and_sizes_and_no_digest(self, boss: Somebody, sealed: uuid.UUID) -> None:
        text = browser(boss).get(f"/exhibits/{sealed}/sealed/").content.decode()
        assert "DCIM/0000.jpg" in text
        assert intake.sha256(DATA).hex()[:8] not in text
        assert "Record and open" in text

    def test_an_investigator_reads_who_may_open_them(self, ines: Somebody, sealed: uuid.UUID) -> None:
        text = browser(ines).get(f"/exhibits/{sealed}/sealed/").content.decode()
        assert "Record and open" not in text
        assert "DCIM/0000.jpg" in text

    def test_an_exhibit_without_any_says_so(self, boss: Somebody, exhibit: uuid.UUID) -> None:
        text = browser(boss).get(f"/exhibits/{exhibit}/sealed/").content.decode()
        assert "Nothing is sealed here" in text
        assert "files are sealed" not in browser(boss).get(f"/exhibits/{exhibit}/").content.decode()

    def test_a_supervisor_opens_what_was_ticked(self, boss: Somebody, sealed: uuid.UUID) -> None:
        [(chosen,), _] = rows("SELECT public_id FROM media_content ORDER BY id")
        client = browser(boss)
        answer = client.post(f"/exhibits/{sealed}/sealed/", {**FORM, "files": [str(chosen)]}, follow=True)
        text = answer.content.decode()
        assert "1 file is being opened." in text
        assert "W 12/26" in text
        assert "under way" in text
        [(row_id,)] = rows("SELECT id FROM intake_sealauthority")
        tasks.open_sealed(on_behalf=OnBehalf.of(boss.actor).as_arguments(), authority=str(row_id))
        assert rows("SELECT public_id FROM media_content WHERE NOT sealed") == [(chosen,)]
        assert "under way" not in client.get(f"/exhibits/{sealed}/sealed/").content.decode()
        chain = client.get(f"/exhibits/{sealed}/").content.decode()
        assert "Authority to open 1 sealed file recorded" in chain

    def test_what_is_missing_is_said_and_nothing_is_opened(self, boss: Somebody, sealed: uuid.UUID) -> None:
        answer = browser(boss).post(f"/exhibits/{sealed}/sealed/", {**FORM, "issued_on": "2999-01-01"})
        assert answer.status_code == 422
        assert "dated in the future" in answer.content.decode()
        assert "W 12/26" in answer.content.decode()  # what was written stays
        assert rows("SELECT count(*) FROM intake_sealauthority") == [(0,)]
        assert browser(boss).post(f"/exhibits/{sealed}/sealed/", {}).status_code == 422
        wrong = browser(boss).post(f"/exhibits/{sealed}/sealed/", {**FORM, "files": ["x"]})
        assert wrong.status_code == 404

    def test_a_sign_in_that_is_not_fresh_is_asked_again(self, boss: Somebody, sealed: uuid.UUID) -> None:
        answer = browser(boss, confirmed=timedelta(minutes=6)).post(f"/exhibits/{sealed}/sealed/", FORM)
        assert answer.status_code in {302, 303, 403}
        assert rows("SELECT count(*) FROM intake_sealauthority") == [(0,)]

    def test_many_files_are_shown_page_by_page(
        self, boss: Somebody, sealed: uuid.UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page, "PAGE", 1)
        client = browser(boss)
        first = client.get(f"/exhibits/{sealed}/sealed/").content.decode()
        older = first.split('rel="next" href="')[1].split('"')[0]
        second = client.get(f"/exhibits/{sealed}/sealed/{older}").content.decode()
        shown = [
            {one for one in ("DCIM/0000.jpg", "DCIM/0001.jpg") if one in text} for text in (first, second)
        ]
        assert [len(one) for one in shown] == [1, 1]
        assert shown[0] != shown[1]
        assert 'rel="next"' not in second
        assert client.get(f"/exhibits/{sealed}/sealed/?after=x").status_code == 404

    def test_another_unit_finds_no_such_page(self, sealed: uuid.UUID) -> None:
        add_unit("bor", "BOR")
        other = add_person("otto", "bor", Role.SUPERVISOR)
        assert browser(other).get(f"/exhibits/{sealed}/sealed/").status_code == 404
        assert browser(other).post(f"/exhibits/{sealed}/sealed/", FORM).status_code == 404

    def test_files_are_handed_in_sealed_without_script_too(self, ines: Somebody, exhibit: uuid.UUID) -> None:
        file = SimpleUploadedFile("a.jpg", DATA)
        client = browser(ines)
        client.post(f"/exhibits/{exhibit}/files/", {"files": file, "sealed": "on"})
        assert rows("SELECT sealed FROM intake_manifestentry") == [(True,)]


class TestTheCommandLine:
    @pytest.fixture
    def signed_in(self, boss: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sign_in(boss, monkeypatch)

    def sign_in(self, person: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
        token = token_for(person.user, label="test", confirmed_at=utc_now()).token
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

        def remote(_settings: object) -> Remote:
            wire = httpx.WSGITransport(app=WSGIHandler())
            return Remote(httpx.Client(transport=wire, base_url="http://testserver", headers=headers))

        for module in (seals, units):
            monkeypatch.setattr(module, "signed_in", remote)

    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        return int(ended.value.code or 0), capsys.readouterr().out

    PLACE = ("--case", "C-1", "--exhibit", "E-1")

    @pytest.mark.usefixtures("signed_in")
    def test_lists_them_and_opens_them(self, sealed: uuid.UUID, capsys: pytest.CaptureFixture[str]) -> None:
        status, out = self.run(capsys, "sealed", "list", *self.PLACE, "--json")
        found = [json.loads(one) for one in out.splitlines()]
        assert (status, sorted(one["paths"] for one in found)) == (0, [["DCIM/0000.jpg"], ["DCIM/0001.jpg"]])
        assert all(set(one) == {"public_id", "paths", "size", "recorded_at"} for one in found)
        named = (
            "--kind",
            "warrant",
            "--reference",
            "W 1",
            "--issuer",
            "Court",
            "--file",
            found[0]["public_id"],
        )
        status, out = self.run(capsys, "sealed", "open", *self.PLACE, *named)
        assert (status, out) == (0, "1 files are being opened.\n")
        status, out = self.run(capsys, "sealed", "authorities", *self.PLACE)
        assert (status, out.count("under way"), out.count("W 1")) == (0, 1, 1)
        [(outcome, _, facts)] = lines_of("intake:seal:open")
        assert (outcome, facts["files"]) == ("done", 1)

    @pytest.mark.usefixtures("signed_in", "sealed")
    def test_an_exhibit_that_is_not_there_ends_with_4(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.run(capsys, "sealed", "list", "--case", "C-1", "--exhibit", "E-9")[0] == 4

    def test_an_administrator_says_what_the_law_of_a_country_is(
        self, ines: Somebody, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.sign_in(add_person("ada", "alv", Role.ADMINISTRATOR), monkeypatch)
        assert self.run(capsys, "unit", "unviewed-files", "ALV", "closed")[0] == 0
        assert rows("SELECT unviewed_files FROM units_country WHERE code = 'ALV'") == [("closed",)]
        assert self.run(capsys, "unit", "unviewed-files", "ZZZ", "closed")[0] == 4
        assert self.run(capsys, "unit", "unviewed-files", "ALV", "perhaps")[0] != 0
        self.sign_in(ines, monkeypatch)
        assert self.run(capsys, "unit", "unviewed-files", "ALV", "open")[0] == 8
