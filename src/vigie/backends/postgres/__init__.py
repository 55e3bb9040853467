"""The embedded PostgreSQL server, its roles and its health."""
