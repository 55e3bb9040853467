"""Wrapping keys inside a PKCS#11 token, one country and one token each."""

from vigie.backends.keys.token.keys import TokenKeys
from vigie.backends.keys.token.session import KeyUnavailable, TokenPlace

__all__ = ["KeyUnavailable", "TokenKeys", "TokenPlace"]
