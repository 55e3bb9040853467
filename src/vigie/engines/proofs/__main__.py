"""Judge an audit bundle from the command line: `python -m vigie.engines.proofs FILE`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .bundle import verify_bundle
from .checkpoint import parse_checkpoint
from .keys import VerifierKey, WitnessKey


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report on a bundle; return 0 when all is well, 1 when not, and leave with 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m vigie.engines.proofs", description=main.__doc__)
    parser.add_argument("bundle", type=Path, help="the audit bundle")
    parser.add_argument("--key", type=VerifierKey.parse, help="the log's public key, from a source you trust")
    parser.add_argument(
        "--kept",
        type=lambda name: parse_checkpoint(Path(name).read_text(encoding="utf-8")),
        action="append",
        default=[],
        help="a file with a checkpoint kept elsewhere; may be repeated",
    )
    parser.add_argument(
        "--witness",
        type=WitnessKey.parse,
        action="append",
        default=[],
        help="a witness's public key, from a source you trust; may be repeated",
    )
    parser.add_argument(
        "--authorities",
        type=Path,
        help="PEM certificates time stamps are verified against, by the program openssl",
    )
    asked = parser.parse_args(arguments)
    report = verify_bundle(
        asked.bundle, asked.key, asked.kept, witnesses=asked.witness, authorities=asked.authorities
    )
    lines = [
        f"{'ok' if report.ok else 'NOT OK'}: {report.reason}",
        f"proven entries: {report.covered}",
        f"later entries not covered by a checkpoint: {report.uncovered}",
        report.detects,
        *([] if report.witnessed else ["no outside witness signed any of it"]),
        *(f"time stamp of {s.size} entries: {s.at or s.reason}" for s in report.stamps),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
