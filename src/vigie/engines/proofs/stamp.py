"""RFC 3161 time stamps of checkpoints, judged by the program `openssl`: a date that outlives the log's own keys.

What is stamped is the checkpoint's note as the log signed it, without cosignatures, so that anybody with that text
and OpenSSL can check it: `openssl ts -verify -data NOTE -in REPLY -CAfile AUTHORITIES`. A verifier written in
Python (rfc3161-client 1.0.9) refused valid tokens; OpenSSL's own is the one authorities test against.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_SECONDS = 30
_TIME = re.compile(r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", re.MULTILINE)


class StampRefused(Exception):  # noqa: N818 - says what it is
    """The stamp does not hold, or could not be checked: the text says which."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's reply (TimeStampResp, DER) for the checkpoint of one size."""

    size: int
    reply: bytes


def stamp_request(note: str) -> bytes:
    """Return the query for an authority (TimeStampReq, DER): SHA-256 of the note, a nonce, certificate wanted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "note").write_text(note, encoding="utf-8")
        _openssl(["-query", "-data", str(folder / "note"), "-sha256", "-cert", "-out", str(folder / "query")])
        return (folder / "query").read_bytes()


def verify_stamp(stamp: Stamp, note: str, authorities: Path) -> datetime:
    """Return the time an authority states for this note (UTC), verified against the certificates trusted.

    `StampRefused` when it is another text's, the chain leads elsewhere, or `openssl` is missing. `authorities` is a
    PEM file of root certificates.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "note").write_text(note, encoding="utf-8")
        (folder / "reply").write_bytes(stamp.reply)
        given = ["-in", str(folder / "reply")]
        _openssl(["-verify", "-data", str(folder / "note"), *given, "-CAfile", str(authorities)])
        shown = _TIME.search(_openssl(["-reply", *given, "-text"]))
    if shown is None:
        raise StampRefused("openssl names no time in it")
    return datetime.strptime(f"{' '.join(shown[1].split())} {shown[2]}", "%b %d %H:%M:%S %Y").replace(
        tzinfo=UTC
    )


def _openssl(arguments: list[str]) -> str:
    try:
        done = subprocess.run(
            ["openssl", "ts", *arguments],
            capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
        )  # fmt: skip
    except FileNotFoundError as error:
        raise StampRefused(
            "the program openssl is not installed: time stamps cannot be made or checked"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise StampRefused(f"openssl did not answer within {_SECONDS} s") from error
    if done.returncode:
        raise StampRefused((done.stderr.strip().splitlines() or ["openssl refused it"])[-1])
    return done.stdout
