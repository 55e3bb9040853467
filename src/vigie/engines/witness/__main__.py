"""A witness on files only, without any network: `python -m vigie.engines.witness init|sign|status|compare`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ..proofs.checkpoint import CheckpointRefused
from ..proofs.keys import KeyTextRefused, VerifierKey
from .judging import WitnessRefused
from .keeping import Witness
from .program import compare, init, status


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when done, 1 when the witness does not sign or found two histories, and leave with 2 on wrong usage."""
    asked = _parser().parse_args(arguments)
    try:
        for line in _run(asked, datetime.now(UTC)):
            sys.stdout.write(f"{line}\n")
    except WitnessRefused as refused:
        sys.stderr.write(f"NOT SIGNED: {refused.fault}: {refused}\n")
        return 1
    except (OSError, CheckpointRefused, KeyTextRefused) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vigie.engines.witness", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("witness"), help="the witness's own folder")
    acts = parser.add_subparsers(dest="act", required=True)
    first = acts.add_parser(
        "init", help="make a key and follow a log; prints the public key for its operator"
    )
    first.add_argument("name", help="the name of this witness, such as an address of its body")
    first.add_argument("log", type=VerifierKey.parse, help="the log's public key")
    sign = acts.add_parser("sign", help="judge a request of the log and write the cosigned checkpoint")
    sign.add_argument("request", type=Path)
    sign.add_argument("out", type=Path)
    acts.add_parser("status", help="what was signed last of each log")
    other = acts.add_parser("compare", help="compare our last note of a log with another witness's")
    other.add_argument("log", help="the log's name")
    other.add_argument("note", type=Path, help="the other witness's last checkpoint")
    other.add_argument("--proof", type=Path, help="a request of the log from the smaller size to the larger")
    return parser


def _run(asked: argparse.Namespace, now: datetime) -> list[str]:
    if asked.act == "init":
        return [init(asked.folder, asked.name, asked.log)[1]]
    witness = Witness(asked.folder)
    if asked.act == "status":
        return status(witness)
    if asked.act == "sign":
        signed = witness.sign(_text(asked.request), at=now)
        asked.out.write_text(signed.note, encoding="utf-8")
        return [f"signed: {signed.size} entries of {signed.origin}"]
    proof = _text(asked.proof) if asked.proof else None
    return [compare(witness, asked.log, _text(asked.note), proof, at=now)]


def _text(place: Path) -> str:
    return place.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
