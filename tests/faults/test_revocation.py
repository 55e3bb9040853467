"""A right that is taken ends with the next request, in every process and for every kind of sign-in (reference test 23).

The promise is five seconds; asserted is twice that, and the seconds that were measured are printed.
"""

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from factories.people import PASSWORD
from support.installation import SECRET, Installation, installation

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
MOST_SECONDS = 10.0


@pytest.fixture(scope="module")
def whole() -> Iterator[Installation]:
    with installation() as running:
        yield running


def code_now() -> str:
    """RFC 6238: 30 s steps, SHA-1, six digits."""
    key = base64.b32decode(SECRET)
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def browser(whole: Installation, name: str) -> httpx.Client:
    """A browser this person signed in with: name, password, code."""
    client = httpx.Client(base_url=whole.address, follow_redirects=True, timeout=60, trust_env=False)
    for path, given in (
        ("/sign-in/", {"login": name, "password": PASSWORD}),
        ("/sign-in/code/", {"code": code_now()}),
    ):
        form = client.get(path).text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert found is not None
        answer = client.post(
            path, data={**given, "csrfmiddlewaretoken": found[1]}, headers={"Referer": whole.address}
        )
        assert answer.status_code == 200, answer.text[:500]
    assert client.get("/api/v1/me").status_code == 200
    return client


def seconds_until_refused(ask: Callable[[], int], *, after: Callable[[], httpx.Response]) -> float:
    """How long after the act the request is first refused."""
    assert ask() == 200
    answer = after()
    assert answer.is_success, answer.text
    began = time.monotonic()
    while ask() == 200:
        assert time.monotonic() - began < MOST_SECONDS, "the right still stands"
        time.sleep(0.05)
    return time.monotonic() - began


def test_rights_that_are_taken_end_within_seconds(whole: Installation) -> None:
    galia, ines = whole.investigator("galia", "gateway"), whole.investigator("ines")
    her_browser = browser(whole, "ines")

    def cases() -> int:
        return ines.get("/api/v1/cases").status_code

    def lists() -> int:
        return ines.get("/api/v1/matches").status_code

    [certificate] = galia.get("/api/v1/people/ines/certificates").json()
    measured = {
        "certificate, at the command line": seconds_until_refused(
            lists, after=lambda: galia.delete(f"/api/v1/certificates/{certificate['id']}")
        ),
        "role, at the command line": seconds_until_refused(
            cases, after=lambda: galia.delete("/api/v1/people/ines/roles/investigator")
        ),
        "access, in a browser": seconds_until_refused(
            lambda: her_browser.get("/api/v1/me").status_code,
            after=lambda: galia.delete("/api/v1/people/ines/access"),
        ),
    }
    assert ines.get("/api/v1/me").status_code == 401  # and at the command line with the same act
    print({what: round(seconds, 3) for what, seconds in measured.items()})  # noqa: T201 - the measured values
    assert max(measured.values()) < MOST_SECONDS


def test_what_is_open_to_a_court_ends_within_seconds(whole: Installation) -> None:
    names = ("noor", "sam", "sue", "judge")
    roles = ("investigator", "supervisor", "supervisor", "court")
    noor, sam, sue, judge = (whole.investigator(name, role) for name, role in zip(names, roles, strict=True))
    opened = {"reference": "C-9", "legal_basis": "seizure", "share": "none"}
    case = noor.post("/api/v1/cases", json=opened).json()["id"]
    asked = {
        "username": "judge",
        "until": time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400)),
        "why": "File 9",
    }
    proposal = sam.post(f"/api/v1/cases/{case}/courts", json=asked).json()["proposal"]
    digest = sue.get(f"/api/v1/approvals/{proposal}").json()["digest"]
    assert sue.post(f"/api/v1/approvals/{proposal}/approve", json={"digest": digest}).is_success
    [access] = noor.get(f"/api/v1/cases/{case}/courts").json()
    seconds = seconds_until_refused(
        lambda: judge.get(f"/api/v1/court/cases/{case}").status_code,
        after=lambda: noor.delete(f"/api/v1/courts/{access['public_id']}"),
    )
    print({"a case open to a court": round(seconds, 3)})  # noqa: T201 - the measured value
    assert seconds < MOST_SECONDS
