"""The four acts of a witness on files, as sentences: what `python -m vigie.engines.witness` and `vigie witness` print."""

from datetime import datetime
from pathlib import Path

from ..proofs.checkpoint import CheckpointRefused, parse_checkpoint
from ..proofs.cosignature import cosignatures
from ..proofs.keys import VerifierKey, WitnessKey
from .judging import Fault, WitnessRefused, require_one_history
from .keeping import Witness
from .request import parse_request


def init(folder: Path, name: str, log: VerifierKey) -> tuple[Witness, str]:
    """Return the witness that follows the log, and what to tell the log's operator: its public key."""
    witness = Witness(folder) if (folder / "key").exists() else Witness.create(folder, name)
    witness.follow(log)
    return witness, str(witness.key.verifier)


def status(witness: Witness) -> list[str]:
    """Return a line for each log followed: its name, the size signed last, and when."""
    lines = []
    for log in witness.logs():
        last = witness.last(log)
        if last is None:
            lines.append(f"{log}: nothing signed yet")
            continue
        key = witness.key.verifier
        [own] = cosignatures(last, [WitnessKey(key.name, key.public)])
        lines.append(f"{log}: {last.size} entries signed at {own.at:%Y-%m-%d %H:%M:%S} UTC")
    return lines


def compare(witness: Witness, log: str, their_note: str, proof_text: str | None, *, at: datetime) -> str:
    """Return a sentence when our last note and another witness's tell one history; `WitnessRefused` names the split.

    `proof_text` is a request of the log that starts at the smaller of the two sizes and ends at the larger. A split is
    kept as evidence: both notes bear the log's signature.
    """
    key, ours = witness.log_key(log), witness.last(log)
    if ours is None:
        return f"nothing of {log} was signed here yet: there is nothing to compare"
    try:
        theirs = parse_checkpoint(their_note)
    except CheckpointRefused as error:
        raise WitnessRefused(Fault.MALFORMED, f"the other witness's note: {error}") from error
    proof = None
    if proof_text is not None:
        request = parse_request(proof_text)
        fits = (request.old, request.checkpoint.size) == tuple(sorted((ours.size, theirs.size)))
        proof = request.proof if fits else None
    try:
        require_one_history(ours, theirs, key, proof)
    except WitnessRefused as refused:
        witness.keep_evidence(log, refused.fault, their_note, ours.note, at=at)
        raise
    return f"one history: {ours.size} entries here, {theirs.size} there"
