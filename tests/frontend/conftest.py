"""The gallery, and where the front end lies."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def gallery() -> Iterator[str]:
    """The address of the gallery server, a process of its own with its own minimal settings."""
    server = subprocess.Popen(
        [sys.executable, ROOT / "tests/frontend/gallery_server.py"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait(10)
