"""Series of related items and what belongs to them."""
