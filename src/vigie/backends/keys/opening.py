"""The wrapping keys of an installation as its settings place them."""

import stat
from pathlib import Path
from typing import Final

from vigie.backends.keys.files import FileKeys
from vigie.backends.keys.provider import KeyProvider
from vigie.backends.keys.routing import RoutedKeys
from vigie.config.home import Home
from vigie.config.passphrase import read_credential
from vigie.config.schema import Settings, TokenSettings

FILE_MODE: Final = (
    "in this folder, opened by the passphrase: whoever runs this machine can technically open everything of theirs, "
    "and they are not kept apart from each other"
)
"""What mode `file` cannot promise, said wherever keys are shown."""


def open_keys(settings: Settings, home: Home, passphrase: str) -> KeyProvider:
    """The keys of every country; a token is opened when it is first needed, so that one that is away harms no other.

    `WrongPassphrase`, `KeyStoreDamaged` when the key folder does not open.
    """
    return routed(settings, FileKeys.open(home.keys, passphrase))


def routed(settings: Settings, folder: FileKeys) -> KeyProvider:
    """The key folder with the tokens beside it that the settings name; the folder itself when they name none."""
    tokens = token_providers(settings, folder)
    return RoutedKeys(folder, tokens) if tokens else folder


def token_providers(settings: Settings, folder: FileKeys) -> dict[str, KeyProvider]:
    """The token of each country that the settings give one; none is opened yet."""
    if not settings.pkcs11:
        return {}
    from vigie.backends.keys.token import (  # loads a library most installations do not need
        TokenKeys,
        TokenPlace,
    )

    def token_of(country: str, one: TokenSettings) -> TokenKeys:
        return TokenKeys(country, TokenPlace(one.module, one.token, lambda: read_pin(one)), folder.ever)

    return {country: token_of(country, one) for country, one in settings.pkcs11.items()}


def read_pin(token: TokenSettings) -> str:
    """The PIN of a token, from a file only its owner can read or from a systemd credential; `ValueError` otherwise."""
    if token.pin_credential is not None:
        return read_credential(token.pin_credential)
    file = Path(token.pin_file) if token.pin_file is not None else None
    if file is None:
        raise ValueError(f"no source of the PIN of the token {token.token!r} is named")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ValueError(f"{file} holds a PIN and can be read by other users")
    return file.read_text(encoding="utf-8").strip()
