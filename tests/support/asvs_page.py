"""The page `docs/reference/asvs.md`, written from the table beside it: run this file after the table changed."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "reference" / "asvs.toml"
PAGE = TABLE.with_suffix(".md")

CHAPTERS = {
    1: "Encoding and sanitization",
    2: "Validation and business logic",
    3: "Web frontend",
    4: "API and web service",
    5: "Files",
    6: "Authentication",
    7: "Sessions",
    8: "Authorization",
    9: "Self-contained tokens",
    10: "OAuth and OIDC",
    11: "Cryptography",
    12: "Communication",
    13: "Configuration",
    14: "Data protection",
    15: "Coding and architecture",
    16: "Logging and errors",
    17: "WebRTC",
}
STATES = ("shown", "shown in part", "written down", "not met", "not applicable")

Requirement = Mapping[str, Any]


def requirements() -> Sequence[Requirement]:
    """Every requirement of the table, in the order of their ids."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["requirement"]
    return sorted(rows, key=lambda one: place(one["id"]))


def place(identifier: str) -> tuple[int, ...]:
    """An id as numbers, for its place in the order: 10.2 comes after 9.1."""
    return tuple(int(part) for part in identifier.split("."))


def state_of(one: Requirement) -> str:
    """Where a requirement stands, in the words of the page."""
    if "tests" in one:
        return "shown in part" if "missing" in one else "shown"
    if "document" in one:
        return "written down"
    return "not met" if "not_met" in one else "not applicable"


def page() -> str:
    """The page in Markdown: the sums first, then a table for each chapter."""
    rows = requirements()
    return "\n".join(
        [
            "# ASVS 5.0",
            "",
            "This page is generated; `python tests/support/asvs_page.py` writes it again from [asvs.toml](asvs.toml), and a test",
            "compares it and looks for every test it names. The numbers are those of the",
            "[OWASP Application Security Verification Standard](https://github.com/OWASP/ASVS) 5.0.0 (CC BY-SA 4.0): an id `1.2.4`",
            "is quoted as `v5.0.0-1.2.4`. The titles are our own short words; read the standard for what a requirement asks.",
            "",
            "Levels 1 and 2 are here whole, of level 3 what shapes this program. *Shown*: the tests named show it. *Shown in part*:",
            "they show some of it, and the rest is said. *Written down*: it asks for a page, and the page is named. *Not met* is said",
            "where something is missing, also where only a test is. Tests under `tests/faults` run with `make faults`.",
            "",
            *_sums(rows),
            *[line for number in CHAPTERS for line in _chapter(number, rows)],
        ]
    )


def write() -> None:
    """The page says what the table says."""
    PAGE.write_text(page(), encoding="utf-8")


def _sums(rows: Sequence[Requirement]) -> list[str]:
    lines = ["| Level | all | " + " | ".join(STATES) + " |", "|---" * (len(STATES) + 2) + "|"]
    for level in (1, 2, 3):
        of_level = [state_of(one) for one in rows if one["level"] == level]
        counts = " | ".join(str(of_level.count(state)) for state in STATES)
        lines.append(f"| {level} | {len(of_level)} | {counts} |")
    return [*lines, ""]


def _chapter(number: int, rows: Sequence[Requirement]) -> list[str]:
    mine = [one for one in rows if place(one["id"])[0] == number]
    lines = [
        f"## {number}. {CHAPTERS[number]}",
        "",
        "| Id | Level | In short | Stands | By |",
        "|---|:-:|---|---|---|",
    ]
    for one in mine:
        cells = (one["id"], str(one["level"]), one["title"], state_of(one), _by(one))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return [*lines, ""]


def _by(one: Requirement) -> str:
    if "document" in one:
        return _link(one["document"])
    if "tests" not in one:
        return str(one.get("not_met", one.get("not_applicable")))
    named = "<br>".join(f"`{_short(test)}`" for test in one["tests"])
    return f"{named}<br>{one['missing']}" if "missing" in one else named


def _short(test: str) -> str:
    """A node id without what all of them begin with."""
    return re.sub(r"^tests/", "", test)


def _link(document: str) -> str:
    """A page of these docs as a link; another file of the repository by its name."""
    inside = document.removeprefix("docs/")
    return f"[{inside}](../{inside})" if inside != document else f"`{document}`"


if __name__ == "__main__":
    write()
