"""Sign-in through a provider in a real browser: the session's strict cookie comes back with the person from another site."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # conftest's neighbours lie beside this file

from support.providers import RunningProvider, running_provider

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src/vigie/interfaces/web/static/build/vigie.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not BUILT.is_file(), reason="the pages are not built: run frontend/build.py"),
]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    """A provider the site knows by its settings."""
    with running_provider() as running:
        chosen = running.settings(tmp_path_factory.mktemp("secrets"))
        os.environ["VIGIE_PROVIDERS"] = '{"police": ' + chosen.model_dump_json(exclude_none=True) + "}"
        yield running
        del os.environ["VIGIE_PROVIDERS"]


@pytest.fixture(scope="module")
def site(provider: RunningProvider, site: dict[str, Any]) -> dict[str, Any]:
    """The site under a name, so that the provider, at a number of the network, is another site."""
    return site | {"address": site["address"].replace("127.0.0.1", "localhost")}


def test_there_and_back_from_another_site_and_again_to_confirm(
    visit: Callable[..., Any], provider: RunningProvider
) -> None:
    gateway = visit("gateway")
    gateway.go("/people/ines/")
    gateway.page.select_option("#provider", "police")
    gateway.page.fill("#subject", "sub-ines")
    gateway.page.click("button[value='join-identity']")
    gateway.until("document.body.innerText.includes('joined to Police sign-in')")

    ines = visit("ines")
    ines.context.clear_cookies()
    ines.go("/sign-in/")
    ines.page.click("text=Sign in with Police sign-in")
    ines.until("location.hostname === '127.0.0.1' && document.querySelector('#subject') !== null")
    ines.page.fill("#subject", "sub-ines")
    ines.page.click("button")
    ines.until("location.hostname === 'localhost' && location.pathname === '/'")
    assert "Welcome, Ines" in ines.page.inner_text("h1")
    assert {one["sameSite"] for one in ines.context.cookies(ines.site["address"])} == {"Strict"}

    ines.go("/sign-in/confirm/?next=/access/")
    ines.page.click("text=Confirm with Police sign-in")
    ines.until(
        "location.hostname === '127.0.0.1' && document.querySelector('#subject') !== null"
    )  # asked again
    ines.page.fill("#subject", "sub-ines")
    ines.page.click("button")
    ines.until("location.pathname === '/access/'")
    assert "Confirmed. It counts for five minutes." in ines.page.inner_text("body")
    assert [said for said in ines.complaints if "favicon" not in said and "status of 404" not in said] == []
