"""Behind a proxy that ends TLS: one setting, and cookies, forms, links and headers follow it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from support.postgres import child_environment
from vigie.config.problems import SetupProblem
from vigie.config.schema import load_settings
from vigie.interfaces.web.middleware import BehindTls

SHOW = """
import json, sys
from vigie.config import django as chosen
print(json.dumps({name: getattr(chosen, name) for name in sys.argv[1:]}))
"""
NAMES = (
    "ALLOWED_HOSTS",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "MIDDLEWARE",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_SECONDS",
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
)


def django_settings(home: Path, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *NAMES],
        env=child_environment(VIGIE_HOME=str(home), **environment),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return django_settings(
        tmp_path_factory.mktemp("home"), VIGIE_PUBLIC_ADDRESS="https://vigie.police.example:8443"
    )


def test_behind_tls_cookies_are_bound_to_the_host(behind_tls: dict[str, Any]) -> None:
    assert behind_tls["SESSION_COOKIE_NAME"] == "__Host-vigie-session"
    assert behind_tls["CSRF_COOKIE_NAME"] == "__Host-vigie-csrf"
    assert behind_tls["SESSION_COOKIE_SECURE"] is True
    assert behind_tls["CSRF_COOKIE_SECURE"] is True


def test_behind_tls_every_answer_asks_browsers_to_come_over_tls(behind_tls: dict[str, Any]) -> None:
    assert behind_tls["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert behind_tls["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    first, second = behind_tls["MIDDLEWARE"][:2]
    assert first == "vigie.interfaces.web.middleware.BehindTls"
    assert second == "django.middleware.security.SecurityMiddleware"  # which adds the field to secure answers


def test_behind_tls_the_name_is_answered_to(behind_tls: dict[str, Any]) -> None:
    assert "vigie.police.example" in behind_tls["ALLOWED_HOSTS"]


def test_behind_tls_requests_count_as_made_over_it_whatever_they_say() -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-Proto": "http", "Host": "testserver"})
    assert not request.is_secure()
    seen = BehindTls(lambda one: one.build_absolute_uri("/enrol/"))(request)  # type: ignore[arg-type, return-value]
    assert seen == "https://testserver/enrol/"
    assert request.is_secure()


def test_without_it_this_machine_is_served_over_http(tmp_path: Path) -> None:
    plain = django_settings(tmp_path)
    assert plain["SESSION_COOKIE_NAME"] == "vigie-session"
    assert plain["SESSION_COOKIE_SECURE"] is False
    assert plain["SECURE_HSTS_SECONDS"] == 0
    assert not any("BehindTls" in one for one in plain["MIDDLEWARE"])


@pytest.mark.parametrize("address", ["http://vigie.example", "https://vigie.example/path", "vigie.example"])
def test_an_address_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("VIGIE_PUBLIC_ADDRESS", address)
    with pytest.raises(SetupProblem, match="public_address"):
        load_settings(home=tmp_path)
