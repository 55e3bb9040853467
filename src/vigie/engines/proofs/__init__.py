"""Merkle tree, signed checkpoints and the offline audit bundle (RFC 6962, RFC 9162, C2SP).

This folder stands alone: it needs Python and `cryptography` only, so that an auditor can read and run it whole.
"""

from .bundle import BundleReport, StampReport, verify_bundle, write_bundle
from .checkpoint import (
    Checkpoint,
    CheckpointRefused,
    NoteSignature,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from .cosignature import Cosignature, cosign, cosignatures, with_lines
from .keys import KeyTextRefused, SigningKey, VerifierKey, WitnessKey, WitnessSigningKey
from .stamp import Stamp, StampRefused, stamp_request, verify_stamp
from .tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from .verdict import Fault, LogEntry, Verdict, entry_hash, first_bad
from .witnessed import Witnessed, sentence, witnessed

__all__ = [
    "EMPTY_ROOT", "HASH_BYTES", "BundleReport", "Checkpoint", "CheckpointRefused", "Cosignature",
    "Fault", "KeyTextRefused", "LogEntry", "NoteSignature", "SigningKey", "Stamp", "StampRefused",
    "StampReport", "Tree", "Verdict", "VerifierKey", "WitnessKey", "WitnessSigningKey", "Witnessed",
    "consistency_proof", "cosign", "cosignatures", "entry_hash", "first_bad", "inclusion_proof",
    "leaf_hash", "node_hash", "open_checkpoint", "parse_checkpoint", "root",
    "sentence", "sign_checkpoint", "stamp_request", "verify_bundle",
    "verify_checkpoint", "verify_consistency", "verify_inclusion", "verify_stamp", "with_lines",
    "witnessed", "write_bundle",
]  # fmt: skip
