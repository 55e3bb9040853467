"""The segment cipher: Tink's AES256-GCM-HKDF-1MB wire format, written over `cryptography`; and that of upload parts."""

from .commitment import commitment, is_committed
from .parts import PartCipher
from .reader import SealedReader
from .segments import KEY_BYTES, SealBroken
from .stream import seal, seal_bytes, sealed_chunks, unseal, unseal_bytes

__all__ = [
    "KEY_BYTES",
    "PartCipher",
    "SealBroken",
    "SealedReader",
    "commitment",
    "is_committed",
    "seal",
    "seal_bytes",
    "sealed_chunks",
    "unseal",
    "unseal_bytes",
]
