"""Who wraps keys: a folder opened by a passphrase, or a PKCS#11 token for each country."""

from vigie.backends.keys.files import FileKeys
from vigie.backends.keys.master import (
    KeyStoreDamaged,
    KeyStoreExists,
    ScryptCost,
    WrongPassphrase,
    WrongRecoveryKey,
)
from vigie.backends.keys.opening import FILE_MODE, open_keys, routed, token_providers
from vigie.backends.keys.provider import (
    KeyDamaged,
    KeyExists,
    KeyMissing,
    KeyProvider,
    KeyProviderError,
    KeyRefused,
    WrappedKey,
)
from vigie.backends.keys.recovery import RecoveryKeyMistyped
from vigie.backends.keys.routing import RoutedKeys

__all__ = [
    "FILE_MODE",
    "FileKeys",
    "KeyDamaged",
    "KeyExists",
    "KeyMissing",
    "KeyProvider",
    "KeyProviderError",
    "KeyRefused",
    "KeyStoreDamaged",
    "KeyStoreExists",
    "RecoveryKeyMistyped",
    "RoutedKeys",
    "ScryptCost",
    "WrappedKey",
    "WrongPassphrase",
    "WrongRecoveryKey",
    "open_keys",
    "routed",
    "token_providers",
]
