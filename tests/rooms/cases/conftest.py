"""What the tests of this room stand on."""

from factories.media import stored_vault

__all__ = ["stored_vault"]
