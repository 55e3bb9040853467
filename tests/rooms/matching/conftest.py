"""Three units in three countries, and a real matcher the program asks."""

from collections.abc import Iterator

import pytest

from factories import cases
from factories.matching import RunningMatcher, matcher_in_place


@pytest.fixture(scope="module")
def matcher(_database_server: None) -> Iterator[RunningMatcher]:
    """The installation's matcher, shared by the tests of one file."""
    with matcher_in_place() as running:
        yield running


@pytest.fixture
def directory(database: None) -> None:
    """Alvania, Borellia and Castoria take part with a unit each."""
    cases.directory()
