"""Settings of the ways in: sign-in providers and client certificates, with their secrets outside the environment."""

from pathlib import Path

import pytest

from vigie.config.credentials import read_given_secret
from vigie.config.doors import is_guarded_address
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings, load_settings

PROVIDER = """
[providers.police]
name = "Police sign-in"
issuer = "https://id.police.example"
client_id = "vigie"
secret_file = "/etc/vigie/provider"
country = "ALV"
"""
CERTIFICATES = """
[client_certificates]
proxies = ["10.0.0.2", "::1"]
required = ["ALV"]
"""


def loaded(home: Path, text: str) -> Settings:
    (home / "vigie.toml").write_text(text)
    return load_settings(home=home)


def test_a_provider_is_a_table_of_its_own(tmp_path: Path) -> None:
    police = loaded(tmp_path, PROVIDER).providers["police"]
    assert (police.country, police.issuer) == ("ALV", "https://id.police.example")
    assert police.second_factor_amr == ("mfa",)
    assert police.second_factor_acr == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https:",
        "https:/id.example",
        "https://",
        "https://[",
        "https://[::1",
        "https://]x",
        "http://id.example",
    ],
)
def test_what_is_no_address_of_a_host_is_not_guarded(text: str) -> None:
    assert not is_guarded_address(text)


@pytest.mark.parametrize(
    ("changed", "by", "said"),
    [
        ("https://id.police", "http://id.police", "https address"),
        ('"ALV"', '"Alvania"', "country"),
        ('secret_file = "/etc/vigie/provider"', "", "one of the two"),
        ('client_id = "vigie"', 'client_id = "vigie"\nsecret_credential = "x"', "one of the two"),
        ('client_id = "vigie"', 'client_id = "vigie"\nsecret = "in the open"', "secret"),
        ("providers.police", "providers.Police-1_", "pattern"),
    ],
)
def test_a_provider_that_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, changed: str, by: str, said: str
) -> None:
    with pytest.raises(SetupProblem, match=said) as caught:
        loaded(tmp_path, PROVIDER.replace(changed, by))
    assert "in the open" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "guarded"),
    [
        ("https://id.example", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("http://id.example", False),
        ("http://127.0.0.1.example", False),
        ("ftp://127.0.0.1", False),
        ("", False),
    ],
)
def test_an_address_is_over_tls_or_of_this_machine(address: str, guarded: bool) -> None:
    assert is_guarded_address(address) is guarded


def test_client_certificates_name_the_proxies_and_the_countries(tmp_path: Path) -> None:
    chosen = loaded(tmp_path, CERTIFICATES).client_certificates
    assert chosen is not None
    assert [str(one) for one in chosen.proxies] == ["10.0.0.2", "::1"]
    assert (chosen.header, chosen.required, chosen.has_secret) == ("Client-Cert", ("ALV",), False)


@pytest.mark.parametrize(
    "text",
    [
        "[client_certificates]\nproxies = []\n",
        '[client_certificates]\nrequired = ["ALV"]\n',
        CERTIFICATES + 'header = "Client Cert"\n',
        CERTIFICATES + "off = true\n",
    ],
)
def test_client_certificates_without_a_proxy_or_with_a_wrong_name_are_refused(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(SetupProblem):
        loaded(tmp_path, text)


def test_without_the_tables_both_are_off(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "")
    assert settings.providers == {}
    assert settings.client_certificates is None


class TestSecrets:
    """A secret is read from a closed file or a credential, and a mistake never prints it."""

    def test_from_a_file_closed_to_others(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text("drawn lamp\n")
        file.chmod(0o600)
        assert read_given_secret(file, None, what="The secret") == "drawn lamp"

    def test_not_from_one_that_others_can_read(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text("drawn lamp")
        file.chmod(0o640)
        with pytest.raises(SetupProblem, match="other users") as caught:
            read_given_secret(file, None, what="The secret")
        assert "drawn" not in str(caught.value)

    def test_from_a_credential(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "provider").write_text("drawn lamp")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert read_given_secret(None, "provider", what="The secret") == "drawn lamp"

    @pytest.mark.parametrize("content", [None, "", " \n"])
    def test_one_that_is_absent_or_empty_is_named(self, tmp_path: Path, content: str | None) -> None:
        file = tmp_path / "secret"
        if content is not None:
            file.write_text(content)
            file.chmod(0o600)
        with pytest.raises(SetupProblem, match="The secret cannot be read"):
            read_given_secret(file, None, what="The secret")
