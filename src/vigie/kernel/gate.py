"""The write gate: outside an operation the default connection passes reading statements only.

A seat belt against our own mistakes, not a wall against someone who runs code in the process: that wall is the
database role and its policies.
"""

import contextlib
import contextvars
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db.backends.signals import connection_created

from vigie.kernel.errors import GuardMissing

_open: contextvars.ContextVar[bool] = contextvars.ContextVar("vigie_gate_open", default=False)

_READING = re.compile(
    r"[\s(]*SELECT\s|\s*(SAVEPOINT\s|RELEASE\s+SAVEPOINT\s|ROLLBACK\s+TO\s+SAVEPOINT\s|"
    r"SET\s+(LOCAL\s+)?CONSTRAINTS\b|DECLARE\s\S+\s(NO\sSCROLL\s)?CURSOR\b|EXPLAIN\s+SELECT\b)",
    re.IGNORECASE,
)
"""Statements that may pass a closed gate: an allow list, so that WITH … UPDATE, MERGE or COPY fail closed."""

_MORE = re.compile(r";\s*\S|\bprocrastinate_\w+\"?\s*\(", re.IGNORECASE)
"""What a reading statement must not hold: a second statement behind it (psycopg sends both), or the functions that
write jobs. A semicolon inside a literal is refused too: values travel as parameters, never in the text."""


def passes(sql: str) -> bool:
    """True for a statement that cannot change case data."""
    return _READING.match(sql) is not None and _MORE.search(sql) is None


@contextlib.contextmanager
def opened() -> Iterator[None]:
    """The gate stands open for the body of one operation."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def guard(execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: dict[str, Any]) -> Any:
    """Run the statement, or raise GuardMissing when it would write outside an operation."""
    if not _open.get() and not passes(str(sql)):
        raise GuardMissing(f"a write outside an operation was refused: {str(sql)[:60]}")
    return execute(sql, params, many, context)


def install() -> None:
    """Every new connection of the `default` alias carries the gate."""
    connection_created.connect(_on_connection, dispatch_uid="vigie.write-gate")


def _on_connection(connection: Any, **_: Any) -> None:
    if connection.alias == "default" and guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)
