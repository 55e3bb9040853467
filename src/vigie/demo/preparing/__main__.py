"""`python -m vigie.demo.preparing STEP`: one step of making the world, in a process of its own below the supervisor."""

import argparse
import sys

from vigie.backends.remote import RemoteProblem
from vigie.config.environment import choose_django_settings
from vigie.config.home import home_of
from vigie.config.schema import Settings, load_settings
from vigie.demo.homes import World, is_loaded, note_loaded, pictures_of, world_of
from vigie.demo.plan import make_plan
from vigie.demo.preparing.drawing import draw_pictures
from vigie.interfaces.cli.app import report
from vigie.interfaces.cli.progress import Progress


def main(arguments: list[str] | None = None) -> int:
    """The step was done; the exit code is 0, or 1 after words on standard error."""
    parser = argparse.ArgumentParser(prog="python -m vigie.demo.preparing")
    parser.add_argument("step", choices=("pictures", "records", "hand-in"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--no-progress", action="store_true")
    chosen = parser.parse_args(arguments)
    settings = load_settings().model_copy(update={"port": chosen.port})
    world = world_of(home_of(settings))
    if world is None or not home_of(settings).is_demo:
        report("This is not the home of a demonstration.", "Nothing was changed.", "Run `vigie demo`.")
        return 1
    steps = {"pictures": _draw, "records": _record, "hand-in": _hand_in}
    return steps[chosen.step](settings, world, quiet=chosen.no_progress)


def _draw(settings: Settings, world: World, *, quiet: bool) -> int:
    progress: list[Progress] = []
    drawn = 0

    def show(done: int, total: int) -> None:
        nonlocal drawn
        if not progress:
            progress.append(Progress("drawing", total, quiet=quiet))
        progress[0].step(done - drawn)
        drawn = done

    draw_pictures(home_of(settings), world, show)
    for line in progress:
        line.__exit__(None, None, None)
    return 0


def _record(settings: Settings, world: World, *, quiet: bool) -> int:
    _ = quiet
    _set_up_django()
    from vigie.demo.preparing.directory import RealCountryError, make_directory, require_fictional
    from vigie.demo.preparing.records import make_records
    from vigie.kernel.actors import utc_now

    try:
        require_fictional()
    except RealCountryError as refused:
        report(str(refused), "Nothing in it was changed.", "Leave VIGIE_DATABASE_URL out.")
        return 1
    if not is_loaded(home_of(settings)):
        plan = make_plan(world.seed, world.size)
        make_directory(plan, utc_now)
        make_records(plan, utc_now)
    return 0


def _hand_in(settings: Settings, world: World, *, quiet: bool) -> int:
    _set_up_django()
    from vigie.demo.preparing.handing_in import NotHandedInError, hand_in_held
    from vigie.demo.preparing.membership import add_members
    from vigie.kernel.actors import utc_now

    plan, pictures = make_plan(world.seed, world.size), pictures_of(home_of(settings))
    try:
        with Progress("handing in", len(plan.held()), quiet=quiet) as progress:
            hand_in_held(
                plan,
                pictures,
                settings,
                utc_now,
                matched=progress.step,
                settled=lambda case, exhibit: add_members(plan, pictures, case, exhibit, utc_now),
            )
    except (NotHandedInError, RemoteProblem) as failed:
        report(
            f"The demonstration is not complete: {failed}.",
            "What arrived is kept.",
            "Run `vigie demo` again.",
        )
        return 1
    note_loaded(home_of(settings))
    return 0


def _set_up_django() -> None:
    choose_django_settings()
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main())
