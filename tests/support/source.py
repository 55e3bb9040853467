"""The program's own source as syntax trees, for tests of its rules."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "vigie"
ROOMS = SOURCE / "rooms"


@functools.cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of one module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules(below: Path = SOURCE) -> list[Path]:
    """Every module, migrations included."""
    return sorted(path for path in below.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """The dotted names a module imports, wherever it does so: `from a.b import c` gives both a.b and a.b.c."""
    package = name_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            yield whole
            yield from (f"{whole}.{alias.name}" for alias in node.names)
