"""`vigie up` and `vigie down`: the whole system in the foreground, and its end."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from vigie.backends.keys import FileKeys, KeyStoreDamaged, WrongPassphrase
from vigie.backends.processes import HomeLock, Notice, Supervisor, holder, require_free_port
from vigie.config.home import Home, home_of, prepare_home, remove_socket_folder
from vigie.config.passphrase import read_passphrase, share_passphrase
from vigie.config.problems import SetupProblem
from vigie.config.schema import NOTHING_CHANGED, PassphraseSource, Settings, load_settings
from vigie.interfaces.cli.system import PARTS, Part, steps_of

_POLL_SECONDS = 0.05


def up() -> None:
    """Start the system and keep it running until it is stopped.

    One line on standard output says when it is ready; what happens to its processes goes to standard error.
    """
    settings = load_settings()
    refuse_demo_home(home_of(settings))
    if holder(home_of(settings).lock_file) is None:
        require_free_port(settings.address, settings.port)
        settings = with_passphrase(settings)  # asked for only when the start has a chance
    bring_up(settings, PARTS, on_ready=lambda: typer.echo(ready_line(settings)))


def with_passphrase(settings: Settings) -> Settings:
    """The settings with the passphrase, asked for once and proven right, in a memory file the children inherit."""
    home = home_of(settings)
    if not (home.keys / "master.json").exists():
        raise SetupProblem(
            f"{home.root} has not been set up.",
            safe=NOTHING_CHANGED,
            remedy="Run `vigie init` first; `vigie demo` shows the system without it.",
        )
    passphrase = read_passphrase(settings, home)
    try:
        FileKeys.open(home.keys, passphrase)
    except (WrongPassphrase, KeyStoreDamaged) as error:
        raise SetupProblem(
            f"The keys do not open: {error}.",
            safe=NOTHING_CHANGED,
            remedy="Try the passphrase again; `vigie doctor` says more.",
        ) from error
    shared = {
        "passphrase_source": PassphraseSource.FILE_DESCRIPTOR,
        "passphrase_fd": share_passphrase(passphrase),
    }
    return settings.model_copy(update=shared)


def down(
    *,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for requests and jobs to end.")] = 180,
) -> None:
    """Stop the running system: it takes no new work, finishes what it has begun, and ends."""
    home = home_of(load_settings())
    number = holder(home.lock_file)
    if number is None:
        typer.echo(f"No system runs with the home folder {home.root}.", err=True)
        return
    os.kill(number, signal.SIGTERM)
    deadline = time.monotonic() + wait
    while holder(home.lock_file) == number:
        if time.monotonic() > deadline:
            raise SetupProblem(
                f"The system (process {number}) has not ended after {wait:g} s.",
                safe="It goes on stopping; nothing acknowledged is lost.",
                remedy=f"Wait longer, or read the logs in {home.log}.",
            )
        time.sleep(_POLL_SECONDS)
    typer.echo("The system has stopped.", err=True)


def bring_up(settings: Settings, parts: Sequence[Part], *, on_ready: Callable[[], None]) -> None:
    """The system of this home ran until a signal to stop came, and every process of it has ended.

    Raises SetupProblem, before anything is started, when it already runs or the port is taken; later, when a part
    does not start (what had been started is then stopped).
    """
    home = home_of(settings)
    prepare_home(home)
    with HomeLock(home.lock_file):
        require_free_port(settings.address, settings.port)
        try:
            Supervisor(tell).run(steps_of(settings, parts), on_ready)
        finally:
            remove_socket_folder(home)


def refuse_demo_home(home: Home) -> None:
    """The home is not a demonstration's. Raises SetupProblem if it is: its sign-in is open to everybody."""
    if home.is_demo:
        raise SetupProblem(
            f"{home.root} is the home of a demonstration, which signs in everybody who asks.",
            safe=NOTHING_CHANGED,
            remedy="Use `vigie demo` for it, or name another folder in VIGIE_HOME.",
        )


def ready_line(settings: Settings) -> str:
    """The line that says where the system answers."""
    host = f"[{settings.address}]" if settings.address.version == 6 else str(settings.address)
    return f"Vigie is ready at http://{host}:{settings.port} (home {settings.home})"


def tell(notice: Notice) -> None:
    """Standard error says what happened to a process."""
    typer.echo(
        f"{notice.name}: {notice.happening.value.replace('_', ' ')}"
        + f" ({notice.detail})" * bool(notice.detail),
        err=True,
    )
