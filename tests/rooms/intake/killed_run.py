"""A worker's run of the intake job as a process of its own, to be killed; run as a program by test_killed.

Usage: killed_run.py FOLDER CONNECTION ON_BEHALF SUBMISSION. FOLDER holds the keys and blobs of the test's vault,
CONNECTION says how the test itself is connected.
"""

import json
import sys
from pathlib import Path


def main(folder: Path, connection: str, on_behalf: str, submission: str) -> None:
    import django

    django.setup()
    from django.apps import apps
    from django.db import connections

    from factories.intake import Neighbour
    from factories.media import PASSPHRASE
    from vigie.backends.blobs import FolderBlobs
    from vigie.backends.keys import FileKeys
    from vigie.kernel.vault import Vault
    from vigie.rooms.intake import tasks
    from vigie.rooms.intake.tasks import working

    connections.databases["default"].update(json.loads(connection))
    keys = FileKeys.open(folder / "keys", PASSPHRASE)
    vault = Vault(keys, FolderBlobs(folder / "blobs"), (folder / "store-key").read_bytes())
    apps.get_app_config("kernel").__dict__["vault"] = vault
    working._match_contents = Neighbour().match
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    tasks.work(on_behalf=json.loads(on_behalf), submission=submission)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:5])
