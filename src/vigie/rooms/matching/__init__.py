"""Answers about what others hold, candidates, notices to owners, verdicts, known lists."""
