"""Shared ground of the architecture tests."""

from pathlib import Path

import pytest

from support.postgres import child_environment


@pytest.fixture
def clean_environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a fresh process with an empty home."""
    return child_environment(VIGIE_HOME=str(tmp_path), DJANGO_SETTINGS_MODULE="vigie.config.django")
