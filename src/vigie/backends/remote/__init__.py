"""The way from the command line to a running Vigie: HTTP with a short-lived token."""

from vigie.backends.remote.client import Remote, RemoteProblem, open_remote
from vigie.backends.remote.login import Login, forget_login, keep_login, read_login

__all__ = ["Login", "Remote", "RemoteProblem", "forget_login", "keep_login", "open_remote", "read_login"]
