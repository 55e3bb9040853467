"""A token of SoftHSM for one test. The test is skipped, with the reason, where SoftHSM is not installed."""

import os
import shutil
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm.so"),
)
PIN = "482913"


@dataclass(frozen=True)
class SoftToken:
    """A fresh token: its library, its label, its PIN, and the folder its objects lie in."""

    module: Path
    label: str
    folder: Path

    def remove(self) -> Path:
        """The token is pulled out; returns what `plug_in` takes."""
        away = self.folder.parent.parent / self.folder.name
        self.folder.rename(away)
        return away

    def plug_in(self, away: Path) -> None:
        """The token is back."""
        away.rename(self.folder)


def require_softhsm() -> Path:
    """The library of SoftHSM; the test is skipped where it or its tool is missing."""
    module = next((one for one in MODULES if one.exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed (Debian: softhsm2)")
    return module


def configuration() -> Path:
    """The folder of all tokens of this process: SoftHSM reads its configuration once, when it is loaded."""
    named = Path(os.environ.get("SOFTHSM2_CONF", "/nowhere")).parent
    if not named.name.startswith("vigie-softhsm-"):
        folder = Path(tempfile.mkdtemp(prefix="vigie-softhsm-"))
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
        return folder
    return named


def soft_token() -> SoftToken:
    """A token nobody has used."""
    module, place = require_softhsm(), configuration()
    before = set((place / "tokens").iterdir())
    label = f"vigie-{uuid.uuid4().hex[:12]}"
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        label,
        "--pin",
        PIN,
        "--so-pin",
        "12345678",
    ]
    subprocess.run(command, check=True, capture_output=True)
    [folder] = set((place / "tokens").iterdir()) - before
    return SoftToken(module, label, folder)
