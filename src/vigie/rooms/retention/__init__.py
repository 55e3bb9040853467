"""Erasure and its certificates; how long records are kept, who is asked, what stops a clock."""
