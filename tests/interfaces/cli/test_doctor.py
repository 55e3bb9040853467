import json

import pytest

from vigie.config.home import Home, prepare_home
from vigie.config.problems import Weight
from vigie.config.schema import Settings
from vigie.interfaces.cli import doctor as doctor_module
from vigie.interfaces.cli.app import main
from vigie.interfaces.cli.doctor import (
    examine_home,
    examine_running_system,
    examine_server_programs,
    examine_settings,
)
from vigie.interfaces.cli.exits import Exit


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path))
    prepare_home(Home(tmp_path))
    return Settings()


def weights(findings):
    return {each.subject: each.weight for each in findings}


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(["doctor", *arguments])
    return ended.value.code


def test_a_home_in_order_is_fine(settings):
    assert set(weights(examine_home(settings)).values()) == {Weight.FINE}


def test_an_opened_folder_is_a_failure_that_names_it(settings, capsys):
    (settings.home / "secrets").chmod(0o750)
    assert weights(examine_home(settings))["home folder"] is Weight.FAILURE
    assert run() == Exit.FAILURE
    line = next(line for line in capsys.readouterr().out.splitlines() if "home folder" in line)
    assert line.startswith("WRONG")
    assert str(settings.home / "secrets") in line


def test_a_home_that_does_not_exist_yet_is_said(tmp_path):
    assert weights(examine_home(Settings(home=tmp_path / "none"))) == {"home folder": Weight.WARNING}


def test_little_space_is_a_warning(settings, monkeypatch):
    monkeypatch.setattr(doctor_module, "_LEAST_FREE_BYTES", 2**62)
    assert weights(examine_home(settings))["free space"] is Weight.WARNING


def test_misspelt_options_and_readable_settings_are_found(settings, monkeypatch):
    assert set(weights(examine_settings(settings)).values()) == {Weight.FINE}
    monkeypatch.setenv("VIGIE_PROT", "1")
    file = settings.home / "vigie.toml"
    file.write_text("")
    file.chmod(0o644)
    assert weights(examine_settings(settings)) == {
        "settings": Weight.WARNING,
        "settings file": Weight.FAILURE,
    }
    file.chmod(0o600)
    assert weights(examine_settings(settings))["settings file"] is Weight.FINE


def test_missing_server_programs_are_a_failure(settings):
    assert weights(examine_server_programs(settings))["database programs"] is Weight.FINE
    (settings.home / "postgres" / "data").mkdir(parents=True)
    (settings.home / "postgres" / "data" / "PG_VERSION").write_text("11\n")
    assert weights(examine_server_programs(settings)) == {"database programs": Weight.FAILURE}


def test_another_server_needs_no_programs_here_and_is_asked_whether_or_not_we_run(tmp_path):
    elsewhere = Settings(home=tmp_path, database_url=f"host={tmp_path} user=nobody")
    assert list(examine_server_programs(elsewhere)) == []
    assert weights(examine_running_system(elsewhere))["database"] is Weight.FAILURE


def test_a_stopped_system_is_said_and_its_database_not_asked(settings):
    assert weights(examine_running_system(settings)) == {"system": Weight.WARNING}


def test_json_is_one_document(settings, capsys):
    assert run("--json") == Exit.OK
    document = json.loads(capsys.readouterr().out)
    assert document["healthy"] is True
    assert {"subject", "weight", "what", "remedy"} == set(document["findings"][0])
