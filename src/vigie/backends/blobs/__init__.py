"""Encrypted bytes: a folder, later S3."""
