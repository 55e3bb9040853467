"""What this installation has exactly one of: its vault, its checkpoint key. Opened once per process, when first used.

The objects live on the kernel's Django application, not in a module: a test or a command may put its own there.
"""

from typing import TYPE_CHECKING, cast

from django.apps import apps

if TYPE_CHECKING:
    from vigie.engines.proofs import SigningKey
    from vigie.kernel.apps import KernelConfig
    from vigie.kernel.vault import Vault


def _kernel() -> "KernelConfig":
    return cast("KernelConfig", apps.get_app_config("kernel"))


def vault() -> "Vault":
    """The vault of this installation; Unavailable while its keys cannot be opened."""
    return _kernel().vault


def checkpoint_key() -> "SigningKey":
    """The key that signs the log's checkpoints."""
    return _kernel().checkpoint_key
