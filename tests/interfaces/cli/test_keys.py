"""`vigie keys`: what each country's keys are, what mode `file` cannot promise, and what is refused."""

import json
import os
from pathlib import Path

import pytest

from factories.media import CHEAP
from support.softhsm import PIN, soft_token
from vigie.backends.keys import FILE_MODE, FileKeys
from vigie.backends.processes import HomeLock
from vigie.config.home import Home, keep_secret, mark_demo, prepare_home
from vigie.config.passphrase import DEMO_SECRET
from vigie.config.schema import Settings
from vigie.interfaces.cli.app import main
from vigie.interfaces.cli.doctor import examine_keys
from vigie.interfaces.cli.exits import Exit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose passphrase lies beside its keys, as a demonstration's does."""
    made = Home(tmp_path / "home")
    prepare_home(made)
    mark_demo(made)
    keep_secret(made, DEMO_SECRET, "a drawn lamp")
    keys, recovery = FileKeys.initialise(made.keys, "a drawn lamp", cost=CHEAP)
    keys.create("ALV", 2026)
    (tmp_path / "paper").write_text(recovery)
    monkeypatch.setenv("VIGIE_HOME", str(made.root))
    return made


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["keys", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def typed(text: str) -> int:
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    return reader


def with_token(home: Home, country: str) -> None:
    token, pin = soft_token(), home.root / "pin"
    pin.touch(mode=0o600)
    pin.write_text(PIN)
    home.settings_file.write_text(
        f'[pkcs11.{country}]\nmodule = "{token.module}"\ntoken = "{token.label}"\npin_file = "{pin}"\n'
    )


def test_the_list_names_each_mode_and_what_mode_file_cannot_promise(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with_token(home, "BOR")
    assert run("add-country", "BOR") == Exit.OK
    assert run("add-country", "BOR") == Exit.FAILURE
    capsys.readouterr()
    assert run("list") == Exit.OK
    told = capsys.readouterr()
    alvania, bordu = told.out.splitlines()
    assert alvania == "ALV  file  ALV-2026-1"
    assert bordu.startswith("BOR  PKCS#11 token ")
    assert f"Mode file (ALV): {FILE_MODE}" in told.err
    assert run("list", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out)["countries"]["BOR"]["mode"] == "pkcs11"


def test_a_token_that_does_not_answer_is_named_and_the_others_are_listed(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with_token(home, "BOR")
    (home.root / "pin").unlink()
    assert run("list") == Exit.OK
    told = capsys.readouterr().out
    assert "ALV  file  ALV-2026-1" in told
    assert "CLOSED: the key of BOR is in the token" in told


def test_a_key_is_not_destroyed_while_the_system_runs(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with HomeLock(home.lock_file):
        assert run("destroy", "ALV-2026-1") == Exit.FAILURE
    assert "The system runs" in capsys.readouterr().err
    assert FileKeys.open(home.keys, "a drawn lamp").ids() == ["ALV-2026-1"]


def test_a_lost_passphrase_is_replaced_with_the_recovery_key(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = (tmp_path / "paper").read_text()
    given = ("--new-fd", typed("a new lamp"), "--with-recovery", "--recovery-fd")
    assert run("change-passphrase", *given, typed("AAAAA-BBBBB")) == Exit.FAILURE
    assert "not a recovery key" in capsys.readouterr().err
    assert run("change-passphrase", *given, typed(paper)) == Exit.OK
    assert FileKeys.open(home.keys, "a new lamp").ids() == ["ALV-2026-1"]


def test_the_passphrase_is_changed_with_the_old_one(home: Home) -> None:
    assert run("change-passphrase", "--new-fd", typed("a new lamp")) == Exit.OK
    assert FileKeys.open(home.keys, "a new lamp").ids() == ["ALV-2026-1"]


class TestDoctor:
    def findings(self, home: Home) -> dict[str, tuple[str, str]]:
        settings = Settings(home=home.root)
        return {one.subject: (one.weight.value, one.what) for one in examine_keys(settings)}

    def test_it_warns_until_the_recovery_key_was_tried_and_says_what_mode_file_is(
        self, home: Home, tmp_path: Path
    ) -> None:
        found = self.findings(home)
        assert found["recovery key"][0] == "warning"
        assert found["keys in mode file"] == ("fine", f"ALV: {FILE_MODE}")
        assert run("check-recovery", "--recovery", (tmp_path / "paper").read_text()) == Exit.OK
        assert self.findings(home)["recovery key"][0] == "fine"

    def test_a_token_without_a_key_is_a_failure_of_its_country(self, home: Home) -> None:
        with_token(home, "BOR")
        assert self.findings(home)["token of BOR"][0] == "failure"
        assert run("add-country", "BOR") == Exit.OK
        assert self.findings(home)["token of BOR"][0] == "fine"

    def test_a_damaged_key_folder_is_said(self, home: Home) -> None:
        (home.keys / "master.json").write_text("{")
        assert self.findings(home)["recovery key"][0] == "failure"
        (home.keys / "master.json").unlink()
        assert self.findings(home) == {}
