import re
from pathlib import Path

import pytest

from vigie.config import schema
from vigie.config.problems import SetupProblem
from vigie.config.profiles import Profile
from vigie.config.schema import ProcessKind, Settings, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    import os

    for name in [name for name in os.environ if name.startswith("VIGIE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path))


def test_defaults_serve_this_machine_only():
    settings = load_settings()
    assert str(settings.address) == "127.0.0.1"
    assert settings.port == 8460
    assert settings.profile is Profile.EMBEDDED
    assert settings.process is ProcessKind.COMMAND
    assert settings.database_url is None


def test_environment_is_stronger_than_the_file_and_the_file_than_the_profile(tmp_path, monkeypatch):
    (tmp_path / "vigie.toml").write_text('port = 9001\nworker_concurrency = 5\nlanguages = ["fr", "en"]\n')
    monkeypatch.setenv("VIGIE_PORT", "9002")
    settings = load_settings()
    assert settings.port == 9002
    assert settings.worker_concurrency == 5
    assert settings.languages == ("fr", "en")
    assert settings.web_threads == 8


def test_a_profile_fills_in_only_what_nobody_named(monkeypatch):
    monkeypatch.setenv("VIGIE_PROFILE", "scaled")
    monkeypatch.setenv("VIGIE_DATABASE_URL", "postgresql://admin@db/postgres")
    monkeypatch.setenv("VIGIE_WEB_THREADS", "3")
    settings = load_settings()
    assert settings.web_threads == 3
    assert settings.worker_concurrency == 8


def test_the_scaled_profile_needs_a_shared_database(monkeypatch):
    monkeypatch.setenv("VIGIE_PROFILE", "scaled")
    with pytest.raises(SetupProblem, match="database_url"):
        load_settings()


def test_lists_are_written_with_commas_in_the_environment(monkeypatch):
    monkeypatch.setenv("VIGIE_LANGUAGES", "ar, en")
    monkeypatch.setenv("VIGIE_ALLOWED_HOSTS", "vigie.police.example")
    monkeypatch.setenv("VIGIE_MATCHER_HOMES", "/srv/one, two")
    settings = load_settings()
    assert settings.languages == ("ar", "en")
    assert settings.matcher_homes == (Path("/srv/one"), Path.cwd() / "two")
    assert settings.allowed_hosts == ("vigie.police.example",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "99999"),
        ("ADDRESS", "everywhere"),
        ("LANGUAGES", "en,xx"),
        ("LANGUAGES", ","),
        ("PROFILE", "huge"),
        ("DATABASE_NAME", 'x"; DROP'),
        ("PASSPHRASE_SOURCE", "fd"),
    ],
)
def test_a_wrong_option_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"VIGIE_{name}", value)
    with pytest.raises(SetupProblem) as caught:
        load_settings()
    assert name.lower() in caught.value.what
    assert caught.value.safe
    assert caught.value.remedy


def test_a_wrong_value_is_not_repeated_because_it_may_be_a_secret(tmp_path):
    (tmp_path / "vigie.toml").write_text("passphrase = 4711471147\n")
    with pytest.raises(SetupProblem) as caught:
        load_settings()
    assert "passphrase" in caught.value.what
    assert "4711471147" not in caught.value.what


@pytest.mark.parametrize("text", ["prot = 1\n", "port = = 1\n", "home = '/elsewhere'\n", "process = 'web'\n"])
def test_a_wrong_settings_file_is_refused(tmp_path, text):
    (tmp_path / "vigie.toml").write_text(text)
    with pytest.raises(SetupProblem, match="cannot be used"):
        load_settings()


def test_settings_never_change():
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1


def test_secrets_do_not_show_in_the_text_of_settings(monkeypatch):
    monkeypatch.setenv("VIGIE_DATABASE_URL", "postgresql://admin:hunter2@db/postgres")
    assert "hunter2" not in repr(load_settings())


def test_a_home_may_be_given_and_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings(home=Path("there")).home == tmp_path / "there"


def test_the_default_home_depends_on_the_user(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert schema.default_home() == Path("/var/lib/vigie")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert schema.default_home() == Path("/somewhere/vigie")


def test_a_demonstration_never_lives_in_the_default_home(monkeypatch):
    for user in (0, 1000):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        assert schema.default_demo_home() != schema.default_home()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert schema.default_demo_home() == Path("/var/lib/vigie-demo")


def test_every_option_has_its_sentence_of_documentation():
    source = Path(schema.__file__).read_text()
    body = source[source.index("class Settings(") :]
    for name in Settings.model_fields:
        assert re.search(rf'^    {name}: .*\n    """[A-Z][^"]+\.', body, re.MULTILINE), name


def test_misspelt_variables_are_found():
    assert unknown_variables({"VIGIE_PROT": "1", "VIGIE_PORT": "1", "HOME": "/"}) == ("VIGIE_PROT",)
