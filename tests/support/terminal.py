"""`vigie intake` as people run it: a process of its own, against a whole installation."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from support.installation import Installation


class Terminal:
    """`vigie intake` as a process of its own, signed in."""

    def __init__(self, whole: Installation, name: str = "ines") -> None:
        self.whole = whole
        client = whole.investigator(name)
        client.post("/api/v1/cases", json={"reference": "A-1", "legal_basis": "seizure", "share": "none"})
        self.http = client
        place = whole.home / "terminal" / "vigie" / "login.json"
        place.parent.mkdir(parents=True)
        token = client.headers["Authorization"].split()[1]
        login = {
            "server": whole.address,
            "token": token,
            "expires_at": "2099-01-01T00:00:00+00:00",
            "username": name,
        }
        place.write_text(json.dumps(login))
        self.environment = whole.environment | {"XDG_CONFIG_HOME": str(whole.home / "terminal")}

    def forget(self) -> None:
        """What is run next is run from another machine: nothing tells it of the run that was killed."""
        shutil.rmtree(self.whole.home / "terminal" / "vigie" / "intake", ignore_errors=True)

    def hand_in(self, folder: Path, exhibit: str) -> "subprocess.Popen[str]":
        command = [
            sys.executable,
            "-m",
            "vigie",
            "intake",
            str(folder),
            "--case",
            "A-1",
            "--exhibit",
            exhibit,
        ]
        return subprocess.Popen(
            [*command, "--json"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
