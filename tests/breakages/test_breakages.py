"""Every numbered test is shown able to fail: the list of sabotages fits the source, and each turns its tests red."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from support.breakages import Breakage, Edit, Outcome, breakages, broken, complaints, rotten, show
from support.promises_page import NOT_SHOWN, reliability

ROWS = breakages()


def test_every_text_stands_in_the_source_and_every_test_is_there() -> None:
    assert rotten(ROWS) == []


def test_every_numbered_test_that_was_seen_has_a_sabotage() -> None:
    seen = {row["number"] for row in reliability() if row["value"] != NOT_SHOWN}
    assert seen - {one.number for one in ROWS} == set(), "keep a sabotage for it in breakages.toml"


def test_a_list_that_no_longer_fits_is_named() -> None:
    old = Edit("src/vigie/kernel/policy.py", "def may_never_have_been(", "")
    many = Edit("src/vigie/kernel/policy.py", "return", "")
    gone = Breakage(0, "nothing", ("tests/kernel/test_policy.py::test_that_is_not_there",), "", (old, many))
    said = rotten([gone])
    assert len(said) == 3
    assert "stands 0 times" in said[0]
    assert "there is no test" in said[2]


def test_a_copy_is_sabotaged_and_made_whole_again(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text("safe = True\n")
    one = Breakage(0, "x", (), "", (Edit("program.py", "True", "False"), Edit("program.py", "safe", "sound")))
    with broken(tmp_path, one):
        assert file.read_text() == "sound = False\n"
    assert file.read_text() == "safe = True\n"
    with (
        pytest.raises(ValueError, match="exactly once"),
        broken(tmp_path, dataclasses.replace(one, edits=(Edit("program.py", "X", ""),))),
    ):
        pass


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([Outcome("failed", "")], ""),
        ([Outcome("passed", ""), Outcome("failed", "")], ""),
        ([Outcome("passed", "")], "it passed"),
        ([Outcome("broken", "ImportError: no")], "ImportError"),
        ([], "no such test"),
    ],
)
def test_only_a_test_that_says_no_counts(found: list[Outcome], said: str) -> None:
    one = Breakage(0, "x", ("a::b",), "", ())
    wrong = complaints(one, {"a::b": found})
    assert bool(wrong) == bool(said)
    assert all(said in line for line in wrong)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_every_sabotage_turns_its_tests_red(record_property: Any) -> None:
    wrong = [line for _, found, _ in show(ROWS) for line in found]
    record_property("sabotages", len(ROWS))
    assert wrong == []
