"""What is promised is written down whole: a value has its command, its day and its commit, and the page says the same."""

import re
from pathlib import Path

import pytest

from support.promises_page import NOT_SHOWN, PAGE, Row, page, promises, reliability

ROOT = Path(__file__).resolve().parents[2]
ROWS = [*promises(), *reliability()]


def test_the_page_says_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tests/support/promises_page.py"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.get("number") or row["line"][:40]))
def test_a_value_has_its_command_day_and_commit_and_a_gap_its_cause(row: Row) -> None:
    if row["value"] == NOT_SHOWN:
        assert row.get("cause"), "say why it was not shown"
        return
    assert row["command"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", row["date"])
    assert re.fullmatch(r"[0-9a-f]{7,40}", row["commit"])


def test_every_test_a_command_names_is_there() -> None:
    named = {path for row in ROWS for path in re.findall(r"tests/[\w/]+(?:\.py)?", row["command"])}
    assert named
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_numbers_are_given_once() -> None:
    numbers = [row["number"] for row in reliability()]
    assert sorted(set(numbers)) == numbers
