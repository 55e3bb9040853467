"""The demonstration as a Django application: installed only in a home that `vigie demo` made."""

import functools
import threading
from typing import cast

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from vigie.demo.homes import world_of
from vigie.demo.plan import Plan, make_plan


class DemoConfig(AppConfig):
    """One-click sign-in and the guided tour."""

    name = "vigie.demo"
    label = "demo"
    verbose_name = "Demonstration"

    def ready(self) -> None:
        """Refuses to load anywhere else, whoever wrote it into the settings."""
        if not settings.VIGIE_HOME.is_demo:
            raise ImproperlyConfigured("vigie.demo loads only in a home that `vigie demo` made")
        self._sending = threading.Lock()
        self._sender: threading.Thread | None = None

    @functools.cached_property
    def plan(self) -> Plan:
        """The plan of the world this home holds."""
        world = world_of(settings.VIGIE_HOME)
        if world is None:
            raise ImproperlyConfigured("this home holds no world: `vigie demo` makes it")
        return make_plan(world.seed, world.size)

    @property
    def is_sending(self) -> bool:
        """True while the prepared exhibit is on its way."""
        return self._sender is not None and self._sender.is_alive()

    def send(self, sender: threading.Thread) -> None:
        """The sender runs, unless one does already: two presses hand in one exhibit once."""
        with self._sending:
            if not self.is_sending:
                self._sender = sender
                sender.start()


def demo_app() -> DemoConfig:
    """The demonstration of this process."""
    return cast("DemoConfig", apps.get_app_config("demo"))
