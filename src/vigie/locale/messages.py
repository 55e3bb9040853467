"""Brings the catalogues in line with the source; `make messages` runs this file, and it needs no other tool.

Run as `python src/vigie/locale/messages.py`: writes `<language>/LC_MESSAGES/django.po` and `reviewed.json` beside
this file and says per language what is left to translate. With `--check` nothing is written and the exit code is
1 when anything would be, or when a translation is missing or faulty.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vigie.locale.catalogues import FORMS, catalogue_path, counts, merged, read
from vigie.locale.checking import faults
from vigie.locale.collecting import SOURCE, Collected, collect

FOLDER: Final = Path(__file__).resolve().parent
REVIEWED: Final = "reviewed.json"


def files(collected: Collected, folder: Path = FOLDER) -> dict[Path, str]:
    """Return every file of the catalogues as it should stand, by its path: a catalogue per language, and the counts."""
    wanted, reviewed = {}, {}
    for language in sorted(FORMS):
        path = catalogue_path(folder, language)
        catalogue = merged(read(path), collected, language)
        wanted[path] = f"{catalogue}"
        reviewed[language] = counts(catalogue)
    wanted[folder / REVIEWED] = json.dumps(reviewed, indent=2) + "\n"
    return wanted


def left_to_do(folder: Path = FOLDER) -> dict[str, list[str]]:
    """Return what is missing or faulty in each language's catalogue as it stands."""
    return {
        language: [
            fault
            for entry in read(catalogue_path(folder, language))
            if not entry.obsolete
            for fault in faults(entry, language)
        ]
        for language in sorted(FORMS)
    }


def write(wanted: dict[Path, str]) -> list[Path]:
    """Write the files that differ; return them."""
    changed = [path for path, text in wanted.items() if not _stands(path, text)]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return changed


def main(arguments: Sequence[str] | None = None, *, source: Path = SOURCE, folder: Path = FOLDER) -> int:
    """Bring the catalogues in line with the source, or only look; return the exit code of the command."""
    parser = argparse.ArgumentParser(
        prog="messages.py", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when something is left to do"
    )
    only_look = bool(parser.parse_args(arguments).check)
    collected = collect(source)
    for problem in collected.problems:
        sys.stderr.write(f"{problem}\n")
    wanted = files(collected, folder)
    stale = [path for path, text in wanted.items() if not _stands(path, text)] if only_look else write(wanted)
    for path in stale:
        sys.stderr.write(f"{'Out of date' if only_look else 'Written'}: {path.relative_to(folder)}\n")
    todo = left_to_do(folder)
    for language, found in todo.items():
        sys.stderr.write(f"{language}: {len(collected.plurals)} texts, {len(found)} left to do\n")
        for fault in found if only_look else ():
            sys.stderr.write(f"  {fault}\n")
    failed = bool(collected.problems) or (only_look and (bool(stale) or any(todo.values())))
    return int(failed)


def _stands(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    raise SystemExit(main())
