"""Pure computation: no framework, no database, no network, no settings."""
