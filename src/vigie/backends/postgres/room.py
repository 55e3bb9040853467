"""Whether the database said no for want of room on its disk."""

from psycopg.errors import DiskFull


def wants_room(error: BaseException) -> bool:
    """Return whether PostgreSQL kept nothing because its disk is full, as it is raised or as Django raises it again."""
    return isinstance(error, DiskFull) or isinstance(error.__cause__, DiskFull)
