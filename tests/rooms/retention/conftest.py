"""What the tests of this room stand on: three countries, a vault, and a real matcher."""

from collections.abc import Iterator

import pytest

from factories.actors import investigator
from factories.cases import directory
from factories.matching import RunningMatcher, matcher_in_place
from factories.media import stored_vault
from support.installed import checkpoint_key
from vigie.kernel.actors import Actor
from vigie.kernel.vault import Vault

__all__ = ["stored_vault"]


@pytest.fixture(scope="module")
def matcher(_database_server: None) -> Iterator[RunningMatcher]:
    """One matcher for a file of tests."""
    with matcher_in_place() as running:
        yield running


@pytest.fixture
def actor(database: None, stored_vault: Vault, matcher: RunningMatcher) -> Iterator[Actor]:
    """An investigator of Alvania, with everything an erasure touches in place."""
    directory()
    with checkpoint_key():
        yield investigator()
