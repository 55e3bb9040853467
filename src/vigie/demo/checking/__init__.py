"""Checking a demonstration: the prepared exhibit is handed in, and every planted answer has to come."""

from vigie.demo.checking.running import check_demonstration

__all__ = ["check_demonstration"]
