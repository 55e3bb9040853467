"""Cryptographic digests, PDQ, dihedral variants and video frame hashes."""
