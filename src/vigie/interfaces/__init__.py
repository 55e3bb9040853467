"""Shells shared by all rooms: web, API, command line. No rules live here."""
