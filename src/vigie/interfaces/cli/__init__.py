"""The one command: vigie."""
