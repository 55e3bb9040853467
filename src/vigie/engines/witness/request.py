"""What a log sends a witness: the body of `add-checkpoint` in https://c2sp.org/tlog-witness."""

import re
from dataclasses import dataclass

from ..proofs.checkpoint import Checkpoint, CheckpointRefused, parse_checkpoint
from ..proofs.keys import decode, encode
from ..proofs.tree import HASH_BYTES

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_LONGEST_PROOF = 63


class RequestMalformed(ValueError):  # noqa: N818 - says what it is
    """The text is no request to a witness."""


@dataclass(frozen=True, slots=True)
class Request:
    """The size the witness signed last, the proof that it is a beginning of the new tree, and the new checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    @property
    def text(self) -> str:
        """The request as it travels, over HTTP or on a stick."""
        lines = "".join(f"{encode(step)}\n" for step in self.proof)
        return f"old {self.old}\n{lines}\n{self.checkpoint.note}"


def parse_request(text: str) -> Request:
    """Return the request written in a text, nothing of it believed yet; `RequestMalformed` otherwise."""
    head, separator, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    proof = [decode(line) for line in lines]
    if not separator or old is None or len(proof) > _LONGEST_PROOF:
        raise RequestMalformed(
            "a request is an old size, at most 63 proof lines, an empty line and a checkpoint"
        )
    if not all(step is not None and len(step) == HASH_BYTES for step in proof):
        raise RequestMalformed("a proof line is the base64 of a SHA-256 hash")
    try:
        checkpoint = parse_checkpoint(note)
    except CheckpointRefused as error:
        raise RequestMalformed(str(error)) from error
    return Request(int(old[1]), tuple(step for step in proof if step is not None), checkpoint)
