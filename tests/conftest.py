"""The suite's ground: a real PostgreSQL, the program's own database roles, no transaction trick.

Tests connect as `vigie_app`, `vigie_plumbing` … exactly as the program does: never as a superuser, never past
row-level security. What a test commits is removed afterwards by the administrator.
"""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from vigie.config.collecting import spare_what_is_loaded

settings.register_profile("vigie", deadline=None)  # a busy machine is no fault of the code under test
settings.load_profile("vigie")


def pytest_configure() -> None:
    """A shell starts what runs in the background deaf to these signals, and so would every child of every test be."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Six thousand collected tests live as long as the run: nothing in them is worth looking through again."""
    spare_what_is_loaded()


@pytest.fixture(scope="session")
def _database_server(django_db_blocker: Any) -> Iterator[None]:
    from support import database

    with django_db_blocker.unblock():
        database.prepare()
        yield
        database.close()


@pytest.fixture
def database(_database_server: None, django_db_blocker: Any) -> Iterator[None]:
    """A migrated, empty database, reached through the program's own roles."""
    from support import database as ground

    with django_db_blocker.unblock():
        yield
        ground.empty()
