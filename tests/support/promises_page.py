"""The page `docs/reference/promises.md`, written from the tables beside it: run this file after a table changed."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGE = REFERENCE / "promises.md"
NOT_SHOWN = "not shown"

Row = Mapping[str, Any]


def promises() -> Sequence[Row]:
    """Each line of "must show", as its table says."""
    return _read("promises.toml")["promise"]


def reliability() -> Sequence[Row]:
    """Each reliability test, by its number."""
    return sorted(_read("reliability.toml")["test"], key=lambda one: one["number"])


def page() -> str:
    """The page in Markdown: the reliability tests first, then the lines of every issue."""
    shown = [one for one in reliability() if one["value"] != NOT_SHOWN]
    return "\n".join(
        [
            "# Promises",
            "",
            "This page is generated; `python tests/support/promises_page.py` writes it again from",
            "[promises.toml](promises.toml) and [reliability.toml](reliability.toml), and a test compares it. A line nobody has",
            'run says "not shown"; nothing here was typed in hope.',
            "",
            "## Reliability tests",
            "",
            f"{len(shown)} of {len(reliability())} shown. The numbers are those of the project's list of forty; the others belong",
            "to search, federation and long runs.",
            "",
            *_table(
                ("", "claim", "goal", "reached", "command", "seen"),
                (
                    (
                        one["number"],
                        one["claim"],
                        one["goal"],
                        f"{one['value']}{_cause(one)}",
                        _code(one["command"]),
                        _seen(one),
                    )
                    for one in reliability()
                ),
            ),
            "",
            "## Lines of the issues",
            "",
            *_table(
                ("line", "last value", "command", "seen"),
                ((one["line"], one["value"], _code(one["command"]), _seen(one)) for one in promises()),
            ),
            "",
        ]
    )


def write() -> None:
    """The page says what the tables say."""
    PAGE.write_text(page(), encoding="utf-8")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((REFERENCE / name).read_text(encoding="utf-8"))


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return lines + ["| " + " | ".join(_cell(str(cell)) for cell in row) + " |" for row in rows]


def _cell(text: str) -> str:
    """Text for one cell: a bar would end it, unless it stands in code, where MyST reads the escape too."""
    return text.replace("|", "\\|").replace("\n", " ").strip()


def _code(command: str) -> str:
    return f"`{command}`" if command else ""


def _seen(row: Row) -> str:
    return f"{row['date']}, `{row['commit']}`" if row["date"] else ""


def _cause(row: Row) -> str:
    return f" ({row['cause']})" if row.get("cause") else ""


if __name__ == "__main__":
    write()
