"""Headers of static files: each carries its own strict policy, and the hashing worker the one extra it needs."""

from collections.abc import MutableMapping

_NOTHING = "default-src 'none'"
_HASHING = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
"""The worker hashes with WebAssembly; its own response header decides, the page stays strict. A worker served without
any policy would not be restricted at all (measured, reference ux.md 3.4)."""


def static_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:  # noqa: ARG001 - WhiteNoise's signature
    """Every static file has a content security policy and stays with its own origin."""
    is_worker = "hash-worker" in url and url.endswith(".js")
    headers["Content-Security-Policy"] = _HASHING if is_worker else _NOTHING
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["X-Content-Type-Options"] = "nosniff"
