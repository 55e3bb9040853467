"""Changes that keep a text JSON: other values, members left out, named otherwise, wrapped, taken from elsewhere."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from fuzz.mutation import Mutator

_ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1 << 63, 10**400, 0.5, 1e300, float("nan"), float("inf"), "", "x", "x" * 300, "\ud800", "\0", "\x1b[2J", "\u202e", "9" * 40, "-1", "../x",
    "2026-11-29T03:00", [], [[]], [None], ["x"], {}, {"": None}, {"x": []},
)  # fmt: skip
_ROUNDS = 3
Change = Callable[[bytes, Mutator, Sequence[bytes]], bytes]


def json_parts(separator: bytes | None = None, *, before: int = 0) -> Change:
    """A change of one part that is JSON; parts lie between separators, behind so many bytes of a kind."""

    def changed(data: bytes, mutator: Mutator, others: Sequence[bytes]) -> bytes:
        head, rest = data[:before], data[before:]
        parts = rest.split(separator) if separator else [rest]
        place = mutator.chance.randrange(len(parts))
        made = changed_json(parts[place], mutator)
        if made is None:
            return mutator.changed(data, others)
        parts[place] = made
        if separator and mutator.chance.random() < 0.1:
            parts.insert(place, mutator.chance.choice(parts))
        return head + (separator or b"").join(parts)

    return changed


def changed_json(text: bytes, mutator: Mutator) -> bytes | None:
    """The text with up to three of its values changed; None for one that is no JSON, or none that can be written."""
    lead, body = _behind_words(text)
    try:
        value = json.loads(body)
        for _ in range(mutator.chance.randrange(1, _ROUNDS + 1)):
            value = _changed(value, mutator)
        return lead + json.dumps(value).encode()
    except (ValueError, OverflowError, RecursionError):
        return None


def _behind_words(text: bytes) -> tuple[bytes, bytes]:
    """What stands before an empty line, as headers do, and what follows it."""
    head, gap, body = text.partition(b"\n\n")
    return (head + gap, body) if gap else (b"", text)


def _changed(value: Any, mutator: Mutator) -> Any:
    """The value, or one somewhere in it, is another one."""
    chance = mutator.chance
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(sorted(value))
        act = chance.random()
        if act < 0.15:
            return {other: one for other, one in value.items() if other != name}
        if act < 0.22:
            return {**value, chance.choice(("", "x", "\ud800", name + "x")): value[name]}
        if act < 0.3:
            return {**value, name: value[chance.choice(sorted(value))]}
        return {**value, name: _changed(value[name], mutator)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        place = chance.randrange(len(value))
        act = chance.random()
        if act < 0.15:
            return value[:place] + value[place + 1 :]
        if act < 0.3:
            return value[:place] + [value[place]] * chance.choice((2, 50)) + value[place:]
        return [*value[:place], _changed(value[place], mutator), *value[place + 1 :]]
    if isinstance(value, str) and chance.random() < 0.4:
        return mutator.changed(value.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    if isinstance(value, int | float) and not isinstance(value, bool) and chance.random() < 0.4:
        return value + chance.choice((-1, 1, 0.5, 1 << 31, -(1 << 33)))
    return [value] if chance.random() < 0.1 else chance.choice(_ODD)
