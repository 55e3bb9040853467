"""Merkle tree and signed checkpoint arithmetic (RFC 6962, C2SP)."""
