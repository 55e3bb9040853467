"""What a process has exactly one of: vault, checkpoint key, confined workers. Opened once, when first used.

The objects live on the kernel's Django application, not in a module: a test or a command may put its own there.
"""

from typing import TYPE_CHECKING, cast

from django.apps import apps

from vigie.kernel.vault import Owner

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from vigie.engines.imaging import ConfinedPool, EncoderPool
    from vigie.engines.proofs import SigningKey
    from vigie.kernel.apps import KernelConfig
    from vigie.kernel.vault import Vault


def _kernel() -> "KernelConfig":
    return cast("KernelConfig", apps.get_app_config("kernel"))


def vault() -> "Vault":
    """The vault of this installation; Unavailable while its keys cannot be opened."""
    return _kernel().vault


def decoding(owner: Owner) -> "AbstractContextManager[ConfinedPool]":
    """Confined workers that open this owner's media stand ready inside the block; another owner never meets them."""
    return _kernel().decoding.of(f"{owner.country}-{owner.unit}")


def encoding(owner: Owner) -> "AbstractContextManager[EncoderPool]":
    """Confined workers that write this owner's pictures anew stand ready inside the block."""
    return _kernel().encoding.of(f"{owner.country}-{owner.unit}")


def checkpoint_key() -> "SigningKey":
    """The key that signs the log's checkpoints."""
    return _kernel().checkpoint_key
