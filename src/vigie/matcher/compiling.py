"""Where compiled code is kept, and that it is there before the first question."""

import os
from pathlib import Path
from typing import Final

import numba

from vigie.config.home import Home
from vigie.engines import nearest

_FOLDER: Final = "compiled"


def keep_compiled_code(home: Home) -> None:
    """Compiled code is kept beside the engine's source, or in the home where that folder is not ours to write.

    To be called before the engine is imported: each function chooses its place when it is read.
    """
    if not os.access(Path(nearest.__file__).parent, os.W_OK):
        numba.config.CACHE_DIR = str(home.index / _FOLDER)  # type: ignore[attr-defined]  # its settings are made when it is read


def compile_once(home: Home) -> None:
    """All code the search runs has been compiled on this machine; at the first start of a version it takes 15 s.

    Later starts trust the note of it and compile nothing they do not use.
    """
    from vigie.engines.nearest.warming import compile_now

    note = home.index / f"{_FOLDER}-with-{numba.__version__}"
    if not note.exists():
        compile_now()
        note.touch(mode=0o600)
