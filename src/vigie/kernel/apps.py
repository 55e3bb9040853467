"""The kernel as a Django application."""

import functools
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

if TYPE_CHECKING:
    from vigie.engines.imaging import ConfinedPool, EncoderPool, KeptPools
    from vigie.engines.proofs import SigningKey
    from vigie.kernel.vault import Vault


DECODERS = 2
"""Files of one owner that a process decodes side by side."""


class KernelConfig(AppConfig):
    """Installs the write gate on every connection, except in the process that migrates."""

    name = "vigie.kernel"
    label = "kernel"
    verbose_name = "Vigie kernel"
    default_auto_field = "django.db.models.BigAutoField"

    @functools.cached_property
    def vault(self) -> "Vault":
        """The vault of this home, its keys opened with the installation's passphrase."""
        from vigie.kernel.opening import open_vault

        return open_vault(settings.VIGIE, settings.VIGIE_HOME)

    @functools.cached_property
    def checkpoint_key(self) -> "SigningKey":
        """The key in this home's secrets that signs the log's checkpoints."""
        from vigie.kernel.opening import read_checkpoint_key

        return read_checkpoint_key(settings.VIGIE_HOME)

    @functools.cached_property
    def decoding(self) -> "KeptPools[ConfinedPool]":
        """The confined workers of this process that open media, a pool for each owner."""
        from vigie.engines.imaging import ConfinedPool, KeptPools

        return KeptPools(lambda owner: ConfinedPool(owner, workers=DECODERS))

    @functools.cached_property
    def encoding(self) -> "KeptPools[EncoderPool]":
        """The confined workers of this process that write pictures from pixels, a pool for each owner."""
        from vigie.engines.imaging import EncoderPool, KeptPools

        return KeptPools(EncoderPool)

    def ready(self) -> None:
        """The gate stands before the first connection is opened."""
        from vigie.kernel import gate

        if settings.VIGIE_WRITE_GATE:
            gate.install()
