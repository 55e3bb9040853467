"""Folders other users of the machine may pass through: pytest's own are closed, and for root the database is another user."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder() -> Iterator[Path]:
    """A short temporary folder everybody may enter; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vg-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
