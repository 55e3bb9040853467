"""Ports (a protocol each) and their adapters."""
