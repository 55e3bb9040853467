"""What is said of OWASP ASVS 5.0.0 is whole, and every test and page it names is there."""

import ast
import functools
from pathlib import Path

import pytest

from support.asvs_page import PAGE, ROOT, Requirement, page, place, requirements

LEVELS = {1: 70, 2: 183}
"""How many requirements ASVS 5.0.0 has of the levels that are here whole."""
OF_LEVEL_3 = [
    "1.2.10",
    "1.3.12",
    "1.5.3",
    "2.3.5",
    "2.4.2",
    "3.5.8",
    "3.6.1",
    "3.7.4",
    "4.1.5",
    "5.2.4",
    "5.2.5",
    "5.2.6",
    "5.3.3",
    "6.3.5",
    "6.3.6",
    "6.5.6",
    "6.7.1",
    "6.7.2",
    "7.5.3",
    "8.1.3",
    "8.1.4",
    "8.2.4",
    "8.3.2",
    "8.3.3",
    "8.4.2",
    "10.3.5",
    "10.4.13",
    "10.4.14",
    "10.4.16",
    "11.1.3",
    "11.1.4",
    "11.3.4",
    "11.7.1",
    "11.7.2",
    "12.1.4",
    "12.1.5",
    "12.3.5",
    "13.1.2",
    "13.1.3",
    "13.2.6",
    "13.3.3",
    "13.3.4",
    "14.2.6",
    "14.2.7",
    "14.2.8",
    "15.1.4",
    "15.1.5",
    "15.2.4",
    "15.2.5",
    "15.4.2",
    "16.5.4",
]
"""Those of level 3 that shape this program."""
ANSWERS = {"tests", "document", "not_applicable", "not_met"}
ROWS = requirements()


@functools.cache
def names_in(file: Path) -> frozenset[str]:
    """The names pytest would give the tests of a file, without their parameters."""
    found: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return frozenset(name for name in found if name.rpartition("::")[2].startswith("test_"))


def test_the_page_says_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tests/support/asvs_page.py"


def test_levels_1_and_2_are_here_whole_and_each_requirement_once() -> None:
    ids = [one["id"] for one in ROWS]
    assert len(set(ids)) == len(ids)
    assert {level: sum(one["level"] == level for one in ROWS) for level in LEVELS} == LEVELS
    assert sorted((one["id"] for one in ROWS if one["level"] == 3), key=place) == OF_LEVEL_3


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_requirement_has_one_answer_and_what_it_names_is_there(row: Requirement) -> None:
    assert len(ANSWERS & set(row)) == 1, "say tests, document, not_applicable or not_met, one of them"
    assert set(row) <= ANSWERS | {"id", "level", "title", "missing"}
    assert row["title"]
    assert all(row.get(reason, "said") for reason in ("missing", "not_applicable", "not_met"))
    assert "missing" not in row or "tests" in row
    if "document" in row:
        assert (ROOT / row["document"]).is_file(), row["document"]
    for named in row.get("tests", []):
        file, _, name = named.partition("::")
        assert name in names_in(ROOT / file), f"{row['id']}: {named}"
    assert row.get("tests") != []


def test_a_name_no_test_bears_would_be_noticed() -> None:
    assert "test_a_name_no_test_bears_would_be_noticed" in names_in(Path(__file__))
    assert "test_levels" not in names_in(Path(__file__))
