"""The guards every read, write and byte must pass."""
