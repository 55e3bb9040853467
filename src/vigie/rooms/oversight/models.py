"""This room has no records of its own yet: it reads the kernel's log."""
