"""Shows that the numbered tests can fail: each small sabotage of `tests/breakages` turns the tests it names red.

Source and tests are copied into a folder of their own, one sabotage at a time is applied to the copy, and the named
tests run there in the same virtual environment. Run as a program: `python tests/support/breakages.py [--only NUMBER]`.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests" / "breakages" / "breakages.toml"
LONGEST_SECONDS = 900
_ON_THE_PATH = ("src", "tests")
_COPIED = (*_ON_THE_PATH, "bench")
_ASSERTED = ("AssertionError", "assert ", "Failed: DID NOT RAISE")
"""How the message of a test begins that said no; anything else is a test that broke."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A text of one file, by its path from the root, and what stands there instead."""

    file: str
    text: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Breakage:
    """One sabotage: the numbered test it is for, what is wrong then, and the tests that must say so."""

    number: int
    says: str
    red: tuple[str, ...]
    by: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test case did: `passed`, `failed` (by an assertion, or by what the breakage names), or `broken`."""

    result: str
    message: str


def breakages() -> list[Breakage]:
    """The list, in its order."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["breakage"]
    return [
        Breakage(
            number=row["number"],
            says=row["says"],
            red=tuple(row["red"]),
            by=row.get("by", ""),
            edits=tuple(Edit(**edit) for edit in row["edit"]),
        )
        for row in rows
    ]


def rotten(found: Iterable[Breakage], root: Path = ROOT) -> list[str]:
    """What no longer fits the source: texts that do not stand exactly once, tests that are not there."""
    wrong = []
    for one in found:
        for edit in one.edits:
            file = root / edit.file
            count = file.read_text(encoding="utf-8").count(edit.text) if file.is_file() else 0
            if count != 1:
                wrong.append(f"{one.number}, {one.says}: its text stands {count} times in {edit.file}")
        for node in one.red:
            path, _, name = node.partition("::")
            function = name.rpartition("::")[2].partition("[")[0]
            file = root / path
            if not file.is_file() or not re.search(
                rf"def {re.escape(function)}\(", file.read_text(encoding="utf-8")
            ):
                wrong.append(f"{one.number}, {one.says}: there is no test {node}")
    return wrong


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of source and tests; removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-broken-"))
    folder.chmod(0o755)  # root's PostgreSQL runs as another user, who must be able to enter
    try:
        for name in _COPIED:
            shutil.copytree(ROOT / name, folder / name, symlinks=True)
        shutil.copy2(ROOT / "pyproject.toml", folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def broken(folder: Path, breakage: Breakage) -> Iterator[None]:
    """The copy is sabotaged inside the block. Compiled files go, for two texts of one length may share a second."""
    kept: dict[Path, str] = {}
    for edit in breakage.edits:
        file = folder / edit.file
        text = file.read_text(encoding="utf-8")
        if text.count(edit.text) != 1:
            raise ValueError(f"{edit.file} does not hold the text of breakage {breakage.number} exactly once")
        kept.setdefault(file, text)
        _write(file, text.replace(edit.text, edit.becomes))
    try:
        yield
    finally:
        for file, text in kept.items():
            _write(file, text)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)


def outcomes(folder: Path, nodes: Iterable[str], by: str = "") -> dict[str, list[Outcome]]:
    """What each of these tests did in the copy, by node; a test with parameters has several outcomes."""
    nodes = list(dict.fromkeys(nodes))
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COVERAGE_"))
    }
    paths = os.pathsep.join(str(folder / name) for name in _ON_THE_PATH)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={report}", *nodes],
        cwd=folder,
        env=kept | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )
    if not report.is_file():
        raise RuntimeError(f"the tests did not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    cases = list(ET.parse(report).iter("testcase"))
    return {node: [_outcome(case, by) for case in cases if _is(case, node)] for node in nodes}


def _is(case: ET.Element, node: str) -> bool:
    path, *inner = node.split("::")
    place = ".".join([path.removesuffix(".py").replace("/", "."), *inner[:-1]])
    name, wanted = case.get("name", ""), inner[-1]
    return case.get("classname") == place and (name == wanted or name.startswith(f"{wanted}["))


def _outcome(case: ET.Element, by: str) -> Outcome:
    failure = case.find("failure")
    if failure is None:
        spoilt = next((case.find(kind) for kind in ("error", "skipped") if case.find(kind) is not None), None)
        return Outcome("passed", "") if spoilt is None else Outcome("broken", spoilt.get("message", ""))
    message = failure.get("message", "")
    named = bool(by) and by in message.partition(":")[0]
    return Outcome("failed" if message.startswith(_ASSERTED) or named else "broken", message)


def complaints(breakage: Breakage, found: dict[str, list[Outcome]]) -> list[str]:
    """What is wrong with how the tests took a sabotage: those that stayed green, or broke in another way."""
    wrong = []
    for node in breakage.red:
        results = {one.result for one in found[node]}
        if "failed" in results:
            continue
        said = next(
            (one.message for one in found[node] if one.result == "broken"),
            "it passed" if results else "no such test",
        )
        wrong.append(f"{breakage.number}, {breakage.says}: {node} did not say no ({said[:300]})")
    return wrong


def show(chosen: list[Breakage]) -> Iterator[tuple[Breakage, list[str], float]]:
    """Each sabotage with what is wrong about it (nothing) and its seconds; the whole copy must be green first.

    Raises RuntimeError when a test fails in the copy as it is.
    """
    with copied() as folder:
        whole = outcomes(folder, [node for one in chosen for node in one.red])
        sick = [
            node for node, found in whole.items() if not found or any(one.result != "passed" for one in found)
        ]
        if sick:
            said = [one.message[:300] for node in sick for one in whole[node] if one.message]
            raise RuntimeError(f"not green without any sabotage: {sick}: {said}")
        for one in chosen:
            began = time.monotonic()
            with broken(folder, one):
                found = outcomes(folder, one.red, one.by)
            yield one, complaints(one, found), time.monotonic() - began


def main() -> int:
    """Run the list, or one number of it; the exit status is 0 when every sabotage was found."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--only", type=int, help="the number of a test in docs/reference/reliability.toml")
    only = parser.parse_args().only
    chosen = [one for one in breakages() if only is None or one.number == only]
    if not chosen:
        sys.stderr.write(f"No breakage is kept for test {only}.\n")
        return 2
    if stale := rotten(chosen):
        sys.stderr.write("\n".join(stale) + "\n")
        return 1
    failed = 0
    for one, wrong, seconds in show(chosen):
        failed += bool(wrong)
        sys.stdout.write(f"{one.number:>2} {'GREEN' if wrong else 'red'} {seconds:5.1f} s  {one.says}\n")
        for line in wrong:
            sys.stdout.write(f"   {line}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - failed} of {len(chosen)} sabotages were found\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
