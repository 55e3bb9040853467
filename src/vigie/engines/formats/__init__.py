"""Readers and writers of the formats the trade exchanges, streaming."""
