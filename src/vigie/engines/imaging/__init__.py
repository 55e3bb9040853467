"""Confined decoding of untrusted media, renditions rebuilt from pixels."""
