"""Fuzzing of everything that reads what others wrote: `make fuzz`, or `PYTHONPATH=tests python -m fuzz --help`.

What guides it, and what it cannot see, stands in docs/explanation/decisions/0021-fuzzing.md.
"""
