"""The sign-in provider of the tests as a running process, and somebody who goes to it and back with a browser of the tests."""

import contextlib
import html
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client

from support.provider_server import CLIENT, SECRET
from vigie.config.doors import ProviderSettings


@dataclass
class RunningProvider:
    """The address of the provider, and the way to make it misbehave."""

    address: str

    def conduct(self, **changes: Any) -> int:
        """From now on it behaves so, and otherwise well; returns how many codes it was asked about until now."""
        said = httpx.post(f"{self.address}/conduct", json=changes, trust_env=False).json()
        return int(said["token_requests"])

    def settings(self, folder: Path, **changes: Any) -> ProviderSettings:
        """The table of the settings that names it."""
        secret = folder / "provider-secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        return ProviderSettings(
            **{
                "name": "Police sign-in",
                "issuer": self.address,
                "client_id": CLIENT,
                "secret_file": secret,
                "country": "ALV",
            }
            | changes
        )


@contextlib.contextmanager
def running_provider() -> Iterator[RunningProvider]:
    """The provider runs inside the block."""
    place = Path(__file__).with_name("provider_server.py")
    process = subprocess.Popen([sys.executable, place], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield RunningProvider(process.stdout.readline().strip())
    finally:
        process.terminate()
        process.wait(20)


def led_to(page: bytes) -> str:
    """Where a page leads on to by itself."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.decode())
    assert found is not None, page.decode()[:2000]
    return html.unescape(found[1])


@dataclass
class Traveller:
    """Somebody with a browser: `here` is how it speaks with us, `there` how with the provider, with its cookies."""

    here: Client
    there: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))

    def asked(self, start: str = "/sign-in/provider/police/", next_url: str = "/") -> str:
        """The address at the provider that pressing the button leads to."""
        return led_to(self.here.post(start, {"next": next_url}).content)

    def answered(self, address: str, subject: str) -> str:
        """What the provider sends back: at once for a living sign-in, else after the person says who they are."""
        answer = self.there.get(address)
        if answer.status_code == 200:
            answer = self.there.post(address, data={"subject": subject})
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["Location"])
        return f"{parts.path}?{parts.query}"

    def returned(self, back: str, client: Client | None = None) -> Any:
        """Our answer to what was sent back, two steps on."""
        here = client or self.here
        return here.get(led_to(here.get(back).content))

    def travel(self, subject: str, start: str = "/sign-in/provider/police/", next_url: str = "/") -> Any:
        """There and back again."""
        return self.returned(self.answered(self.asked(start, next_url), subject))
