"""Rooms meet at their doors only: operations, queries and schemas; and no two of them wait for each other."""

import ast
from pathlib import Path

import pytest

from support.source import ROOMS, imports, modules, tree

DOORS = {"operations", "queries", "schemas"}
NAMES = sorted(path.name for path in ROOMS.iterdir() if (path / "__init__.py").exists())
"""Every room, by its folder."""
EVENTS = "events"
"""Signals a room sends so that others may react backwards: its own module, imported by receivers in their `apps`."""
ACTS = "acts"
"""Acts of two persons, registered with the room `approvals` by those who perform them: in their `apps` too."""


def room_of(path: Path) -> str:
    return path.relative_to(ROOMS).parts[0]


def imported_rooms(path: Path) -> set[tuple[str, str]]:
    """The other rooms a module imports, each with the part of it."""
    found = set()
    for name in imports(path):
        parts = name.split(".")
        if parts[:2] == ["vigie", "rooms"] and len(parts) > 3 and parts[2] in set(NAMES) - {room_of(path)}:
            found.add((parts[2], parts[3]))
    return found


def test_there_are_rooms_to_look_at() -> None:
    assert {"units", "accounts", "cases", "intake", "media", "matching", "series", "oversight"} <= set(NAMES)


@pytest.mark.parametrize("room", NAMES)
def test_a_room_enters_others_through_their_doors_only(room: str) -> None:
    wrong = {
        f"{path.relative_to(ROOMS)} imports {other}.{part}"
        for path in modules(ROOMS / room)
        if "migrations" not in path.parts
        for other, part in imported_rooms(path)
        if part not in DOORS | {EVENTS, ACTS}
    }
    assert wrong == set()


@pytest.mark.parametrize("room", NAMES)
def test_events_and_acts_are_met_in_an_applications_start_only(room: str) -> None:
    wrong = {
        str(path.relative_to(ROOMS))
        for path in modules(ROOMS / room)
        for _, part in imported_rooms(path)
        if part in {EVENTS, ACTS} and path.name != "apps.py"
    }
    assert wrong == set()


def waits_for() -> dict[str, set[str]]:
    """For each room, the others it needs when its own modules run; reactions in `apps.py` run the other way."""
    needed: dict[str, set[str]] = {room: set() for room in NAMES}
    for path in modules(ROOMS):
        if "migrations" in path.parts or path.name == "apps.py" or path.parent == ROOMS:
            continue
        needed[room_of(path)] |= {other for other, _ in imported_rooms(path)}
    return needed


def cycles(needed: dict[str, set[str]]) -> set[frozenset[str]]:
    """The sets of rooms that can reach each other."""
    reach = {room: set(others) for room, others in needed.items()}
    for _ in reach:
        for others in reach.values():
            others |= {far for near in others for far in reach.get(near, set())}
    return {
        frozenset(other for other in reach[room] if room in reach.get(other, set())) | {room}
        for room in reach
        if room in reach[room]
    }


def test_no_two_rooms_wait_for_each_other() -> None:
    assert cycles(waits_for()) == set()


def test_the_search_for_cycles_can_find_one() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {frozenset("abc")}


def test_other_rooms_tables_are_named_by_label_never_imported() -> None:
    wrong = set()
    for path in modules(ROOMS):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".models"):
                parts = node.module.split(".")
                if parts[:2] == ["vigie", "rooms"] and parts[2] != room_of(path):
                    wrong.add(f"{path.relative_to(ROOMS)}: {node.module}")
    assert wrong == set()


def test_interfaces_and_the_kernel_read_no_rooms_tables() -> None:
    """The person behind a session is the one exception: the framework hands the row itself to every request."""
    allowed = {"vigie.rooms.accounts.models", "vigie.rooms.accounts.models.User"}
    wrong = {
        f"{path.relative_to(ROOMS.parent)}: {name}"
        for layer in ("kernel", "interfaces")
        for path in modules(ROOMS.parent / layer)
        for name in imports(path)
        if name.startswith("vigie.rooms.") and ".models" in name and name not in allowed
    }
    assert wrong == set()
