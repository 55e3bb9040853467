"""A whole installation of its own: keys, database, matcher, web server and worker, as `vigie init` and `vigie up` make it.

Used where nothing may be replaced by anything: kills, benches, the browser. Run as a program it adds a certified
investigator to the installation of VIGIE_HOME and prints their token.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

PASSPHRASE = b"a drawn lamp on a drawn table"
"""Of throw-away homes only."""
SECRET = "MRZGC53OFVWGC3LQFVXW4LLBFVSGK43L"
"""Of the second factor of its people."""
ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120


@dataclass
class Installation:
    """A system that was set up in a home of its own; `start` and `stop` it, or kill what you like."""

    home: Path
    port: int
    supervisor: subprocess.Popen[bytes] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further settings, as environment variables."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("VIGIE_", "DJANGO_"))
        }
        return {
            **kept,
            "PYTHONPATH": paths,
            "VIGIE_HOME": str(self.home),
            "VIGIE_PORT": str(self.port),
            **self.settings,
        }

    def start(self) -> None:
        """The system runs; returns once it said that it is ready."""
        log = (self.home / "up.log").open("ab")
        self.supervisor = self._with_passphrase([sys.executable, "-m", "vigie", "up"], log)
        assert self.supervisor.stdout is not None
        if b"ready" not in self.supervisor.stdout.readline():
            raise RuntimeError((self.home / "up.log").read_text())

    def stop(self) -> None:
        """The system has ended in good order."""
        if self.supervisor is not None:
            self.supervisor.send_signal(signal.SIGTERM)
            self.supervisor.wait(200)

    def set_up(self) -> None:
        """`vigie init` has run."""
        facts = [
            "--country",
            "ALV",
            "--country-name",
            "Alvania",
            "--unit",
            "alv-viu",
            "--unit-name",
            "Alvania VIU",
        ]
        command = [sys.executable, "-m", "vigie", "init", *facts, "--administrator", "admin"]
        done = self._with_passphrase([*command, "--legal-basis", "seizure=Seizure order"], subprocess.DEVNULL)
        done.communicate()
        if done.returncode:
            raise RuntimeError(f"vigie init ended with {done.returncode}")

    def _with_passphrase(self, command: list[str], errors: Any) -> "subprocess.Popen[bytes]":
        reader, writer = os.pipe()
        os.write(writer, PASSPHRASE)
        os.close(writer)
        more = {"VIGIE_PASSPHRASE_SOURCE": "fd", "VIGIE_PASSPHRASE_FD": str(reader)}
        try:
            return subprocess.Popen(
                command, env=self.environment | more, pass_fds=[reader], stdout=subprocess.PIPE, stderr=errors
            )
        finally:
            os.close(reader)

    def investigator(self, name: str, role: str = "investigator") -> httpx.Client:
        """A client of a new certified investigator, or of somebody with another role."""
        command = [sys.executable, __file__, name, role]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        token = json.loads(done.stdout)["token"]
        return httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )

    def children(self) -> dict[str, int]:
        """Process ids of the supervisor's children by name, read from the kernel."""
        assert self.supervisor is not None
        found: dict[str, int] = {}
        words = {b"granian": "web", b"worker": "worker", b"matcher": "matcher", b"postgres": "postgres"}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[1]) != self.supervisor.pid:
                    continue
                line = (entry / "cmdline").read_bytes()
                found |= {name: int(entry.name) for word, name in words.items() if word in line}
        return found

    def wait_for_answer(self) -> None:
        """The web server answers again."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/health", trust_env=False).is_success:
                    return
            time.sleep(0.2)
        raise TimeoutError("the web server did not come back")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def installation(settings: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """A fresh installation, running; stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-whole-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as another user, who must be able to enter
    whole = Installation(folder / "home", free_port(), settings=settings or {})
    whole.home.mkdir(mode=0o711)
    try:
        whole.set_up()
        whole.start()
        yield whole
    finally:
        whole.stop()
        shutil.rmtree(folder, ignore_errors=True)


def add_person_with_token(name: str, role: str) -> None:
    """A certified person of this role is added to the installation of VIGIE_HOME; prints their token as JSON.

    Their second factor has the secret SECRET, so that they may sign in with a browser too.
    """
    from vigie.config.environment import choose_django_settings

    choose_django_settings()
    import django

    django.setup()
    from allauth.mfa.totp.internal.auth import TOTP

    from factories.people import add_person
    from vigie.kernel.actors import utc_now
    from vigie.kernel.permissions import Role
    from vigie.rooms.accounts.sign_in import token_for

    person = add_person(name, "alv-viu", Role(role))
    TOTP.activate(person.user, SECRET)
    issued = token_for(person.user, label="test", confirmed_at=utc_now())
    sys.stdout.write(json.dumps({"token": issued.token}))


if __name__ == "__main__":
    add_person_with_token(*sys.argv[1:3])
