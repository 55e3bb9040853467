"""Write the lock files anew: universal over platforms and Python versions, with hashes, without addresses."""

import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
COMMON = [
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "-q",
]


def compile_lock(output: str, *arguments: str) -> None:
    """One lock file is up to date."""
    command = [sys.executable, "-m", "uv", "pip", "compile", *arguments, *COMMON, "-o", str(here / output)]
    subprocess.run(command, check=True, cwd=here.parent)


compile_lock("run.lock", "pyproject.toml")
compile_lock("dev.lock", "pyproject.toml", "--extra", "dev", "-c", "requirements/run.lock")
compile_lock("bench.lock", "pyproject.toml", "--extra", "bench", "-c", "requirements/dev.lock")
compile_lock("frontend.lock", "requirements/frontend.in")
