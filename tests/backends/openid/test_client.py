"""What is said to a provider, and that only the one the settings name is listened to."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.tls import Authority
from vigie.backends.openid import (
    AnswerRefused,
    Asked,
    ProviderAway,
    authorization_address,
    discover,
    open_http,
)
from vigie.backends.openid.client import LARGEST_ANSWER, Endpoints
from vigie.config.doors import ProviderSettings

ASKED = Asked(state="s", nonce="n", verifier="v" * 43, redirect_uri="https://vigie.example/back/")


def chosen(issuer: str = "https://id.example", **changes: Any) -> ProviderSettings:
    given = {"name": "P", "issuer": issuer, "client_id": "vigie", "secret_credential": "p", "country": "ALV"}
    return ProviderSettings(**given | changes)


def answering(*answers: Any) -> httpx.Client:
    """A client whose requests are answered one after the other."""
    left = list(answers)
    return httpx.Client(transport=httpx.MockTransport(lambda _: left.pop(0)))


def description(**changes: Any) -> httpx.Response:
    said = {
        "issuer": "https://id.example",
        "authorization_endpoint": "https://id.example/a",
        "token_endpoint": "https://id.example/t",
        "jwks_uri": "https://id.example/k",
    } | changes
    return httpx.Response(200, json=said)


def test_a_provider_describes_itself() -> None:
    found = discover(answering(description()), chosen())
    assert (found.token, found.takes_basic, found.names_itself) == ("https://id.example/t", True, False)
    posting = description(
        token_endpoint_auth_methods_supported=["client_secret_post"],
        authorization_response_iss_parameter_supported=True,
    )
    found = discover(answering(posting), chosen())
    assert (found.takes_basic, found.names_itself) == (False, True)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={}),
        httpx.Response(404, json={}),
        httpx.Response(302, headers={"Location": "https://evil.example/"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, text="[" * 5_000),
        httpx.Response(200, content=b'{"issuer": "' + b"x" * LARGEST_ANSWER + b'"}'),
    ],
    ids=["500", "404", "302", "html", "list", "deep", "long"],
)
def test_what_is_no_description_counts_as_away(answer: httpx.Response) -> None:
    with pytest.raises(ProviderAway):
        discover(answering(answer), chosen())


def test_another_issuer_or_an_unguarded_address_is_refused() -> None:
    for changes in (
        {"issuer": "https://id.example/"},
        {"issuer": None},
        {"jwks_uri": "https:/id.example/k"},
        {"token_endpoint": "https://[::1"},
        {"token_endpoint": "http://id.example/t"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ):
        with pytest.raises(AnswerRefused):
            discover(answering(description(**changes)), chosen())


@pytest.mark.parametrize("endpoint", ["https://id.example/a", "https://id.example/a?tenant=1"])
def test_the_address_carries_what_the_protocol_asks(endpoint: str) -> None:
    endpoints = Endpoints(endpoint, "", "", takes_basic=True, names_itself=False)
    once = httpx.URL(authorization_address(endpoints, chosen(), ASKED, again=False))
    assert once.params["state"] == "s"
    assert once.params["nonce"] == "n"
    assert ASKED.verifier not in str(once)
    assert "prompt" not in once.params
    again = httpx.URL(authorization_address(endpoints, chosen(), ASKED, again=True))
    assert (again.params["prompt"], again.params["max_age"]) == ("login", "0")


def test_the_proof_of_a_code_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    asked = Asked(state="", nonce="", verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", redirect_uri="")
    endpoints = Endpoints("https://id.example/a", "", "", takes_basic=True, names_itself=False)
    address = httpx.URL(authorization_address(endpoints, chosen(), asked, again=False))
    assert address.params["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Described(BaseHTTPRequestHandler):
    """Describes itself, or leads elsewhere."""

    protocol_version = "HTTP/1.1"
    elsewhere = ""
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = json.dumps({}).encode()
        self.send_response(302 if self.elsewhere and "moved" not in self.path else 200)
        self.send_header("Location", f"{self.elsewhere}/moved")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def tls_provider(tmp_path: Path) -> Iterator[tuple[str, Authority]]:
    import ssl

    authority = Authority(tmp_path)
    own = authority.issue("provider")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.file, own.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Described)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = f"https://127.0.0.1:{server.server_port}"
    Described.elsewhere, Described.asked[:] = address, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield address, authority
    server.shutdown()
    server.server_close()


def test_a_provider_whose_certificate_does_not_hold_is_away(tls_provider: tuple[str, Authority]) -> None:
    address, _ = tls_provider
    with pytest.raises(ProviderAway, match=r"(?i)certificate"), open_http(chosen(address)) as http:
        discover(http, chosen(address))
    assert Described.asked == []


def test_a_provider_that_leads_elsewhere_is_not_followed(tls_provider: tuple[str, Authority]) -> None:
    address, authority = tls_provider
    trusting = chosen(address, authorities=authority.certificate.file)
    with pytest.raises(ProviderAway, match="302"), open_http(trusting) as http:
        discover(http, trusting)
    assert Described.asked == ["/.well-known/openid-configuration"]
