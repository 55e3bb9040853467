"""What the tests of this room stand on."""

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings

from factories.actors import investigator
from factories.cases import directory
from factories.desk import Desk
from factories.intake import Neighbour, neighbour_in_place
from factories.intake_http import let_in, serving
from factories.media import stored_vault
from vigie.kernel.actors import Actor
from vigie.kernel.vault import Vault

__all__ = ["stored_vault"]


@pytest.fixture
def actor(database: None, stored_vault: Vault) -> Iterator[Actor]:
    directory()
    yield investigator()
    shutil.rmtree(settings.VIGIE_HOME.uploads, ignore_errors=True)


@pytest.fixture
def matching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Neighbour]:
    with neighbour_in_place(monkeypatch) as neighbour:
        yield neighbour


@pytest.fixture
def desk(actor: Actor, matching: Neighbour) -> Iterator[Desk]:
    with let_in("me", actor), serving() as address:
        desk = Desk(actor, address)
        yield desk
        desk.http.close()
