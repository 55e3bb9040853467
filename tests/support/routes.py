"""Every address of the program, found by walking the address map: a new one cannot be forgotten."""

import ast
import dataclasses
import functools
import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from support.source import SOURCE, modules, tree


@dataclasses.dataclass(frozen=True)
class Route:
    """An address with its parameters."""

    pattern: str
    name: str
    parameters: tuple[str, ...]

    def filled(self, values: dict[str, str]) -> str:
        """The address with these values in place of its parameters."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], self.pattern)


def routes() -> list[Route]:
    """The addresses, each once: of several with one pattern the first answers, as the framework has it."""
    found: dict[str, Route] = {}
    for pattern, name, names in _walk(get_resolver(), "", ""):
        found.setdefault(pattern, Route(pattern, name, names))
    return sorted(found.values(), key=lambda route: route.pattern)


def _walk(resolver: URLResolver, before: str, space: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for each in resolver.url_patterns:
        pattern = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield pattern, f"{space}{each.name or ''}", tuple(re.findall(r"<(?:\w+:)?(\w+)>", pattern))
        else:
            yield from _walk(each, pattern, f"{each.namespace}:" if each.namespace else space)


@functools.cache
def query_parameters_of_the_api() -> frozenset[tuple[str, str]]:
    """Address and name of every parameter a GET of the API reads from behind the question mark."""
    from vigie.interfaces.api.root import api

    paths: dict[str, Any] = api.get_openapi_schema()["paths"]
    return frozenset(
        (re.sub(r"\{(\w+)\}", r"<\1>", path.lstrip("/")), one["name"])
        for path, methods in paths.items()
        for one in methods.get("get", {}).get("parameters", [])
        if one["in"] == "query"
    )


@functools.cache
def query_parameters_of_the_pages() -> frozenset[str]:
    """Every name the pages read from behind the question mark, as their source spells it."""
    found = set()
    for path in modules(SOURCE):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "request.GET":
                found.add(ast.unparse(node.slice).strip("'"))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "request.GET.get":
                found.add(ast.unparse(node.args[0]).strip("'"))
            elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "request.GET":
                found.add(ast.unparse(node.left).strip("'"))
    return frozenset(found)
