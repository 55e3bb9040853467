"""Tables that people open in a spreadsheet: no cell runs."""

import pytest

from vigie.engines.formats.spreadsheets import cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "+3111", "-1", "@sum", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＠x"]
)
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_other_cells_stay_as_they_are() -> None:
    assert [cell(value) for value in ("plain=", "Unit", 7, None)] == ["plain=", "Unit", "7", ""]
