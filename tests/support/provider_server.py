"""A sign-in provider of the tests: OpenID Connect's code flow over HTTP, in a process of its own.

Run as a program: prints its address and serves until it is ended. It signs really, keeps its sign-ins in a cookie, takes each
code once and checks the proof of its origin. `POST /conduct` makes it misbehave in one named way; see CONDUCT.
"""

import base64
import hashlib
import html
import json
import secrets
import sys
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.jose import Signer, signed_with_text, unsigned

CLIENT, SECRET = "vigie", "a drawn key on a drawn hook"
FACTS = {"name": "Ines of the provider", "email": "ines@provider.example"}
"""What the provider knows besides, and nobody asked for."""
CONDUCT: dict[str, Any] = {
    "amr": ["pwd", "mfa"],
    "acr": None,
    "algorithm": "RS256",
    "claims": {},  # changes of the token's claims; null leaves one out
    "header": {},
    "auth_time": "true",  # or "absent", or seconds to add to the present
    "sign": "right",  # or "none", "text", "stranger"
    "heeds_prompt": True,
    "description": {},
    "answer_issuer": "true",  # or "absent", or another issuer
    "error": "",  # sent back instead of a code
    "token_status": 200,
}


class State:
    """What the provider remembers."""

    def __init__(self) -> None:
        self.conduct = dict(CONDUCT)
        self.codes: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, tuple[str, float]] = {}
        self.keys = {"RS256": Signer("RS256", name="rsa"), "ES256": Signer("ES256", name="ec")}
        self.stranger = Signer("RS256", name="rsa")
        self.address = ""
        self.token_requests = 0


STATE = State()


class Provider(BaseHTTPRequestHandler):
    """The pages and addresses of the provider."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self.say(200, description())
        elif parts.path == "/keys":
            self.say(200, {"keys": [one.public() for one in STATE.keys.values()]})
        elif parts.path == "/authorize":
            self.authorize(query)
        else:
            self.say(404, {})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        given = {name: values[0] for name, values in parse_qs(body).items()}
        if parts.path == "/conduct":
            STATE.conduct = CONDUCT | json.loads(body)
            self.say(200, {"token_requests": STATE.token_requests})
        elif parts.path == "/authorize":
            self.sign_in(query, given["subject"])
        elif parts.path == "/token":
            self.token(given)
        else:
            self.say(404, {})

    def authorize(self, query: dict[str, str]) -> None:
        """A living sign-in is enough, unless the person is to be asked again; else the page asks who it is."""
        if STATE.conduct["error"]:
            self.lead(query, {"error": STATE.conduct["error"]})
            return
        again = query.get("prompt") == "login" or query.get("max_age") == "0"
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("provider")
        living = STATE.sessions.get(cookie.value) if cookie else None
        if living is not None and not (again and STATE.conduct["heeds_prompt"]):
            self.hand_out(query, *living)
            return
        page = (
            "<!doctype html><title>Provider</title><form method=post>"
            f"<label>Subject <input name=subject id=subject></label><button>Sign in</button></form>"
            f"<p>{html.escape(query.get('client_id', ''))}</p>"
        )
        self.answer(200, page.encode(), "text/html; charset=utf-8")

    def sign_in(self, query: dict[str, str], subject: str) -> None:
        """The person proved who they are just now."""
        name, now = secrets.token_urlsafe(16), time.time()
        STATE.sessions[name] = (subject, now)
        self.hand_out(query, subject, now, f"provider={name}; HttpOnly; SameSite=Lax; Path=/")

    def hand_out(self, query: dict[str, str], subject: str, proven: float, cookie: str = "") -> None:
        code = secrets.token_urlsafe(16)
        STATE.codes[code] = {**query, "subject": subject, "proven": proven}
        self.lead(query, {"code": code}, cookie)

    def lead(self, query: dict[str, str], sent: dict[str, str], cookie: str = "") -> None:
        sent = sent | {"state": query["state"]}
        if STATE.conduct["answer_issuer"] != "absent":
            said = STATE.conduct["answer_issuer"]
            sent["iss"] = STATE.address if said == "true" else said
        self.send_response(302)
        self.send_header("Location", f"{query['redirect_uri']}?{urlencode(sent)}")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def token(self, given: dict[str, str]) -> None:
        """A code is taken once, from the client it was made for, with the proof of its origin."""
        STATE.token_requests += 1
        if STATE.conduct["token_status"] != 200:
            self.say(STATE.conduct["token_status"], {"error": "server_error"})
            return
        kept = STATE.codes.pop(given.get("code", ""), None)
        proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if not self.is_client(given):
            self.say(401, {"error": "invalid_client"})
        elif (
            kept is None
            or kept["code_challenge"] != challenge
            or kept["redirect_uri"] != given["redirect_uri"]
        ):
            self.say(400, {"error": "invalid_grant"})
        else:
            token = identity_token(kept)
            self.say(
                200,
                {"access_token": "an-access-token-nobody-needs", "token_type": "Bearer", "id_token": token},
            )

    def is_client(self, given: dict[str, str]) -> bool:
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            return base64.b64decode(text).decode() == f"{CLIENT}:{SECRET}"
        return (given.get("client_id"), given.get("client_secret")) == (CLIENT, SECRET)

    def say(self, status: int, body: Any) -> None:
        self.answer(status, json.dumps(body).encode(), "application/json")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        pass


def description() -> dict[str, Any]:
    """What the provider says of itself."""
    return {
        "issuer": STATE.address,
        "authorization_endpoint": f"{STATE.address}/authorize",
        "token_endpoint": f"{STATE.address}/token",
        "jwks_uri": f"{STATE.address}/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": STATE.conduct["answer_issuer"] != "absent",
    } | STATE.conduct["description"]


def identity_token(kept: dict[str, Any]) -> str:
    """The token for this code, or one that does not hold, as the conduct says."""
    conduct, now = STATE.conduct, time.time()
    claims: dict[str, Any] = {
        "iss": STATE.address,
        "aud": CLIENT,
        "sub": kept["subject"],
        "iat": now,
        "exp": now + 300,
        "nonce": kept["nonce"],
        "amr": conduct["amr"],
        "acr": conduct["acr"],
        **FACTS,
    }
    if conduct["auth_time"] != "absent":
        claims["auth_time"] = kept["proven"] if conduct["auth_time"] == "true" else now + conduct["auth_time"]
    for name, value in conduct["claims"].items():
        claims[name] = now + value if name in {"exp", "iat", "nbf"} and value is not None else value
    claims = {name: value for name, value in claims.items() if value is not None}
    signer = STATE.stranger if conduct["sign"] == "stranger" else STATE.keys[conduct["algorithm"]]
    if conduct["sign"] == "none":
        return unsigned(claims)
    if conduct["sign"] == "text":
        return signed_with_text(claims, json.dumps(signer.public()).encode(), kid=signer.name)
    return signer.token(claims, **conduct["header"])


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    STATE.address = f"http://127.0.0.1:{server.server_port}"
    sys.stdout.write(STATE.address + "\n")
    sys.stdout.flush()
    server.serve_forever()
