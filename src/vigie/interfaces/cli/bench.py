"""`vigie bench`: the project's own measurements, from a checkout."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import vigie
from vigie.interfaces.cli.exits import Exit

BENCHES = ("intake",)


def bench(
    name: Annotated[str, typer.Argument(help="Which one: intake.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure; what is compared with what stands in the document, beside the machine it ran on."""
    place = Path(vigie.__file__).resolve().parents[2] / "bench" / f"{name}.py"
    if name not in BENCHES or not place.is_file():
        typer.echo(
            f"There is no bench called {name} here; benches come with a checkout: {', '.join(BENCHES)}.",
            err=True,
        )
        raise typer.Exit(Exit.USAGE)
    document: dict[str, Any] = _load(place).measure(lambda said: typer.echo(said, err=True))
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for case in document["cases"]:
        typer.echo("  ".join(f"{key}: {value}" for key, value in case.items()))


def _load(place: Path) -> Any:
    specification = importlib.util.spec_from_file_location(f"vigie_bench_{place.stem}", place)
    assert specification is not None
    assert specification.loader is not None
    sys.path.insert(
        0, str(place.parents[1] / "tests")
    )  # the whole installation a bench measures is the tests' own
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module
