"""The configuration files of the embedded server; written anew at each start, so they cannot drift."""

from enum import StrEnum
from pathlib import Path
from typing import Final


class Durability(StrEnum):
    """What a commit survives."""

    POWER_LOSS = "power_loss"
    """A commit that was answered is on the disk."""
    NOTHING = "nothing"
    """For tests: nothing is forced to the disk."""


_SYNC: Final = {Durability.POWER_LOSS: "on", Durability.NOTHING: "off"}


def server_configuration(socket_folder: Path, *, connections: int, durability: Durability) -> str:
    """The text of postgresql.conf: no network, a private socket, and a log without anybody's data.

    Log: failing statements and DETAIL lines are left out, because Django puts values into the statement's text and a
    DETAIL line quotes the row ("Key (sha256)=(…) already exists").

    restart_after_crash: when a backend is killed, the server ends and the supervisor starts it anew. Left to
    restart itself, 18.4 hangs if asked to stop meanwhile (its new checkpointer and I/O workers are never told;
    tried: kill -9 of an I/O worker, then SIGINT within 20 ms).
    """
    sync = _SYNC[durability]
    return f"""# Written by Vigie at each start.
listen_addresses = ''
port = 5432
unix_socket_directories = {quoted(str(socket_folder))}
unix_socket_permissions = 0700
max_connections = {connections}
password_encryption = 'scram-sha-256'
ssl = off
shared_buffers = '128MB'
max_wal_size = '1GB'
wal_compression = on
jit = off
fsync = {sync}
synchronous_commit = {sync}
full_page_writes = {sync}
data_sync_retry = off
restart_after_crash = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] %u '
log_statement = 'none'
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""


HOST_BASED_ACCESS: Final = """# Written by Vigie at each start. There is no TCP line: the server listens on its socket only.
local replication all reject
local all postgres peer map=vigie
local all all scram-sha-256
"""


def identity_map(os_user: str) -> str:
    """The text of pg_ident.conf: only the supervisor's operating-system user may be `postgres`."""
    return f'# Written by Vigie at each start.\nvigie "{os_user}" postgres\n'


def quoted(text: str) -> str:
    """A value as a string literal of postgresql.conf."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
