"""The embedded PostgreSQL server, its roles and its health."""

from vigie.backends.postgres.binaries import Binaries, find_binaries
from vigie.backends.postgres.cluster import Cluster, prepare_cluster
from vigie.backends.postgres.connections import Role, admin_parameters, connection_parameters
from vigie.backends.postgres.files import Durability
from vigie.backends.postgres.roles import Takeover, ensure_database
from vigie.backends.postgres.room import wants_room

__all__ = [
    "Binaries",
    "Cluster",
    "Durability",
    "Role",
    "Takeover",
    "admin_parameters",
    "connection_parameters",
    "ensure_database",
    "find_binaries",
    "prepare_cluster",
    "wants_room",
]
