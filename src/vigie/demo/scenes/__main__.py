"""`python -m vigie.demo.scenes FOLDER --seed 1`: the drawn set is built in its own process, progress on stderr."""

import argparse
import sys
from pathlib import Path

from vigie.demo.scenes.writing import FolderNotEmptyError, build


def _say(done: int, total: int) -> None:
    """One line per step, `done/total`, for whoever started this process."""
    sys.stderr.write(f"{done}/{total}\n")
    sys.stderr.flush()


def main(arguments: list[str] | None = None) -> int:
    """The set is built; the exit code is 0, or 5 when the folder holds something already."""
    parser = argparse.ArgumentParser(
        prog="python -m vigie.demo.scenes", description="Draw the demonstration's pictures."
    )
    parser.add_argument("folder", type=Path, help="a new or empty folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", choices=("full", "small"), default="full")
    chosen = parser.parse_args(arguments)
    try:
        build(chosen.folder, chosen.seed, progress=_say, size=chosen.size)
    except FolderNotEmptyError as refused:
        sys.stderr.write(f"{refused}\n")
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main())
