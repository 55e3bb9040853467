"""What the doctor says of the ways in."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from support.providers import RunningProvider, running_provider
from vigie.config.doors import ClientCertificateSettings
from vigie.config.problems import Finding, Weight
from vigie.config.schema import Settings
from vigie.interfaces.cli.doors import examine_doors


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    with running_provider() as running:
        yield running


def found(home: Path, **changes: Any) -> list[Finding]:
    return list(examine_doors(Settings(home=home, **changes)))


def test_an_installation_of_one_machine_has_nothing_to_look_at(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_a_server_open_to_the_network_without_tls_is_warned_of(tmp_path: Path) -> None:
    [finding] = found(tmp_path, address=ip_address("0.0.0.0"))
    assert (finding.weight, finding.subject) == (Weight.WARNING, "address")
    assert found(tmp_path, address=ip_address("0.0.0.0"), public_address="https://vigie.example") == []


def certificates(**changes: Any) -> ClientCertificateSettings:
    return ClientCertificateSettings(**{"proxies": [ip_address("127.0.0.1")], "required": ["ALV"]} | changes)


def test_a_proxy_on_this_machine_needs_a_secret(tmp_path: Path) -> None:
    [finding] = found(tmp_path, client_certificates=certificates())
    assert finding.weight is Weight.WARNING
    secret = tmp_path / "secret"
    secret.write_text("a drawn bell")
    secret.chmod(0o600)
    [fine] = found(tmp_path, client_certificates=certificates(secret_file=secret))
    assert (fine.weight, "ALV" in fine.what) == (Weight.FINE, True)
    secret.chmod(0o644)
    [wrong] = found(tmp_path, client_certificates=certificates(secret_file=secret))
    assert wrong.weight is Weight.FAILURE
    [elsewhere] = found(tmp_path, client_certificates=certificates(proxies=[ip_address("10.0.0.2")]))
    assert elsewhere.weight is Weight.FINE


def test_a_provider_that_answers_is_fine(tmp_path: Path, provider: RunningProvider) -> None:
    provider.conduct()
    [finding] = found(tmp_path, providers={"police": provider.settings(tmp_path)})
    assert (finding.weight, finding.subject) == (Weight.FINE, "sign-in provider police")


def test_one_that_is_away_describes_another_or_has_no_secret_is_said(
    tmp_path: Path, provider: RunningProvider
) -> None:
    away = RunningProvider("http://127.0.0.1:9").settings(tmp_path)
    assert found(tmp_path, providers={"police": away})[0].weight is Weight.WARNING
    provider.conduct(description={"issuer": "https://another.example"})
    [other] = found(tmp_path, providers={"police": provider.settings(tmp_path)})
    assert (other.weight, "issuer" in other.what) == (Weight.FAILURE, True)
    chosen = provider.settings(tmp_path)
    (tmp_path / "provider-secret").unlink()
    [secret] = found(tmp_path, providers={"police": chosen})
    assert secret.weight is Weight.FAILURE
