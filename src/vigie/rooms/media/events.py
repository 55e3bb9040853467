"""What happens to content that rooms further on react to, in the same transaction."""

from django.dispatch import Signal

visibility_tightened = Signal()
"""Sent with `actor`, `content_id` (row id) and `sharing` after an owner narrowed who sees a content."""
