"""A real matcher process over the suite's database, shared by the tests of one file."""

from collections.abc import Iterator

import pytest

from factories.matching import RunningMatcher, running_matcher


@pytest.fixture(scope="module")
def matcher(_database_server: None) -> Iterator[RunningMatcher]:
    with running_matcher() as running:
        yield running
