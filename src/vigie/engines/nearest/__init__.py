"""Exact Hamming search on 256-bit codes."""
