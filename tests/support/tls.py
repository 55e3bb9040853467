"""A certificate authority of the tests, and a reverse proxy that demands a certificate of it and says which it saw."""

import contextlib
import hashlib
import http.client
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

FIELDS_OF_THE_PROXY = {"client-cert", "vigie-proxy", "connection", "host", "content-length"}
"""What a client may not say itself: the proxy writes it, or takes it away."""


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, in files."""

    file: Path
    key: Path
    der: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    @property
    def pem(self) -> str:
        return self.file.read_text()

    @property
    def field(self) -> str:
        """The value of `Client-Cert` (RFC 9440)."""
        return f":{b64encode(self.der).decode()}:"


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        self.certificate = self._signed("authority", self.name, self.key, is_authority=True)

    def issue(self, name: str) -> Certificate:
        """A certificate for this name, which is also valid for 127.0.0.1."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._signed(name, subject, ec.generate_private_key(ec.SECP256R1()), is_authority=False)

    def _signed(
        self, name: str, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if not is_authority:
            names = x509.SubjectAlternativeName([x509.IPAddress(_loopback())])
            builder = builder.add_extension(names, critical=False)
        made = builder.sign(self.key, hashes.SHA256())
        file, private = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        file.write_bytes(made.public_bytes(Encoding.PEM))
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Certificate(file, private, made.public_bytes(Encoding.DER))

    def client_context(self, own: Certificate | None = None) -> ssl.SSLContext:
        """What a client needs to trust servers of this authority, and to show its own certificate."""
        context = ssl.create_default_context(cafile=str(self.certificate.file))
        if own is not None:
            context.load_cert_chain(own.file, own.key)
        return context

    def server_context(self, own: Certificate) -> ssl.SSLContext:
        """What a server needs that demands a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.file, own.key)
        context.load_verify_locations(self.certificate.file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def _loopback() -> Any:
    from ipaddress import ip_address

    return ip_address("127.0.0.1")


@dataclass
class Proxy:
    """A running reverse proxy; `secret` is what it proves itself with."""

    address: str
    secret: str
    seen: list[str] = field(default_factory=list)


@contextlib.contextmanager
def proxy_to(port: int, authority: Authority, own: Certificate, *, secret: str = "") -> Iterator[Proxy]:
    """A TLS server that demands a client certificate and passes every request on to 127.0.0.1:port, saying which it saw."""

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            assert isinstance(self.connection, ssl.SSLSocket)
            seen = self.connection.getpeercert(binary_form=True)
            assert seen is not None
            running.seen.append(hashlib.sha256(seen).hexdigest())
            sent = {
                name: value for name, value in self.headers.items() if name.lower() not in FIELDS_OF_THE_PROXY
            }
            sent |= {"Host": self.headers["Host"], "Client-Cert": f":{b64encode(seen).decode()}:"}
            if secret:
                sent["Vigie-Proxy"] = secret
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            inside = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            inside.request(self.command, self.path, body=body or None, headers=sent)
            answer = inside.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            inside.close()

        do_GET = do_POST = do_DELETE = pass_on  # noqa: N815 - the base class asks for these names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    server.socket = authority.server_context(own).wrap_socket(server.socket, server_side=True)
    running = Proxy(f"https://127.0.0.1:{server.server_port}", secret)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
