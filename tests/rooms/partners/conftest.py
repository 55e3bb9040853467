"""A matcher for the tests of one file."""

from collections.abc import Iterator

import pytest

from factories.matching import RunningMatcher, matcher_in_place


@pytest.fixture(scope="module")
def matcher(_database_server: None) -> Iterator[RunningMatcher]:
    """The installation's matcher, shared by the tests of one file."""
    with matcher_in_place() as running:
        yield running
