"""The room has no records of its own: it reads the kernel's log."""
