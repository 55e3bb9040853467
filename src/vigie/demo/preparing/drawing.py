"""The drawn pictures of a home: drawn once, whole or not at all."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from vigie.config.home import Home
from vigie.demo.homes import World, pictures_of
from vigie.demo.plan import make_plan


def are_drawn(home: Home, world: World) -> bool:
    """True when the home keeps the pictures this world's plan asks for."""
    try:
        kept = json.loads((pictures_of(home) / "plan.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    wanted = json.loads(json.dumps(asdict(make_plan(world.seed, world.size))))
    return bool(kept == wanted)


def draw_pictures(home: Home, world: World, progress: Callable[[int, int], None]) -> Path:
    """The home keeps the drawn pictures of this world; a set cut short by a kill is drawn again from the start."""
    from vigie.demo.scenes import build  # brings Pillow: only the process that draws may load it

    folder = pictures_of(home)
    unfinished = folder.with_name(f"{folder.name}.new")
    for old in (unfinished, folder):
        shutil.rmtree(old, ignore_errors=True)
    build(unfinished, world.seed, progress=progress, size=world.size)
    unfinished.replace(folder)
    return folder
