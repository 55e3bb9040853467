"""Three units in three countries, and a real matcher the program asks."""

from collections.abc import Iterator

import pytest
from django.apps import apps

from factories import cases
from factories.matching import RunningMatcher, running_matcher


@pytest.fixture(scope="module")
def matcher(_database_server: None) -> Iterator[RunningMatcher]:
    """The installation's matcher, shared by the tests of one file."""
    config = apps.get_app_config("matching")
    with running_matcher() as running:
        config.__dict__["known"] = running.client
        try:
            yield running
        finally:
            config.__dict__.pop("known", None)


@pytest.fixture
def directory(database: None) -> None:
    """Alvania, Borellia and Castoria take part with a unit each."""
    cases.directory()
