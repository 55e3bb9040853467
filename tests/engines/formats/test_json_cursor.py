"""The streaming JSON reader: any value, any chunk, bounded memory, faults that are passed over."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.engines.formats.json_cursor import JsonBroken, JsonCursor, JsonCutOff, JsonTooLarge

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Drip(io.StringIO):
    """A text that never gives more than a few characters at a time."""

    def read(self, size: int | None = -1) -> str:
        return super().read(min(7, size) if size and size > 0 else 7)


def walked(cursor: JsonCursor) -> Any:
    """The value built by walking every object and array, never by reading one whole."""
    match cursor.peek():
        case "{":
            return {name: walked(cursor) for name in cursor.members()}
        case "[":
            return [walked(cursor) for _ in cursor.elements()]
        case _:
            return cursor.value()


@given(ANY_JSON, st.sampled_from([None, 1]), st.booleans())
def test_walking_and_reading_give_what_the_text_says(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert JsonCursor(Drip(text)).value() == value
    assert walked(JsonCursor(Drip(text))) == value
    behind = JsonCursor(Drip(text + " [1]"))
    behind.skip()
    assert behind.value() == [1]
    assert behind.peek() == ""


@given(ANY_JSON.filter(lambda value: isinstance(value, (dict, list, str))), st.data())
def test_a_text_cut_anywhere_is_said_to_be_cut(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    with pytest.raises(JsonCutOff):
        JsonCursor(Drip(cut)).value()
    with pytest.raises(JsonCutOff):
        walked(JsonCursor(Drip(cut)))


@pytest.mark.parametrize(
    "broken", ['{"a": tru}', "{'a': 1}", '{"a" 1}', "[1 2]", '{"a": "]}", "b": nul}', '"\\q"', "[01x]"]
)
def test_a_broken_value_is_passed_over(broken: str) -> None:
    cursor = JsonCursor(Drip(f'[1, {broken}, {{"after": true}}]'))
    seen: list[Any] = []
    for _ in cursor.elements():
        try:
            seen.append(cursor.value())
        except JsonBroken:
            seen.append("broken")
    assert seen == [1, "broken", {"after": True}]


def test_a_value_larger_than_may_be_held_is_refused_and_can_be_skipped() -> None:
    cursor = JsonCursor(io.StringIO(json.dumps([list(range(100_000)), "after"])), largest=1_000)
    seen = []
    for _ in cursor.elements():
        try:
            seen.append(cursor.value())
        except JsonTooLarge as refused:
            seen.append(str(refused))
            cursor.skip()
    assert seen == ["a value of more than 1000 characters", "after"]


def test_nesting_too_deep_to_read_is_a_fault_not_a_crash() -> None:
    cursor = JsonCursor(io.StringIO("[" * 100_000 + "]" * 100_000))
    with pytest.raises(JsonBroken, match="nested too deeply"):
        cursor.value()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{1: 2}", "no name"),
        ('{"a": 1 "b": 2}', "stands where ',' or '}' should"),
        ('["a": 1]', "stands where ',' or ']' should"),
        ('{"a", 1}', "stands where ':' should"),
    ],
)
def test_what_is_wrong_between_members_is_said(text: str, reason: str) -> None:
    with pytest.raises(JsonBroken, match=reason):
        JsonCursor(io.StringIO(text)).skip()


def test_reading_can_go_on_at_the_next_row() -> None:
    cursor = JsonCursor(Drip('{"a" oops}\n\n  noise\n{"b": 2}'))
    assert cursor.skip_to_row()
    assert cursor.value() == {"b": 2}
    assert not cursor.skip_to_row()


def test_a_text_that_opens_and_never_closes_is_given_up_soon() -> None:
    """Each line would be searched to the end of what may be held: 100,000 lines took days."""
    text = '{"a":{\n' * 100_000
    cursor = JsonCursor(io.StringIO(text), largest=1 << 16)
    faults: list[str] = []
    while cursor.peek():
        try:
            cursor.value()
        except JsonCutOff as broken:
            faults.append(str(broken))
        except JsonTooLarge:
            cursor.skip_to_row()
    assert faults == ["too little of the text is JSON: it is given up here"]


def test_many_small_broken_rows_are_each_named_and_none_is_given_up() -> None:
    rows = [f'{{"a": {number} b}}' if number % 2 else f'{{"a": {number}}}' for number in range(20_000)]
    cursor = JsonCursor(io.StringIO("\n".join(rows)))
    whole = broken = 0
    while cursor.peek():
        try:
            cursor.value()
            whole += 1
        except JsonBroken:
            broken += 1
    assert (whole, broken) == (10_000, 10_000)
