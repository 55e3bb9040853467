"""The kernel as a Django application."""

from django.apps import AppConfig
from django.conf import settings


class KernelConfig(AppConfig):
    """Installs the write gate on every connection, except in the process that migrates."""

    name = "vigie.kernel"
    label = "kernel"
    verbose_name = "Vigie kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The gate stands before the first connection is opened."""
        from vigie.kernel import gate

        if settings.VIGIE_WRITE_GATE:
            gate.install()
