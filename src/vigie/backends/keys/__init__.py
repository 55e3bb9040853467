"""Who wraps keys: a passphrase file, later PKCS#11."""

from vigie.backends.keys.files import FileKeys
from vigie.backends.keys.master import (
    KeyStoreDamaged,
    KeyStoreExists,
    ScryptCost,
    WrongPassphrase,
    WrongRecoveryKey,
)
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

__all__ = [
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
    "ScryptCost",
    "WrappedKey",
    "WrongPassphrase",
    "WrongRecoveryKey",
]
