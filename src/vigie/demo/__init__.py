"""The demonstration; it refuses to run beside real data."""
