"""The walls around a process that opens untrusted media."""

from vigie.engines.imaging.confinement.lockdown import ConfinementFailed, lock_down, why_unsupported

__all__ = ["ConfinementFailed", "lock_down", "why_unsupported"]
