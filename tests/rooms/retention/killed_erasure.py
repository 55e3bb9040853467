"""An erasure's job as a process of its own that kills itself behind one step; run as a program by test_killed.

Usage: killed_erasure.py FOLDER CONNECTION HOME ON_BEHALF ERASURE STEP. FOLDER holds the test's vault, HOME is the matcher's.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any


def main(folder: Path, connection: str, home: str, on_behalf: str, erasure: str, step: str) -> None:
    import django

    django.setup()
    from django.apps import apps
    from django.db import connections

    from factories.media import PASSPHRASE
    from vigie.backends.blobs import FolderBlobs
    from vigie.backends.keys import FileKeys
    from vigie.backends.known import MatcherSocket
    from vigie.config.home import Home
    from vigie.kernel.vault import Vault
    from vigie.rooms.retention import tasks
    from vigie.rooms.retention.operations import erasing

    connections.databases["default"].update(json.loads(connection))
    keys = FileKeys.open(folder / "keys", PASSPHRASE)
    vault = Vault(keys, FolderBlobs(folder / "blobs"), (folder / "store-key").read_bytes())
    apps.get_app_config("kernel").__dict__["vault"] = vault
    apps.get_app_config("matching").__dict__["known"] = MatcherSocket(Home(Path(home)))
    whole = getattr(erasing, step)

    def dies(*given: Any) -> None:
        whole(*given)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(erasing, step, dies)
    tasks.erase(on_behalf=json.loads(on_behalf), erasure=erasure)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
