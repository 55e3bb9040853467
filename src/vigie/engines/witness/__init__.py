"""A witness of a log: keeps the last tree it signed, demands a proof from there to the next, cosigns or says why not.

This folder needs Python, `cryptography` and the folder `proofs` beside it, and opens no connection: requests come and
cosignatures go as texts, on a stick or by whatever carries them (`vigie witness` carries them over HTTP).
"""

from .judging import BROKEN_PROMISES, Fault, Seen, WitnessRefused, require_one_history, require_signable
from .keeping import Witness
from .request import Request, RequestMalformed, parse_request

__all__ = [
    "BROKEN_PROMISES",
    "Fault",
    "Request",
    "RequestMalformed",
    "Seen",
    "Witness",
    "WitnessRefused",
    "parse_request",
    "require_one_history",
    "require_signable",
]
