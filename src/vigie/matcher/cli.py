"""`vigie matcher`: the process that answers look-ups of known media."""

import logging
import re
from typing import Annotated

import typer

from vigie.backends.known.messages import Shard
from vigie.config.home import home_of
from vigie.config.schema import load_settings
from vigie.matcher.compiling import keep_compiled_code


def matcher(
    shard: Annotated[
        str, typer.Option(help="Answer for this part of known media only, as 2/4: the second of four.")
    ] = "1/1",
) -> None:
    """Answer look-ups of known media until stopped. `vigie up` starts it; nobody else needs to."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.WARNING)
    settings = load_settings()
    keep_compiled_code(home_of(settings))
    from vigie.matcher.process import run  # the engine chooses where it keeps compiled code when it is read

    run(settings, shard=_shard(shard), longest_delay=settings.match_delay_seconds)


def rebuild_index() -> None:
    """Have the index of known media made anew from the database when the matcher starts next."""
    from vigie.matcher.building import discard

    discard(home_of(load_settings()).index / "known")
    typer.echo("The index is made anew when the matcher starts next.")


def _shard(text: str) -> Shard:
    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise typer.BadParameter("a shard is written as 2/4: the second of four")
    return Shard(int(found[1]), int(found[2]))
