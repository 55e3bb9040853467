"""Bubblewrap around a worker where the system has it: namespaces, an almost empty file system, no capabilities.

A second wall only: Landlock and the system call filter stand without it. It costs about 26 ms at a worker's start.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache")
_TRIAL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """A bubblewrap that works here: its program and the name of the layer as shown to people."""

    program: str
    name: str = "bubblewrap"

    def around(self, command: list[str], package_root: Path, report: int) -> list[str]:
        """Return the command that runs `command` inside; the child's process id is written to descriptor `report`.

        The real prefix of the interpreter is bound as well as the virtual environment: the latter's python is a link
        into the former. There is no --die-with-parent: it follows the thread that started the worker, not the process.
        """
        line = [self.program, "--unshare-all", "--cap-drop", "ALL", "--new-session", "--clearenv"]
        for folder in _SYSTEM_FOLDERS:
            line += ["--ro-bind-try", folder, folder]
        for folder in _own_folders(package_root):
            line += ["--ro-bind", folder, folder]
        for name, value in environment(package_root).items():
            line += ["--setenv", name, value]
        return [*line, "--dev", "/dev", "--chdir", "/", "--info-fd", str(report), "--", *command]


def environment(package_root: Path) -> dict[str, str]:
    """Return the whole environment of a worker: where the package lies, and one thread for numpy's matrix library."""
    return {"PYTHONPATH": str(package_root), "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}


def find(package_root: Path) -> Bubblewrap | None:
    """Return bubblewrap when it is installed and can run this interpreter here, None otherwise."""
    program = shutil.which("bwrap", path=os.defpath + ":/usr/local/bin")
    if program is None:
        return None
    found = Bubblewrap(program)
    report, reported = os.pipe()
    try:
        trial = found.around([sys.executable, "-I", "-S", "-c", ""], package_root, reported)
        ended = subprocess.run(
            trial,
            pass_fds=(reported,),
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    finally:
        os.close(report)
        os.close(reported)
    return found if ended.returncode == 0 else None


def _own_folders(package_root: Path) -> list[str]:
    """Return what the interpreter reads, shortest first so that a folder is bound before what lies in it."""
    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(package_root)}
    folders |= {str(Path(folder).resolve()) for folder in folders}
    return sorted(folder for folder in folders if not folder.startswith("/usr/") and folder != "/usr")
