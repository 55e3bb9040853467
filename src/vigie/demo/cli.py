"""`vigie demo`: the whole system with drawn pictures, and the check that every planted answer comes."""

import webbrowser
from typing import Annotated

import typer

from vigie.demo.checking import check_demonstration
from vigie.demo.homes import demo_settings
from vigie.demo.plan import Size
from vigie.demo.running import show
from vigie.interfaces.cli.progress import ProgressOption
from vigie.interfaces.cli.up import ready_line


def demo(
    *,
    size: Annotated[
        Size | None, typer.Option(help="How much is drawn: small is for a quick look, full is usual.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Another number draws other pictures; 1 is usual.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port to answer on.")] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser when it is ready.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Hand in the prepared exhibit and see that every answer comes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --check: print one JSON document.")] = False,
    no_progress: ProgressOption = False,
) -> None:
    """Show the system with drawn pictures, in a home folder of its own. Nothing in it is real.

    One line on standard output says when it is ready. To remove everything, stop it and delete its folder.
    """
    settings = demo_settings(port)
    options = ("--no-progress",) if no_progress else ()
    if check:
        wanted = (*(("--size", size) if size else ()), *(("--seed", str(seed)) if seed is not None else ()))
        raise typer.Exit(check_demonstration(settings, (*wanted, *options), ("--json",) if as_json else ()))

    def ready() -> None:
        typer.echo(ready_line(settings))
        if open_browser:
            webbrowser.open(f"http://{settings.address}:{settings.port}/demo/")

    show(settings, size=size, seed=seed, options=options, on_ready=ready)
