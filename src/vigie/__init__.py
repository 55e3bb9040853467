"""Vigie: a self-hosted victim-identification database."""
