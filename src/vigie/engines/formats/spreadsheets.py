"""Tables that people open in a spreadsheet."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide forms are meant
"""How what a spreadsheet runs begins (OWASP, CSV Injection; ASVS 5.0 v5.0.0-1.2.10)."""


def cell(value: object) -> str:
    """A text no spreadsheet takes for a formula: an apostrophe stands before one that begins like it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
