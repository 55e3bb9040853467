"""The drawn set on disk: every planned file written once, places shared out between processes, bytes fixed by the seed."""

import json
import multiprocessing
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from PIL import Image

from vigie.demo.plan import Plan, Recipe, Size, make_plan
from vigie.demo.plan.world import frame
from vigie.demo.scenes.catalogue import Shoot, generator, shoot
from vigie.demo.scenes.copies import COPIES
from vigie.demo.scenes.encoding import clip, jpeg, still
from vigie.demo.scenes.light import lit
from vigie.demo.scenes.space import photograph

WORKERS = 2
OVERSIZE = (
    1.25  # drawn larger by this, then reduced, so that edges are smooth; more costs time and shows nothing
)
NOT_A_PICTURE = (
    b"This file has the name of a picture but holds text. It was written so by the demonstration.\n"
)


class FolderNotEmptyError(ValueError):
    """The folder named for the drawn set holds something already; nothing was written."""


@dataclass(frozen=True)
class Order:
    """The files to be drawn of one place: each recipe with the paths, relative to the set, that hold its bytes."""

    place: str
    seed: int
    folder: Path
    files: tuple[tuple[Recipe, tuple[str, ...]], ...]


class Darkroom:
    """One place with its photographs and lit prints kept while its files are made."""

    def __init__(self, place: str, seed: int) -> None:
        self._place, self._seed = place, seed
        self._frame = frame(place)
        scale = OVERSIZE if self._frame[0] < 1600 else 1.0
        size = (round(self._frame[0] * scale), round(self._frame[1] * scale))
        self._shoot: Shoot = shoot(place, seed, size)
        self._views: dict[int, Image.Image] = {}
        self._prints: dict[tuple[int, str], Image.Image] = {}

    def printed(self, recipe: Recipe) -> Image.Image:
        """The view under its light at the place's own size."""
        key = (recipe.view, recipe.light)
        if key not in self._prints:
            camera = self._shoot.cameras[recipe.view]
            if recipe.view not in self._views:
                large = photograph(self._shoot.stage, camera)
                self._views[recipe.view] = large.resize(self._frame, Image.Resampling.BICUBIC)
            smaller = replace(camera, width=self._frame[0], height=self._frame[1])
            self._prints[key] = lit(self._views[recipe.view], recipe.light, self._shoot.stage, smaller)
        return self._prints[key]

    def bytes_of(self, recipe: Recipe) -> bytes:
        """The file's bytes; equal recipes give equal bytes."""
        if recipe.form == "text":
            return NOT_A_PICTURE
        shown = self.printed(recipe)
        if recipe.form == "mp4":
            return clip(shown, recipe.frames)
        changed = COPIES[recipe.copy](shown, generator(self._seed, self._place, repr(recipe)))
        if recipe.width and recipe.width < changed.width:
            high = round(changed.height * recipe.width / changed.width)
            changed = changed.resize((recipe.width, high), Image.Resampling.BICUBIC, reducing_gap=2.0)
        if recipe.form == "jpeg":
            return jpeg(changed, recipe.quality, recipe.taken or None, recipe.orientation)
        if recipe.form == "truncated_jpeg":
            whole = jpeg(changed, recipe.quality, None, 1)
            return whole[: len(whole) * 2 // 5]
        return still(changed, recipe.form, recipe.quality)


def draw(order: Order) -> int:
    """Every file of the order is on disk; the number of files written is returned."""
    room = Darkroom(order.place, order.seed)
    written = 0
    for recipe, paths in order.files:
        data = room.bytes_of(recipe)
        for path in paths:
            target = order.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            written += 1
    return written


def orders(plan: Plan, folder: Path) -> list[Order]:
    """The plan's files grouped by place, those with most files first so that the processes end together."""
    places: dict[str, dict[Recipe, list[str]]] = defaultdict(lambda: defaultdict(list))
    for held in plan.held():
        places[held.recipe.place][held.recipe].append(held.path)
    for handed in plan.incoming.files:
        places[handed.recipe.place][handed.recipe].append(handed.path)
    grouped = [
        Order(place, plan.seed, folder, tuple((recipe, tuple(paths)) for recipe, paths in wanted.items()))
        for place, wanted in places.items()
    ]
    return sorted(grouped, key=lambda order: (-frame(order.place)[0] * len(order.files), order.place))


def expected(plan: Plan) -> dict[str, object]:
    """What handing in the incoming exhibit must give, as `expected.json` holds it."""
    files = plan.incoming.files
    return {
        "seed": plan.seed,
        "size": plan.size,
        "person": plan.incoming.person,
        "unit": plan.incoming.unit,
        "folder": plan.incoming.folder,
        "files": len(files),
        "answers": [asdict(answer) for answer in plan.answers],
        "own": [{"file": f.path, "copy_of": f.copy_of} for f in files if f.kind == "own"],
        "new": [f.path for f in files if f.kind in ("new", "clip")],
        "refused": [asdict(refusal) for refusal in plan.refusals],
    }


def _note(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def build(
    folder: Path,
    seed: int,
    *,
    progress: Callable[[int, int], None],
    size: Size = "full",
    workers: int = WORKERS,
) -> Plan:
    """The drawn set stands in `folder`: `units/…`, `incoming/…`, `expected.json`, `plan.json`; the plan is returned.

    `progress` is called with files written and files planned. Raises FolderNotEmptyError when the folder holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderNotEmptyError(f"{folder} is not an empty folder: name a new one, or empty it first")
    folder.mkdir(parents=True, exist_ok=True)
    plan = make_plan(seed, size)
    wanted = orders(plan, folder)
    total = sum(len(paths) for order in wanted for _, paths in order.files)
    done = 0
    progress(done, total)
    # A fresh interpreter per worker: a forked one would inherit whatever threads the caller runs.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for finished in as_completed([pool.submit(draw, order) for order in wanted]):
            done += finished.result()
            progress(done, total)
    _note(folder / "plan.json", asdict(plan))
    _note(folder / "expected.json", expected(plan))
    return plan
