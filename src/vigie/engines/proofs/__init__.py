"""Merkle tree, signed checkpoints and the offline audit bundle (RFC 6962, RFC 9162, C2SP).

This folder stands alone: it needs Python and `cryptography` only, so that an auditor can read and run it whole.
"""

from .bundle import BundleReport, verify_bundle, write_bundle
from .checkpoint import (
    Checkpoint,
    CheckpointRefused,
    KeyTextRefused,
    NoteSignature,
    SigningKey,
    VerifierKey,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from .note import open_note, sign_note
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

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "BundleReport",
    "Checkpoint",
    "CheckpointRefused",
    "Fault",
    "KeyTextRefused",
    "LogEntry",
    "NoteSignature",
    "SigningKey",
    "Tree",
    "Verdict",
    "VerifierKey",
    "consistency_proof",
    "entry_hash",
    "first_bad",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "root",
    "sign_checkpoint",
    "sign_note",
    "verify_bundle",
    "verify_checkpoint",
    "verify_consistency",
    "verify_inclusion",
    "write_bundle",
]
