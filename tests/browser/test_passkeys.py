"""Passkeys in a real browser with a virtual authenticator: made, used to sign in and to confirm, renamed, removed."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # conftest's neighbours lie beside this file

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src/vigie/interfaces/web/static/build/vigie.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
Visit = Callable[..., Any]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not BUILT.is_file(), reason="the pages are not built: run frontend/build.py"),
]
WATCH_POLICY = "window.violated = []; addEventListener('securitypolicyviolation', e => window.violated.push(e.violatedDirective))"


@pytest.fixture(scope="module")
def site(site: dict[str, Any]) -> dict[str, Any]:
    """The site under a name: a passkey belongs to a name, never to a number of the network."""
    return site | {"address": site["address"].replace("127.0.0.1", "localhost")}


class Key:
    """A virtual authenticator plugged into a visitor's browser, as the Chrome DevTools protocol offers it."""

    def __init__(self, visitor: Any) -> None:
        self.devtools = visitor.context.new_cdp_session(visitor.page)
        self.devtools.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        made = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id = made["authenticatorId"]

    def recognises_its_holder(self, *, verified: bool) -> None:
        """Whether finger, face or PIN are right from now on."""
        self.devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified}
        )

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.devtools.send(
            "WebAuthn.getCredentials", {"authenticatorId": self.id}
        )["credentials"]
        return found


@pytest.fixture
def tomas(visit: Visit) -> Iterator[tuple[Any, Key]]:
    visitor = visit("tomas")
    visitor.page.add_init_script(WATCH_POLICY)
    key = Key(visitor)
    yield visitor, key
    assert [said for said in visitor.complaints if "status of 4" not in said] == []


def press(visitor: Any, selector: str, arrives: str) -> None:
    """The button is pressed and the page it leads to stands, with nothing refused by the policy."""
    assert visitor.page.evaluate("window.violated") == []
    visitor.page.click(selector)
    visitor.until(f"location.pathname === {json.dumps(arrives)} && document.readyState === 'complete'")


def add_key(visitor: Any, name: str) -> None:
    visitor.go("/second-factor/keys/add/")
    visitor.page.fill("#id_name", name)
    visitor.page.click("#mfa_webauthn_add")
    visitor.until("['/second-factor/', '/second-factor/codes/'].includes(location.pathname)")


def test_a_passkey_is_made_used_named_and_removed(tomas: tuple[Any, Key]) -> None:
    visitor, key = tomas
    add_key(visitor, "Desk drawer")
    [credential] = key.credentials()
    assert credential["isResidentCredential"]

    visitor.context.clear_cookies()
    visitor.go("/sign-in/")
    press(visitor, "#passkey_login", "/")
    assert "Welcome, Tomas" in visitor.page.inner_text("h1")

    visitor.go("/sign-in/confirm/?next=/access/")
    assert "/sign-in/confirm/key/" in visitor.page.url
    press(visitor, "#mfa_webauthn_reauthenticate", "/access/")

    visitor.go("/second-factor/keys/")
    visitor.page.click("text=Rename")
    visitor.until("location.pathname.endsWith('/name/')")
    visitor.page.fill("#id_name", "Safe")
    visitor.page.click("button:has-text('Save')")
    visitor.until("location.pathname === '/second-factor/keys/'")
    assert "Safe" in visitor.page.inner_text("main, body")
    visitor.page.click("a:has-text('Remove')")
    visitor.until("location.pathname.endsWith('/remove/')")
    visitor.page.click("button:has-text('Remove')")
    visitor.until("location.pathname === '/second-factor/keys/'")
    assert "No key yet" in visitor.page.inner_text("body")

    visitor.context.clear_cookies()
    visitor.go("/sign-in/")
    visitor.page.click("#passkey_login")
    visitor.until("document.querySelector('form[action=\"\"]') !== null && location.pathname === '/sign-in/'")
    visitor.page.wait_for_timeout(500)
    visitor.go("/access/")
    assert "/sign-in/" in visitor.page.url  # the removed key opens nothing


def test_a_key_that_does_not_recognise_its_holder_opens_nothing_and_the_page_says_so(visit: Visit) -> None:
    visitor = visit("marek")
    visitor.page.add_init_script(WATCH_POLICY)
    key = Key(visitor)
    add_key(visitor, "Telephone")
    visitor.context.clear_cookies()
    key.recognises_its_holder(verified=False)
    visitor.go("/sign-in/")
    visitor.page.click("#passkey_login")
    visitor.until("document.querySelector('[data-key-failed]').hidden === false")
    visitor.go("/access/")
    assert "/sign-in/" in visitor.page.url
