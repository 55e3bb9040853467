"""Submissions: manifests, uploads, and what becomes of each file."""
