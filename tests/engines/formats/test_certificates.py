"""The SHA-256 of a certificate, however a proxy or a person hands it on."""

import hashlib
from pathlib import Path
from urllib.parse import quote

import pytest

from support.tls import Authority, Certificate
from vigie.engines.formats.certificates import LARGEST_CERTIFICATE, fingerprint_of


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Authority(tmp_path_factory.mktemp("authority")).issue("gateway")


def colons(digest: str) -> str:
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)).upper()


@pytest.mark.parametrize(
    "written",
    [
        lambda one: one.field,
        lambda one: one.pem,
        lambda one: quote(one.pem, safe=""),  # nginx: $ssl_client_escaped_cert
        lambda one: one.pem.replace("\n", " "),  # Apache: line ends of a field become spaces
        lambda one: one.sha256,
        lambda one: colons(one.sha256),  # openssl x509 -fingerprint -sha256
    ],
)
def test_every_way_of_writing_it_gives_the_same(certificate: Certificate, written: object) -> None:
    assert callable(written)
    assert fingerprint_of(written(certificate)) == hashlib.sha256(certificate.der).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(null)",
        "NONE",
        ":not base64 at all:",
        ":QUJD:",  # base64 of something that is no DER
        ":====:",
        "a" * 63,
        "g" * 64,
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----",
        ":" + "MIIB" * (LARGEST_CERTIFICATE // 4) + ":",
    ],
)
def test_what_is_no_certificate_gives_none(text: str) -> None:
    assert fingerprint_of(text) is None


def test_two_certificates_are_told_apart(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    assert fingerprint_of(authority.issue("one").field) != fingerprint_of(authority.issue("two").field)
