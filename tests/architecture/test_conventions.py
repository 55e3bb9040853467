"""House rules that a machine can see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from support.source import SOURCE, modules, tree

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    """Functions and methods, nested ones apart: those of a closed scope are nobody's interface."""

    def below(body: list[ast.stmt]) -> Iterator[Function]:
        for node in body:
            if isinstance(node, Function):
                yield node
            elif isinstance(node, ast.ClassDef):
                yield from below(node.body)

    yield from below(tree(path).body)


def is_boolean(annotation: ast.expr | None) -> bool:
    """True for `bool`, `bool | None`, `Optional[bool]`, `"bool"`."""
    if annotation is None:
        return False
    return re.search(r"(^|[^\w.])bool($|[^\w])", ast.unparse(annotation).strip("'\"")) is not None


def is_command(function: Function) -> bool:
    """True for a command of Typer: its parameters are options with names, never given by position."""
    return any(ast.unparse(one).partition("(")[0].endswith(".command") for one in function.decorator_list)


def boolean_parameters(function: Function) -> list[str]:
    given = function.args
    return [one.arg for one in (*given.posonlyargs, *given.args) if is_boolean(one.annotation)]


def test_no_public_function_takes_a_boolean_by_position() -> None:
    """`send(case, True)` says nothing: an enum or a second function does."""
    wrong = {
        f"{path.relative_to(SOURCE)}:{function.lineno} {function.name}({', '.join(found)})"
        for path in modules()
        if "migrations" not in path.parts
        for function in functions(path)
        if not function.name.startswith("_")
        and not is_command(function)
        and (found := boolean_parameters(function))
    }
    assert wrong == set()


def test_the_search_for_booleans_can_find_one() -> None:
    [function] = ast.parse("def f(a: bool | None, b: Annotated[bool, 1], c: boolean, *, d: bool): ...").body
    assert isinstance(function, ast.FunctionDef)
    assert boolean_parameters(function) == ["a", "b"]


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    wrong = set()
    for path in (*modules(), *SOURCE.rglob("*.html")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if marks.search(line):
                wrong.add(f"{path.relative_to(SOURCE)}:{number}: {line.strip()}")
    assert wrong == set()


def decorated_with(function: Function, name: str) -> bool:
    return any(
        isinstance(one, ast.Call) and ast.unparse(one.func).rpartition(".")[2] == name
        for one in function.decorator_list
    )


def operations() -> list[tuple[Path, Function]]:
    return [
        (path, function)
        for path in modules(SOURCE / "rooms")
        for function in functions(path)
        if decorated_with(function, "operation")
    ]


def test_every_operation_ends_before_it_returns() -> None:
    """A generator or a coroutine would run after its gate was closed and its line was written."""
    found = operations()
    assert len(found) >= 15
    for path, function in found:
        own = [n for n in ast.walk(function) if isinstance(n, ast.Yield | ast.YieldFrom | ast.Await)]
        assert isinstance(function, ast.FunctionDef), f"{path}:{function.name}"
        assert own == [], f"{path}:{function.name}"


def test_every_operation_takes_its_actor_first_and_says_what_is_true_afterwards() -> None:
    for path, function in operations():
        first = (*function.args.posonlyargs, *function.args.args)[0]
        assert first.arg in {"actor", "_actor"}, f"{path}:{function.name}"
        assert ast.get_docstring(function), f"{path}:{function.name}"


def doors() -> dict[Path, set[str]]:
    """The modules a room's operations are reached by, with the public names that stand there."""
    found = {}
    for path in modules(SOURCE / "rooms"):
        if path.name == "operations.py":
            found[path] = {one.name for one in functions(path) if not one.name.startswith("_")}
        elif path.parts[-2:] == ("operations", "__init__.py"):
            named = [n.value for n in tree(path).body if isinstance(n, ast.Assign)]
            found[path] = {name for value in named for name in ast.literal_eval(value)}
    return found


def test_what_stands_at_a_rooms_door_is_an_operation_or_says_that_it_runs_inside_one() -> None:
    divided = {
        "match_contents": "asks the policy, then writes chunk by chunk, each inside its own operation",
        "open_one": "opens, then asks anew: two operations of one transaction, each with its own permission",
    }
    checked, wrong = 0, set()
    for door, names in doors().items():
        below = modules(door.parent) if door.name == "__init__.py" else [door]
        for path in below:
            for function in functions(path):
                if function.name not in names - set(divided):
                    continue
                checked += 1
                text = (ast.get_docstring(function) or "").lower()
                if not decorated_with(function, "operation") and "inside" not in text:
                    wrong.add(f"{path.relative_to(SOURCE)}:{function.lineno} {function.name}")
    assert checked >= 25
    assert wrong == set()


def test_only_the_vault_unseals_and_only_the_vaults_openers_touch_keys() -> None:
    allowed = {
        "kernel/vault.py",
        "kernel/opening.py",
        "interfaces/cli/keys.py",
        "interfaces/cli/init.py",
        "interfaces/cli/doctor.py",
        "interfaces/cli/up.py",
        "interfaces/cli/system.py",
    }
    from support.source import imports

    wrong = set()
    for path in modules():
        place = str(path.relative_to(SOURCE))
        if place.startswith(("backends/", "engines/", "demo/")) or place in allowed:
            continue
        touched = [n for n in imports(path) if n.startswith(("vigie.backends.keys", "vigie.engines.sealing"))]
        if touched:
            wrong.add(f"{place}: {touched[0]}")
    assert wrong == set()


def test_the_clock_is_a_parameter_below_the_shells() -> None:
    """Rooms and kernel take the time from the running context; only shells and jobs start a clock."""
    wrong = set()
    for path in (*modules(SOURCE / "rooms"), *modules(SOURCE / "kernel")):
        if path.stem in {"actors", "adapter", "cli", "tasks", "api", "web", "sign_in", "ids"} or {
            "web",
            "api",
        } & set(path.parts):
            continue
        if {"migrations", "client", "tasks"} & set(path.parts):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "datetime.now",
                "utc_now",
                "time.time",
                "timezone.now",
                "date.today",
            }:
                wrong.add(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert wrong == set()
