"""What an installation has one of, put in place for a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps

from vigie.engines.proofs import SigningKey


@contextmanager
def checkpoint_key() -> Iterator[SigningKey]:
    """The installation signs its log with a fresh key inside the block."""
    kernel, key = apps.get_app_config("kernel"), SigningKey.generate("test")
    kernel.__dict__["checkpoint_key"] = key
    try:
        yield key
    finally:
        kernel.__dict__.pop("checkpoint_key", None)
