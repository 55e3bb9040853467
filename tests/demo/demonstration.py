"""A demonstration in a process of its own, and a built home to start it from."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.postgres import child_environment, postgres_server
from support.system import free_port
from vigie.config.home import Home

READY_SECONDS = 600


@dataclass(frozen=True)
class Demonstration:
    """A running `vigie demo`."""

    home: Home
    port: int
    ready_line: str
    process: "subprocess.Popen[str]"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def check(self) -> "subprocess.CompletedProcess[str]":
        return vigie(self.home, "demo", "--check", "--json", "--port", str(self.port))


def environment(home: Home, **extra: str) -> dict[str, str]:
    """What a command on this home finds in its environment: not the settings of the suite."""
    whole = child_environment(VIGIE_HOME=str(home.root), **extra)
    whole.pop("DJANGO_SETTINGS_MODULE", None)
    return whole


def vigie(home: Home, *arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
    """A command on this home, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "vigie", *arguments],
        env=environment(home, **extra),
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
    )


def started(home: Home, port: int, *arguments: str) -> "subprocess.Popen[str]":
    """`vigie demo` on its way up; what it says about its processes goes to a file beside the home."""
    with home.root.with_suffix(".log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "vigie", "demo", "--port", str(port), *arguments],
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )


@contextlib.contextmanager
def demonstration(home: Home, *arguments: str) -> Iterator[Demonstration]:
    """A demonstration of this home runs inside the block."""
    port = free_port()
    process = started(home, port, *arguments)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, said(home)
        yield Demonstration(home, port, line, process)
    finally:
        stop(process)


def stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=200)


def said(home: Home) -> str:
    """Everything the demonstrations of this home said on standard error."""
    return home.root.with_suffix(".log").read_text()


def built_home() -> Home:
    """A stopped demonstration with the small world in it, built once for all parallel workers. Never started itself."""
    folder = Path(postgres_server().home).parent  # removed by its keeper when the session ends
    home = Home(folder / "built-demonstration")
    with (folder / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            shutil.rmtree(home.root, ignore_errors=True)
            with demonstration(home, "--size", "small"):
                (folder / "built").touch()
    return home


@contextlib.contextmanager
def copied_home() -> Iterator[Home]:
    """A copy of the built home, gone afterwards."""
    built = built_home()
    copy = Home(built.root.with_name(f"copied-{os.getpid()}-{os.urandom(4).hex()}"))
    subprocess.run(["cp", "-a", str(built.root), str(copy.root)], check=True)  # the database has its own user
    try:
        yield copy
    finally:
        shutil.rmtree(copy.root, ignore_errors=True)


def lines_of(done: "subprocess.CompletedProcess[str]") -> list[dict[str, str]]:
    """The rows of a check that printed JSON."""
    rows: list[dict[str, str]] = json.loads(done.stdout)["rows"]
    return rows
