"""`python -m vigie.demo.checking`: hands in, looks, compares, and says what is missing."""

import argparse
import json
import sys

from vigie.backends.remote import RemoteProblem
from vigie.config.environment import choose_django_settings
from vigie.config.home import home_of
from vigie.config.schema import load_settings
from vigie.demo.checking.expecting import Row, compare, read_expected
from vigie.demo.homes import pictures_of, world_of
from vigie.demo.plan import make_plan
from vigie.interfaces.cli.app import report
from vigie.interfaces.cli.exits import Exit


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when everything planted came, 1 when something is missing or could not be asked."""
    parser = argparse.ArgumentParser(prog="python -m vigie.demo.checking")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--json", action="store_true", dest="as_json")
    chosen = parser.parse_args(arguments)
    settings = load_settings().model_copy(update={"port": chosen.port})
    home = home_of(settings)
    world = world_of(home)
    if world is None or not home.is_demo:
        report("This is not the home of a demonstration.", "Nothing was changed.", "Run `vigie demo`.")
        return Exit.FAILURE
    choose_django_settings()
    import django

    django.setup()
    from vigie.demo.checking.looking import Looking
    from vigie.demo.preparing.handing_in import NotHandedInError
    from vigie.kernel.actors import utc_now

    expected = read_expected(pictures_of(home))
    looking = Looking(make_plan(world.seed, world.size), expected, settings, utc_now)
    try:
        seen = looking.hand_in_and_look(pictures_of(home), lambda _: None)
    except (NotHandedInError, RemoteProblem) as failed:
        report(f"The check could not hand in: {failed}.", "What arrived is kept.", "Try again.")
        return Exit.FAILURE
    rows = compare(expected, seen, looking.desks())
    sys.stdout.write(as_document(rows) if chosen.as_json else as_table(rows))
    return Exit.OK if all(row.came for row in rows) else Exit.FAILURE


def as_table(rows: tuple[Row, ...]) -> str:
    """One line for each expectation, and a last one that counts."""
    widths = [
        max(len(text) for text in column) for column in zip(*(_cells(row) for row in rows), strict=True)
    ]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(_cells(row), widths, strict=True)) for row in rows
    ]
    missing = sum(not row.came for row in rows)
    lines.append(
        f"Everything came: {len(rows)} of {len(rows)}."
        if not missing
        else f"Missing: {missing} of {len(rows)}."
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_document(rows: tuple[Row, ...]) -> str:
    """One JSON document."""
    found = [
        {
            "about": row.about,
            "file": row.file,
            "expected": row.expected,
            "came": row.came,
            "missing": row.missing,
        }
        for row in rows
    ]
    return json.dumps({"complete": all(row.came for row in rows), "rows": found}, ensure_ascii=False) + "\n"


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    return ("ok" if row.came else "MISSING", row.about, row.file, row.expected, row.missing)


if __name__ == "__main__":
    sys.exit(main())
