"""`vigie bench`: the project's own measurements, from a checkout.

Each module of the checkout's folder `bench` named here is one command; the options of its function `measure` are the
command's own, beside `--json`.
"""

import importlib
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import vigie

BENCHES = {
    "intake": "Handing in files, beside the ceiling of hashing alone.",
    "hashing": "PDQ and digests, beside HMA's path.",
    "matching": "Exact look-up of known codes, beside HMA's index and faiss.",
    "lookups": "Manifests and look-ups over HTTP against millions of known records.",
    "figures": "Write the page of figures from the results kept in bench/results.",
}
_JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def load(name: str) -> Any:
    """The module of one bench, of the checkout this program runs from. Raises ModuleNotFoundError outside one."""
    root = Path(vigie.__file__).resolve().parents[2]
    for place in (root / "tests", root):  # the whole installation a bench measures is the tests' own
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
    return importlib.import_module(f"bench.{name}")


class _Benches(TyperGroup):
    """One command for each bench; a module is imported when its command is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        return list(BENCHES)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Typer's signature
        with formatter.section("Benches"):
            formatter.write_dl(list(BENCHES.items()))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer's signature
        if cmd_name not in BENCHES:
            return None
        try:
            measure = load(cmd_name).measure
        except ModuleNotFoundError as missing:
            if missing.name is None or missing.name.partition(".")[0] != "bench":
                raise
            typer.echo(f"There is no bench called {cmd_name} here; benches come with a checkout.", err=True)
            return None
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(cmd_name, help=BENCHES[cmd_name])(_command(measure))
        return typer.main.get_command(single)


bench = typer.Typer(
    cls=_Benches,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Measure the program, beside named peers.",
)


def _command(measure: Callable[..., dict[str, Any]]) -> Callable[..., None]:
    """The bench as a command: its own options and `--json`; what it says on the way goes to standard error."""

    def run(**options: Any) -> None:
        as_json = options.pop("as_json")
        document = measure(lambda said: typer.echo(said, err=True), **options)
        if as_json:
            typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
            return
        for case in document["cases"]:
            typer.echo("  ".join(f"{key}: {value}" for key, value in case.items()))

    signature = inspect.signature(measure, eval_str=True)
    own = [one for one in signature.parameters.values() if one.kind is inspect.Parameter.KEYWORD_ONLY]
    as_json = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_JSON)
    run.__signature__ = inspect.Signature([*own, as_json])  # type: ignore[attr-defined]  # what Typer reads options from
    run.__annotations__ = {one.name: one.annotation for one in (*own, as_json)}
    return run
