import psycopg
import pytest

from support.postgres import postgres_server
from vigie.backends.postgres import Takeover, ensure_database


@pytest.fixture(scope="session")
def server():
    return postgres_server()


@pytest.fixture
def settings(server, request):
    """Settings with a database of this test's own."""
    import os

    name = f"vigie_roles_{os.getpid()}"
    settings = server.settings(database_name=name)
    ensure_database(settings, Takeover.REPLACE)
    yield settings
    with psycopg.connect(**server.admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
