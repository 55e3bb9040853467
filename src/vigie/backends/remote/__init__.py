"""The way from the command line to a running Vigie: HTTP with a short-lived token."""

from vigie.backends.remote.client import Remote, RemoteProblem, open_remote
from vigie.backends.remote.login import Login, forget_login, keep_login, read_login
from vigie.backends.remote.session import kept_login, place_of_login, server_of, signed_in

__all__ = [
    "Login",
    "Remote",
    "RemoteProblem",
    "forget_login",
    "keep_login",
    "kept_login",
    "open_remote",
    "place_of_login",
    "read_login",
    "server_of",
    "signed_in",
]
